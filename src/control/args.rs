//! The command line of `server` and `frontend`. The doc comments below are its help.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::name::{ServerFilter, ServerTarget};
use crate::condition::ProxyName;
use crate::config::{self, Socket, Span, typed};
use crate::observe;

/// What can be done with servers.
#[derive(Debug, Subcommand)]
pub enum ServerTask {
    /// Show the servers: state, weight, last check, sessions
    #[command(after_help = LIST_SERVERS)]
    List {
        /// Only these: BACKEND, or BACKEND/SERVER
        #[arg(value_name = "BACKEND[/SERVER]")]
        only: Vec<ServerFilter>,
        /// Where, and how it is shown.
        #[command(flatten)]
        at: LookAt,
    },
    /// Put servers back to work: no drain, no maintenance; their checks decide the rest
    #[command(after_help = CHANGE_STATUS)]
    Ready {
        /// Which, and for how long to wait.
        #[command(flatten)]
        change: Change,
        /// Where, and how it is shown.
        #[command(flatten)]
        at: At,
    },
    /// Give servers no new requests; open sessions go on, and they are still checked
    ///
    /// Clients that persistence binds to such a server are still sent there.
    #[command(after_help = CHANGE_STATUS)]
    Drain {
        /// Which, and for how long to wait.
        #[command(flatten)]
        change: Change,
        /// What must not be lost.
        #[command(flatten)]
        protection: Protection,
        /// Where, and how it is shown.
        #[command(flatten)]
        at: At,
    },
    /// Give servers nothing at all and do not check them; open sessions go on
    #[command(after_help = CHANGE_STATUS)]
    Maint {
        /// Which, and for how long to wait.
        #[command(flatten)]
        change: Change,
        /// What must not be lost.
        #[command(flatten)]
        protection: Protection,
        /// Where, and how it is shown.
        #[command(flatten)]
        at: At,
    },
}

/// What can be done with frontends.
#[derive(Debug, Subcommand)]
pub enum FrontendTask {
    /// Show the frontends: status, sessions
    #[command(after_help = LIST_FRONTENDS)]
    List {
        /// Only these
        #[arg(value_name = "NAME")]
        only: Vec<ProxyName>,
        /// Where, and how it is shown.
        #[command(flatten)]
        at: LookAt,
    },
    /// Open frontends again
    #[command(after_help = CHANGE_STATUS)]
    Enable {
        /// The frontends, or listen sections
        #[arg(value_name = "NAME", required = true)]
        names: Vec<ProxyName>,
        /// Where, and how it is shown.
        #[command(flatten)]
        at: At,
    },
    /// Close frontends: new connections are refused, open ones go on
    #[command(after_help = CHANGE_STATUS)]
    Disable {
        /// The frontends, or listen sections
        #[arg(value_name = "NAME", required = true)]
        names: Vec<ProxyName>,
        /// What must not be lost.
        #[command(flatten)]
        protection: Protection,
        /// Where, and how it is shown.
        #[command(flatten)]
        at: At,
    },
}

/// Which servers, and for how long to wait.
#[derive(Debug, Args)]
pub struct Change {
    /// The servers; BACKEND/* is each of a backend's
    #[arg(value_name = "BACKEND/SERVER", required = true)]
    pub targets: Vec<ServerTarget>,
    /// Wait until they are up and checked (ready), or have no sessions any more (drain, maint)
    #[arg(long)]
    pub wait: bool,
    /// Wait so long at most; then the change stays, and the exit status is 1
    #[arg(
        long,
        value_name = "TIME",
        default_value = "5m",
        requires = "wait",
        allow_hyphen_values = true
    )]
    pub timeout: Span,
}

/// What must not be lost.
#[derive(Debug, Args)]
pub struct Protection {
    /// Do it even if a service loses its last level, so that its routes are withdrawn, or if its routes stay and lead
    /// to closed frontends
    #[arg(long)]
    pub force: bool,
    /// The configuration that names the services [default: /etc/haproxy-rhi/config.json, if it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where drains are declared: a drained service that is withdrawn has nothing to lose
    #[arg(long, value_name = "FOLDER", default_value = observe::DEFAULT_FOLDER)]
    pub drain_folder: PathBuf,
}

/// Where HAProxy takes commands, and how the answer is shown.
#[derive(Debug, Args)]
pub struct At {
    /// HAProxy's stats socket, of level admin for changes: a path or host:port
    /// [default: /run/haproxy/admin.sock]
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value_t,
        hide_default_value = true,
        value_parser = typed::<Socket>
    )]
    pub stats: Socket,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Where HAProxy is read, and how the answer is shown.
#[derive(Debug, Args)]
pub struct LookAt {
    /// HAProxy's stats socket, of any level: a path or host:port
    /// [default: the one that /etc/haproxy-rhi/config.json watches, or else /run/haproxy/admin.sock]
    #[arg(long, value_name = "ADDRESS", value_parser = typed::<Socket>)]
    pub stats: Option<Socket>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl LookAt {
    /// `--stats`, or the socket that the running process watches: a list needs no admin socket.
    pub(super) fn socket(&self) -> Socket {
        let watched = || {
            let config = config::load(Path::new(config::DEFAULT_PATH)).ok()?;
            config.haproxy.stats.socket().cloned()
        };
        self.stats.clone().or_else(watched).unwrap_or_default()
    }
}

const LIST_SERVERS: &str = "\
With --json: {haproxy: {address, version, pid, stopping}, servers: [{backend, server, status, usable, checked, wish, \
weight, backup, check, tracks, sessions, queue, since}]}. 'status' and 'check' are HAProxy's words, 'wish' is ready, \
drain or maint, 'since' counts seconds.

Exit status: 0 shown, 1 a name that HAProxy does not have, 2 it is unknown, 64 usage, 69 HAProxy is not there.";

const LIST_FRONTENDS: &str = "\
With --json: {haproxy: {address, version, pid, stopping}, frontends: [{frontend, status, open, listen, sessions, \
limit}]}. 'status' is HAProxy's word.

Exit status: 0 shown, 1 a name that HAProxy does not have, 2 it is unknown, 64 usage, 69 HAProxy is not there.";

const CHANGE_STATUS: &str = "\
With --json: what list shows of them afterwards, and beside it {outcome, problem, note, services: [{service, prefixes, \
now, then, why}]}. 'outcome' is done, refused, not reached, unknown or gone; 'services' are those that get worse, \
'then' is null where no level is left.

Exit status: 0 it is so, 1 refused or not reached, 2 it is unknown, 64 usage, 69 HAProxy is not there, \
78 configuration.";
