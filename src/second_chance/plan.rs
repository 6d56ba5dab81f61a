//! The file as this NVA sees it: who it is, who its siblings are, and what each is called in the tunnel.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::file::{Settings, is_link_local};
use haproxy_rhi::route::{Family, Prefix};

/// The tunnel's network device.
pub const DEVICE: &str = "second-chance";
/// Its VXLAN network identifier.
pub const VNI: u32 = 92;
/// How the Ethernet addresses in the tunnel begin; the NVA's number follows. Locally administered.
pub const MAC: &str = "02:5c:52:48:49:";

/// What VXLAN puts around a packet: Ethernet, VXLAN and UDP (RFC 7348, section 5), and the outer IP.
const VXLAN: u16 = 14 + 8 + 8;

/// An NVA: its own address, and its place in the file, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// From 1 to 14.
    pub number: u8,
    /// Its own address.
    pub address: IpAddr,
}

impl Member {
    /// Its IPv4 address in the tunnel: link-local (RFC 3927), and only there.
    pub fn tunnel_v4(self) -> Ipv4Addr {
        Ipv4Addr::new(169, 254, 92, self.number)
    }

    /// Its IPv6 address in the tunnel.
    pub fn tunnel_v6(self) -> Ipv6Addr {
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0x5c, self.number.into())
    }

    /// Its address in the tunnel, of either family.
    pub fn tunnel(self, family: Family) -> IpAddr {
        match family {
            Family::V4 => self.tunnel_v4().into(),
            Family::V6 => self.tunnel_v6().into(),
        }
    }

    /// Its Ethernet address in the tunnel.
    pub fn mac(self) -> String {
        format!("{MAC}{:02x}", self.number)
    }
}

/// The file as this NVA sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    settings: Settings,
    me: Member,
    siblings: Vec<Member>,
}

impl Plan {
    /// Finds this host among the NVAs.
    ///
    /// # Errors
    /// If it is none of them, or more than one.
    pub fn of(settings: Settings, addresses: &[IpAddr]) -> Result<Self, String> {
        let members: Vec<Member> = (1..)
            .zip(&settings.nvas)
            .map(|(number, address)| Member {
                number,
                address: *address,
            })
            .collect();
        let mine: Vec<&Member> = members
            .iter()
            .filter(|member| addresses.contains(&member.address))
            .collect();
        let me = match mine.as_slice() {
            [me] => **me,
            [] => return Err(not_an_nva(&settings, addresses)),
            [first, second, ..] => {
                return Err(format!(
                    "{}: nva {} and nva {} are both this host; name each NVA once",
                    settings.place(second.address),
                    first.address,
                    second.address
                ));
            }
        };
        // The ring goes on after this one, and from the last to the first.
        let (before, after): (Vec<Member>, Vec<Member>) = members
            .iter()
            .filter(|member| **member != me)
            .partition(|member| member.number < me.number);
        Ok(Self {
            settings,
            me,
            siblings: [after, before].concat(),
        })
    }

    /// What the file says.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// This NVA.
    pub fn me(&self) -> Member {
        self.me
    }

    /// The others, in the order in which they are tried: those that follow in the file, then the first ones.
    pub fn siblings(&self) -> &[Member] {
        &self.siblings
    }

    /// The families of the anycast prefixes.
    pub fn families(&self) -> Vec<Family> {
        let has = |family| {
            self.settings
                .prefixes
                .iter()
                .any(|prefix| prefix.family() == family)
        };
        [Family::V4, Family::V6]
            .into_iter()
            .filter(|family| has(*family))
            .collect()
    }

    /// The anycast prefixes of a family.
    pub fn prefixes(&self, family: Family) -> impl Iterator<Item = Prefix> {
        self.settings
            .prefixes
            .iter()
            .copied()
            .filter(move |prefix| prefix.family() == family)
    }

    /// The tunnel's MTU over a way with this MTU.
    pub fn inside(&self, way: u16) -> u16 {
        let outer = if self.me.address.is_ipv4() { 20 } else { 40 };
        way.saturating_sub(VXLAN + outer)
    }

    /// Its own addresses in the tunnel, and the length of their networks.
    pub fn own(&self) -> Vec<(IpAddr, u64)> {
        let v4 = [(IpAddr::from(self.me.tunnel_v4()), 28)];
        let v6 = self
            .families()
            .contains(&Family::V6)
            .then(|| (self.me.tunnel_v6().into(), 64));
        v4.into_iter().chain(v6).collect()
    }

