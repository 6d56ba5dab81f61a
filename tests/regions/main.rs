//! The two regions, with the repository's own files, on real HAProxy, ExaBGP and BIRD: what the Route Servers, the
//! MSEE's kernel and the client see when something dies, returns, reloads or hangs.
//!
//! Every story is told to ExaBGP 4.2 (Debian's) and 5.0.

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

/// The same, and for the 4.2 of Debian 13.
macro_rules! stories_of_three {
    ($($story:ident),* $(,)?) => {
        crate::stories! { $($story),* }
        mod exabgp_4_2_25 {
            $(#[test] fn $story() { super::$story(haproxy_rhi_lab::ExaBgp::Pip("4.2.25")); })*
        }
    };
}
pub(crate) use stories_of_three;

mod drains;
mod far_end;
mod faults;
mod ipv6;
mod main_job;
mod memory;
mod nothing_lost;
mod planned;
mod siblings;
mod sources;
