//! The two regions of the documentation in network namespaces: real HAProxy, ExaBGP and BIRD.
//!
//! ```text
//!     client 10.1.0.10 ── core: the router, and the MSEE, AS 12076
//!                          ├─ 172.16.156.0/24  North Europe: NVA .70, backend .69
//!                          ├─ 172.16.159.0/24  its Route Server's instances .4 and .5, AS 65515
//!                          ├─ 172.16.136.0/24  West Europe: NVA .70, backend .69
//!                          └─ 172.16.139.0/24  its Route Server's instances .4 and .5, AS 65515
//! ```
//!
//! Each NVA has 9.9.9.9/32 on `lo`, and sees this repository's `exabgp/` and `haproxy/` files where an operator
//! installs them. A lab shares nothing with the host or with another lab, and leads nowhere: no interface of it
//! leaves the machine. It needs root, and the programs that [`requirements`] names.
//!
//! Perhaps begin with [`Lab`], then [`Nva`] for what is tested, [`Msee`], [`RouteServer`] and [`Client`] for what
//! the world sees of it, and [`eventually`] for waiting.

// The plan, and what it is built from.
mod topology;

mod log_line;
mod namespace;
mod program;

mod directory;
mod reaper;

// The hosts, from the servers outwards to the client.
mod backend;

mod install;
mod journal;

mod debian;

mod exabgp_version;

mod haproxy_version;

mod nva;

mod haproxy;

mod exabgp;

mod machine;

mod bird;

mod table;

mod route_server;

mod msee;

mod client;

mod load;

mod kept;

mod lab;

mod ring;

mod wait;

mod stories;

pub use backend::Backend;
pub use client::{Answer, Client, Ping, Pinged};
pub use debian::{Debian, debian_tree};
pub use exabgp::ExaBgpProcess;
pub use exabgp_version::ExaBgp;
pub use haproxy::HaproxyProcess;
pub use haproxy_version::Haproxy;
pub use lab::{Lab, LabBuilder, requirements};
pub use load::{Connections, Load, LoadReport, Measurement, Outcome, Request};
pub use log_line::{Follower, LogLine};
pub use machine::Machine;
pub use msee::{Msee, RouteChange};
pub use nva::Nva;
pub use program::{ChildProcess, Signal};
pub use ring::{ANYCAST_V6, Host, Ring, address, address_v6};
pub use route_server::RouteServer;
pub use table::TableRow;
pub use topology::{ANYCAST, ANYCAST_ADDRESS, Region};
pub use wait::{eventually, holds};
