//! What a person sees: log lines and the dry run's tables.

mod check;
mod log;
mod words;

pub use check::{Outcome, check};
pub use log::{flush_log, log_to_stderr};
pub use words::change;
