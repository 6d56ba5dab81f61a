//! `haproxy-rhi verify`: whether the routes are where they should be.
//! In come what a running process or a configuration intends, and what Azure's, AWS's or Google's routers learned.
//! Out goes a table of both, and which region clients reach.
//!
//! ```text
//! a running process's status file, or a configuration ──► intended ─┐
//!                                                                    ├─► compare ──► show, metrics
//! az, aws or gcloud, or Azure itself ──► output ─► own ──────────────┘
//! ```

mod asked;
mod aws;
mod compare;
mod google;
mod intended;
mod learned;
mod metrics;
mod output;
mod own;
mod read;
mod show;
mod tools;

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use crate::azure::AzureArgs;
use crate::config::{self, Name};
use crate::failure::{self, Answer, End, Failure, Kind};
use crate::files;
use crate::place::FOLDER;
use crate::report::moment::Moment;
use crate::report::status::{self, Life, Report};

use asked::Asked;

pub use crate::report::status::Out;
pub use compare::{Comparison, Region, compare};
pub use intended::Intent;
pub use output::Output;

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyTask {
    /// What 'az network routeserver peering list-learned-routes', 'aws ec2 get-route-server-routing-database' or 'gcloud
    /// compute routers get-status' printed as JSON, a file or - for stdin; several to compare regions, each with a name
    /// before it [default name: the file's]
    #[arg(value_name = "[REGION=]FILE")]
    pub learned: Vec<Named>,
    /// What is intended, from this configuration and not from a running process; one a region
    #[arg(long, value_name = "[REGION=]FILE")]
    pub config: Vec<Named>,
    /// With a configuration: assume this level, or 'down', 'takeover' or 'last-standing' [default: the best]
    #[arg(long, value_name = "[REGION=]LEVEL")]
    pub level: Vec<Named>,
    /// Which of several regions this host is in [default: where its next hop was learned]
    #[arg(long, value_name = "REGION")]
    pub region: Option<Name>,
    /// Read this status file of a running process (repeatable) [default: those in /run/exabgp]
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub status_file: Vec<PathBuf>,
    /// What Azure is asked.
    #[command(flatten)]
    pub azure: AzureArgs,
    /// Also write the outcome as metrics to this file, for Prometheus's node exporter
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The end of the help.
pub(crate) const VERIFY_STATUS: &str = "\
On the NVA (the Route Server's name, the peering's and the resource group are yours):
  az network routeserver peering list-learned-routes \\
      -n exabgp --routeserver hub-rs -g lab-ars-ne | haproxy-rhi verify -
Anywhere, for both regions:
  haproxy-rhi verify north=ne.json west=we.json \\
      --config north=ne/config.json --config west=we/config.json

Without --config, a running process says what is intended and what ExaBGP acknowledged; where none runs, the best level \
of /etc/haproxy-rhi/config.json is assumed. Both instances must have exactly the intended route.

Exit status: 0 all agree, 1 something differs, 2 it is unknown, 64 usage, 78 configuration.

JSON: {\"outcome\", \"regions\": [{\"region\", \"intended_by\", \"rows\": [{\"prefix\", \"seen_by\", \"next_hop\", \
\"as_path\", \"agreement\", \"words\"}]}], \"preferences\", \"problems\", \"notes\"}; the outcome and an agreement are \
agree, differ or unknown.";

/// A word with the name of a region before it, or without: `north=ne.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The region.
    pub region: Option<String>,
    /// The rest.
    pub word: String,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, "")) if name.parse::<Name>().is_ok() => {
                Err(format!("nothing follows '{name}='"))
            }
            Some((name, rest)) if name.parse::<Name>().is_ok() => Ok(Self {
                region: Some(name.to_owned()),
                word: rest.to_owned(),
            }),
            _ => Ok(Self {
                region: None,
                word: text.to_owned(),
            }),
        }
    }
}

