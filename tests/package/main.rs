//! The Debian package, installed by apt on a booted Debian 12 and a booted Debian 13 that stand in the place of North
//! Europe's NVA: what the Route Servers see of it, of its units, and of everything that an operator does to them.

#![cfg(test)]

/// One test a story and a Debian.
macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        mod debian_12 {
            $(#[test] fn $story() { super::$story(haproxy_rhi_lab::Debian::Bookworm); })*
        }
        mod debian_13 {
            $(#[test] fn $story() { super::$story(haproxy_rhi_lab::Debian::Trixie); })*
        }
    };
}
pub(crate) use stories;

// What is installed, and where.
mod deb;

mod site;

// The stories.
mod lifetime;

mod order;

mod rights;
