//! How haproxy-rhi and HAProxy reach each other.

/// Where HAProxy's log datagrams go.
pub const EVENTS: &str = "127.0.0.1:30514";

/// How haproxy-rhi and this HAProxy reach each other; by default as in the shipped haproxy.cfg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Means {
    /// Clients come in here.
    pub frontends: Vec<String>,
    /// The stats socket.
    pub stats: String,
    /// The admin socket that haproxy-rhi has.
    pub control: String,
    /// Where log datagrams go; absent: they do not come.
    pub events: Option<String>,
    /// Every region's page: what follows its NVA's address in the URL.
    pub page: String,
    /// ExaBGP's neighbors that are announced to, where others are not; none: all.
    pub neighbors: Vec<String>,
}

impl Default for Means {
    fn default() -> Self {
        Self {
            frontends: vec!["http_front".to_owned()],
            stats: "/run/haproxy/watch.sock".to_owned(),
            control: "/run/haproxy/control.sock".to_owned(),
            events: Some(EVENTS.to_owned()),
            page: "/health".to_owned(),
            neighbors: Vec::new(),
        }
    }
}
