//! What HAProxy is told, and what it answered. An order is made of names alone, so nothing else can get into the line.

use std::fmt;

use super::name::ServerName;
use crate::condition::ProxyName;

/// What an operator wishes of a server (`set server … state`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerWish {
    /// It takes requests, as its checks allow.
    Ready,
    /// No new requests; it is still checked, and whom persistence binds to it is still sent there.
    Drain,
    /// No requests, no checks.
    Maint,
}

impl ServerWish {
    /// HAProxy's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Drain => "drain",
            Self::Maint => "maint",
        }
    }
}

/// What an operator wishes of a frontend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrontendWish {
    /// It accepts connections.
    Enabled,
    /// Its listeners are closed; open connections stay.
    Disabled,
}

/// One command.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order<'name> {
    Server(&'name ServerName, ServerWish),
    Frontend(&'name ProxyName, FrontendWish),
}

impl Order<'_> {
    /// The proxy that it is about.
    pub(super) fn proxy(&self) -> &ProxyName {
        match self {
            Self::Server(name, _) => &name.backend,
            Self::Frontend(name, _) => name,
        }
    }
}

impl fmt::Display for Order<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(name, wish) => write!(f, "set server {name} state {}", wish.word()),
            Self::Frontend(name, FrontendWish::Enabled) => write!(f, "enable frontend {name}"),
            Self::Frontend(name, FrontendWish::Disabled) => write!(f, "disable frontend {name}"),
        }
    }
}

/// HAProxy's answer to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// It was taken; a notice may say that there was nothing to do.
    Taken(String),
    /// It was refused, in HAProxy's words.
    Refused(String),
    /// The socket's level does not allow it.
    Denied,
    /// This version has no such command.
    NotKnown,
}

/// The reply that follows `set severity-output number`: silence, or `[3]: No such server.`
///
/// 0 to 3 are errors, 4 to 7 notices; but an unknown command is told at 6.
pub(super) fn reply(said: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(said);
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let line: String = line
        .chars()
        .filter(|letter| !letter.is_control())
        .take(160)
        .collect();
    let severity = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "));
    let (grave, words) = match severity {
        _ if line.is_empty() => (false, ""),
        Some((number, words)) => (!matches!(number, "4" | "5" | "6" | "7"), words),
        // Without a severity nobody knows how grave it is.
        None => (true, line.as_str()),
    };
    if words.starts_with("Unknown command") {
        Reply::NotKnown
    } else if words.starts_with("Permission denied") {
        Reply::Denied
    } else if grave {
        Reply::Refused(words.to_owned())
    } else {
        Reply::Taken(words.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_severity_tells_a_refusal_from_a_notice() {
        let taken = |words: &str| Reply::Taken(words.to_owned());
        let refused = |words: &str| Reply::Refused(words.to_owned());
        let table: [(&[u8], Reply); 12] = [
            (b"\n\n", taken("")),
            (b"", taken("")),
            (b"\n[3]: No such server.\n\n", refused("No such server.")),
            (b"\n[3]: Permission denied\n\n", Reply::Denied),
            (b"\n[5]: All sockets are already disabled.\n\n", taken("All sockets are already disabled.")),
            (b"\n[4]: Frontend is already disabled.\n\n", taken("Frontend is already disabled.")),
            (b"\n[6]: Done.\n\n", taken("Done.")),
            (
                b"\n[6]: Unknown command, but maybe one of the following ones is a better match:\n  a\n\n",
                Reply::NotKnown,
            ),
            (b"\n[6]: Unknown command: 'set', but maybe\n", Reply::NotKnown),
            (b"Unknown command. Please enter one of the following commands only :\n", Reply::NotKnown),
            (b"No such backend.\n\n", refused("No such backend.")),
            (b"\n[9]: what\x1b[31m\n", refused("what[31m")),
        ];
        for (said, meaning) in table {
            assert_eq!(reply(said), meaning, "{:?}", String::from_utf8_lossy(said));
        }
    }

    #[test]
    fn an_order_is_one_line() {
        let name = ServerName::of("be:odd-name_.1", "a.b:c-d_1").unwrap();
        assert_eq!(
            Order::Server(&name, ServerWish::Drain).to_string(),
            "set server be:odd-name_.1/a.b:c-d_1 state drain"
        );
        assert_eq!(
            Order::Frontend(&name.backend, FrontendWish::Disabled).to_string(),
            "disable frontend be:odd-name_.1"
        );
        assert_eq!(
            Order::Frontend(&name.backend, FrontendWish::Enabled).to_string(),
            "enable frontend be:odd-name_.1"
        );
    }
}
