//! What ExaBGP writes to its process, line by line, in every dialect and both encodings. Only the form of a line says
//! what it is: a text event may come where JSON is spoken, and the other way round.

use serde::{Deserialize, Serialize};

use super::held::Held;
use crate::route::Neighbor;

/// The longest line of a text reading that is kept: what we announce is shorter, with any name of a neighbor before it.
const LONGEST_HELD: usize = 8192;
/// The longest text of ExaBGP's that goes into a log line.
const LONGEST_SHOWN: usize = 120;

/// What ExaBGP calls itself, in the answer to `system version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// `4.2.21`.
    pub version: String,
    /// It answered in JSON.
    pub json: bool,
}

/// What ExaBGP writes to its process, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// A command was taken into the Adj-RIB-Out.
    Done,
    /// A command was refused.
    Error,
    /// The reason of the `error` that comes next.
    Reason(String),
    /// A statement for named neighbors was taken by one of them, or by none.
    Taken(bool),
    /// The answer to `system version`.
    Version(Who),
    /// A session is established.
    Up(Neighbor),
    /// A session is not, or a connection attempt failed; with the reason, as ExaBGP words it.
    Down(Neighbor, String),
    /// ExaBGP is about to stop its processes.
    Shutdown,
    /// A line of the answer to `read_back`: a route that is held.
    Held(Held),
    /// A line of the answer to `established`: a neighbor whose session is.
    Established(Neighbor),
    /// The whole of one of these answers, where it is one line.
    Listed(Vec<Held>, Vec<(Neighbor, bool)>),
    /// A line that was too long to read.
    TooLong,
    /// A line that is none of these, shortened.
    Other(String),
}

/// Reads one line; absent: an event that does not matter.
pub fn message(line: &str) -> Option<Message> {
    let line = line.trim();
    match line.as_bytes().first()? {
        b'{' => object(line),
        b'[' => list(line),
        _ => text(line),
    }
}

fn text(line: &str) -> Option<Message> {
    let mut words = line.splitn(4, ' ');
    match (words.next()?, words.next(), words.next()) {
        ("done", None, _) => Some(Message::Done),
        ("error", None, _) => Some(Message::Error),
        ("error:", Some(_), _) => Some(Message::Reason(shown(&line["error:".len()..]))),
        ("exabgp", Some(version), None) if is_version(version) => Some(Message::Version(Who {
            version: version.to_owned(),
            json: false,
        })),
        ("neighbor", Some(_), Some("local-ip")) if line.len() <= LONGEST_HELD => {
            Held::of_text(line).map(Message::Held)
        }
        ("neighbor", Some(name), Some(state)) => {
            session(name, state, words.next().unwrap_or_default())
        }
        ("shutdown", Some(pid), Some(parent))
            if pid.parse::<u32>().is_ok() && parent.parse::<u32>().is_ok() =>
        {
            Some(Message::Shutdown)
        }
        _ => established(line)
            .map(Message::Established)
            .or_else(|| Some(Message::Other(shown(line)))),
    }
}

fn is_version(version: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
    !version.is_empty() && version.len() <= 40 && version.bytes().all(plain)
}

/// A neighbor may have worded it: only printable ASCII goes into a log line.
fn shown(text: &str) -> String {
    let plain = text.trim().chars().filter(|c| matches!(c, ' '..='~'));
    plain.take(LONGEST_SHOWN).collect()
}

fn session(name: &str, state: &str, reason: &str) -> Option<Message> {
    let neighbor = name.parse().ok()?;
    match state {
        "up" => Some(Message::Up(neighbor)),
        "down" => Some(Message::Down(
            neighbor,
            shown(reason.trim_start_matches("- ")),
        )),
        // `connected` is a TCP connection, not a session; UPDATEs are none of ours.
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

/// An object: an event if it has a `type`, and an answer if it has none.
#[derive(Deserialize)]
struct Object {
    #[serde(rename = "type")]
    event: Option<String>,
    neighbor: Option<serde_json::Value>,
    notification: Option<serde_json::Value>,
    version: Option<String>,
    application: Option<String>,
    route: Option<String>,
    success: Option<bool>,
    removed: Option<bool>,
}

fn object(line: &str) -> Option<Message> {
    let Ok(object) = serde_json::from_str::<Object>(line) else {
        return Some(Message::Other(shown(line)));
    };
    match (object.event.as_deref(), object.application.as_deref()) {
        (Some("state"), _) => state(&object.neighbor?),
        (Some("notification"), _) if object.notification?.as_str()? == "shutdown" => {
            Some(Message::Shutdown)
        }
        (Some(_), _) => None,
        (None, Some("exabgp")) => {
            let version = object.version.filter(|version| is_version(version))?;
            Some(Message::Version(Who {
                version,
                json: true,
            }))
        }
        (None, _) => match (object.route, object.success.or(object.removed)) {
            (Some(_), Some(taken)) => Some(Message::Taken(taken)),
            _ => Some(Message::Other(shown(line))),
        },
    }
}

fn state(neighbor: &serde_json::Value) -> Option<Message> {
    let name = neighbor.get("address")?.get("peer")?.as_str()?;
    let reason = neighbor.get("reason").and_then(|reason| reason.as_str());
    let state = neighbor.get("state")?.as_str()?;
    session(name, state, reason.unwrap_or_default())
}

/// A row of a list: a route that is held, or a neighbor.
#[derive(Deserialize)]
struct Row {
    route: Option<String>,
    neighbor: Option<String>,
    #[serde(rename = "peer-address")]
    peer: Option<String>,
    state: Option<String>,
}

fn list(line: &str) -> Option<Message> {
    let Ok(rows) = serde_json::from_str::<Vec<Row>>(line) else {
        return Some(Message::Other(shown(line)));
    };
    let (mut held, mut neighbors) = (Vec::new(), Vec::new());
    for row in rows {
        if let (Some(route), Some(neighbor)) = (&row.route, &row.neighbor) {
            held.extend(Held::of_row(route, neighbor));
        } else if let (Some(peer), Some(state)) = (row.peer, row.state) {
            let is_up = state == "ESTABLISHED";
            neighbors.extend(peer.parse().ok().map(|name| (name, is_up)));
        }
    }
    Some(Message::Listed(held, neighbors))
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
            Some(Message::Version(Who {
                version: "4.2.21".to_owned(),
                json: false
            }))
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
            "[",
            "[1]",
            "\u{0}",
        ] {
            let heard = message(line);
            assert!(
                matches!(heard, None | Some(Message::Other(_) | Message::Reason(_))),
                "{line:?}: {heard:?}"
            );
        }
    }
}
