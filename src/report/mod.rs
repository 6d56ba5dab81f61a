//! Reports for people and for monitors.
//! In come the program's view, its history, and what changed.
//! Out go log lines, the dry run's tables, the status file and the metrics.

pub mod check;
mod exposition;
pub mod histogram;
pub mod history;
mod keeper;
mod log;
pub mod metrics;
pub mod moment;
mod say;
pub mod status;
pub(crate) mod words;

pub use check::{check, doubts};
pub use exposition::{Labels, Page, Series, gauge};
pub use keeper::{File, Keeper};
pub use log::{LogFormat, asked_format, flush_log, log_to_stderr, unqueued};
pub use say::leave;
pub use words::{change, drain, standing};
