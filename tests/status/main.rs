//! What a running process tells of itself, on real HAProxy, ExaBGP and BIRD: the status file beside what the Route
//! Servers hold, a process that is gone or stopped, a disk without room, metrics that Prometheus takes, hooks that
//! hang, flood and fork.

#![cfg(test)]

/// One test a story and an ExaBGP.
macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        mod exabgp_4_2 {
            $(#[test] fn $story() { super::$story(haproxy_rhi_lab::ExaBgp::Debian); })*
        }
        mod exabgp_5_0 {
            $(#[test] fn $story() { super::$story(haproxy_rhi_lab::ExaBgp::Pip("5.0.15")); })*
        }
    };
}
pub(crate) use stories;

mod disk;
mod file;
mod hooks;
mod life;
mod log;
mod metrics;
mod rules;
mod stage;
mod watch;
