//! The arguments of `run`, and how a run line of exabgp.conf is read.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::condition::AbsolutePath;
use crate::config::{MetricsFile, Source};
use crate::observe;
use crate::report::LogFormat;

/// `run`: watch HAProxy and tell ExaBGP.
#[derive(Debug, Args)]
pub struct RunTask {
    /// Show the lines and their reasons on the terminal; send nothing to anybody
    #[arg(long)]
    pub dry_run: bool,
    /// Where drains are declared
    #[arg(long, value_name = "FOLDER", default_value = observe::DEFAULT_FOLDER)]
    pub drain_folder: PathBuf,
    /// What is told of it.
    #[command(flatten)]
    pub telling: Telling,
    /// What to watch and announce.
    #[command(flatten)]
    pub source: Source,
}

/// Where a running process tells of itself.
#[derive(Debug, Default, Args)]
pub struct Telling {
    /// Keep the status file here, for the command status; /dev/null: nowhere
    /// [default: /run/exabgp/haproxy-rhi.*.status.json]
    #[arg(long, value_name = "FILE")]
    pub status_file: Option<AbsolutePath>,
    /// Keep metrics here for Prometheus, as the node exporter's textfile collector reads them
    /// [default: the configuration's key metrics]
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<MetricsFile>,
    /// The form of the log at stderr: lines of text, or one JSON object a line
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub log_format: LogFormat,
}

/// A command line that runs, and does nothing else.
#[derive(Debug, Parser)]
#[command(name = "haproxy-rhi", version)]
struct RunLine {
    #[command(subcommand)]
    task: Only,
}

#[derive(Debug, Subcommand)]
enum Only {
    Run(Box<RunTask>),
}

impl RunTask {
    /// Of a run line, from the program's name on.
    ///
    /// # Errors
    /// It is no command line of `run`.
    pub fn of_line(
        words: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let RunLine {
            task: Only::Run(task),
        } = RunLine::try_parse_from(words)?;
        Ok(*task)
    }
}
