//! What breaks between haproxy-rhi, ExaBGP and the Route Servers, and what the Route Servers hold afterwards.
//!
//! After every fault the same checker looks at both of them: all routes, each with its next hop, AS path, MED and
//! communities, and no other. Every story is told to ExaBGP 4.2 (Debian's, and the last one) and 5.0.

#![cfg(test)]

/// One test a story and an ExaBGP.
macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        mod exabgp_4_2_21 {
            $(#[test] fn $story() { super::$story(haproxy_rhi_lab::ExaBgp::Debian); })*
        }
        mod exabgp_4_2_25 {
            $(#[test] fn $story() { super::$story(haproxy_rhi_lab::ExaBgp::Pip("4.2.25")); })*
        }
        mod exabgp_5_0 {
            $(#[test] fn $story() { super::$story(haproxy_rhi_lab::ExaBgp::Pip("5.0.15")); })*
        }
    };
}
pub(crate) use stories;

// What both this test and benches/faults.rs use.
mod service;

mod fault;

mod filter;

mod many;

// The stories.
mod deaths;

mod exabgp;

mod sessions;

mod answers;

mod neighbors;

mod volume;

mod machine;
