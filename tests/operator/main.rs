//! The commands that an operator types before and after the route moves, on the two regions with real programs:
//! verify, validate, import, init.

#![cfg(test)]

pub(crate) use haproxy_rhi_lab::stories_of_exabgp as stories;

mod forms;
mod import;
mod init;
mod live;
mod stage;
mod terminal;
mod validate;
mod verify;
