//! Sockets, addresses and names by which haproxy-rhi, HAProxy and ExaBGP's neighbors are reached.

use std::net::{IpAddr, Ipv4Addr};

/// The address of HAProxy's log datagrams.
pub const EVENTS: &str = "127.0.0.1:30514";

/// The endpoints of one NVA; by default those of the shipped haproxy.cfg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The clients' frontends.
    pub frontends: Vec<String>,
    /// The stats socket that haproxy-rhi watches.
    pub stats: String,
    /// The stats socket of level admin for haproxy-rhi.
    pub control: String,
    /// The address of log datagrams; `None`: HAProxy sends none.
    pub events: Option<String>,
    /// The health page's URL after the NVA's address, the same in every region.
    pub page: String,
    /// Pages of other NVAs that an existing config.json asks: they may be at another port.
    pub urls: Vec<(IpAddr, String)>,
    /// The neighbors to announce to; empty: all.
    pub neighbors: Vec<String>,
}

impl Endpoints {
    /// The page of another NVA.
    pub fn url(&self, address: Ipv4Addr) -> String {
        let known = self.urls.iter().find(|(known, _)| *known == address);
        known.map_or_else(
            || format!("http://{address}{}", self.page),
            |(_, url)| url.clone(),
        )
    }
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            frontends: vec!["http_front".to_owned()],
            stats: "/run/haproxy/watch.sock".to_owned(),
            control: "/run/haproxy/control.sock".to_owned(),
            events: Some(EVENTS.to_owned()),
            page: "/health".to_owned(),
            urls: Vec::new(),
            neighbors: Vec::new(),
        }
    }
}
