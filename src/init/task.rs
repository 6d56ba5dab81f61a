//! The command line of `init`. The doc comments below are its help.

use std::path::PathBuf;

use clap::Args;

use super::values::{AptPackage, CheckPath, HostAddress, Nva, RegionName, Server};
use crate::condition::ProxyName;
use crate::route::{Asn, Prefix};

/// `init`.
#[derive(Debug, Clone, Default, Args)]
pub struct InitTask {
    /// Take from this exabgp.conf what no flag says, and add to it instead of making a new one
    #[arg(long, value_name = "FILE")]
    pub from_exabgp: Option<PathBuf>,
    /// Take from this haproxy.cfg what no flag says, and add to it instead of making a new one
    #[arg(long, value_name = "FILE")]
    pub from_haproxy: Option<PathBuf>,
    /// Write only config.json and a file for HAProxy to read beside haproxy.cfg; change neither of yours
    #[arg(long, requires = "from_haproxy")]
    pub add: bool,
    /// Backends that the existing haproxy.cfg leads clients to.
    #[arg(skip)]
    pub backends: Vec<String>,
    /// The region's name, for comments and descriptions
    #[arg(long, value_name = "NAME")]
    pub region: Option<RegionName>,
    /// The anycast prefix, the same in every region (repeatable)
    #[arg(long, value_name = "PREFIX")]
    pub prefix: Vec<Prefix>,
    /// This NVA's own address, which the Route Server has as its neighbor
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<HostAddress>,
    /// Where the routes lead, if not here: an internal load balancer [default: the NVA's address]
    #[arg(long, value_name = "ADDRESS")]
    pub next_hop: Option<HostAddress>,
    /// ExaBGP's AS number [default: 65010]
    #[arg(long, value_name = "N")]
    pub local_as: Option<Asn>,
    /// An address of the Route Server; twice, since it has two. Twice more for the other hub's, whose spokes shall reach
    /// this NVA too
    #[arg(long, value_name = "ADDRESS")]
    pub route_server: Vec<HostAddress>,
    /// This region is preferred: its AS path has no prepend
    #[arg(long, conflicts_with_all = ["secondary", "prepend"])]
    pub primary: bool,
    /// This is the standby region: its AS path has the AS number twice more
    #[arg(long, conflicts_with = "prepend")]
    pub secondary: bool,
    /// Prepend the AS number so many times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..50))]
    pub prepend: Option<u8>,
    /// HAProxy's backend [default: http_back]
    #[arg(long, value_name = "NAME")]
    pub backend: Option<ProxyName>,
    /// A server of that backend, port 80 by default (repeatable)
    #[arg(long, value_name = "NAME=ADDRESS")]
    pub server: Vec<Server>,
    /// What the servers' health check asks for [default: /]
    #[arg(long, value_name = "PATH")]
    pub check: Option<CheckPath>,
    /// The other region's NVA: HAProxy's last resort, and asked before this region withdraws (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    pub sibling: Vec<HostAddress>,
    /// Another NVA of this region, with the same servers, Route Server and path (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    pub same_region: Vec<HostAddress>,
    /// There is no other region
    #[arg(long, conflicts_with = "sibling")]
    pub no_sibling: bool,
    /// The standby takes over while the preferred region is silent: give it in both, since the paths are one longer
    #[arg(long, conflicts_with = "no_sibling")]
    pub takeover: bool,
    /// While this region's servers are dead and the sibling serves through HAProxy, keep the route with a longer path: spokes
    /// that know no other region are served. Give it in both
    #[arg(long, conflicts_with_all = ["no_sibling", "from_haproxy"])]
    pub serve_through: bool,
    /// Damp a service that falls repeatedly: after the second fall it is announced again after 5 s, then after twice as long each
    /// time, 2 min at most
    #[arg(long)]
    pub damping: bool,
    /// An NVA of any region: writes second-chance.conf too (repeat for all, in the same order everywhere)
    #[arg(long, value_name = "[NAME=]ADDRESS")]
    pub nva: Vec<Nva>,
    /// Write no second-chance.conf, and do not ask for it
    #[arg(long, conflicts_with = "nva")]
    pub no_second_chance: bool,
    /// Write the files below this folder; / is the system itself [default: only show them]
    #[arg(long, value_name = "FOLDER")]
    pub output_dir: Option<PathBuf>,
    /// Write cloud-init's user-data of a new VM to this file, or - for stdout, and nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from_exabgp", "from_haproxy", "add", "output_dir", "dry_run"])]
    pub cloud_init: Option<PathBuf>,
    /// With --cloud-init: what apt installs there, a package's name or a .deb that the VM's image has
    #[arg(long, value_name = "PACKAGE", requires = "cloud_init", default_value_t = AptPackage::default())]
    pub package: AptPackage,
    /// Only show what would change there, as a unified diff
    #[arg(long)]
    pub dry_run: bool,
    /// Replace files that are there and say something else; each is kept as FILE.bak
    #[arg(long, conflicts_with = "dry_run")]
    pub force: bool,
}

/// The end of the help.
pub(crate) const INIT_STATUS: &str = "\
On a terminal it asks for what the flags do not say; Ctrl-C leaves everything as it was. It knows Azure's Route Server only; \
for another BGP neighbor, haproxy-rhi(8) has the lines to write by hand.
  haproxy-rhi init --region 'North Europe' --prefix 9.9.9.9/32 \\
      --address 172.16.156.70 --primary --sibling 172.16.136.70 \\
      --route-server 172.16.159.4 --route-server 172.16.159.5 \\
      --server backend01=172.16.156.69 --output-dir /

It writes etc/exabgp/exabgp.conf, etc/haproxy/haproxy.cfg and etc/haproxy-rhi/config.json, all or none. Where every NVA is \
named, etc/haproxy-rhi/second-chance.conf too, the same on each, so that connections outlive a move of their route:
      --nva 'North Europe=172.16.156.70' --nva 'West Europe=172.16.136.70'

From files that are there, it tells what was found and what is missing, and shows what to add as a difference to them:
  haproxy-rhi init --from-exabgp /etc/exabgp/exabgp.conf \\
      --from-haproxy /etc/haproxy/haproxy.cfg --sibling 172.16.136.70

For a VM that is still to be made, user-data that installs the packages and these files, and starts ExaBGP last:
      --cloud-init nva.yaml

Exit status: 0 it is done, 1 nothing is written (something else is there, or you said no), 64 usage, \
78 Azure's rules speak against the values.";
