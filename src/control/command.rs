//! HAProxy's commands and replies. A command contains checked names only, so that nothing else gets into the line.

use std::fmt;

use super::name::ServerName;
use crate::condition::ProxyName;
use crate::foreign;

/// The state that an operator wishes of a server (`set server … state`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerWish {
    /// Requests, as its checks allow.
    Ready,
    /// No new requests, except of clients that persistence binds to it; checks go on.
    Drain,
    /// No requests, no checks.
    Maint,
}

impl ServerWish {
    /// HAProxy's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Drain => "drain",
            Self::Maint => "maint",
        }
    }
}

/// The state that an operator wishes of a frontend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrontendWish {
    /// It accepts connections.
    Enabled,
    /// Its listeners are closed; open connections stay.
    Disabled,
}

/// One command.
#[derive(Debug, Clone, Copy)]
pub(super) enum Command<'name> {
    Server(&'name ServerName, ServerWish),
    Frontend(&'name ProxyName, FrontendWish),
}

impl Command<'_> {
    /// The proxy that it changes.
    pub(super) fn proxy(&self) -> &ProxyName {
        match self {
            Self::Server(name, _) => &name.backend,
            Self::Frontend(name, _) => name,
        }
    }
}

impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(name, wish) => write!(f, "set server {name} state {}", wish.word()),
            Self::Frontend(name, FrontendWish::Enabled) => write!(f, "enable frontend {name}"),
            Self::Frontend(name, FrontendWish::Disabled) => write!(f, "disable frontend {name}"),
        }
    }
}

/// HAProxy's answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// Accepted; with HAProxy's notice, if any.
    Taken(String),
    /// Refused, in HAProxy's words.
    Refused(String),
    /// The socket's level does not allow it.
    Denied,
    /// This version has no such command.
    NotKnown,
}

/// Parses a reply after `set severity-output number`: nothing, or for example `[3]: No such server.`
///
/// Severities 0 to 3 are errors, 4 to 7 notices; but `Unknown command` has 6.
pub(super) fn reply(said: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(said);
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let line: String = foreign::plain(line).take(160).collect();
    let severity = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "));
    let (grave, words) = match severity {
        _ if line.is_empty() => (false, ""),
        Some((number, words)) => (!matches!(number, "4" | "5" | "6" | "7"), words),
        // Without a severity: an error.
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
            (b"\n[9]: what\x1b[31m\n", refused("what\u{fffd}[31m")),
        ];
        for (said, meaning) in table {
            assert_eq!(reply(said), meaning, "{:?}", String::from_utf8_lossy(said));
        }
    }

    #[test]
    fn a_command_is_one_line() {
        let name = ServerName::of("be:odd-name_.1", "a.b:c-d_1").unwrap();
        assert_eq!(
            Command::Server(&name, ServerWish::Drain).to_string(),
            "set server be:odd-name_.1/a.b:c-d_1 state drain"
        );
        assert_eq!(
            Command::Frontend(&name.backend, FrontendWish::Disabled).to_string(),
            "disable frontend be:odd-name_.1"
        );
        assert_eq!(
            Command::Frontend(&name.backend, FrontendWish::Enabled).to_string(),
            "enable frontend be:odd-name_.1"
        );
    }
}
