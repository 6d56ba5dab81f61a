//! Tables beside the learned routes: where a network interface sends the prefixes, and what a circuit's routers know.

use serde_json::Value;

use super::failure::shown;
use super::id::ResourceId;
use super::manager::Manager;
use crate::value::Joined;

/// The API version for network interfaces, and for circuits.
const OF_INTERFACES: &str = "2022-01-01";
const OF_CIRCUITS: &str = "2023-09-01";

/// The effective routes of a network interface, in words.
pub fn nic(manager: &Manager<'_>, id: &ResourceId, prefixes: &[String]) -> Vec<String> {
    let what = format!("the effective routes of '{}'", id.name());
    let path = format!("{id}/effectiveRouteTable");
    let table = manager.result(&what, &path, OF_INTERFACES);
    let name = format!("network interface '{}'", id.name());
    words(&name, table, prefixes, "addressPrefix", |row| {
        format!(
            "to {} ({}, {})",
            text(row, "nextHopIpAddress"),
            text(row, "nextHopType"),
            text(row, "state")
        )
    })
}

/// What both routers of a circuit's private peering know, in words.
pub fn circuit(manager: &Manager<'_>, id: &ResourceId, prefixes: &[String]) -> Vec<String> {
    let of_router = |router: &str| {
        let what = format!("the {router} routes of circuit '{}'", id.name());
        let path = format!("{id}/peerings/AzurePrivatePeering/routeTables/{router}");
        let table = manager.result(&what, &path, OF_CIRCUITS);
        let name = format!("circuit '{}', {router}", id.name());
        words(&name, table, prefixes, "network", |row| {
            format!("to {}, AS path {}", text(row, "nextHop"), text(row, "path"))
        })
    };
    ["primary", "secondary"]
        .into_iter()
        .flat_map(of_router)
        .collect()
}

/// A table's rows of exactly these prefixes, in words; or why there is no table, which is not an error.
fn words(
    name: &str,
    table: Result<String, String>,
    prefixes: &[String],
    key: &str,
    route: impl Fn(&Value) -> String,
) -> Vec<String> {
    let rows = match table.and_then(|table| rows(name, &table)) {
        Ok(rows) => rows,
        Err(why) => return vec![why],
    };
    let of = |prefix: &String| {
        let is_of = |row: &&Value| match row.get(key) {
            Some(Value::Array(all)) => all.iter().any(|one| one == prefix.as_str()),
            Some(one) => one == prefix.as_str(),
            None => false,
        };
        let routes: Vec<String> = rows.iter().filter(is_of).map(&route).collect();
        let routes = match routes.is_empty() {
            true => "no route of exactly this prefix".to_owned(),
            false => routes.join("; "),
        };
        format!("{name}: {prefix}: {routes}")
    };
    prefixes.iter().map(of).collect()
}

/// The rows of a table.
fn rows(name: &str, text: &str) -> Result<Vec<Value>, String> {
    let mut value: Value = serde_json::from_str(text)
        .map_err(|error| format!("Azure's answer about {name} is no JSON ({error})"))?;
    let is_cut = value
        .get("nextLink")
        .is_some_and(|next| next.as_str().is_some_and(|next| !next.is_empty()));
    match value.get_mut("value").map(Value::take) {
        Some(Value::Array(rows)) if !is_cut => Ok(rows),
        Some(Value::Array(_)) => Err(format!(
            "Azure's table of {name} has more pages than are read"
        )),
        _ => Err(format!("Azure's answer about {name} is no table")),
    }
}

/// A field, or the members of one, in words.
fn text(row: &Value, key: &str) -> String {
    match row.get(key) {
        Some(Value::String(text)) => shown(text),
        Some(Value::Array(all)) => {
            let all = all.iter().filter_map(Value::as_str);
            all.map(shown).joined(", ")
        }
        _ => "?".to_owned(),
    }
}
