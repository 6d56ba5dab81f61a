//! What a person sees: log lines and the dry run's tables; and what is kept for those who watch: status and metrics.

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

pub use check::check;
pub use exposition::{Page, gauge};
pub use keeper::{File, Keeper};
pub use log::{LogFormat, asked_format, flush_log, log_to_stderr, unqueued};
pub use say::{leave, say};
pub use words::{change, drain};
