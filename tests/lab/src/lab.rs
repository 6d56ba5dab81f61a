//! Two regions, from nothing to established sessions, and back to nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::backend::Backend;
use crate::client::Client;
use crate::debian::Debian;
use crate::directory::LabDirectory;
use crate::exabgp_version::ExaBgp;
use crate::haproxy_version::Haproxy;
use crate::install::Prepared;
use crate::machine::Machine;
use crate::msee::Msee;
use crate::namespace;
use crate::nva::{Disk, Nva};
use crate::reaper::{Reaper, sweep};
use crate::route_server::RouteServer;
use crate::topology::{ANYCAST, Region, nva_plan, route_server_plans, second_nva_plan};

const PATIENCE: Duration = Duration::from_secs(20);

/// The two regions, running. At its end everything is gone; the logs stay, and are shown, if a test failed.
#[derive(Debug)]
pub struct Lab {
    north_europe: Site,
    west_europe: Site,
    msee: Msee,
    client: Client,
    directory: LabDirectory,
    // The last to be dropped: it takes whatever the others left.
    _reaper: Reaper,
}

#[derive(Debug)]
struct Site {
    nva: Nva,
    second: Option<Nva>,
    backend: Backend,
    route_servers: [RouteServer; 2],
}

/// What a lab is to be.
#[derive(Debug, Clone)]
pub struct LabBuilder {
    exabgp: ExaBgp,
    haproxy: Haproxy,
    north_europe: Disk,
    west_europe: Disk,
    second: BTreeMap<Region, BTreeMap<String, String>>,
    exabgp_starts: bool,
    without_nva: Option<Region>,
    both_hubs: bool,
}

impl Lab {
    /// The documentation's two regions with the repository's files, the distribution's HAProxy and ExaBGP, and a
    /// haproxy-rhi that says nothing.
    pub fn builder() -> LabBuilder {
        LabBuilder {
            exabgp: ExaBgp::Debian,
            haproxy: Haproxy::Debian,
            north_europe: Disk::default(),
            west_europe: Disk::default(),
            second: BTreeMap::new(),
            exabgp_starts: true,
            without_nva: None,
            both_hubs: false,
        }
    }

    /// A region's NVA.
    pub fn nva(&self, region: Region) -> &Nva {
        &self.site(region).nva
    }

    /// All NVAs of a region.
    pub fn nvas(&self, region: Region) -> impl Iterator<Item = &Nva> {
        self.site(region).nvas()
    }

    /// A machine in the place of the NVA that the lab was built without; it is off.
    ///
    /// # Errors
    /// If its Debian cannot be had.
    pub fn machine(&self, region: Region, debian: Debian) -> Result<Machine> {
        Machine::new(&nva_plan(region), debian, &self.directory)
    }

    /// A machine in the place of the second NVA of a region that the lab was built without; it is off.
    ///
    /// # Errors
    /// If its Debian cannot be had.
    pub fn second_machine(&self, region: Region, debian: Debian) -> Result<Machine> {
        Machine::new(&second_nva_plan(region), debian, &self.directory)
    }

    /// A region's web servers.
    pub fn backend(&self, region: Region) -> &Backend {
        &self.site(region).backend
    }

    /// The two instances of a region's Route Server.
    pub fn route_servers(&self, region: Region) -> &[RouteServer; 2] {
        &self.site(region).route_servers
    }

    /// Where the routes of both regions meet.
    pub fn msee(&self) -> &Msee {
        &self.msee
    }

    /// Who asks for the anycast address.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Where the logs and configurations are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The last lines of every log.
    pub fn tails(&self) -> String {
        self.directory.tails()
    }

    /// Leaves the logs where they are when the lab ends.
    pub fn keep_logs(&self) {
        self.directory.keep();
    }

