//! `haproxy-rhi-second-chance`: connections that outlive a move of their route. Packets of a connection that another region's
//! NVA holds are handed to that NVA by the kernel.
//!
//! ```text
//! second-chance.conf ──► file ──► plan ──► rules ──► set_up ──► ip, nft, /proc/sys ──► tables ──► status, check
//!                                               connections ──┘
//! ```
//!
//! No program is in the data path: it is made of nftables tables, a VXLAN device and a few sysctls. [`rules`] says how a
//! packet is judged, and why it cannot go round for ever. [`heartbeat`] is the only process: it asks the siblings through the
//! tunnel whether they are there, the kernel takes note of the answers, and without them no packet is handed to anybody. Its
//! findings are in a file ([`status_file`]), which `haproxy-rhi status` shows and does not judge.
//!
//! Why not connection tracking: the kernel's table of sockets, which decides here, cannot be full, does not forget a connection
//! before the connection ends, knows those that were there before this was switched on, and costs nothing that the kernel does
//! not do anyway.

mod args;
mod check;
mod connections;
mod file;
mod heartbeat;
mod kernel;
mod mtu;
mod netlink;
mod plan;
mod ready;
mod rules;
mod set_up;
mod state;
mod status;
mod status_file;
mod sysctls;
mod tables;
mod validate;
mod warning;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use args::{Cli, Task};
use clap::{CommandFactory, Parser};
use haproxy_rhi::failure::{self, Answer, Failure, Kind};
use haproxy_rhi::report;
use plan::Plan;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let text = error.render();
            let text = if io::stderr().is_terminal() {
                text.ansi().to_string()
            } else {
                text.to_string()
            };
            let _ = io::stderr().write_all(text.as_bytes());
            return ExitCode::from(Kind::Usage.exit_status());
        }
    };
    report::leave(carry_out(cli.task))
}

fn carry_out(task: Task) -> Result<Answer, Failure> {
    let text = match task {
        Task::Up { at } => set_up::up(&load_plan(&at.config)?, &at.state)?,
        Task::Down { state } => set_up::down(&state)?,
        Task::Validate { file, config } => validate::validate(&config.unwrap_or(file))?,
        Task::Rules { config } => {
            let plan = load_plan(&config)?;
            rules::render(&plan, mtu::tunnel_mtu(&plan)?, &rules::AT_FIRST)
        }
        Task::Heartbeat {
            config,
            metrics,
            status_file,
            log_format,
        } => heartbeat::run(&config, metrics, status_file, log_format)?,
        Task::Check { at, json } => return check::check(&load_plan(&at.config)?, &at, json),
        Task::Status { at, json } => status::status(&load_plan(&at.config)?, json)?,
        Task::Completions { shell } => haproxy_rhi::cli::script(&mut Cli::command(), shell),
    };
    Ok(text.into())
}

/// The file as this host sees it.
fn load_plan(path: &Path) -> Result<Plan, Failure> {
    let settings = file::load(path)?;
    Plan::of(settings, &kernel::addresses()?).map_err(failure::configuration)
}
