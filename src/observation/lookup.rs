//! Servers found by their name, each at once: a table may have twenty thousand rows, and each of them may follow another.

use std::collections::HashMap;

use super::haproxy::{ServerRow, ServerState, Snapshot};

/// The longest chain of servers that follow one another: HAProxy refuses loops, an answer that is not HAProxy's may
/// have one.
pub const CHAIN: usize = 64;

/// Finds the servers of one snapshot.
#[derive(Debug)]
pub struct Lookup<'s> {
    snapshot: &'s Snapshot,
    /// Servers by their proxy and name; a proxy is absent until one of its servers is not found at its place.
    names: HashMap<&'s str, HashMap<&'s str, &'s ServerRow>>,
}

impl Snapshot {
    /// A lookup of its servers.
    pub fn lookup(&self) -> Lookup<'_> {
        Lookup {
            snapshot: self,
            names: HashMap::new(),
        }
    }
}

impl<'s> Lookup<'s> {
    /// A server of this name, which is probably at this place of its proxy.
    pub fn server(&mut self, proxy: &str, name: &str, place: usize) -> Option<&'s ServerRow> {
        let (proxy, known) = self.snapshot.proxies.get_key_value(proxy)?;
        let there = known.servers.get(place).filter(|row| row.name == name);
        // The first of a name counts.
        let names = || {
            known
                .servers
                .iter()
                .rev()
                .map(|row| (row.name.as_str(), row))
                .collect()
        };
        there.or_else(|| {
            self.names
                .entry(proxy)
                .or_insert_with(names)
                .get(name)
                .copied()
        })
    }

    /// The state of a server at this place of its proxy. One that follows another's checks has been checked when that
    /// other has; that other is probably at the same place of its own proxy. Where the chain is longer than any that is
    /// followed, its end is not known to be checked.
    pub fn state(&mut self, place: usize, server: &ServerRow) -> ServerState {
        let mut state = server.state;
        let mut row = server;
        for _ in 0..=CHAIN {
            let (ServerState::Usable, Some((proxy, name))) = (state, &row.tracks) else {
                return state;
            };
            match self.server(proxy, name, place) {
                None => return ServerState::Unchecked,
                Some(next)
                    if matches!(next.state, ServerState::Unchecked | ServerState::Strange) =>
                {
                    return next.state;
                }
                Some(next) => {
                    (state, row) = (
                        if next.tracks.is_some() {
                            next.state
                        } else {
                            server.state
                        },
                        next,
                    )
                }
            }
        }
        ServerState::Unchecked
    }
}

#[cfg(test)]
mod tests {
    use super::super::haproxy::Proxy;
    use super::*;

    fn server(name: &str, state: ServerState, tracks: Option<&str>) -> ServerRow {
        let tracks = tracks
            .and_then(|text| text.split_once('/'))
            .map(|(proxy, name)| (proxy.to_owned(), name.to_owned()));
        ServerRow {
            name: name.to_owned(),
            backup: false,
            weight: 1,
            state,
            words: String::new(),
            tracks,
            remembered: None,
        }
    }

    fn snapshot(rows: Vec<ServerRow>) -> Snapshot {
        let proxies = [(
            "be".to_owned(),
            Proxy {
                servers: rows,
                ..Proxy::default()
            },
        )]
        .into();
        Snapshot {
            process: None,
            proxies,
        }
    }

    #[test]
    fn a_tracking_server_is_as_unchecked_as_the_one_it_follows() {
        let follower = server("s2", ServerState::Usable, Some("be/s1"));
        let of = |state| {
            let snapshot = snapshot(vec![server("s1", state, None), follower.clone()]);
            snapshot.lookup().state(1, &follower)
        };
        assert_eq!(of(ServerState::Unchecked), ServerState::Unchecked);
        assert_eq!(of(ServerState::Usable), ServerState::Usable);
        assert_eq!(
            snapshot(vec![]).lookup().state(0, &follower),
            ServerState::Unchecked
        );
    }

    #[test]
    fn a_chain_of_tracking_servers_is_as_unchecked_as_its_end() {
        let of = |length: usize, end| {
            let name = |n: usize| format!("s{n}");
            let followers = (1..=length).map(|n| {
                server(
                    &name(n),
                    ServerState::Usable,
                    Some(&format!("be/{}", name(n - 1))),
                )
            });
            let rows: Vec<_> = std::iter::once(server("s0", end, None))
                .chain(followers)
                .collect();
            let last = rows[length].clone();
            snapshot(rows).lookup().state(length, &last)
        };
        for length in [1, 4, 9, CHAIN] {
            assert_eq!(
                of(length, ServerState::Unchecked),
                ServerState::Unchecked,
                "{length}"
            );
            assert_eq!(
                of(length, ServerState::Usable),
                ServerState::Usable,
                "{length}"
            );
        }
        assert_eq!(of(CHAIN + 1, ServerState::Usable), ServerState::Unchecked);
    }

    #[test]
    fn a_loop_of_tracking_servers_ends() {
        let row = server("s1", ServerState::Usable, Some("be/s1"));
        assert_eq!(
            snapshot(vec![row.clone()]).lookup().state(0, &row),
            ServerState::Unchecked
        );
    }

    #[test]
    fn the_first_server_of_a_name_counts() {
        let two = [ServerState::Down, ServerState::Usable].map(|state| server("s1", state, None));
        let snapshot = snapshot(two.into());
        assert_eq!(
            snapshot.lookup().server("be", "s1", 7).unwrap().state,
            ServerState::Down
        );
    }
}
