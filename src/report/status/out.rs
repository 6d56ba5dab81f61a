//! A route's state, read from a command in a status: announced with which next-hop and AS path, or withdrawn. Pure.

use std::net::IpAddr;

/// Whether a route is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Out {
    /// It is announced.
    Announced(Wire),
    /// It is withdrawn.
    Withdrawn,
}

/// The attributes that are compared with what a cloud shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// The next-hop; `None`: `self`, the session's own address.
    pub next_hop: Option<IpAddr>,
    /// The AS path; `None`: ExaBGP's local-as alone.
    pub as_path: Option<Vec<u32>>,
}

impl Out {
    /// The attributes of an announced route.
    pub fn wire(out: Option<&Self>) -> Option<&Wire> {
        match out {
            Some(Self::Announced(wire)) => Some(wire),
            _ => None,
        }
    }

    /// Reads a command that this program wrote; `None`: it is no such command.
    pub fn of_command(command: &str) -> Option<Self> {
        let words: Vec<&str> = command.split(' ').collect();
        let after = |word: &str| {
            words
                .iter()
                .position(|known| *known == word)
                .map(|at| at + 1)
        };
        if after("withdraw").is_some() {
            return Some(Self::Withdrawn);
        }
        after("announce")?;
        let hop = words.get(after("next-hop")?)?;
        let next_hop = if *hop == "self" {
            None
        } else {
            Some(hop.parse().ok()?)
        };
        let as_path = match after("as-path") {
            None => None,
            Some(at) => {
                let numbers = words.get(at + 1..)?.iter().take_while(|word| **word != "]");
                Some(
                    numbers
                        .map(|number| number.parse())
                        .collect::<Result<_, _>>()
                        .ok()?,
                )
            }
        };
        Some(Self::Announced(Wire { next_hop, as_path }))
    }
}

#[cfg(test)]
impl Out {
    /// With these attributes.
    pub(crate) fn announced(next_hop: &str, as_path: Option<&[u32]>) -> Option<Self> {
        let next_hop = next_hop.parse().ok();
        Some(Self::Announced(Wire {
            next_hop,
            as_path: as_path.map(<[u32]>::to_vec),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_says_what_is_out() {
        let of = Out::of_command;
        assert_eq!(of("withdraw route 9.9.9.9/32"), Some(Out::Withdrawn));
        assert_eq!(
            of(
                "neighbor 10.0.0.1, neighbor 10.0.0.2 announce route 9.9.9.9/32 next-hop 10.0.0.3 as-path [ 65010 65010 ] med 5"
            ),
            Out::announced("10.0.0.3", Some(&[65010, 65010]))
        );
        assert_eq!(
            of("announce route 9.9.9.9/32 next-hop self"),
            Out::announced("self", None)
        );
        assert_eq!(of("announce route 9.9.9.9/32"), None);
        assert_eq!(of("shutdown"), None);
    }
}
