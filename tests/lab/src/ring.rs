//! A few NVAs, a client and the router between them, and nothing else: what a test of packets needs.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};

use crate::directory::LabDirectory;
use crate::namespace::{Namespace, add, feed, run};
use crate::reaper::{Reaper, sweep};
use crate::topology::{ANYCAST, ANYCAST_ADDRESS};

/// The anycast address of IPv6 in a [`Ring`].
pub const ANYCAST_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 9);

/// A host of a [`Ring`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Who asks: 10.1.0.10.
    Client,
    /// The router that all others are connected to.
    Core,
    /// An NVA, from 1: 172.16.1.70, with the anycast addresses on `lo`.
    Nva(u8),
}

/// NVAs from 1 on, a client, and the router, whose route to the anycast addresses a test moves by hand. At its end
/// everything is gone.
#[derive(Debug)]
pub struct Ring {
    directory: LabDirectory,
    _reaper: Reaper,
}

impl Ring {
    /// The anycast addresses lead to the first NVA.
    ///
    /// # Errors
    /// If the network cannot be built.
    pub fn start(nvas: u8) -> Result<Self> {
        sweep();
        let directory = LabDirectory::create()?;
        let reaper = Reaper::start(&directory)?;
        let ring = Self {
            directory,
            _reaper: reaper,
        };
        let hosts: Vec<Host> = std::iter::once(Host::Client)
            .chain((1..=nvas).map(Host::Nva))
            .collect();
        let all = [Host::Core].iter().chain(&hosts);
        add(&all
            .map(|host| format!("{}-{}", ring.directory.name(), name(*host)))
            .collect::<Vec<_>>())?;
        ring.ip(Host::Core, "link set lo up\n")?;
        for host in hosts {
            ring.connect(host)?;
        }
        let router =
            "cd /proc/sys/net; echo 1 > ipv4/ip_forward; echo 1 > ipv6/conf/all/forwarding;
            for i in ipv4/conf/*/rp_filter; do echo 0 > $i; done";
        run(ring.command(Host::Core, "sh").args(["-c", router]))
            .context("failed to make a router")?;
        ring.lead_to(1)?;
        Ok(ring)
    }

    fn connect(&self, host: Host) -> Result<()> {
        let (name, v4, v6) = (name(host), address(host), address_v6(host));
        let port = format!("p-{name}");
        let [a, b, c, _] = v4.octets();
        let segments = v6.segments();
        let gateway = Ipv6Addr::new(segments[0], segments[1], 0, 0, 0, 0, 0, 1);
        self.ip(
            Host::Core,
            &format!(
                "link add {port} type veth peer name eth0 netns {}-{name}\naddress add {a}.{b}.{c}.1/24 dev {port}\n\
                 address add {gateway}/64 dev {port} nodad\nlink set {port} up\n",
                self.directory.name()
            ),
        )?;
        // An address is there at once, and not only after a second in which nobody claimed it.
        self.set_sysctl(host, "net/ipv6/conf/eth0/accept_dad", "0")?;
        self.ip(
            host,
            &format!(
                "link set lo up\naddress add {v4}/24 dev eth0\naddress add {v6}/64 dev eth0 nodad\nlink set eth0 up\n\
                 route add default via {a}.{b}.{c}.1\nroute add default via {gateway} dev eth0\n"
            ),
        )?;
        match host {
            Host::Nva(_) => self.ip(
                host,
                &format!(
                    "address add {ANYCAST} dev lo\naddress add {ANYCAST_V6}/128 dev lo nodad\n"
                ),
            ),
            _ => Ok(()),
        }
    }

    /// `program` on a host's network, to be run or spawned by the caller.
    pub fn command(&self, host: Host, program: &str) -> Command {
        self.namespace(host).command(program)
    }

    /// Does something on a host's network, in a thread of its own.
    pub fn on<T: Send + 'static>(
        &self,
        host: Host,
        act: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> JoinHandle<Result<T>> {
        let network = self.namespace(host);
        thread::spawn(move || {
            network.enter()?;
            act()
        })
    }

    /// Moves the route of both anycast addresses.
    ///
    /// # Errors
    /// If `ip` refuses it.
    pub fn lead_to(&self, nva: u8) -> Result<()> {
        let (v4, v6) = (address(Host::Nva(nva)), address_v6(Host::Nva(nva)));
        self.ip(
            Host::Core,
            &format!(
                "route replace {ANYCAST_ADDRESS} via {v4}\nroute replace {ANYCAST_V6} via {v6}\n"
            ),
        )
    }

    /// The commands of `ip -batch`, on a host.
    ///
    /// # Errors
    /// If `ip` refuses one.
    pub fn ip(&self, host: Host, script: &str) -> Result<()> {
        feed(self.command(host, "ip").args(["-batch", "-"]), script)
            .with_context(|| format!("{host:?}: {script}"))
    }

    /// Rules of nftables, on a host.
    ///
    /// # Errors
    /// If `nft` refuses them.
    pub fn nft(&self, host: Host, script: &str) -> Result<()> {
        feed(self.command(host, "nft").args(["-f", "-"]), script)
            .with_context(|| format!("{host:?}: {script}"))
    }

    /// The router's end of a host's cable.
    pub fn port(host: Host) -> String {
        format!("p-{}", name(host))
    }

    /// A file of the ring's own.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        self.directory.write(name, text)
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A sysctl of a host's network, such as `net/ipv4/tcp_syncookies`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn set_sysctl(&self, host: Host, name: &str, value: &str) -> Result<()> {
        let (path, value) = (Path::new("/proc/sys").join(name), value.to_owned());
        let write = self.on(host, move || Ok(fs::write(path, value)?));
        write
            .join()
            .map_err(|_| anyhow::anyhow!("the thread is lost"))?
    }

    fn namespace(&self, host: Host) -> Namespace {
        Namespace::new(self.directory.name(), &name(host))
    }
}

/// A host's own address. The core has none of its own.
pub fn address(host: Host) -> Ipv4Addr {
    match host {
        Host::Client | Host::Core => Ipv4Addr::new(10, 1, 0, 10),
        Host::Nva(number) => Ipv4Addr::new(172, 16, number, 70),
    }
}

/// A host's own address of IPv6.
pub fn address_v6(host: Host) -> Ipv6Addr {
    match host {
        Host::Client | Host::Core => Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x10),
        Host::Nva(number) => Ipv6Addr::new(0xfd00, number.into(), 0, 0, 0, 0, 0, 0x70),
    }
}

fn name(host: Host) -> String {
    match host {
        Host::Client => "client".to_owned(),
        Host::Core => "core".to_owned(),
        Host::Nva(number) => format!("nva{number}"),
    }
}
