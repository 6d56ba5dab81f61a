//! What a person sees: log lines and the dry run's tables.

mod check;
mod words;

pub use check::{Outcome, check};
pub use words::{change, log_to_stderr};
