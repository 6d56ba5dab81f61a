//! The dashboard and the alert rules over a day of two regions: the real program in virtual time writes what the node exporter
//! would read, and the real Prometheus evaluates each panel's and each alert's expression over it. What comes of it is in
//! `day.txt`; `UPDATE_DASHBOARD=1 cargo test --test dashboard` rewrites it, for review.
#![cfg(test)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod day;
mod over;
mod prometheus;
mod script;
mod series;
mod shipped;
mod simulator;
mod told;
