//! What an earlier process of HAProxy knew of its servers counts until the new one has checked them.

use std::time::{Duration, Instant};

use super::haproxy::{ServerRow, ServerState, Snapshot};

impl Snapshot {
    /// Servers that this process of HAProxy has not checked yet are taken for what `before`, read at `read`, knew of
    /// them by their name: healthy or not. After `bound` without a check nothing is known any more. Where `before` has
    /// no such server, or one that nobody had checked, or an operator had taken it out, nothing is known.
    pub fn remember(&mut self, (before, read): (&Self, Instant), bound: Duration, now: Instant) {
        let unchecked = self.proxies.iter_mut().flat_map(|(name, proxy)| {
            let rows = proxy.servers.iter_mut().enumerate();
            rows.filter(|(_, row)| row.state == ServerState::Unchecked)
                .map(move |row| (name, row))
        });
        let mut before = before.lookup();
        for (name, (place, row)) in unchecked {
            let Some(known) = before.server(name, &row.name, place) else {
                continue;
            };
            let at = known.remembered.unwrap_or(read);
            if now.saturating_duration_since(at) < bound {
                row.recall(known.state, at);
            }
        }
    }
}

impl ServerRow {
    /// Takes the state that an earlier process knew.
    fn recall(&mut self, state: ServerState, at: Instant) {
        self.state = match state {
            ServerState::Usable | ServerState::Weightless if self.weight == 0 => {
                ServerState::Weightless
            }
            ServerState::Usable | ServerState::Weightless => ServerState::Usable,
            ServerState::Down => ServerState::Down,
            ServerState::Unchecked
            | ServerState::Strange
            | ServerState::Maint
            | ServerState::Drain
            | ServerState::Unresolved => return,
        };
        self.remembered = Some(at);
    }
}
