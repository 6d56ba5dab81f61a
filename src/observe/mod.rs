//! The edge in: HAProxy's state, its log datagrams, probes, the host's addresses.
//! In comes a plan of what to look at, and orders to look.
//! Out go looks and findings ([`Sight`]); what they mean is not decided here.
//!
//! One thread polls HAProxy; one, the [`Listener`], hears what does not wait for a poll, and looks at once; one runs each probe, so that
//! nothing that hangs holds up a decision. [`Watch`] owns the threads that one configuration needs.

mod address;
mod agent;
mod ear;
mod events;
mod listener;
mod look;
mod orders;
mod page;
mod probe;
mod process;
mod rows;
mod socket;
mod tls;
mod twins;
mod watch;

pub use address::is_local;
pub use agent::config as http_settings;
pub use listener::{Followed, Listener};
pub use look::{Sight, look_at_all};
pub use orders::{
    Clocks, DEFAULT_FOLDER, Declaration, Found, OrderFile, beside as beside_orders,
    find as find_order, is_a_units, path as order_path, put_for_all, read as read_orders,
    watch as watch_orders, write as write_order,
};
pub use rows::{add_table, blocks, numbers, process, table};
pub use socket::{LONGEST_QUESTION, ask, snapshot};
pub use tls::{config as tls_settings, in_words as tls_words};
pub use watch::Watch;
