//! The record of a process: each call of its program, in lines of JSON from which it can be run again. Pure.
//! In come the inputs of each call, its time, and the lines for ExaBGP that came of it.
//! Out go lines; and out of such lines, calls.
//!
//! A life begins with a head. It has what was in force then (nothing, where it is the process's beginning), so that a record may begin
//! in the middle of a process. What a look says as the one before it is left out.

mod input;
mod mask;
mod read;
mod seen;
mod shape;
mod write;

pub use read::{Call, Event, Life, Reader};
pub use shape::{FORMAT, Head};
pub use write::{Scribe, said};

use std::path::{Path, PathBuf};

/// Every record begins so.
pub const BEGINS: &str = "{\"haproxy_rhi_record\":";

/// Where the lines before those of this file lie.
pub fn earlier(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}
