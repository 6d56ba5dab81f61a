//! The status file of a running process, and `haproxy-rhi status`.
//! In comes what the loop knows; for the command, the files of all processes and what systemd says.
//! Out go the file (one struct, written and read back), and text or JSON with what is wrong first.
//!
//! ```text
//! the loop's state ──► snapshot ──► shape ──► the status file ──► life, outcome ──► text, or JSON
//! ```

mod beside;
mod command;
mod life;
mod means;
mod outcome;
mod place;
pub(super) mod shape;
mod snapshot;
mod text;
mod unit;
mod words;

pub use command::{Wish, read, show, told_of_hold_times};
pub use life::{Id, Life, boot_seconds, is_ours, life};
pub use means::means;
pub use place::{all, name, path};
pub use shape::{
    Configuration, FORMAT, Fault, Hook, Left, Means, Readable, Report, Route, Service, Status,
    Transition,
};
pub use snapshot::{Facts, snapshot};
