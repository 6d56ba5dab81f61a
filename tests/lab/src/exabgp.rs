//! ExaBGP on an NVA, and the haproxy-rhi that it runs.

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::directory::LabDirectory;
use crate::exabgp_version::ExaBgp;
use crate::install::Installation;
use crate::log_line::Follower;
use crate::namespace::output;
use crate::program::{ChildProcess, Program, Signal, children, send, send_all};

const CONFIG: &str = "/etc/exabgp/exabgp.conf";
pub(crate) const HELPER: &str = "/usr/bin/haproxy-rhi";
const PATIENCE: Duration = Duration::from_secs(10);

/// ExaBGP on an NVA, as user exabgp with the drop-in's group.
#[derive(Debug)]
pub struct ExaBgpProcess {
    installation: Arc<Installation>,
    version: ExaBgp,
    environment: Mutex<BTreeMap<String, String>>,
    program: Program,
}

impl ExaBgpProcess {
    pub(crate) fn new(
        installation: Arc<Installation>,
        version: ExaBgp,
        directory: &LabDirectory,
        host: &str,
    ) -> Self {
        let log = directory.file(&format!("{host}-exabgp.log"));
        // The first two as in Debian's unit and exabgp.env. The command pipe is of no use to haproxy-rhi.
        let environment = [
            ("exabgp_daemon_daemonize", "false"),
            ("exabgp_daemon_user", "exabgp"),
            ("exabgp_api_cli", "false"),
        ];
        Self {
            installation,
            version,
            environment: Mutex::new(
                environment
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.to_string()))
                    .collect(),
            ),
            program: Program::new("exabgp", log),
        }
    }

    /// A setting for the next start, as `Environment=` in a unit: `exabgp_api_ack`, `false`.
    pub fn set_env(&self, name: &str, value: &str) {
        let mut environment = self
            .environment
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        environment.insert(name.to_owned(), value.to_owned());
    }

    /// Starts it. Its sessions come up later: see [`RouteServer::await_session`](crate::RouteServer::await_session).
    ///
    /// # Errors
    /// If it runs already, or cannot be started.
    pub fn start(&self) -> Result<()> {
        self.program
            .start(&mut self.command(&self.version.server()))
    }

    /// Stops it as systemd does: SIGTERM to ExaBGP and its children at the same time, and waits for the end.
    ///
    /// # Errors
    /// If it is not running, or does not end.
    pub fn stop(&self) -> Result<()> {
        let pid = self.program.pid()?;
        let mut pids = vec![pid];
        pids.extend(children(pid)?.into_iter().map(|child| child.pid));
        send_all(Signal::Term, &pids)?;
        self.program.wait(PATIENCE).map(drop)
    }

    /// [`Self::stop`], then [`Self::start`].
    ///
    /// # Errors
    /// If one of them fails.
    pub fn restart(&self) -> Result<()> {
        self.stop()?;
        self.start()
    }

    /// SIGKILL to ExaBGP alone; haproxy-rhi must notice by itself.
    ///
    /// # Errors
    /// If it is not running.
    pub fn kill(&self) -> Result<()> {
        self.program.signal(Signal::Kill)?;
        self.program.wait(PATIENCE).map(drop)
    }

    /// Any signal, to ExaBGP alone: USR1 reloads, USR2 also restarts haproxy-rhi, STOP and CONT freeze and thaw.
    ///
    /// # Errors
    /// If it is not running.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.program.signal(signal)
    }

    /// Waits for its end: the exit code, or the signal that killed it as a negative number.
    ///
    /// # Errors
    /// If it is still running after `timeout`.
    pub fn wait_end(&self, timeout: Duration) -> Result<i32> {
        self.program.wait(timeout)
    }

    /// Whether it lives.
    ///
    /// # Errors
    /// If that cannot be found out.
    pub fn is_running(&self) -> Result<bool> {
        self.program.is_running()
    }

    /// Its process id.
    ///
    /// # Errors
    /// If it is not running.
    pub fn pid(&self) -> Result<u32> {
        self.program.pid()
    }

    /// The haproxy-rhi that this ExaBGP runs now. While one replaces another, the newest.
    ///
    /// # Errors
    /// If ExaBGP is not running, or has no such child.
    pub fn helper(&self) -> Result<ChildProcess> {
        let helper = |argument: &String| argument == HELPER;
        children(self.program.pid()?)?
            .into_iter()
            .filter(|child| child.arguments.iter().any(helper))
            .max_by_key(|child| (child.started, child.pid))
            .context("ExaBGP runs no haproxy-rhi")
    }

    /// The process id of [`ExaBgpProcess::helper`].
    ///
    /// # Errors
    /// As there.
    pub fn helper_pid(&self) -> Result<u32> {
        Ok(self.helper()?.pid)
    }

    /// A signal to haproxy-rhi alone.
    ///
    /// # Errors
    /// If there is none.
    pub fn signal_helper(&self, signal: Signal) -> Result<()> {
        send(signal, self.helper_pid()?)
    }

    /// `exabgp --validate`, or `exabgp validate`, of the installed configuration.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn validate(&self) -> Result<Output> {
        output(&mut self.command(&self.version.validate()))
    }

    /// What ExaBGP and haproxy-rhi wrote so far: ExaBGP's log, and haproxy-rhi's standard error.
    pub fn log(&self) -> String {
        self.program.log()
    }

    /// haproxy-rhi has found an ExaBGP 6.
    pub fn is_six(&self) -> bool {
        self.log().contains("haproxy-rhi: ExaBGP 6")
    }

    /// It has found one with API version 6, which is told nothing for a neighbor that it does not have; others refuse that.
    pub fn names_neighbors(&self) -> bool {
        self.log().contains("in the grammar of its API version 6")
    }

    /// Notes when each further line of the log appears.
    ///
    /// # Errors
    /// If ExaBGP was never started.
    pub fn follow(&self) -> Result<Follower> {
        Follower::start(self.program.log_path())
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = as_exabgp(&self.installation);
        command.args(words).arg(CONFIG);
        command.envs(
            &*self
                .environment
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        command
    }
}

/// What the unit and the drop-in make of a program: `User=`, `SupplementaryGroups=`, `AmbientCapabilities=`.
pub(crate) fn as_exabgp(installation: &Installation) -> Command {
    let mut command = installation.command("setpriv");
    command.args([
        "--reuid=exabgp",
        "--regid=exabgp",
        "--groups=exabgp,haproxy",
    ]);
    command.args([
        "--inh-caps=-all,+net_admin",
        "--ambient-caps=-all,+net_admin",
        "--bounding-set=-all,+net_admin",
    ]);
    command.arg("--");
    command
}
