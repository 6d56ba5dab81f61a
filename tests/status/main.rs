//! What a running process tells of itself, on real HAProxy, ExaBGP and BIRD: the status file beside what the Route
//! Servers hold, a process that is gone or stopped, a disk without room, metrics that Prometheus takes, hooks that
//! hang, flood and fork.

#![cfg(test)]

pub(crate) use haproxy_rhi_lab::stories_of_exabgp as stories;

mod disk;
mod file;
mod hooks;
mod life;
mod log;
mod means;
mod metrics;
mod rules;
mod stage;
mod watch;
