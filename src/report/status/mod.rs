//! What a running process tells of itself, and `haproxy-rhi status`, which reads it.
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

pub use command::{Wish, read, show};
pub use life::{Id, Life, boot_seconds, is_ours, life};
pub use means::means;
pub use place::{all, name, path};
pub use shape::{
    Configuration, FORMAT, Fault, Hook, Left, Means, Readable, Report, Route, Service, Status,
    Transition,
};
pub use snapshot::{Facts, snapshot};
