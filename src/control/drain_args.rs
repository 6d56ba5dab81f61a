//! The command line of `drain` and `resume`. The doc comments below are its help.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::name::ServerTarget;
use crate::condition::ProxyName;
use crate::config::{self, Name, Socket, Span, UnitName, typed};
use crate::observe;

/// `drain`.
#[derive(Debug, Args)]
pub struct DrainTask {
    /// Which services.
    #[command(flatten)]
    pub which: Which,
    /// Why: for the log, the status and other operators
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Until this machine's next boot only
    #[arg(long)]
    pub until_reboot: bool,
    /// Withdraw even if no sibling is known to be healthy
    #[arg(long)]
    pub force: bool,
    /// Wait until the routes are withdrawn and the servers' sessions have ended
    #[arg(long)]
    pub wait: bool,
    /// Wait so long at most; then the drain stays on, and the exit status is 1
    #[arg(
        long,
        value_name = "TIME",
        default_value = "5m",
        requires = "wait",
        allow_hyphen_values = true
    )]
    pub timeout: Span,
    /// When the sessions have ended, disable this frontend; resume enables it (repeatable)
    #[arg(long, value_name = "FRONTEND", requires = "wait")]
    pub then_disable: Vec<ProxyName>,
    /// When the sessions have ended, put this server into maintenance; resume ends that (repeatable)
    #[arg(long, value_name = "BACKEND/SERVER", requires = "wait")]
    pub then_maint: Vec<ServerTarget>,
    /// Where things are.
    #[command(flatten)]
    pub places: Places,
}

/// `resume`.
#[derive(Debug, Args)]
pub struct ResumeTask {
    /// Which services.
    #[command(flatten)]
    pub which: Which,
    /// Wait at most this long until the servers that the drain put into maintenance are up and checked; on behalf of a
    /// unit, until HAProxy has checked its servers
    #[arg(
        long,
        value_name = "TIME",
        default_value = "1m",
        allow_hyphen_values = true
    )]
    pub timeout: Span,
    /// Where things are.
    #[command(flatten)]
    pub places: Places,
}

/// Which services.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("whose").required(true).args(["services", "all"])))]
pub struct Which {
    /// The services, as the configuration names them
    #[arg(value_name = "SERVICE")]
    pub services: Vec<Name>,
    /// The one drain for all services, also those that are configured later; drains of single services are separate.
    /// Where the configuration does not load: for what the running process has in force
    #[arg(long)]
    pub all: bool,
    /// The drain of a unit that stops, separate from the operators' own; only the same name ends it. Where no
    /// haproxy-rhi runs, none is declared
    #[arg(long, value_name = "UNIT", requires = "all")]
    pub on_behalf_of: Option<UnitName>,
}

/// Files and sockets.
#[derive(Debug, Args)]
pub struct Places {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = config::DEFAULT_PATH)]
    pub config: PathBuf,
    /// Where drains are declared
    #[arg(long, value_name = "FOLDER", default_value = observe::DEFAULT_FOLDER)]
    pub drain_folder: PathBuf,
    /// HAProxy's stats socket of level admin: a path or host:port [default: haproxy.control of the
    /// configuration, or /run/haproxy/admin.sock]
    #[arg(long, value_name = "ADDRESS", value_parser = typed::<Socket>)]
    pub stats: Option<Socket>,
}

pub(crate) const DRAIN_STATUS: &str = "\
The drain is a file that the running process obeys at once, and finds when it starts. Stages:
  1. HAProxy asks its clients to close their connections
     (drain.ask; needs haproxy.control).
  2. The route is out with a longer path (drain.prepend, drain.for).
  3. The route is withdrawn.

A drain only goes forward. Declared again it goes on where it is, with the date that it has; it may gain --force, a \
reason, and the time after the next boot. Of several drains of a service the oldest one tells the stage, and one with \
--force is enough.

--wait asks the running process, by its status file, whether ExaBGP took the withdrawal. Where none runs there is no \
route to wait for, only the sessions. Ctrl-C while it waits leaves the drain on.

Exit status: 0 it is so, 1 refused or not reached, 2 it is unknown, 64 usage, \
69 HAProxy is not there, 78 configuration.";

pub(crate) const RESUME_STATUS: &str = "\
In this order: frontends and servers that the drain had taken out, their checks, then the route.

Exit status: 0 it is so, 1 refused or not reached, 2 it is unknown, 64 usage, \
69 HAProxy is not there, 78 configuration.";