    /// Commands for `ip -batch`: the device, and its own addresses. Its MTU is set apart, as it may change.
    pub fn link(&self) -> String {
        let (me, port) = (self.me, self.settings.port);
        // 'nolearning': only the entries of `forwarding` count.
        let mut script = format!(
            "link add {DEVICE} address {} type vxlan id {VNI} dstport {port} local {} nolearning\n\
             link set {DEVICE} addrgenmode none\n",
            me.mac(),
            me.address
        );
        for (address, length) in self.own() {
            let nodad = if address.is_ipv6() { " nodad" } else { "" };
            script.push_str(&format!(
                "address add {address}/{length} dev {DEVICE}{nodad}\n"
            ));
        }
        script.push_str(&format!("link set {DEVICE} up\n"));
        script
    }

    /// Commands for `ip -batch`: the Ethernet address of each sibling in the tunnel. They may be run again, and with
    /// more siblings.
    pub fn neighbours(&self) -> String {
        let mut script = String::new();
        // Permanent: no ARP and no neighbor discovery in the tunnel.
        for sibling in &self.siblings {
            for family in self.families() {
                script.push_str(&format!(
                    "neighbour replace {} lladdr {} dev {DEVICE} nud permanent\n",
                    sibling.tunnel(family),
                    sibling.mac()
                ));
            }
        }
        script
    }

    /// Commands for `bridge -batch`: the NVA's address to which each Ethernet address leads.
    pub fn forwarding(&self) -> String {
        let entry = |sibling: &Member| {
            format!(
                "fdb replace {} dev {DEVICE} dst {} self permanent\n",
                sibling.mac(),
                sibling.address
            )
        };
        self.siblings.iter().map(entry).collect()
    }
}

/// No NVA of the file is this host: it is another machine, or a line is wrong.
fn not_an_nva(settings: &Settings, addresses: &[IpAddr]) -> String {
    let own = addresses.iter().filter(|address| {
        !address.is_loopback()
            && !is_link_local(**address)
            && !settings
                .prefixes
                .iter()
                .any(|prefix| prefix.contains(**address))
    });
    let own: Vec<String> = own.take(8).map(IpAddr::to_string).collect();
    let nvas: Vec<String> = settings.nvas.iter().map(IpAddr::to_string).collect();
    let first = settings
        .nvas
        .first()
        .map(|nva| settings.place(*nva))
        .unwrap_or_default();
    format!(
        "{first}: this host is no NVA of the file ({}): it has {}; correct the line of this NVA, or add one, on every NVA",
        nvas.join(", "),
        if own.is_empty() {
            "no address".to_owned()
        } else {
            own.join(", ")
        }
    )
}

#[cfg(test)]
mod tests {
    use super::Plan;
    use crate::file::parse;

    const THREE: &str = "prefix 9.9.9.9/32\nnva 10.0.0.1\nnva 10.0.0.2\nnva 10.0.0.3\n";

    fn numbers(address: &str) -> (u8, Vec<u8>) {
        let plan = Plan::of(parse(THREE).unwrap(), &[address.parse().unwrap()]).unwrap();
        (
            plan.me().number,
            plan.siblings().iter().map(|member| member.number).collect(),
        )
    }

    #[test]
    fn the_ring_goes_on_after_this_nva_and_from_the_last_to_the_first() {
        assert_eq!(numbers("10.0.0.1"), (1, vec![2, 3]));
        assert_eq!(numbers("10.0.0.2"), (2, vec![3, 1]));
        assert_eq!(numbers("10.0.0.3"), (3, vec![1, 2]));
    }

    #[test]
    fn a_host_that_is_no_nva_or_two_is_told_so() {
        let of = |addresses: &[&str]| {
            let addresses: Vec<_> = addresses
                .iter()
                .map(|address| address.parse().unwrap())
                .collect();
            Plan::of(parse(THREE).unwrap(), &addresses).unwrap_err()
        };
        assert_eq!(
            of(&["127.0.0.1", "10.0.0.9", "9.9.9.9", "fe80::1"]),
            ":2: this host is no NVA of the file (10.0.0.1, 10.0.0.2, 10.0.0.3): it has 10.0.0.9; correct the line of this NVA, or add \
             one, on every NVA"
        );
        assert!(
            of(&["10.0.0.2", "10.0.0.3"])
                .contains(": nva 10.0.0.2 and nva 10.0.0.3 are both this host")
        );
    }
}
