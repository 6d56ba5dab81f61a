//! The web servers of a region: each a small HAProxy that shows the region's page on one port.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::directory::LabDirectory;
use crate::namespace::{Namespace, run};
use crate::program::{Program, Signal};
use crate::topology::{Region, backend_plan};
use crate::wait::eventually;

const PATIENCE: Duration = Duration::from_secs(5);

/// A region's backend host. Its methods without a port mean port 80, the documentation's one server.
#[derive(Debug)]
pub struct Backend {
    region: Region,
    host: String,
    network: Namespace,
    core: Namespace,
    core_port: String,
    directory: LabDirectory,
    servers: Mutex<BTreeMap<u16, Program>>,
}

impl Backend {
    pub(crate) fn new(region: Region, directory: &LabDirectory) -> Self {
        let plan = backend_plan(region);
        Self {
            region,
            network: Namespace::new(directory.name(), &plan.name),
            core: Namespace::new(directory.name(), "core"),
            core_port: plan.core_port(),
            host: plan.name,
            directory: directory.clone(),
            servers: Mutex::default(),
        }
    }

    /// Starts the web server and waits until it is open.
    ///
    /// # Errors
    /// If it runs already, or does not come up.
    pub fn start(&self) -> Result<()> {
        self.start_port(80)
    }

    /// SIGKILL to the web server.
    ///
    /// # Errors
    /// If it is not running.
    pub fn kill(&self) -> Result<()> {
        self.kill_port(80)
    }

    /// SIGSTOP: it accepts connections and never answers.
    ///
    /// # Errors
    /// If it is not running.
    pub fn freeze(&self) -> Result<()> {
        self.with(80, |server| server.signal_group(Signal::Stop))
    }

    /// SIGCONT.
    ///
    /// # Errors
    /// If it is not running.
    pub fn thaw(&self) -> Result<()> {
        self.with(80, |server| server.signal_group(Signal::Cont))
    }

    /// Pulls the host's cable: nothing arrives any more, and no connection is closed.
    ///
    /// # Errors
    /// If `ip` refuses it.
    pub fn cut_link(&self) -> Result<()> {
        run(self
            .core
            .command("ip")
            .args(["link", "set", &self.core_port, "down"]))
    }

    /// Plugs the cable in again.
    ///
    /// # Errors
    /// If `ip` refuses it.
    pub fn join_link(&self) -> Result<()> {
        run(self
            .core
            .command("ip")
            .args(["link", "set", &self.core_port, "up"]))
    }

    /// Starts one more web server on this host, and waits until it is open.
    ///
    /// # Errors
    /// If it runs already, or does not come up.
    pub fn start_port(&self, port: u16) -> Result<()> {
        self.launch(port)?;
        self.ready(port)
    }

    pub(crate) fn ready(&self, port: u16) -> Result<()> {
        let probe = format!("exec 3<>/dev/tcp/{}/{port}", self.address());
        eventually(PATIENCE, &format!("the web server on port {port}"), || {
            run(self.network.command("bash").args(["-c", &probe]))
        })
    }

    pub(crate) fn launch(&self, port: u16) -> Result<()> {
        let name = format!("{}-web{port}", self.host);
        let page = self
            .directory
            .write(&format!("{name}.html"), &self.region.page())?;
        let config = self.directory.write(
            &format!("{name}.cfg"),
            &web_server(port, &page.display().to_string()),
        )?;
        let mut servers = self.servers();
        let server = servers
            .entry(port)
            .or_insert_with(|| Program::new(&name, self.directory.file(&format!("{name}.log"))));
        server.start(
            self.network
                .command("/usr/sbin/haproxy")
                .arg("-db")
                .arg("-f")
                .arg(config),
        )
    }

    /// SIGKILL to the web server on this port.
    ///
    /// # Errors
    /// If there is none.
    pub fn kill_port(&self, port: u16) -> Result<()> {
        self.with(port, |server| {
            ensure!(server.is_running()?, "it is not running");
            server.kill()
        })
    }

    /// The requests that reached the web server so far, each when it was done with: `GET /?1-17`. HAProxy's checks are
    /// among them.
    ///
    /// # Errors
    /// If it was never started.
    pub fn requests(&self) -> Result<Vec<String>> {
        let mut log = String::new();
        self.with(80, |server| {
            log = server.log();
            Ok(())
        })?;
        let is_request = |line: &&str| {
            line.split_once(" /")
                .is_some_and(|(method, _)| is_method(method))
        };
        Ok(log.lines().filter(is_request).map(str::to_owned).collect())
    }

    /// `program` on this host, to be run or spawned by the caller.
    pub fn command(&self, program: &str) -> Command {
        self.network.command(program)
    }

    /// Where its web server on this port is.
    pub fn socket(&self, port: u16) -> SocketAddr {
        SocketAddr::from((self.address(), port))
    }

    fn address(&self) -> Ipv4Addr {
        self.region.backend()
    }

    fn with(&self, port: u16, act: impl FnOnce(&Program) -> Result<()>) -> Result<()> {
        let servers = self.servers();
        let server = servers
            .get(&port)
            .with_context(|| format!("no web server on port {port} in {}", self.region))?;
        act(server).with_context(|| format!("the web server on port {port} in {}", self.region))
    }

    fn servers(&self) -> MutexGuard<'_, BTreeMap<u16, Program>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_method(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// It takes a request for `/taken`, and ends the connection without an answer.
fn web_server(port: u16, page: &str) -> String {
    format!(
        "defaults
    mode http
    log stdout format raw local0
    log-format \"%HM %HU\"
    timeout client 10s
    timeout connect 1s
    timeout server 10s
frontend web
    bind *:{port}
    http-request wait-for-body time 1s if {{ path /taken }}
    http-request reject if {{ path /taken }}
    http-request return status 200 content-type text/html file {page}
"
    )
}
