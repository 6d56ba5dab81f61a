//! ExaBGP's grammar: the commands that are written to it and the messages that it writes.
//!
//! A command is made of fixed words, numbers and addresses only: no text of the configuration, of HAProxy or of
//! a neighbor can reach a line. ExaBGP 4.2 and 5.0 look for command names *anywhere* in a line, so that a stray
//! `shutdown` or `json` in it would stop or crash the daemon.

use std::fmt::{self, Write};

use crate::route::{Neighbor, Route, RouteKey};

/// The longest line, in octets: a pipe takes 4096 at once, whole.
pub const LONGEST_LINE: usize = 4000;

/// The longest line of a reading that is kept: what we announce is shorter, with any name of a neighbor before it.
const LONGEST_HELD: usize = 8192;

/// What can be said to ExaBGP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Announce a route, or replace the one that is out.
    Announce(RouteKey, Route),
    /// Withdraw it.
    Withdraw(RouteKey),
    /// Send everything again to a neighbor: the only cheap command that repairs what a session missed.
    Flush(Neighbor),
    /// Ask who is there, and whether it acknowledges.
    Version,
    /// Ask for everything that is in the Adj-RIB-Out.
    ReadBack,
    /// Ask whose sessions are established.
    Established,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Announce(key, route) => {
                selectors(&key.neighbors, f)?;
                write!(
                    f,
                    "announce route {} next-hop {}",
                    key.prefix, route.next_hop
                )?;
                attributes(route, f)?;
                path_information(key, f)
            }
            Self::Withdraw(key) => {
                selectors(&key.neighbors, f)?;
                write!(f, "withdraw route {}", key.prefix)?;
                path_information(key, f)
            }
            Self::Flush(neighbor) => write!(f, "neighbor {neighbor} flush adj-rib out"),
            Self::Version => f.write_str("version"),
            Self::ReadBack => f.write_str("show adj-rib out extensive"),
            Self::Established => f.write_str("show neighbor summary"),
        }
    }
}

/// `neighbor A, neighbor B `: the word is repeated, or ExaBGP refuses the line.
fn selectors(neighbors: &[Neighbor], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, neighbor) in neighbors.iter().enumerate() {
        write!(
            f,
            "{}neighbor {neighbor}",
            if index == 0 { "" } else { ", " }
        )?;
    }
    if neighbors.is_empty() {
        Ok(())
    } else {
        f.write_char(' ')
    }
}

fn attributes(route: &Route, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let attributes = &route.attributes;
    // Brackets, blanks and plain decimals: the one form that every version takes.
    if let Some(path) = &attributes.as_path {
        write!(f, " as-path [ {path} ]")?;
    }
    if let Some(med) = attributes.med {
        write!(f, " med {med}")?;
    }
    if let Some(preference) = attributes.local_preference {
        write!(f, " local-preference {preference}")?;
    }
    if let Some(origin) = attributes.origin {
        write!(f, " origin {origin}")?;
    }
    list("community", &attributes.community, f)?;
    list("large-community", &attributes.large_community, f)?;
    list("extended-community", &attributes.extended_community, f)
}

fn list(word: &str, values: &[impl fmt::Display], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if values.is_empty() {
        return Ok(());
    }
    write!(f, " {word} [")?;
    for value in values {
        write!(f, " {value}")?;
    }
    f.write_str(" ]")
}

fn path_information(key: &RouteKey, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match key.path_information {
        Some(id) => write!(f, " path-information {id}"),
        None => Ok(()),
    }
}

/// What ExaBGP writes to its process, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A command was taken into the Adj-RIB-Out.
    Done,
    /// A command was refused.
    Error,
    /// The answer to `version`: `4.2.21`.
    Version(String),
    /// A session is established.
    Up(Neighbor),
    /// A session is not, or a connection attempt failed; with the reason, as ExaBGP words it.
    Down(Neighbor, String),
    /// ExaBGP is about to stop its processes.
    Shutdown,
    /// A line of the answer to [`Command::ReadBack`].
    Held(String),
    /// A line of the answer to [`Command::Established`]: a session that is.
    Established(Neighbor),
}

/// Reads one line, in the text or the JSON encoding. What is not known is nothing.
pub fn message(line: &str) -> Option<Message> {
    let line = line.trim();
    match line {
        "done" => return Some(Message::Done),
        "error" => return Some(Message::Error),
        _ if line.starts_with('{') => return json_message(line),
        _ if line.starts_with(|first: char| first.is_ascii_hexdigit() || first == ':') => {
            if let Some(neighbor) = established(line) {
                return Some(Message::Established(neighbor));
            }
        }
        _ => {}
    }
    let mut words = line.splitn(4, ' ');
    match (words.next()?, words.next()?, words.next()) {
        ("exabgp", version, None) => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
            (version.len() <= 40 && version.bytes().all(plain))
                .then(|| Message::Version(version.to_owned()))
        }
        ("neighbor", name, Some(state @ ("up" | "down" | "connected"))) => {
            session(name, state, words.next().unwrap_or_default())
        }
        ("neighbor", _, Some("local-ip")) if line.len() <= LONGEST_HELD => {
            Some(Message::Held(line.to_owned()))
        }
        ("shutdown", pid, Some(parent))
            if pid.parse::<u32>().is_ok() && parent.parse::<u32>().is_ok() =>
        {
            Some(Message::Shutdown)
        }
        _ => None,
    }
}

