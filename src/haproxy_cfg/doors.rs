//! HAProxy's frontends as doors to its backends, from its table and its files. Pure.

use std::collections::BTreeMap;

use super::ways::{Leads, Ways};

/// HAProxy's frontends, and where they lead.
#[derive(Debug, Clone)]
pub struct Doors {
    frontends: BTreeMap<String, Door>,
    ways: Result<Ways, String>,
}

/// A frontend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// It accepts connections.
    pub open: bool,
    /// HAProxy has a backend of the same name.
    pub listen: bool,
}

impl Doors {
    /// From HAProxy's table, and its files or why they could not be read.
    pub fn new(frontends: BTreeMap<String, Door>, ways: Result<Ways, String>) -> Self {
        Self { frontends, ways }
    }

    /// From the files alone: every frontend counts as open.
    pub fn of_files(ways: Result<Ways, String>) -> Self {
        let door = |name: &str| {
            (
                name.to_owned(),
                Door {
                    open: true,
                    listen: false,
                },
            )
        };
        let frontends = ways.iter().flat_map(Ways::frontends).map(door).collect();
        Self { frontends, ways }
    }

    /// Whether a frontend leads to a backend; `None`: not known.
    pub fn leads(&self, frontend: &str, backend: &str) -> Option<Leads<'_>> {
        let door = self.frontends.get(frontend)?;
        match self
            .ways
            .as_ref()
            .ok()
            .and_then(|ways| ways.leads(frontend, backend))
        {
            None if door.listen && frontend == backend => Some(Leads::Yes),
            leads => leads,
        }
    }

    /// The frontends that lead to a backend.
    pub fn to(&self, backend: &str) -> Vec<&str> {
        let leads = |name: &&str| self.leads(name, backend) == Some(Leads::Yes);
        self.frontends
            .keys()
            .map(String::as_str)
            .filter(leads)
            .collect()
    }

    /// Whether a frontend is open.
    pub fn is_open(&self, frontend: &str) -> bool {
        self.frontends.get(frontend).is_some_and(|door| door.open)
    }

    /// Why it is not known where a frontend leads; `None`: it is known.
    pub fn unknown(&self, frontend: &str) -> Option<String> {
        match &self.ways {
            Err(why) => Some(why.clone()),
            Ok(ways) if !ways.frontends().any(|name| name == frontend) => {
                Some(format!("haproxy.cfg has no frontend '{frontend}'"))
            }
            Ok(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRONT: Door = Door {
        open: true,
        listen: false,
    };
    const LISTEN: Door = Door {
        open: false,
        listen: true,
    };

    fn doors(ways: Result<Ways, String>) -> Doors {
        Doors::new(
            [("front", FRONT), ("web", LISTEN)]
                .map(|(name, door)| (name.to_owned(), door))
                .into(),
            ways,
        )
    }

    #[test]
    fn without_files_a_listen_section_leads_to_itself_and_nothing_else_is_known() {
        let doors = doors(Err("not there".to_owned()));
        assert_eq!(doors.leads("web", "web"), Some(Leads::Yes));
        assert_eq!(
            (doors.leads("web", "back"), doors.leads("front", "web")),
            (None, None)
        );
        assert_eq!(doors.to("web"), ["web"]);
        assert_eq!(doors.unknown("front").as_deref(), Some("not there"));
        assert!(doors.is_open("front") && !doors.is_open("web") && !doors.is_open("none"));
    }

    #[test]
    fn the_files_tell_a_listen_section_from_a_frontend_and_a_backend_of_one_name() {
        let doors = doors(Ok(Ways::read([
            "frontend web\n default_backend api\nbackend web\nfrontend gone\n default_backend api",
        ])));
        assert_eq!(
            (doors.leads("web", "web"), doors.leads("web", "api")),
            (Some(Leads::No), Some(Leads::Yes))
        );
        assert_eq!(doors.to("api"), ["web"], "HAProxy has no frontend 'gone'");
        assert_eq!(
            doors.unknown("front").as_deref(),
            Some("haproxy.cfg has no frontend 'front'")
        );
    }
}