/// Compares and shows.
///
/// # Errors
/// Nothing could be compared, and why.
pub fn verify(task: &VerifyTask) -> Result<Answer, Failure> {
    not_both(task)?;
    let compared = compared(task);
    let is_told = |failure: &Failure| failure.kind == Kind::Unknown;
    let written = match (&task.metrics, &compared) {
        (Some(path), Ok((_, comparison))) => metrics::write(path, Some(comparison)),
        (Some(path), Err(failure)) if is_told(failure) => metrics::write(path, None),
        _ => Ok(()),
    };
    let (regions, comparison) = compared?;
    let text = if task.json {
        show::json(&regions, &comparison)
    } else {
        show::text(&regions, &comparison)
    };
    let end = written.map_or_else(End::Failed, |()| End::As(comparison.outcome));
    Ok((text, end).into())
}

/// Refuses --azure together with a file of Azure's answer.
fn not_both(task: &VerifyTask) -> Result<(), Failure> {
    let Some(first) = task.learned.first().filter(|_| task.azure.azure.is_some()) else {
        return Ok(());
    };
    let word = &first.word;
    Err(failure::usage(match word.starts_with("/subscriptions/") {
        true => format!("a blank ends --azure, and '{word}' would be a file; write --azure={word}"),
        false => format!(
            "--azure asks Azure itself, and '{word}' has what it said before; leave one out"
        ),
    }))
}

fn compared(task: &VerifyTask) -> Result<(Vec<Region>, Comparison), Failure> {
    let mut regions = all_learned(&task.learned)?;
    let intended = || match task.config.is_empty() {
        true => here(task),
        false => configured(task),
    };
    let mut intents = intended()?;
    let mut asked = Asked::default();
    if task.azure.azure.is_some() {
        let of_config = || match task.config.as_slice() {
            [one] => one.region.clone(),
            _ => None,
        };
        let name = task.region.as_ref().map(|name| name.0.clone());
        let name = name.or_else(of_config);
        asked = Asked::of(&task.azure, name, &neighbors(task)?, &intents)?;
        let before = std::mem::replace(&mut intents, intended()?);
        if before != intents {
            let doubt = "this NVA's routes were moved while Azure was asked; ask again";
            asked.doubts.push(doubt.to_owned());
        }
        let learned = std::mem::take(&mut asked.learned);
        regions.extend(learned.into_iter().map(|(name, learned)| Region {
            name,
            intent: None,
            learned: Some(Output {
                learned,
                ..Output::default()
            }),
        }));
    }
    if intents.is_empty() && regions.is_empty() {
        return Err(failure::unknown(format!(
            "no running process (in {FOLDER}), no {}, and no output of a cloud's tool: there is nothing to compare",
            config::DEFAULT_PATH
        )));
    }
    // Every Route Server that was asked is this NVA's.
    let is_asked = task.azure.azure.is_some() && regions.len() > 1;
    for (name, intent) in intents {
        match is_asked {
            true => regions.iter_mut().for_each(|region| region.intend(&intent)),
            false => place(&mut regions, name, intent)?,
        }
    }
    let has_seen = |region: &Region| {
        let held = |intent: &Intent| intent.routes.iter().any(|route| route.held.is_some());
        region.learned.is_some()
            || region
                .intent
                .as_ref()
                .is_some_and(|intent| held(intent) || intent.routes.is_empty())
    };
    if !regions.iter().any(has_seen) {
        return Err(failure::unknown(
            "no running process, and no output of a cloud's tool: there is nothing to compare the configuration with".to_owned(),
        ));
    }
    let mut comparison = compare(&regions);
    if is_asked {
        comparison.preferences.clear();
    }
    comparison.notes.extend(asked.words);
    asked
        .doubts
        .into_iter()
        .for_each(|doubt| comparison.cannot_tell(doubt));
    Ok((regions, comparison))
}

