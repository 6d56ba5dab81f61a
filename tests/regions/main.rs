//! The two regions, with the repository's own files, on real HAProxy, ExaBGP and BIRD: what the Route Servers, the
//! MSEE's kernel and the client see when something dies, returns, reloads or hangs.
//!
//! Every story but those of two NVAs a region is told to ExaBGP 4.2 (Debian's) and 5.0.

#![cfg(test)]

pub(crate) use haproxy_rhi_lab::stories_of_exabgp as stories;

mod busy;
mod drains;
mod far_end;
mod faults;
mod four;
mod ipv6;
mod main_job;
mod memory;
mod nothing_lost;
mod pictured;
mod planned;
mod rehearsed;
mod replayed;
mod route_page;
mod screen;
mod siblings;
mod silence;
mod sources;
mod spokes;
mod takeover;
mod two_nvas;
