//! What Azure itself says that this NVA's Route Servers learned, and why that may be incomplete.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use super::intended::Intent;
use super::learned::{Learned, address, learned};
use crate::azure::{self, AzureArgs, Found};
use crate::failure::{self, Failure};

/// What Azure says.
#[derive(Debug, Default)]
pub struct Asked {
    /// What each Route Server learned, by its region's name: its own name where there are several.
    pub learned: Vec<(String, Learned)>,
    /// Why that may be incomplete.
    pub doubts: Vec<String>,
    /// Notes.
    pub words: Vec<String>,
}

impl Asked {
    /// Asks Azure. `name`: the region's, where one is given.
    pub fn of(
        task: &AzureArgs,
        name: Option<String>,
        neighbors: &[IpAddr],
        intents: &[(Option<String>, Intent)],
    ) -> Result<Self, Failure> {
        let routes = intents.iter().flat_map(|(_, intent)| &intent.routes);
        let prefixes: Vec<String> = routes.map(|route| route.prefix.to_string()).collect();
        let (found, tables) = azure::ask(task, neighbors, &prefixes).map_err(failure::unknown)?;
        let name = name.filter(|_| found.len() == 1);
        let mut asked = Self::default();
        for found in found {
            asked.add(found, name.clone())?;
        }
        asked.words.extend(tables);
        if prefixes.is_empty() {
            let doubt = "nothing is intended, so nothing was compared with it";
            asked.doubts.push(doubt.to_owned());
        }
        Ok(asked)
    }

    fn add(&mut self, found: Found, name: Option<String>) -> Result<(), Failure> {
        let learned = learned(&found.learned).map_err(|(line, column, what)| {
            failure::unknown(format!(
                "Azure's answer:{line}:{column}: {}",
                azure::shown(&what)
            ))
        })?;
        self.doubts.extend(doubts(&found, &learned));
        self.words.extend(found.words);
        self.learned.push((name.unwrap_or(found.name), learned));
        Ok(())
    }
}

/// Why the lists may not be what both instances learned from this NVA.
fn doubts(found: &Found, learned: &Learned) -> Vec<String> {
    let mut doubts = Vec::new();
    let value: Value = serde_json::from_str(&found.learned).unwrap_or_default();
    let lists = value.get("value").filter(|inner| inner.is_object());
    let lists = lists.unwrap_or(&value);
    for key in learned.keys() {
        if lists.get(key).is_some_and(Value::is_null) {
            doubts.push(format!("{key} gives no list, not even an empty one"));
        }
    }
    let every = |of: &str| -> BTreeSet<IpAddr> {
        let rows = learned.keys().filter_map(|key| lists.get(key)?.as_array());
        let addresses = rows.flatten().filter_map(|row| row.get(of)?.as_str());
        addresses.filter_map(address).collect()
    };
    let instances = every("localAddress");
    let strangers = || {
        instances
            .iter()
            .filter(|one| !found.instances.contains(one))
    };
    if !found.instances.is_empty()
        && let Some(stranger) = strangers().next()
    {
        doubts.push(format!("{stranger} is no instance of this Route Server"));
    }
    let have_routes = learned.values().filter(|routes| !routes.is_empty()).count();
    if have_routes > 1 && instances.len() == 1 {
        doubts.push("both lists are of one and the same instance".to_owned());
    }
    if let Some(peer) = every("sourcePeer")
        .into_iter()
        .find(|peer| Some(*peer) != found.peer)
    {
        doubts.push(format!(
            "routes of {peer} are among them, which is another peering's"
        ));
    }
    doubts
}
