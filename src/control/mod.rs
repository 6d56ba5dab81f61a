//! `drain`, `resume`, `server`, `frontend`: planned work, and HAProxy by hand over its runtime API (management.txt 9.3).
//! In come an operator's words, HAProxy's answers and the status of the running process.
//! Out go drains as files, orders to HAProxy that are read back, and refusals where a service would lose its last level.
//!
//! ```text
//! args ──► name, order ──► controller ──► HAProxy ──► view ──► table, json
//!               guard ──┘        └── wait
//! ```
//!
//! It reads HAProxy as the running half does, which never imports it.

mod again;
mod answer;
mod args;
mod checked;
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
mod obedience;
mod order;
mod progress;
mod protect;
mod resume;
mod scope;
mod servers;
mod table;
mod take_out;
mod taken_out;
mod told;
mod view;
mod wait;

pub use args::{At, Change, FrontendTask, LookAt, Protection, ServerTask};
pub use controller::Controller;
pub use drain::drain;
pub(crate) use drain_args::{DRAIN_STATUS, RESUME_STATUS};
pub use drain_args::{DrainTask, Places, ResumeTask, Which};
pub use frontends::frontend;
pub use guard::{Effect, Leaving, concerned, effects, without};
pub use name::{ServerFilter, ServerName, ServerTarget};
pub use order::{FrontendWish, ServerWish};
pub use progress::Progress;
pub use resume::resume;
pub use servers::server;
pub use view::{Admin, Frontend, Server, View};
pub use wait::{Interrupt, Wait, left};
