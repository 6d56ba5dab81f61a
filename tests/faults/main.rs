//! What breaks between haproxy-rhi, ExaBGP and the Route Servers, and what the Route Servers hold afterwards.
//!
//! After every fault the same checker looks at both of them: all routes, each with its next hop, AS path, MED and
//! communities, and no other. Every story is told to ExaBGP 4.2 (Debian's, and the last one) and 5.0.

#![cfg(test)]

pub(crate) use haproxy_rhi_lab::stories_of_each_exabgp as stories;

// What both this test and benches/faults.rs use.
mod service;

mod fault;

mod filter;

mod many;

mod flaps;

// The stories.
mod deaths;

mod exabgp;

mod sessions;

mod answers;

mod neighbors;

mod volume;

mod machine;
