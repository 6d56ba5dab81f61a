//! A Route Server: which one it is, its peerings, and what it learned from this NVA.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

use super::id::ResourceId;
use super::identity::Machine;
use super::manager::Manager;
use crate::observe::is_local;

/// What az sends for Route Servers.
const VERSION: &str = "2022-01-01";

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The Route Server's name.
    pub name: String,
    /// What it learned, as `az network routeserver peering list-learned-routes` prints it.
    pub learned: String,
    /// What else there is to know.
    pub words: Vec<String>,
}

#[derive(Deserialize)]
struct Hub {
    id: String,
    #[serde(default)]
    properties: HubProperties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct HubProperties {
    #[serde(default)]
    virtual_router_ips: Option<Vec<IpAddr>>,
}

impl Hub {
    /// The instances' addresses.
    fn instances(&self) -> &[IpAddr] {
        self.properties
            .virtual_router_ips
            .as_deref()
            .unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Peering {
    name: String,
    #[serde(default)]
    properties: PeeringProperties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct PeeringProperties {
    peer_ip: Option<IpAddr>,
    connection_state: Option<String>,
}

/// The Route Server whose instances are ExaBGP's neighbors.
pub fn of_neighbors(
    manager: &Manager<'_>,
    here: &Machine,
    neighbors: &[IpAddr],
) -> Result<ResourceId, String> {
    const NAME_IT: &str = "name it: --azure=RESOURCE-ID";
    if neighbors.is_empty() {
        return Err(format!(
            "no running process tells of ExaBGP's neighbors, by which the Route Server would be found; {NAME_IT}"
        ));
    }
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.Network/virtualHubs",
        subscription(here)?
    );
    let hubs = manager.list("which Route Servers the subscription has", &path, VERSION)?;
    let hubs: Vec<Hub> = hubs.into_iter().filter_map(read).collect();
    let ours = |hub: &&Hub| {
        hub.instances()
            .iter()
            .any(|instance| neighbors.contains(instance))
    };
    let mut ours = hubs.iter().filter(ours);
    match (ours.next(), ours.next()) {
        (Some(hub), None) => hub.id.parse(),
        (Some(_), Some(_)) => Err(format!(
            "several Route Servers have ExaBGP's neighbors among their instances; {NAME_IT}"
        )),
        (None, _) => {
            let known: Vec<&str> = hubs.iter().map(|hub| hub.id.as_str()).collect();
            Err(format!(
                "no Route Server of the subscription that the identity may read has {} among its instances ({}); {NAME_IT}",
                list(neighbors),
                if known.is_empty() {
                    "it may read none".to_owned()
                } else {
                    known.join(", ")
                }
            ))
        }
    }
}

/// The subscription, which becomes a part of a URL.
fn subscription(here: &Machine) -> Result<&str, String> {
    let id = here.subscription_id.as_str();
    let is_plain = !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_plain
        .then_some(id)
        .ok_or_else(|| "the metadata service names no subscription".to_owned())
}

/// What it learned from this host.
pub fn learned(manager: &Manager<'_>, id: &ResourceId) -> Result<Found, String> {
    if !id.is_a("virtualHubs") {
        return Err(format!(
            "'{id}' is no Route Server: a Route Server's ID ends in /virtualHubs/NAME"
        ));
    }
    let name = id.name().to_owned();
    let hub = manager.get(
        &format!("what Route Server '{name}' is"),
        &id.to_string(),
        VERSION,
    )?;
    let hub: Hub =
        read(hub).ok_or_else(|| format!("Azure's words about '{name}' make no sense"))?;
    let path = format!("{id}/bgpConnections");
    let peerings = manager.list(&format!("the peerings of '{name}'"), &path, VERSION)?;
    let peerings: Vec<Peering> = peerings.into_iter().filter_map(read).collect();
    let peering = own(&name, &peerings)?;
    let path = format!(
        "{}/learnedRoutes",
        id.below("bgpConnections", &peering.name)?
    );
    let what = format!("what '{name}' learned by peering '{}'", peering.name);
    let learned = manager.result(&what, &path, VERSION)?;
    let mut words = vec![format!(
        "asked Azure: Route Server '{name}' ({}), peering '{}'",
        list(hub.instances()),
        peering.name
    )];
    if let Some(state) = &peering.properties.connection_state
        && !state.eq_ignore_ascii_case("Connected")
        && !state.is_empty()
    {
        words.push(format!(
            "Azure calls peering '{}' {}",
            peering.name,
            super::failure::shown(state)
        ));
    }
    Ok(Found {
        name,
        learned,
        words,
    })
}

/// The peering whose peer this host is.
fn own<'a>(name: &str, peerings: &'a [Peering]) -> Result<&'a Peering, String> {
    let is_here = |peering: &&Peering| {
        let peer = peering.properties.peer_ip;
        peer.is_some_and(|peer| is_local(peer) == Ok(true))
    };
    peerings.iter().find(is_here).ok_or_else(|| {
        let peers: Vec<IpAddr> = peerings.iter().filter_map(|one| one.properties.peer_ip).collect();
        format!(
            "Route Server '{name}' has no peering with an address of this host (its peers: {}); verify --azure is run on the NVA \
             that announces",
            if peers.is_empty() { "none".to_owned() } else { list(&peers) }
        )
    })
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

fn list(addresses: &[IpAddr]) -> String {
    let words: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    words.join(", ")
}