    /// Runs a test that ends with `?` instead of a panic: after its error all logs are shown, and kept.
    ///
    /// # Errors
    /// The test's own.
    pub fn run<T>(self, test: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        test(&self).inspect_err(|error| {
            self.directory.keep();
            // First, and not last: logs are long, and what shows them may cut them.
            show(&format!("failed: {error:#}\n{}", self.tails()));
        })
    }

    fn site(&self, region: Region) -> &Site {
        match region {
            Region::NorthEurope => &self.north_europe,
            Region::WestEurope => &self.west_europe,
        }
    }
}

impl Site {
    fn nvas(&self) -> impl Iterator<Item = &Nva> {
        [&self.nva].into_iter().chain(&self.second)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if thread::panicking() {
            self.directory.keep();
            show(&self.directory.tails());
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the test harness shows a failed test's output"
)]
fn show(text: &str) {
    eprintln!("{text}");
}

impl LabBuilder {
    /// Which ExaBGP both NVAs run.
    #[must_use]
    pub fn exabgp(mut self, version: ExaBgp) -> Self {
        self.exabgp = version;
        self
    }

    /// Which HAProxy both NVAs run.
    #[must_use]
    pub fn haproxy(mut self, version: Haproxy) -> Self {
        self.haproxy = version;
        self
    }

    /// What both NVAs have as `/usr/bin/haproxy-rhi`.
    #[must_use]
    pub fn binary(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.north_europe.binary = Some(path.clone());
        self.west_europe.binary = Some(path);
        self
    }

    /// A file on a region's NVA, instead of the repository's or beside it.
    #[must_use]
    pub fn file(mut self, region: Region, path: &str, text: &str) -> Self {
        let disk = match region {
            Region::NorthEurope => &mut self.north_europe,
            Region::WestEurope => &mut self.west_europe,
        };
        disk.files.insert(path.to_owned(), text.to_owned());
        self
    }

    /// Gives a region a second NVA, [`Region::second_nva`], with these files instead of the repository's; its Route Server
    /// peers with both, and the MSEE spreads the connections over equal routes.
    #[must_use]
    pub fn second_nva(mut self, region: Region, files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        self.second
            .insert(region, files.iter().map(owned).collect());
        self
    }

    /// Has each Route Server peer with the other region's NVA, too.
    #[must_use]
    pub fn both_hubs(mut self) -> Self {
        self.both_hubs = true;
        self
    }

    /// Leaves both ExaBGPs to be started by the test.
    #[must_use]
    pub fn without_exabgp(mut self) -> Self {
        self.exabgp_starts = false;
        self
    }

    /// Leaves a region without its NVAs: no HAProxy, no ExaBGP, and not the anycast address. A [`Machine`] may take each
    /// one's place.
    #[must_use]
    pub fn without_nva(mut self, region: Region) -> Self {
        self.without_nva = Some(region);
        self
    }

    /// Starts everything, and comes back when all BGP sessions are established.
    ///
    /// # Errors
    /// If something does not come up: what, and the ends of all logs.
    pub fn start(self) -> Result<Lab> {
        requirements()?;
        sweep();
        let prepared = Prepared {
            exabgp: self.exabgp.prepare()?,
            haproxy: self.haproxy.prepare()?,
        };
        let directory = LabDirectory::create()?;
        let reaper = Reaper::start(&directory)?;
        let started = self.start_in(&directory, &prepared);
        match started {
            Ok((north_europe, west_europe, msee, client)) => Ok(Lab {
                north_europe,
                west_europe,
                msee,
                client,
                directory,
                _reaper: reaper,
            }),
            Err(error) => {
                directory.keep();
                Err(error
                    .context(directory.tails())
                    .context("failed to start the lab"))
            }
        }
    }

