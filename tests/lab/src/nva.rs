//! An NVA: HAProxy and ExaBGP on one host, with the anycast address on `lo`.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result};

use crate::directory::LabDirectory;
use crate::exabgp::{ExaBgpProcess, HELPER, as_exabgp};
use crate::exabgp_version::ExaBgp;
use crate::haproxy::HaproxyProcess;
use crate::install::{Installation, Prepared, shipped};
use crate::namespace::{Namespace, plug, run, unplug};
use crate::topology::{ANYCAST, HostPlan, Region};

/// Takes ExaBGP's words and says nothing: what runs as haproxy-rhi when a lab is given no binary. Its output stays
/// open: where that ends, the process is dead to ExaBGP.
const SILENT: &str = "#!/bin/sh\nwhile read -r word; do :; done\n";

/// A link to the binary is in this new folder: nothing of it is copied, and all NVAs have it in memory once. Not from another file system.
fn is_linked(binary: &Path, folder: &Path) -> bool {
    let linked = || fs::hard_link(binary, folder.join("haproxy-rhi"));
    fs::create_dir(folder).and_then(|()| linked()).is_ok()
}

/// An NVA.
#[derive(Debug)]
pub struct Nva {
    region: Region,
    plan: HostPlan,
    lab: String,
    core: Namespace,
    installation: Arc<Installation>,
    haproxy: HaproxyProcess,
    exabgp: ExaBgpProcess,
}

/// What is on an NVA's disk before anything starts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    pub(crate) binary: Option<PathBuf>,
    /// In place of what the repository ships, or beside it.
    pub(crate) files: BTreeMap<String, String>,
}

impl Nva {
    pub(crate) fn install(
        (region, plan): (Region, HostPlan),
        directory: &LabDirectory,
        version: &ExaBgp,
        prepared: &Prepared,
        disk: &Disk,
    ) -> Result<Self> {
        let network = Namespace::new(directory.name(), &plan.name);
        let scratch = directory.file(&format!("{}-disk", plan.name));
        let programs = directory.file(&format!("{}-programs", plan.name));
        let binary = disk.binary.as_deref();
        let linked = binary.filter(|binary| is_linked(binary, &programs));
        let installation = Arc::new(Installation::make(
            &network,
            &scratch,
            prepared,
            linked.map(|_| programs.as_path()),
        )?);
        let nva = Self {
            region,
            lab: directory.name().to_owned(),
            core: Namespace::new(directory.name(), "core"),
            haproxy: HaproxyProcess::new(Arc::clone(&installation), directory, &plan.name)?,
            exabgp: ExaBgpProcess::new(
                Arc::clone(&installation),
                version.clone(),
                directory,
                &plan.name,
            ),
            installation,
            plan,
        };
        nva.add_address(ANYCAST)?;
        for (path, text) in shipped(region)? {
            nva.write(path, &text)?;
        }
        match binary {
            Some(_) if linked.is_some() => {}
            Some(binary) => nva.install_binary(binary)?,
            None => nva.installation.write(HELPER, SILENT.as_bytes(), 0o755)?,
        }
        for (path, text) in &disk.files {
            nva.write(path, text)?;
        }
        Ok(nva)
    }

    /// Where it stands.
    pub fn region(&self) -> Region {
        self.region
    }

    /// Its own address.
    pub fn address(&self) -> Ipv4Addr {
        self.plan.address
    }

    /// Its HAProxy.
    pub fn haproxy(&self) -> &HaproxyProcess {
        &self.haproxy
    }

    /// Its ExaBGP, and the haproxy-rhi that this runs.
    pub fn exabgp(&self) -> &ExaBgpProcess {
        &self.exabgp
    }

    /// Puts a file in place with a rename, at once or never. An existing file's mode stays; a new one's is 0644.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &str, text: &str) -> Result<()> {
        let mode =
            fs::metadata(self.path(path)).map_or(0o644, |existing| existing.permissions().mode());
        self.installation.write(path, text.as_bytes(), mode)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(&self, path: &str) -> Result<String> {
        fs::read_to_string(self.path(path))
            .with_context(|| format!("failed to read the NVA's '{path}'"))
    }

    /// Where the test's own process finds the NVA's `path`: also sockets can be reached there.
    pub fn path(&self, path: &str) -> PathBuf {
        self.installation.path(path)
    }

    /// Puts a copy in place.
    fn install_binary(&self, binary: &Path) -> Result<()> {
        let content =
            fs::read(binary).with_context(|| format!("failed to read '{}'", binary.display()))?;
        self.installation.write(HELPER, &content, 0o755)
    }

    /// `program` on this NVA, as root, to be run or spawned by the caller.
    pub fn command(&self, program: &str) -> Command {
        self.installation.command(program)
    }

    /// `program` on this NVA with the user, the groups and the capability that ExaBGP has.
    pub fn command_as_exabgp(&self, program: &str) -> Command {
        let mut command = as_exabgp(&self.installation);
        command.arg(program);
        command
    }

    /// Puts an address on `lo`, as `anycast-address@.service` does.
    ///
    /// # Errors
    /// If `ip` refuses it.
    pub fn add_address(&self, prefix: &str) -> Result<()> {
        run(self
            .command("ip")
            .args(["address", "replace", prefix, "dev", "lo"]))
    }

    /// Takes an address from `lo`.
    ///
    /// # Errors
    /// If `ip` refuses it.
    pub fn remove_address(&self, prefix: &str) -> Result<()> {
        run(self
            .command("ip")
            .args(["address", "del", prefix, "dev", "lo"]))
    }

    /// Shuts the machine down: ExaBGP, HAProxy and the addresses go in the order of the units, and then the network.
    ///
    /// # Errors
    /// If a program does not end.
    pub fn shut_down(&self) -> Result<()> {
        self.exabgp.stop()?;
        self.haproxy.stop()?;
        self.remove_address(ANYCAST)?;
        unplug(&self.lab, &self.plan)
    }

    /// Boots it again, with IPv4 only.
    ///
    /// # Errors
    /// If a program does not start.
    pub fn boot(&self) -> Result<()> {
        plug(&self.lab, &self.plan)?;
        self.add_address(ANYCAST)?;
        self.haproxy.start()?;
        self.exabgp.start()
    }

    /// Pulls the cable: nothing arrives any more, and no connection is closed.
    ///
    /// # Errors
    /// If `ip` refuses it.
    pub fn cut_link(&self) -> Result<()> {
        self.set_link("down")
    }

    /// Plugs the cable in again.
    ///
    /// # Errors
    /// If `ip` refuses it.
    pub fn join_link(&self) -> Result<()> {
        self.set_link("up")
    }

    /// At the core's end: at the NVA's own, the kernel would forget the default route.
    fn set_link(&self, state: &str) -> Result<()> {
        run(self
            .core
            .command("ip")
            .args(["link", "set", &self.plan.core_port(), state]))
    }
}
