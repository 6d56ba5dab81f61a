//! `drain`, `resume`, `server`, `frontend`: planned work, and HAProxy's runtime API by hand (management.txt 9.3).
//! In come command lines, HAProxy's answers and the status of the running process.
//! Out go drains as files, commands to HAProxy that are read back, and refusals where a service would lose its last level.
//!
//! ```text
//! args ──► name, command ──► controller ──► HAProxy ──► view ──► table, json
//!                 guard ──┘        └── wait
//! ```
//!
//! HAProxy's answers are read by the same code as in `run`, which never imports this module.

mod again;
mod answer;
mod args;
mod checked;
mod command;
mod controller;
mod declare;
mod doors;
mod drain;
mod drain_args;
mod drain_wait;
mod frontends;
mod guard;
mod json;
mod losses;
mod name;
mod observer;
mod progress;
mod protect;
mod resume;
mod running;
mod scope;
mod servers;
mod table;
mod take_out;
mod taken_out;
mod view;
mod wait;

pub use args::{FrontendTask, ServerTask};
pub use drain::drain;
pub(crate) use drain_args::{DRAIN_STATUS, RESUME_STATUS};
pub use drain_args::{DrainTask, ResumeTask};
pub use frontends::frontend;
pub use resume::resume;
pub use servers::server;