    fn start_in(
        self,
        directory: &LabDirectory,
        prepared: &Prepared,
    ) -> Result<(Site, Site, Msee, Client)> {
        let second: Vec<Region> = self.second.keys().copied().collect();
        namespace::build(directory.name(), &second).context("failed to build the network")?;
        let north_europe =
            self.site(Region::NorthEurope, &self.north_europe, directory, prepared)?;
        let west_europe = self.site(Region::WestEurope, &self.west_europe, directory, prepared)?;
        let sites = [&north_europe, &west_europe];
        let route_servers = || sites.iter().flat_map(|site| &site.route_servers);
        let msee = Msee::new(directory, !second.is_empty())?;

        // Everything starts at the same time, but an ExaBGP that finds no Route Server waits longer each time.
        for instance in route_servers() {
            instance.bird().launch()?;
        }
        for site in sites {
            site.backend.launch(80)?;
        }
        for site in sites {
            // HAProxy's first check must find it: a region that starts without servers is another story.
            site.backend.ready(80)?;
            if self.without_nva == Some(site.nva.region()) {
                site.nvas()
                    .try_for_each(|nva| nva.remove_address(ANYCAST))?;
                continue;
            }
            site.nvas().try_for_each(|nva| nva.haproxy().launch())?;
        }
        for instance in route_servers() {
            instance.bird().ready()?;
        }
        msee.launch()?;
        let with_nva = || {
            sites
                .into_iter()
                .filter(|site| self.without_nva != Some(site.nva.region()))
        };
        // haproxy-rhi must find it: a region whose HAProxy comes late is another story, too.
        for nva in with_nva().flat_map(Site::nvas) {
            nva.haproxy().ready()?;
        }
        if self.exabgp_starts {
            for nva in with_nva().flat_map(Site::nvas) {
                nva.exabgp().start()?;
            }
        }
        msee.ready(PATIENCE)?;
        if self.exabgp_starts {
            for instance in with_nva().flat_map(|site| &site.route_servers) {
                instance.await_session(PATIENCE)?;
            }
        }
        Ok((
            north_europe,
            west_europe,
            msee,
            Client::new(directory.name()),
        ))
    }

    fn site(
        &self,
        region: Region,
        disk: &Disk,
        directory: &LabDirectory,
        prepared: &Prepared,
    ) -> Result<Site> {
        let [first, second] = route_server_plans(region);
        let install = |plan, disk: &Disk| {
            Nva::install((region, plan), directory, &self.exabgp, prepared, disk)
        };
        let second_nva = self.second.get(&region).map(|files| Disk {
            binary: disk.binary.clone(),
            files: files.clone(),
        });
        let mut sessions = vec![("nva", region.nva())];
        sessions.extend(
            second_nva
                .is_some()
                .then(|| ("second", region.second_nva())),
        );
        sessions.extend(
            self.both_hubs
                .then(|| ("other_region", region.other().nva())),
        );
        Ok(Site {
            nva: install(nva_plan(region), disk)?,
            second: second_nva
                .map(|disk| install(second_nva_plan(region), &disk))
                .transpose()?,
            backend: Backend::new(region, directory),
            route_servers: [
                RouteServer::new(sessions.clone(), &first, directory)?,
                RouteServer::new(sessions, &second, directory)?,
            ],
        })
    }
}

/// Whether a lab can run here.
///
/// # Errors
/// What is missing: a program, an account, or root's rights.
pub fn requirements() -> Result<()> {
    let script = r#"
        [ "$(id -u)" = 0 ] || echo "root's rights"
        for tool in ip nsenter unshare mount setpriv flock install kill bash curl ping bird haproxy; do
            command -v "$tool" >/dev/null || echo "the program '$tool'"
        done
        for user in haproxy exabgp; do
            id "$user" >/dev/null 2>&1 || echo "the user '$user'"
        done"#;
    let missing = namespace::said(&namespace::output(
        std::process::Command::new("sh").args(["-c", script]),
    )?);
    ensure!(
        missing.is_empty(),
        "the lab needs {}",
        missing.lines().collect::<Vec<_>>().join(", ")
    );
    match std::path::Path::new("/proc/self/ns/net").exists() {
        true => Ok(()),
        false => bail!("the lab needs network namespaces"),
    }
}
