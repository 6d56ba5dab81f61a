//! The dashboard and the alert rules over a day of two regions: the real program in virtual time writes what the node exporter
//! would read, and the real Prometheus evaluates each panel's and each alert's expression over it. What comes of it is in
//! `day.txt`; `UPDATE_DASHBOARD=1 cargo test --test dashboard` rewrites it, for review.
#![cfg(test)]

mod chance;
mod day;
mod form;
mod live;
#[expect(dead_code, reason = "its connections are for tests/second_chance")]
#[path = "../second_chance/nvas.rs"]
mod nvas;
mod over;
mod picture;
mod prometheus;
mod script;
mod series;
mod shipped;
mod simulator;
mod told;

/// What NVAs with the second chance need.
mod pair {
    pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
    pub const PROGRAM: &str = env!("CARGO_BIN_EXE_haproxy-rhi-second-chance");
}
