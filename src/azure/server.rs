//! A Route Server: which one it is, its peerings, and what it learned from this NVA.

use std::net::IpAddr;

use serde_json::Value;

use super::failure::shown;
use super::id::ResourceId;
use super::identity::Machine;
use super::manager::Manager;
use crate::observe::is_local;

/// The API version that az uses for Route Servers.
const VERSION: &str = "2022-01-01";

/// A Route Server, and what it learned from this NVA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The Route Server's name.
    pub name: String,
    /// What it learned, as `az network routeserver peering list-learned-routes` prints it.
    pub learned: String,
    /// Its instances' addresses, where they are known.
    pub instances: Vec<IpAddr>,
    /// This NVA's address, by the peering.
    pub peer: Option<IpAddr>,
    /// Notes.
    pub words: Vec<String>,
}

/// A Route Server, as far as it is understood.
struct Hub {
    id: String,
    /// The instances' addresses.
    instances: Vec<IpAddr>,
}

impl Hub {
    fn of(value: &Value) -> Option<Self> {
        let addresses = value.pointer("/properties/virtualRouterIps");
        Some(Self {
            id: value.get("id")?.as_str()?.to_owned(),
            instances: addresses
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|address| address.as_str()?.parse().ok())
                .collect(),
        })
    }
}

/// A peering, as far as it is understood.
struct Peering {
    name: String,
    peer: Option<IpAddr>,
    state: Option<String>,
}

impl Peering {
    fn of(value: &Value) -> Option<Self> {
        let text = |place| value.pointer(place).and_then(Value::as_str);
        Some(Self {
            name: text("/name")?.to_owned(),
            peer: text("/properties/peerIp").and_then(|peer| peer.parse().ok()),
            state: text("/properties/connectionState").map(str::to_owned),
        })
    }
}

/// The Route Servers whose instances are ExaBGP's neighbors: this hub's, and the other hub's where it is one too.
pub fn of_neighbors(
    manager: &Manager<'_>,
    here: &Machine,
    neighbors: &[IpAddr],
) -> Result<Vec<ResourceId>, String> {
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
    let hubs: Vec<Hub> = hubs.iter().filter_map(Hub::of).collect();
    let is_ours = |hub: &&Hub| hub.instances.iter().any(|one| neighbors.contains(one));
    let mut ours: Vec<&Hub> = hubs.iter().filter(is_ours).collect();
    // One may be on two pages.
    ours.dedup_by(|one, other| one.id.eq_ignore_ascii_case(&other.id));
    if ours.is_empty() {
        let known: Vec<String> = hubs.iter().map(|hub| shown(&hub.id)).collect();
        return Err(format!(
            "no Route Server of the subscription that the identity may read has {} among its instances ({}); {NAME_IT}",
            list(neighbors),
            if known.is_empty() {
                "it may read none".to_owned()
            } else {
                known.join(", ")
            }
        ));
    }
    ours.iter().map(|hub| hub.id.parse()).collect()
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

/// What a Route Server learned from this host.
pub fn learned(manager: &Manager<'_>, id: &ResourceId) -> Result<Found, String> {
    let name = id.name().to_owned();
    let hub = manager.get(
        &format!("what Route Server '{name}' is"),
        &id.to_string(),
        VERSION,
    )?;
    let hub = Hub::of(&hub).filter(|hub| hub.id.eq_ignore_ascii_case(&id.to_string()));
    let hub = hub.ok_or_else(|| format!("Azure's words about '{name}' make no sense"))?;
    let path = format!("{id}/bgpConnections");
    let peerings = manager.list(&format!("the peerings of '{name}'"), &path, VERSION)?;
    let peerings: Vec<Peering> = peerings.iter().filter_map(Peering::of).collect();
    let peering = own(&name, &peerings)?;
    let below = id.below("bgpConnections", &peering.name).map_err(|_| {
        format!(
            "the peering's name '{}' cannot be asked for",
            shown(&peering.name)
        )
    })?;
    let what = format!("what '{name}' learned by peering '{}'", peering.name);
    let learned = manager.result(&what, &format!("{below}/learnedRoutes"), VERSION)?;
    let mut words = vec![format!(
        "asked Azure: Route Server '{name}' ({}), peering '{}'",
        list(&hub.instances),
        peering.name
    )];
    let state = peering.state.as_deref().unwrap_or_default();
    if !state.is_empty() && !state.eq_ignore_ascii_case("Connected") {
        words.push(format!(
            "Azure calls peering '{}' {}",
            peering.name,
            shown(state)
        ));
    }
    Ok(Found {
        name,
        learned,
        instances: hub.instances,
        peer: peering.peer,
        words,
    })
}

/// The peering whose peer this host is.
fn own<'a>(name: &str, peerings: &'a [Peering]) -> Result<&'a Peering, String> {
    let is_here = |peering: &&Peering| peering.peer.is_some_and(|peer| is_local(peer) == Ok(true));
    let here: Vec<&Peering> = peerings.iter().filter(is_here).collect();
    match here.as_slice() {
        [one] => Ok(one),
        [] => {
            let peers: Vec<IpAddr> = peerings.iter().filter_map(|one| one.peer).collect();
            Err(format!(
                "Route Server '{name}' has no peering with an address of this host (its peers: {}); verify --azure is run on \
                 the NVA that announces",
                if peers.is_empty() {
                    "none".to_owned()
                } else {
                    list(&peers)
                }
            ))
        }
        several => {
            let names: Vec<String> = several.iter().map(|one| shown(&one.name)).collect();
            Err(format!(
                "Route Server '{name}' has several peerings with addresses of this host ({}); one of them is left over: delete \
                 it, or verify with what az prints of the other",
                names.join(", ")
            ))
        }
    }
}

fn list(addresses: &[IpAddr]) -> String {
    let words: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    words.join(", ")
}