/// ExaBGP's neighbors, by the statuses of the processes; none with a configuration.
fn neighbors(task: &VerifyTask) -> Result<Vec<IpAddr>, Failure> {
    if !task.config.is_empty() {
        return Ok(Vec::new());
    }
    let statuses = statuses(task)?;
    let neighbors = statuses
        .iter()
        .flat_map(|(_, report)| &report.status.exabgp.neighbors);
    Ok(neighbors
        .filter_map(|neighbor| neighbor.neighbor.parse().ok())
        .collect())
}

/// The statuses of running processes; where none runs, the last ones of those that ended.
fn statuses(task: &VerifyTask) -> Result<Vec<(Life, Report)>, Failure> {
    let unread = |path: &Path, why: String| {
        failure::unknown(format!("failed to read '{}': {why}", path.display()))
    };
    let folder = Path::new(FOLDER);
    let files = match task.status_file.is_empty() {
        false => task.status_file.clone(),
        true => status::all(folder).map_err(|error| unread(folder, files::reason(&error)))?,
    };
    let mut statuses = Vec::new();
    for file in files {
        let report = status::read(&file).map_err(|why| unread(&file, why.to_string()))?;
        statuses.push((status::life(&report, Moment::now()), report));
    }
    // A dead process's file says nothing where another process lives.
    if statuses.iter().any(|(life, _)| *life == Life::Running) {
        statuses.retain(|(life, _)| *life == Life::Running);
    }
    Ok(statuses)
}

/// What the Route Servers learned, one a region.
fn all_learned(files: &[Named]) -> Result<Vec<Region>, Failure> {
    let mut regions: Vec<Region> = Vec::new();
    for Named { region, word } in files {
        let (text, shown) = read(word)?;
        let stem = || {
            Path::new(word)
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
        };
        let name = match region {
            Some(name) => name.clone(),
            None if word == "-" => "stdin".to_owned(),
            None => stem().unwrap_or_default(),
        };
        if regions.iter().any(|known| known.name == name) {
            return Err(failure::usage(format!(
                "region '{name}' is there twice; give each a name, such as north={word}"
            )));
        }
        let learned = read::read(&text).map_err(|(line, column, what)| {
            failure::unknown(format!("{shown}:{line}:{column}: {what}"))
        })?;
        regions.push(Region {
            name,
            intent: None,
            learned: Some(learned),
        });
    }
    Ok(regions)
}

/// The longest output that is read, in octets: 10,000 routes, twice, with room.
const LONGEST: u64 = 64 << 20;

fn read(word: &str) -> Result<(String, String), Failure> {
    let (read, shown) = match word {
        "-" => (files::content(io::stdin(), LONGEST), "stdin"),
        path => (files::read_piped(path.as_ref(), LONGEST), path),
    };
    let bytes = read.map_err(|error| {
        failure::unknown(format!(
            "failed to read '{shown}': {}",
            files::reason(&error)
        ))
    })?;
    Ok((
        decoded(&bytes).trim_start_matches('\u{feff}').to_owned(),
        shown.to_owned(),
    ))
}

