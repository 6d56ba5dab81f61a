//! What Azure itself says, asked from the NVA with the VM's managed identity. Only `web` touches the network.
//! In come the command line and the addresses of this host's neighbors.
//! Out go the learned routes as `az` prints them, and words.
//!
//! ```text
//! identity (instance metadata service) ──token──► manager (Resource Manager) ──► server (Route Server, its peerings, learned routes)
//!                                                                             └► tables (a NIC's routes, a circuit's routes)
//! ```

mod failure;
mod id;
mod identity;
mod manager;
mod server;
mod tables;
mod token;
mod web;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use crate::config::Span;
use identity::Identity;
use manager::Manager;
use web::Web;

pub use failure::shown;
pub use id::ResourceId;
pub use server::Found;

/// What says which Route Server, and as whom it is asked.
#[derive(Debug, Clone, Args)]
pub struct AzureArgs {
    /// Ask Azure what the Route Server learned, with this VM's managed identity [default: the Route Server whose
    /// instances are ExaBGP's neighbors]
    #[arg(
        long,
        value_name = "RESOURCE-ID",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    pub azure: Option<Asked>,
    /// With --azure: the client id of the managed identity, where the VM has several
    #[arg(long, value_name = "CLIENT-ID", requires = "azure")]
    pub azure_identity: Option<ClientId>,
    /// With --azure: also show where this network interface sends the prefixes (repeatable)
    #[arg(long, value_name = "RESOURCE-ID", requires = "azure", value_parser = |text: &str| ResourceId::of_kind(text, "networkInterfaces"))]
    pub azure_nic: Vec<ResourceId>,
    /// With --azure: also show what this ExpressRoute circuit's routers know of the prefixes (repeatable)
    #[arg(long, value_name = "RESOURCE-ID", requires = "azure", value_parser = |text: &str| ResourceId::of_kind(text, "expressRouteCircuits"))]
    pub azure_circuit: Vec<ResourceId>,
    /// With --azure: the time for all answers
    #[arg(long, value_name = "DURATION", default_value = "120s")]
    pub azure_timeout: Span,
    /// For tests: the metadata service's place.
    #[arg(long, hide = true, requires = "azure")]
    pub azure_metadata_url: Option<String>,
    /// For tests: the Resource Manager's place.
    #[arg(long, hide = true, requires = "azure")]
    pub azure_manager_url: Option<String>,
    /// For tests: the authority of its certificate.
    #[arg(long, hide = true, requires = "azure")]
    pub azure_ca_file: Option<PathBuf>,
}

/// The Route Server that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// The one whose instances are this host's neighbors.
    Neighbors,
    /// This one.
    Named(ResourceId),
}

impl std::str::FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Ok(Self::Neighbors),
            _ => ResourceId::of_kind(text, "virtualHubs").map(Self::Named),
        }
    }
}

/// A managed identity's client id: a UUID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientId(String);

impl std::str::FromStr for ClientId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_plain = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
        if text.len() == 36 && text.bytes().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "'{text}' is not a client id, such as 11111111-2222-3333-4444-555555555555"
            ))
        }
    }
}

/// Asks what each Route Server learned, and for the further tables, in words. `neighbors`: the addresses of ExaBGP's neighbors;
/// `prefixes`: those whose rows of the NIC's and the circuit's tables are shown.
///
/// # Errors
/// What Azure did not say, and why.
pub fn ask(
    task: &AzureArgs,
    neighbors: &[IpAddr],
    prefixes: &[String],
) -> Result<(Vec<Found>, Vec<String>), String> {
    let web = Web::new(
        Instant::now() + task.azure_timeout.get(),
        task.azure_ca_file.as_deref(),
    )?;
    let identity = Identity::new(
        &web,
        task.azure_metadata_url.as_deref(),
        task.azure_identity.as_ref().map(|id| id.0.as_str()),
    );
    let here = identity.machine()?;
    let manager = Manager::new(&web, &identity, &here, task.azure_manager_url.as_deref())?;
    let ids = match task.azure.as_ref() {
        Some(Asked::Named(id)) => vec![id.clone()],
        _ => server::of_neighbors(&manager, &here, neighbors)?,
    };
    let found: Result<Vec<Found>, String> =
        ids.iter().map(|id| server::learned(&manager, id)).collect();
    let found = found?;
    let nics = task.azure_nic.iter();
    let nics = nics.flat_map(|nic| tables::nic(&manager, nic, prefixes));
    let circuits = task.azure_circuit.iter();
    let circuits = circuits.flat_map(|circuit| tables::circuit(&manager, circuit, prefixes));
    Ok((found, nics.chain(circuits).collect()))
}
