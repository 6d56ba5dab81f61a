//! HAProxy's truth, and all of it at once: what the Route Servers, the MSEE and the client see while HAProxy reloads,
//! restarts, hangs and logs, and what haproxy-rhi asks of it meanwhile.
//!
//! Every story is told to HAProxy 2.6 (Debian 12's) and 3.0 (Debian 13's), under Debian's ExaBGP; those of probes, which
//! do not look at HAProxy, to the first alone.

#![cfg(test)]

pub(crate) use haproxy_rhi_lab::stories_of_haproxy as stories;

// What the world sees.
#[path = "../regions/far_end.rs"]
mod far_end;

mod stage;

// The stories.
mod main_job;

mod reload;

mod ends;

mod addresses;

mod hang;

mod events;

mod page;

mod probes;

mod side;

mod tls;

mod question;
