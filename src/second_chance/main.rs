//! `haproxy-rhi-second-chance`: connections that outlive a move of their route. Packets of a connection that another region's
//! NVA holds are handed to that NVA by the kernel.
//!
//! ```text
//! second-chance.conf ──► file ──► plan ──► rules ──► set_up ──► ip, nft, /proc/sys ──► tables ──► look, check
//!                                               connections ──┘
//! ```
//!
//! Nothing of ours is in the data path: it is made of an nftables table, a VXLAN device and one or two sysctls.
//! [`rules`] says how a packet is judged, and why it cannot go round for ever. [`heartbeat`] is the only process: it asks
//! the siblings through the tunnel whether they are there, the kernel takes note of the answers, and without them no packet is
//! handed to anybody. What it finds amiss it keeps in a file ([`keep`]), which `haproxy-rhi status` shows and does not judge.
//!
//! Why not connection tracking, which knows connections too: what decides here is the kernel's table of sockets, which
//! cannot be full, does not forget a connection before the connection ends, knows those that were there before this was switched
//! on, and costs nothing that the kernel does not do anyway.

mod args;
mod beside;
mod check;
mod completions;
mod connections;
mod file;
mod heartbeat;
mod keep;
mod kernel;
mod look;
mod netlink;
mod plan;
mod ready;
mod rules;
mod set_up;
mod state;
mod sysctls;
mod tables;
mod warning;
mod way;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use args::{Cli, Task};
use clap::Parser;
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
        Task::Up { at } => set_up::up(&here(&at.config)?, &at.state)?,
        Task::Down { state } => set_up::down(&state)?,
        Task::Validate { file, config } => beside::valid(&config.unwrap_or(file))?,
        Task::Rules { config } => {
            let plan = here(&config)?;
            rules::render(&plan, way::tunnel_mtu(&plan)?, &rules::AT_FIRST)
        }
        Task::Heartbeat {
            config,
            metrics,
            status_file,
            log_format,
        } => heartbeat::run(&config, metrics, status_file, log_format)?,
        Task::Check { at, json } => return check::check(&here(&at.config)?, &at, json),
        Task::Status { at, json } => look::status(&here(&at.config)?, json)?,
        Task::Completions { shell } => completions::script(shell),
    };
    Ok(text.into())
}

/// The file, as seen from this host.
fn here(path: &Path) -> Result<Plan, Failure> {
    let settings = file::load(path)?;
    Plan::of(settings, &kernel::addresses()?).map_err(failure::configuration)
}
