//! The two regions, with the repository's own files, on real HAProxy, ExaBGP and BIRD: what the Route Servers, the
//! MSEE's kernel and the client see when something dies, returns, reloads or hangs.
//!
//! Every story is told to ExaBGP 4.2 (Debian's) and 5.0.

#![cfg(test)]

pub(crate) use haproxy_rhi_lab::stories_of_exabgp as stories;

mod drains;
mod far_end;
mod faults;
mod ipv6;
mod main_job;
mod memory;
mod nothing_lost;
mod planned;
mod rehearsed;
mod route_page;
mod siblings;
mod silence;
mod sources;
mod takeover;
