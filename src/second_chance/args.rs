//! The command line. The doc comments below are its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use haproxy_rhi::report::LogFormat;

/// The file's default path.
pub const DEFAULT_PATH: &str = "/etc/haproxy-rhi/second-chance.conf";
/// The state file's default path.
pub const DEFAULT_STATE: &str = "/run/haproxy-rhi/second-chance.json";

/// Have open connections outlive a move of their route.
///
/// The kernel hands their packets to the region that holds them. See haproxy-rhi-second-chance(8).
#[derive(Debug, Parser)]
#[command(name = "haproxy-rhi-second-chance", version, max_term_width = 100, after_help = STATUS)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Switch it on, or bring it into line with the file; what is as it should be is left alone
    Up {
        /// Paths.
        #[command(flatten)]
        at: Files,
    },
    /// Switch it off and put everything back as it was
    Down {
        /// The file that 'up' keeps, with what has to be undone
        #[arg(long, value_name = "FILE", default_value = DEFAULT_STATE)]
        state: PathBuf,
    },
    /// Check the file: what is wrong, at path:line:column, and the cure; or its fingerprint, to compare with a sibling's
    Validate {
        /// The file
        #[arg(default_value = DEFAULT_PATH, value_name = "FILE")]
        file: PathBuf,
        /// The same, as the other commands take it
        #[arg(long, value_name = "FILE", conflicts_with = "file")]
        config: Option<PathBuf>,
    },
    /// Look whether connections would survive a move now, and say what is in the way
    Check {
        /// Paths.
        #[command(flatten)]
        at: Files,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the siblings, and how many packets were handed to them and taken from them
    Status {
        /// Paths.
        #[command(flatten)]
        at: Files,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the nftables rules, and change nothing
    Rules {
        /// The file, the same on every NVA
        #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
        config: PathBuf,
    },
    /// Ask the siblings through the tunnel whether they are there, until told to end (a unit runs this)
    ///
    /// The kernel takes note of their answers. While nobody asks, no client's packet is handed over.
    Heartbeat {
        /// The file, the same on every NVA
        #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
        config: PathBuf,
        /// Keep the counters here for Prometheus, as the node exporter's textfile collector reads them
        #[arg(long, value_name = "FILE")]
        metrics: Option<PathBuf>,
        /// Keep the counters here for haproxy-rhi status, which reads /run/haproxy-rhi-second-chance/status.json
        #[arg(long, value_name = "FILE")]
        status_file: Option<PathBuf>,
        /// The form of the log at stderr: lines of text, or one JSON object a line
        #[arg(long, value_name = "FORM", default_value = "text")]
        log_format: LogFormat,
    },
    /// Print what a shell needs to complete this command line; the package installs it
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// Paths.
#[derive(Debug, Args)]
pub struct Files {
    /// The file, the same on every NVA
    #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
    pub config: PathBuf,
    /// Keep here what 'down' has to undo
    #[arg(long, value_name = "FILE", default_value = DEFAULT_STATE)]
    pub state: PathBuf,
}

const STATUS: &str = "\
The file has lines such as
  prefix 9.9.9.9/32   an anycast prefix (repeatable)
  nva 172.16.156.70   an NVA's own address, as its siblings reach it: 2 to 14 of
                      them, in the same order everywhere
  port 4790           the tunnel's UDP port
  mtu 1450            its MTU; without it, what the way to the siblings leaves
  limit 200000        packets a second that are handed over at most

Exit status: 0 it is so or done (status: shown, whatever it is), 1 something is in the way,
2 it is unknown or could not be done, 64 usage, 78 configuration.";
