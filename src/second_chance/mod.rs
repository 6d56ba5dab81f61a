//! Connections that outlive a move of their route: packets of a connection that another region's NVA holds are handed
//! to that NVA by the kernel.
//!
//! ```text
//! second-chance.conf ──► file ──► plan ──► rules ──► set_up ──► ip, nft, /proc/sys ──► tables ──► look, check
//!                                               connections ──┘
//! ```
//!
//! Nothing of ours is in the data path: it is made of an nftables table, a VXLAN device and one or two sysctls.
//! [`rules`] says how a packet is judged, and why it cannot go round for ever. [`heartbeat`] is the only process: it asks
//! the siblings through the tunnel whether they are there, the kernel takes note of the answers, and without them no packet is
//! handed to anybody.
//!
//! Why not connection tracking, which knows connections too: what decides here is the kernel's table of sockets, which
//! cannot be full, does not forget a connection before the connection ends, knows those that were there before this was switched
//! on, and costs nothing that the kernel does not do anyway.

pub mod connections;
pub mod file;
pub mod plan;
pub mod rules;

mod args;
mod check;
mod heartbeat;
mod kernel;
mod look;
mod ready;
mod set_up;
mod tables;
mod told;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub(crate) use args::STATUS as SECOND_CHANCE_STATUS;
pub use args::SecondChanceTask;
pub use told::{STATUS_FILE, Told, read as told};

use crate::config::{self, Service};
use crate::control::{Answer, Failure};
use crate::files::{self, Links};
use crate::route::Prefix;
use file::Settings;
use plan::Plan;

/// Where the file is unless told otherwise.
pub const DEFAULT_PATH: &str = "/etc/haproxy-rhi/second-chance.conf";
/// Where is kept what has to be undone.
pub const DEFAULT_STATE: &str = "/run/haproxy-rhi/second-chance.json";

/// `haproxy-rhi second-chance`.
pub fn second_chance(task: SecondChanceTask) -> Answer {
    carry_out(task).unwrap_or_else(Answer::from)
}

fn carry_out(task: SecondChanceTask) -> Result<Answer, Failure> {
    let text = match task {
        SecondChanceTask::Up { at } => set_up::up(&here(&at.config)?, &at.state)?,
        SecondChanceTask::Down { state } => set_up::down(&state)?,
        SecondChanceTask::Validate { file } => valid(&file)?,
        SecondChanceTask::Rules { config } => {
            let plan = here(&config)?;
            rules::render(&plan, kernel::tunnel_mtu(&plan)?, &rules::AT_FIRST)
        }
        SecondChanceTask::Heartbeat { config, metrics, status_file } => {
            heartbeat::run(|| here(&config), metrics.as_deref(), status_file.as_deref())
        }
        SecondChanceTask::Check { at, json } => return check::check(&here(&at.config)?, &at.state, json),
        SecondChanceTask::Status { at, json } => look::status(&here(&at.config)?, json)?,
    };
    Ok(Answer { text, failure: None })
}

/// `haproxy-rhi second-chance validate`.
pub fn validate(file: &Path) -> Answer {
    valid(file).map(|text| Answer { text, failure: None }).unwrap_or_else(Answer::from)
}

fn valid(file: &Path) -> Result<String, Failure> {
    let settings = load(file)?;
    let (count, fingerprint) = (settings.nvas.len(), settings.fingerprint());
    // Where the files agree on what they must, this word is the same.
    Ok(format!("{}: valid, {count} NVAs, fingerprint {fingerprint:08x}\n", file.display()))
}

/// What `check` says of it, where the file is beside the configuration: a line if connections would survive a move, and one for
/// each thing in the way if not.
pub fn glance(config: &Path) -> Option<String> {
    let path = beside(config)?;
    let problems = here(&path).and_then(|plan| check::problems(&plan, Path::new(DEFAULT_STATE)));
    let mut problems = problems.unwrap_or_else(|failure| vec![failure.to_string()]);
    problems.extend(left_out(config, &path));
    if problems.is_empty() {
        return Some("second chance: connections would survive a move of their route\n".to_owned());
    }
    Some(problems.iter().map(|problem| format!("second chance: {problem}\n")).collect())
}

/// The file beside a configuration, if there is one.
pub fn beside(config: &Path) -> Option<PathBuf> {
    let path = config.with_file_name("second-chance.conf");
    path.exists().then_some(path)
}

/// What the configuration announces, and the file beside it leaves out; nothing where one of the two cannot be used, which is said
/// elsewhere.
pub fn left_out(config: &Path, file: &Path) -> Vec<String> {
    let (Ok(config), Ok(settings)) = (config::load(config), load(file)) else { return Vec::new() };
    let covered = |prefix: &Prefix| {
        let host = prefix.host();
        settings.prefixes.iter().any(|known| known == prefix || host.is_some_and(|host| known.contains(host)))
    };
    let line = |service: &Service, prefix: &Prefix| {
        format!(
            "{prefix} of service {} is not in {}, so its connections have no second chance; add 'prefix {prefix}', on every NVA",
            service.name,
            file.display()
        )
    };
    let prefixes = config.services.iter().flat_map(|service| {
        service
            .prefixes
            .iter()
            .map(move |(prefix, _)| (service, prefix))
            .filter(|(_, prefix)| !covered(prefix))
    });
    prefixes.map(|(service, prefix)| line(service, prefix)).collect()
}

/// The longest file: a thousand NVAs and prefixes.
const LONGEST: u64 = 1 << 20;

/// Reads the file.
///
/// # Errors
/// What is wrong with it: `path:line:column: what, and the cure`.
pub fn load(path: &Path) -> Result<Settings, Failure> {
    let text = files::text(path, Links::Followed, LONGEST).map_err(|error| {
        let cure = match error.kind() {
            ErrorKind::NotFound => "; this NVA has no second chance: haproxy-rhi init writes the file (haproxy-rhi-second-chance(7))",
            _ => "",
        };
        let why = config::reason(&error);
        Failure::Configuration(format!("{}: cannot be read: {why}{cure}", path.display()))
    })?;
    file::parse(&text).map_err(|fault| Failure::Configuration(format!("{}:{fault}", path.display())))
}

/// The file, as seen from this host.
fn here(path: &Path) -> Result<Plan, Failure> {
    let settings = load(path)?;
    Plan::of(settings, &kernel::addresses()?)
        .map_err(|problem| Failure::Configuration(format!("{}: {problem}", path.display())))
}