/// UTF-8 or UTF-16 with a byte order mark, as PowerShell writes it.
fn decoded(bytes: &[u8]) -> String {
    let units = |from: fn([u8; 2]) -> u16| -> Vec<u16> {
        bytes
            .chunks_exact(2)
            .filter_map(|pair| pair.try_into().ok())
            .map(from)
            .collect()
    };
    match bytes {
        [0xff, 0xfe, ..] => String::from_utf16_lossy(&units(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => String::from_utf16_lossy(&units(u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn configured(task: &VerifyTask) -> Result<Vec<(Option<String>, Intent)>, Failure> {
    let level = |region: &Option<String>| {
        let of = |wanted: &Option<String>| task.level.iter().find(|level| level.region == *wanted);
        of(region)
            .or_else(|| of(&None))
            .map(|level| level.word.as_str())
    };
    let of_file = |Named { region, word }: &Named| {
        let config = config::load(Path::new(word))
            .map_err(|error| failure::configuration(error.to_string()))?;
        let intent = Intent::of_config(word, &config, level(region)).map_err(failure::usage)?;
        Ok((
            region
                .clone()
                .or_else(|| task.region.as_ref().map(|name| name.0.clone())),
            intent,
        ))
    };
    task.config.iter().map(of_file).collect()
}

/// What this host intends: as its running processes say, else as its configuration calls for.
fn here(task: &VerifyTask) -> Result<Vec<(Option<String>, Intent)>, Failure> {
    let statuses = statuses(task)?;
    let mut all: Option<Intent> = None;
    for (life, report) in &statuses {
        let intent = Intent::of_process(report, *life);
        match &mut all {
            Some(all) => all.join(intent),
            None => all = Some(intent),
        }
    }
    let path = Path::new(config::DEFAULT_PATH);
    if all.is_none() && path.exists() {
        let config =
            config::load(path).map_err(|error| failure::configuration(error.to_string()))?;
        let word = task.level.first().map(|level| level.word.as_str());
        all = Some(Intent::of_config(config::DEFAULT_PATH, &config, word).map_err(failure::usage)?);
    } else if !task.level.is_empty() {
        return Err(failure::usage(
            "--level is for a configuration; a running process says itself where it stands (name a configuration with --config)".to_owned(),
        ));
    }
    Ok(all
        .into_iter()
        .map(|intent| (task.region.as_ref().map(|name| name.0.clone()), intent))
        .collect())
}

/// Adds an intent to its regions.
fn place(regions: &mut Vec<Region>, name: Option<String>, intent: Intent) -> Result<(), Failure> {
    let at = places(regions, name.as_deref(), &intent)?;
    if at.is_empty() {
        regions.push(Region {
            name: name.unwrap_or_else(|| "here".to_owned()),
            intent: Some(intent),
            learned: None,
        });
        return Ok(());
    }
    let regions = regions.iter_mut().enumerate();
    let own = regions.filter(|(index, _)| at.contains(index));
    own.for_each(|(_, region)| region.intend(&intent));
    Ok(())
}

/// The indices of an intent's regions: the named one, the only one, or those that learned its next-hop, which may be two hubs'
/// Route Servers. Empty: a region that is not there yet.
fn places(regions: &[Region], name: Option<&str>, intent: &Intent) -> Result<Vec<usize>, Failure> {
    let those = |is_one: &dyn Fn(&Region) -> bool| -> Vec<usize> {
        let all = regions.iter().enumerate();
        let those = all.filter(|(_, region)| is_one(region));
        those.map(|(index, _)| index).collect()
    };
    let was_asked = |region: &Region| region.learned.is_some();
    let Some(name) = name else {
        if regions.len() < 2 {
            return Ok(those(&was_asked));
        }
        let at = those(&|region| knows(region, intent));
        return if at.is_empty() {
            Err(failure::usage(
                "the next hops do not say which region this is; name it with --region, or name each --config".to_owned(),
            ))
        } else {
            Ok(at)
        };
    };
    let at = those(&|region| region.name == name);
    if at.is_empty() && regions.iter().any(was_asked) {
        let known: Vec<&str> = regions.iter().map(|region| region.name.as_str()).collect();
        return Err(failure::usage(format!(
            "no output of region '{name}' was given; there is one of {}",
            known.join(", ")
        )));
    }
    Ok(at)
}

/// Whether the region learned a route with the intent's next-hop.
fn knows(region: &Region, intent: &Intent) -> bool {
    let hops = intent
        .routes
        .iter()
        .filter_map(|route| match &route.wanted {
            Some(Out::Announced(wire)) => wire.next_hop,
            _ => None,
        });
    let hops: Vec<_> = hops.collect();
    let learned = region
        .learned
        .iter()
        .flat_map(|output| output.learned.values().flatten());
    learned
        .filter_map(|route| route.next_hop)
        .any(|hop| hops.contains(&hop))
}

#[cfg(test)]
mod tests;