fn session(name: &str, state: &str, reason: &str) -> Option<Message> {
    let neighbor = name.parse().ok()?;
    match state {
        "up" => Some(Message::Up(neighbor)),
        "down" => {
            // A neighbor has a say in it: only what is plain goes into a log line.
            let reason = reason
                .trim_start_matches("- ")
                .chars()
                .filter(|letter| matches!(letter, ' '..='~'));
            Some(Message::Down(neighbor, reason.take(120).collect()))
        }
        // `connected` is a TCP connection, not a session.
        _ => None,
    }
}

/// `172.16.159.4    65515     0:00:05 established           1          1`, with `1 day, 0:00:05` after a day.
fn established(line: &str) -> Option<Neighbor> {
    let mut words = line.split_ascii_whitespace();
    let neighbor = words.next()?.parse().ok()?;
    words.next()?.parse::<u32>().ok()?;
    words
        .take(4)
        .any(|word| word == "established")
        .then_some(neighbor)
}

fn json_message(line: &str) -> Option<Message> {
    let json: serde_json::Value = serde_json::from_str(line).ok()?;
    match json.get("type")?.as_str()? {
        "state" => {
            let neighbor = json.get("neighbor")?;
            let name = neighbor.get("address")?.get("peer")?.as_str()?;
            let reason = neighbor
                .get("reason")
                .and_then(|reason| reason.as_str())
                .unwrap_or_default();
            session(name, neighbor.get("state")?.as_str()?, reason)
        }
        "notification" if json.get("notification")?.as_str()? == "shutdown" => {
            Some(Message::Shutdown)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(name: &str) -> Option<Message> {
        Some(Message::Up(name.parse().unwrap()))
    }

    #[test]
    fn messages_of_both_encodings_are_understood() {
        assert_eq!(message("done\n"), Some(Message::Done));
        assert_eq!(message("error"), Some(Message::Error));
        assert_eq!(
            message("exabgp 4.2.21"),
            Some(Message::Version("4.2.21".to_owned()))
        );
        assert_eq!(message("neighbor 127.0.0.2 up"), up("127.0.0.2"));
        assert_eq!(message("neighbor 127.0.0.2 connected"), None);
        assert_eq!(
            message(
                "neighbor 127.0.0.2 down - peer reset, message [closing connection] error[the TCP connection was closed]"
            ),
            Some(Message::Down(
                "127.0.0.2".parse().unwrap(),
                "peer reset, message [closing connection] error[the TCP connection was closed]"
                    .to_owned()
            ))
        );
        assert_eq!(message("shutdown 24903 24843"), Some(Message::Shutdown));
        let state = r#"{ "exabgp": "4.0.1", "time": 1795323245.777, "host" : "vm", "pid" : 2232, "ppid" : 1975, "counter": 2, "type": "state", "neighbor": { "address": { "local": "127.0.0.1", "peer": "127.0.0.211" }, "asn": { "local": 65010, "peer": 65001 } , "state": "up" } }"#;
        assert_eq!(message(state), up("127.0.0.211"));
        let shutdown = r#"{ "exabgp": "4.0.1", "time": 1.5, "host" : "vm", "pid" : 2232, "ppid" : 1975, "type": "notification", "notification": "shutdown" }"#;
        assert_eq!(message(shutdown), Some(Message::Shutdown));
    }

    #[test]
    fn of_all_neighbors_the_established_ones_are_told() {
        for (line, name) in [
            (
                "172.16.159.4    65515     0:00:05 established           1          1",
                "172.16.159.4",
            ),
            (
                "127.0.0.2       65515  2 days, 1:00:07 established     31         12",
                "127.0.0.2",
            ),
            (
                "2001:db8::4     65515     0:00:05 established           1          1",
                "2001:db8::4",
            ),
            (
                "::1             65515     0:00:05 established           1          1",
                "::1",
            ),
            (
                "fd00::1         65515     0:00:05 established           1          1",
                "fd00::1",
            ),
        ] {
            assert_eq!(
                message(line),
                Some(Message::Established(name.parse().unwrap())),
                "{line:?}"
            );
        }
    }

    #[test]
    fn what_is_not_a_message_is_nothing() {
        for line in [
            "Peer            AS        up/down state       |     #sent     #recvd",
            "127.0.0.3       65515        down idle                  0          0",
            "127.0.0.3       established",
            "done            65515     0:00:05 established           1          1",
            "",
            "done done",
            "Done",
            "error: bad",
            "neighbor",
            "neighbor x up",
            "neighbor 127.0.0.2",
            "exabgp",
            "exabgp a b",
            "shutdown now please",
            "{",
            "{}",
            r#"{"type":1}"#,
            "[]",
            "\u{0}",
        ] {
            assert_eq!(message(line), None, "{line:?}");
        }
    }

    #[test]
    fn selectors_repeat_the_word() {
        let key = |neighbors: &[&str]| RouteKey {
            prefix: "9.9.9.9/32".parse().unwrap(),
            path_information: None,
            neighbors: neighbors.iter().map(|name| name.parse().unwrap()).collect(),
        };
        assert_eq!(
            Command::Withdraw(key(&[])).to_string(),
            "withdraw route 9.9.9.9/32"
        );
        assert_eq!(
            Command::Withdraw(key(&["172.16.159.4", "172.16.159.5"])).to_string(),
            "neighbor 172.16.159.4, neighbor 172.16.159.5 withdraw route 9.9.9.9/32"
        );
    }
}
