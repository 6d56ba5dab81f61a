//! The Debian package, installed by apt on a booted Debian 12 and a booted Debian 13 that stand in the place of North
//! Europe's NVA: what the Route Servers see of it, of its units, and of everything that an operator does to them.

#![cfg(test)]

pub(crate) use haproxy_rhi_lab::stories_of_debian as stories;

// What is installed, and where.
mod deb;

mod documents;

mod first_boot;

mod site;

#[path = "../regions/four.rs"]
mod four;

// The stories.
mod lifetime;

mod order;

mod quick_start;

mod rights;

mod upgrade;
