//! Who is where: the addresses of the documentation.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The anycast prefix that both regions announce.
pub const ANYCAST: &str = "9.9.9.9/32";
/// The anycast address itself.
pub const ANYCAST_ADDRESS: Ipv4Addr = Ipv4Addr::new(9, 9, 9, 9);

pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 10);
/// The core's address towards the client, and the MSEE's end of its BGP sessions.
pub(crate) const MSEE: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);

/// One of the two regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// The primary region: its AS path is the shorter one.
    NorthEurope,
    /// The secondary region, which prepends.
    WestEurope,
}

impl Region {
    /// Both, the primary first.
    pub const ALL: [Self; 2] = [Self::NorthEurope, Self::WestEurope];

    /// As its web page names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NorthEurope => "North Europe",
            Self::WestEurope => "West Europe",
        }
    }

    /// As this repository's files and folders are named: `north-europe`.
    pub fn folder(self) -> &'static str {
        match self {
            Self::NorthEurope => "north-europe",
            Self::WestEurope => "west-europe",
        }
    }

    pub(crate) fn short(self) -> &'static str {
        match self {
            Self::NorthEurope => "ne",
            Self::WestEurope => "we",
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::NorthEurope => Self::WestEurope,
            Self::WestEurope => Self::NorthEurope,
        }
    }

    /// The NVA: HAProxy and ExaBGP.
    pub fn nva(self) -> Ipv4Addr {
        Ipv4Addr::new(172, 16, self.nva_net(), 70)
    }

    /// The region's second NVA, where a lab has one.
    pub fn second_nva(self) -> Ipv4Addr {
        Ipv4Addr::new(172, 16, self.nva_net(), 71)
    }

    /// The NVA's IPv6 address: `fd00:156::70`.
    pub fn nva_v6(self) -> Ipv6Addr {
        v6(self.nva())
    }

    /// The host of the web servers.
    pub fn backend(self) -> Ipv4Addr {
        Ipv4Addr::new(172, 16, self.nva_net(), 69)
    }

    /// The two instances of the Route Server.
    pub fn route_servers(self) -> [Ipv4Addr; 2] {
        let net = match self {
            Self::NorthEurope => 159,
            Self::WestEurope => 139,
        };
        [
            Ipv4Addr::new(172, 16, net, 4),
            Ipv4Addr::new(172, 16, net, 5),
        ]
    }

    /// The AS path that this region's NVA announces.
    pub fn as_path(self) -> &'static [u32] {
        match self {
            Self::NorthEurope => &[65010],
            Self::WestEurope => &[65010, 65010, 65010],
        }
    }

    /// The page that its web servers show.
    pub fn page(self) -> String {
        format!(
            "<html>\n<head>\n  <title> Example WWW </title>\n</head>\n<body>\n  \
             <p> I'm running this website in {}\n</body>\n</html>\n",
            self.name()
        )
    }

    /// Which region's page this is.
    pub(crate) fn of_page(body: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|region| body.contains(region.name()))
    }

    /// Whose NVA this is.
    pub(crate) fn of_nva(address: Ipv4Addr) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|region| [region.nva(), region.second_nva()].contains(&address))
    }

    fn nva_net(self) -> u8 {
        match self {
            Self::NorthEurope => 156,
            Self::WestEurope => 136,
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A host of the lab: one namespace, one address, one cable into the core.
#[derive(Debug, Clone)]
pub(crate) struct HostPlan {
    pub(crate) name: String,
    pub(crate) address: Ipv4Addr,
    /// The subnet's bridge in the core.
    pub(crate) bridge: String,
}

impl HostPlan {
    /// The core's interface at the other end of this host's cable.
    pub(crate) fn core_port(&self) -> String {
        format!("p-{}", self.name)
    }

    /// The core's address in the host's subnet.
    pub(crate) fn gateway(&self) -> Ipv4Addr {
        let [a, b, c, _] = self.address.octets();
        Ipv4Addr::new(a, b, c, 1)
    }

    pub(crate) fn address_v6(&self) -> Ipv6Addr {
        v6(self.address)
    }

    pub(crate) fn gateway_v6(&self) -> Ipv6Addr {
        v6(self.gateway())
    }
}

/// Subnet and host read the same in both families: 172.16.156.70 is `fd00:156::70`.
fn v6(address: Ipv4Addr) -> Ipv6Addr {
    let [_, _, subnet, host] = address.octets();
    let digits = |number: u8| u16::from_str_radix(&number.to_string(), 16).unwrap_or_default();
    Ipv6Addr::new(0xfd00, digits(subnet), 0, 0, 0, 0, 0, digits(host))
}

/// All hosts but the core. `second`: the regions with a second NVA.
pub(crate) fn hosts(second: &[Region]) -> Vec<HostPlan> {
    let mut hosts = vec![client_plan()];
    for region in Region::ALL {
        hosts.push(nva_plan(region));
        hosts.push(backend_plan(region));
        hosts.extend(route_server_plans(region));
    }
    hosts.extend(second.iter().copied().map(second_nva_plan));
    hosts
}

pub(crate) fn client_plan() -> HostPlan {
    HostPlan {
        name: "client".to_owned(),
        address: CLIENT,
        bridge: "b-client".to_owned(),
    }
}

pub(crate) fn nva_plan(region: Region) -> HostPlan {
    let short = region.short();
    HostPlan {
        name: short.to_owned(),
        address: region.nva(),
        bridge: format!("b-{short}"),
    }
}

pub(crate) fn second_nva_plan(region: Region) -> HostPlan {
    let short = region.short();
    HostPlan {
        name: format!("{short}2"),
        address: region.second_nva(),
        bridge: format!("b-{short}"),
    }
}

pub(crate) fn backend_plan(region: Region) -> HostPlan {
    let short = region.short();
    HostPlan {
        name: format!("{short}-be"),
        address: region.backend(),
        bridge: format!("b-{short}"),
    }
}

pub(crate) fn route_server_plans(region: Region) -> [HostPlan; 2] {
    let short = region.short();
    region.route_servers().map(|address| HostPlan {
        name: format!(
            "{short}-rs{}",
            address.octets().last().copied().unwrap_or_default()
        ),
        address,
        bridge: format!("b-{short}-rs"),
    })
}

#[cfg(test)]
mod tests {
    use super::Region;

    #[test]
    fn an_address_reads_the_same_in_both_families() {
        assert_eq!(Region::NorthEurope.nva_v6().to_string(), "fd00:156::70");
        assert_eq!(Region::WestEurope.nva_v6().to_string(), "fd00:136::70");
    }
}
