//! The commands that an operator types before and after the route moves, on the two regions with real programs:
//! verify, validate, import, init.

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

mod forms;
mod import;
mod init;
mod live;
mod stage;
mod terminal;
mod validate;
mod verify;
