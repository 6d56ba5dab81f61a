//! Names as an operator writes them. A name has only characters of HAProxy's own charset: a blank, a `;` or a line feed
//! would begin another command in HAProxy's CLI.

use std::fmt;
use std::str::FromStr;

use crate::condition::ProxyName;

/// A server, by its backend's name and its own: `http_back/backend01`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName {
    /// The backend (or `listen` section) that it belongs to.
    pub backend: ProxyName,
    /// Its name there.
    pub server: ProxyName,
}

impl ServerName {
    /// From HAProxy's own names; `None` where one is not a valid name.
    pub fn of(backend: &str, server: &str) -> Option<Self> {
        Some(Self {
            backend: backend.parse().ok()?,
            server: server.parse().ok()?,
        })
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.backend, self.server)
    }
}

/// `BACKEND/SERVER`, or `BACKEND/*` for each of its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTarget {
    /// The backend.
    pub backend: ProxyName,
    /// The server; `None`: all of the backend's.
    pub server: Option<ProxyName>,
}

impl FromStr for ServerTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((backend, server)) = text.split_once('/') else {
            let backend: ProxyName = text.parse()?;
            return Err(format!(
                "'{backend}' names no server; write {backend}/SERVER, or {backend}/* for all of its servers"
            ));
        };
        let server = if server == "*" {
            None
        } else {
            Some(server.parse()?)
        };
        Ok(Self {
            backend: backend.parse()?,
            server,
        })
    }
}

/// What `server list` shows: `BACKEND`, `BACKEND/*` or `BACKEND/SERVER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFilter(pub ServerTarget);

impl FromStr for ServerFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let target = if text.contains('/') {
            text.parse()?
        } else {
            ServerTarget {
                backend: text.parse()?,
                server: None,
            }
        };
        Ok(Self(target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_names_a_server_or_all_of_a_backend() {
        let target = |text: &str| text.parse::<ServerTarget>();
        let one = target("http_back/backend01").unwrap();
        assert_eq!(
            (
                one.backend.as_str(),
                one.server.as_ref().map(ProxyName::as_str)
            ),
            ("http_back", Some("backend01"))
        );
        assert_eq!(target("be:odd-name_.1/*").unwrap().server, None);
        assert!(target("http_back").unwrap_err().contains("http_back/*"));
        assert_eq!(
            "http_back".parse::<ServerFilter>().unwrap().0,
            target("http_back/*").unwrap()
        );
    }

    #[test]
    fn nothing_that_could_begin_another_command_becomes_a_name() {
        for text in [
            "",
            "/",
            "a/",
            "/b",
            "a/b/c",
            "a b/c",
            "a/b c",
            "a;b/c",
            "a/b;show env",
            "a/b\n",
            "a/b\r",
            "a/b\t",
            "a/#1",
            "#1/b",
            "a/b\\",
            "a/\"b\"",
            "a/ü",
            "a/**",
            "a/b*",
            "*/b",
            "*/*",
            "a/b,c",
            "a/b\0",
            "@1/b",
            "a/<b",
            "a/$b",
        ] {
            assert!(
                text.parse::<ServerTarget>().is_err(),
                "{text:?} was taken for a target"
            );
        }
    }
}
