//! `haproxy-rhi server` and `frontend` on the real HAProxy: what an operator types, and what HAProxy and its clients
//! see of it afterwards.
//!
//! HAProxy listens on unix sockets in a directory of each test's own, and so do the servers behind it, which are threads
//! of the test: no root, no network but loopback. `HAPROXY=/path/to/another/haproxy` runs them on another version.

#![cfg(test)]

mod backend;
mod command;
mod doors;
mod haproxy;
mod wait;

mod azure;
mod frontends;
mod list;
mod live;
mod servers;
mod stats_page;
mod track;
mod twins;

mod bad_drains;
mod drains;
mod drains_again;
mod guard;
mod waiting;

mod faults;
mod reload;
