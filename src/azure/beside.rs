//! What stands beside the learned routes: where a network interface sends the prefixes, and what a circuit's routers know.

use serde::Deserialize;
use serde_json::Value;

use super::failure::shown;
use super::id::ResourceId;
use super::manager::Manager;

const OF_INTERFACES: &str = "2022-01-01";
const OF_CIRCUITS: &str = "2023-09-01";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Effective {
    #[serde(default)]
    address_prefix: Vec<String>,
    #[serde(default)]
    next_hop_ip_address: Vec<String>,
    next_hop_type: Option<String>,
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfCircuit {
    network: Option<String>,
    next_hop: Option<String>,
    path: Option<String>,
}

/// The effective routes of a network interface, in words.
pub fn nic(
    manager: &Manager<'_>,
    id: &ResourceId,
    prefixes: &[String],
) -> Result<Vec<String>, String> {
    if !id.is_a("networkInterfaces") {
        return Err(format!(
            "'{id}' is no network interface: its ID ends in /networkInterfaces/NAME"
        ));
    }
    let what = format!("the effective routes of '{}'", id.name());
    let path = format!("{id}/effectiveRouteTable");
    let rows: Vec<Effective> = rows(&what, &manager.result(&what, &path, OF_INTERFACES)?)?;
    let to = |prefix: &String| {
        let has = |row: &&Effective| row.address_prefix.contains(prefix);
        let routes: Vec<String> = rows.iter().filter(has).map(Effective::words).collect();
        let routes = match routes.is_empty() {
            true => "no route".to_owned(),
            false => routes.join("; "),
        };
        format!("network interface '{}': {prefix}: {routes}", id.name())
    };
    Ok(prefixes.iter().map(to).collect())
}

impl Effective {
    fn words(&self) -> String {
        let hops = match self.next_hop_ip_address.is_empty() {
            true => "no next hop".to_owned(),
            false => self.next_hop_ip_address.join(", "),
        };
        let word = |part: &Option<String>| shown(part.as_deref().unwrap_or("?"));
        shown(&format!(
            "to {hops} ({}, {})",
            word(&self.next_hop_type),
            word(&self.state)
        ))
    }
}

/// What both routers of a circuit's private peering know, in words.
pub fn circuit(
    manager: &Manager<'_>,
    id: &ResourceId,
    prefixes: &[String],
) -> Result<Vec<String>, String> {
    if !id.is_a("expressRouteCircuits") {
        return Err(format!(
            "'{id}' is no circuit: its ID ends in /expressRouteCircuits/NAME"
        ));
    }
    let mut words = Vec::new();
    for router in ["primary", "secondary"] {
        let what = format!("the {router} routes of circuit '{}'", id.name());
        let path = format!("{id}/peerings/AzurePrivatePeering/routeTables/{router}");
        let rows: Vec<OfCircuit> = rows(&what, &manager.result(&what, &path, OF_CIRCUITS)?)?;
        words.extend(prefixes.iter().map(|prefix| {
            let has = |row: &&OfCircuit| row.network.as_ref() == Some(prefix);
            let routes: Vec<String> = rows.iter().filter(has).map(OfCircuit::words).collect();
            let routes = match routes.is_empty() {
                true => "no route".to_owned(),
                false => routes.join("; "),
            };
            format!("circuit '{}', {router}: {prefix}: {routes}", id.name())
        }));
    }
    Ok(words)
}

impl OfCircuit {
    fn words(&self) -> String {
        let hop = self.next_hop.as_deref().unwrap_or("?");
        let path = self.path.as_deref().unwrap_or_default();
        shown(&format!("to {hop}, AS path {path}"))
    }
}

/// The rows of a table, wherever Azure puts them.
fn rows<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<Vec<T>, String> {
    let makes_no_sense = |why: String| format!("Azure's answer to {what} makes no sense ({why})");
    let mut value: Value =
        serde_json::from_str(text).map_err(|error| makes_no_sense(error.to_string()))?;
    let rows = match value.get_mut("value").map(Value::take) {
        Some(Value::Array(rows)) => rows,
        Some(Value::Null) => Vec::new(),
        _ => return Err(makes_no_sense("no list".to_owned())),
    };
    Ok(rows
        .into_iter()
        .filter_map(|row| serde_json::from_value(row).ok())
        .collect())
}
