//! The status file of a running process, and `haproxy-rhi status`.
//! In comes what the loop knows; for the command, the files of all processes and what systemd says.
//! Out go the file (one struct, written and read back), and text or JSON with what is wrong first.
//!
//! ```text
//! the loop's state ──► snapshot ──► shape ──► the status file ──► life, outcome ──► text, or JSON
//! ```

mod command;
mod heartbeat;
mod life;
mod manner;
mod means;
mod out;
mod outcome;
mod place;
mod published;
mod reach;
pub(super) mod shape;
mod snapshot;
mod text;
mod unit;
mod words;

pub use command::{Request, json_text, parse, read, show, told_of_hold_times};
pub use life::{Id, Life, boot_seconds, is_ours, life};
pub use manner::{Manner, colours, shown};
pub use means::means;
pub use out::{Out, Wire};
pub use outcome::{IN_PASSING, Patience, Problem, problems};
pub use place::{all, name, path};
pub use published::published;
pub use reach::without;
pub use shape::{
    Configuration, ExaBgp, FORMAT, Fault, Hook, LONGEST, Left, Means, Neighbor, Readable, Report,
    Route, Service, Sibling, Status, Transition,
};
pub use snapshot::{Facts, snapshot};
pub use text::{Paint, WIDTH};
pub use words::{fold, plain, span};
