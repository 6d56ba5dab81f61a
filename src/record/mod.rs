//! The record of a process: each call of its program, in lines of JSON from which it can be run again. Pure.
//! In come the inputs of each call, its time, and the lines for ExaBGP that came of it.
//! Out go lines; and from such lines, the calls again.
//!
//! A life begins with a head. The head has the inputs in force (none at the process's beginning), so that a record may begin in the
//! middle of a process. A look has only what differs from the look before it.

mod input;
mod mask;
mod read;
mod seen;
mod shape;
mod write;

pub use read::{Call, Event, Life, Reader};
pub use write::{Scribe, said};

use std::path::{Path, PathBuf};

/// The beginning of every record.
pub const BEGINS: &str = "{\"haproxy_rhi_record\":";

/// The file with the lines before those of `path`.
pub fn earlier(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}
