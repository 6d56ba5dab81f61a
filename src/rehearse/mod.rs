//! `haproxy-rhi rehearse`: what each failure would do.
//! In come the configurations of one or several regions.
//! Out goes a table: each failure, when it is noticed, what is announced, where clients go, and what is wrong with that.
//!
//! Each region's real [`Program`](crate::program::Program) runs in virtual time, in the [`world`](crate::world) that the
//! simulator of `tests/` uses too. Of this host only the files are read.

mod acts;
mod bgp;
mod cfg_servers;
mod clients;
mod contradictions;
mod edges;
mod failures;
mod json;
mod never;
mod outcome;
mod peers;
mod picture;
mod play;
mod process;
mod record;
mod report;
mod servers;
mod site;
mod stand_ins;
mod table;
mod timeline;
mod work;
mod wrong;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use crate::config::{self, Config, Name, Span};
use crate::failure::{self, Answer, End, Failure, Outcome};
use crate::files::{self, Links};
use crate::install;
use crate::value::counted;
use crate::verify::Named;

use contradictions::contradictions;
use edges::micros;
use failures::{Failure as Event, Times};
use play::Play;
use report::{Found, Report, lone, moved};
use servers::Known;
use site::Region;
use wrong::{Cast, wrong};

/// The longest haproxy.cfg, in bytes.
const LONGEST: u64 = 16 << 20;

/// `rehearse`.
#[derive(Debug, Args)]
pub struct RehearseTask {
    /// A configuration for each region, with the region's name before it [default: /etc/haproxy-rhi/config.json] [default
    /// name: the file's, or its folder's]
    #[arg(value_name = "[NAME=]CONFIG")]
    pub regions: Vec<Named>,
    /// Rehearse the edit of a region's configuration to this one, too
    #[arg(long, value_name = "[NAME=]NEW")]
    pub edit: Vec<Named>,
    /// A region's haproxy.cfg, for the servers that its backends have (repeatable, also for one region)
    #[arg(long, value_name = "[NAME=]FILE", conflicts_with = "servers")]
    pub haproxy_cfg: Vec<Named>,
    /// Only this failure, or only of this region (repeatable)
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Servers of each backend, where haproxy.cfg is not read [default: as few as tell the levels apart]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub servers: Option<u8>,
    /// BGP's hold time, as in exabgp.conf
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = hold_time)]
    pub hold_time: Span,
    /// Print every event instead of the table
    #[arg(long)]
    pub timeline: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "timeline")]
    pub json: bool,
    /// Also draw it in this SVG file; - prints the picture and nothing else
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// RFC 4271, section 4.2: a number of seconds in 16 bits, three at least.
fn hold_time(text: &str) -> Result<Span, String> {
    let span: Span = text.parse()?;
    match span.get().as_secs() {
        3..=65_535 => Ok(span),
        _ => Err(format!(
            "a hold time of {text} is none of BGP's; write 3s to 65535s"
        )),
    }
}

/// The end of the help.
pub(crate) const REHEARSE_STATUS: &str = "\
Both regions:
  haproxy-rhi rehearse north=ne/config.json west=we/config.json
An edit, and nothing else:
  haproxy-rhi rehearse north=ne/config.json west=we/config.json \\
      --edit north=new.json --only edit

A sibling whose configuration is not given is played as a healthy region; one of \
the same region (same_region) with the configuration that names it. Servers are assumed where --haproxy-cfg does not name them; \
all of a backend weigh the same. Nothing is changed, and no host is asked. With --edit, the edited files are compared with each other, too; \
for what failures do after the edit, give the new file as CONFIG.

Exit status: 0 nothing is wrong, 1 something is, 64 usage, 78 configuration.

JSON: {\"outcome\", \"servers\", \"hold_time_seconds\", \"regions\", \"alone\": {REGION: [PREFIX]}, \
\"moved\": [{\"region\", \"service\", \"was\", \"is\"}], \"rows\": [{\"failure\", \"regions\", \"what\", \
\"noticed_ms\", \"updates\", \"routes\", \"clients\", \"wrong\", \"timeline\"}], \"wrong\": [{\"regions\", \"failures\", \
\"what\", \"key\", \"cure\"}]}; the outcome is best or worse.";

/// Rehearses each failure. `now`: the instant at which each rehearsal begins.
///
/// # Errors
/// A configuration cannot be used, or `--only` names no failure and no region.
pub fn rehearse(task: &RehearseTask, now: Instant) -> Result<Answer, Failure> {
    let report = played(&regions(task)?, task, now)?;
    let text = match (task.json, task.timeline) {
        (true, _) => json::json(&report),
        (_, true) => timeline::timeline(&report),
        _ => table::table(&report),
    };
    let outcome = match report.found.is_empty() {
        true => Outcome::Best,
        false => Outcome::Worse,
    };
    let text = match &task.svg {
        Some(path) => install::drawn(path, picture::picture(&report), text)?,
        None => text,
    };
    Ok((text, End::As(outcome)).into())
}

fn played(given: &[Region], task: &RehearseTask, now: Instant) -> Result<Report, Failure> {
    let configs = given.iter().flat_map(|region| {
        let configs = [Some(&region.config), region.edit.as_ref()];
        configs.map(|config| Some((config?, &region.known)))
    });
    let configs: Vec<(&Config, &Known)> = configs.flatten().collect();
    let alone: Vec<&Config> = configs.iter().map(|(config, _)| *config).collect();
    let hold = micros(task.hold_time.get());
    let times = Times::of(&alone, hold);
    let regions = [given, &stand_ins::stand_ins(given)].concat();
    let regions = regions.as_slice();
    work::fits(regions, &[], times.base)?;
    let enough = || servers::enough(&configs, now);
    let servers = task.servers.map_or_else(enough, usize::from);
    let peers = peers::peers(regions);
    let names = regions.iter().map(|region| region.name.clone());
    let names: Vec<String> = names
        .chain(peers.iter().map(|peer| peer.name.clone()))
        .collect();
    let all = failures::all(regions, &peers, servers, times, now);
    let cast = Cast {
        regions,
        names: &names,
        prefix: None,
    };
    let wish = Wish::of(&task.only, &all, &names)?;
    let all: Vec<&Event> = all
        .iter()
        .filter(|failure| wish.has(failure, &names))
        .collect();
    work::fits(regions, &all, times.base)?;
    let never = never::never(given, servers, task.servers.is_some(), now);
    let before = contradictions(given);
    let after = contradictions::after_edits(given, &before);
    let found = before
        .into_iter()
        .chain(after)
        .chain(never)
        .map(|wrong| Found {
            whom: None,
            failures: Vec::new(),
            wrong,
        });
    let (lone, shares) = lone(regions, &peers);
    let mut report = Report {
        found: found.collect(),
        names: names.clone(),
        like: regions
            .iter()
            .filter_map(|region| Some((region.name.clone(), region.like.clone()?)))
            .collect(),
        servers,
        known_servers: given
            .iter()
            .flat_map(|region| known_servers(&region.name, &region.known))
            .collect(),
        hold,
        rows: Vec::new(),
        moved: given.iter().flat_map(moved).collect(),
        lone,
        shares,
        peers,
    };
    for failure in all {
        let mut play = Play::new(regions, servers, hold, now);
        for row in outcome::rehearse(&mut play, failure, times.base) {
            let wrong = wrong(&row, cast);
            report.add(row, wrong);
        }
    }
    Ok(report)
}

/// `north: http_back has 3 servers`.
fn known_servers(region: &str, known: &Known) -> Vec<String> {
    let one = |(backend, servers): (&String, &Vec<String>)| {
        format!(
            "{region}: {backend} has {}",
            counted(servers.len(), "server")
        )
    };
    known.iter().map(one).collect()
}

/// What `--only` names; empty: all.
struct Wish<'task> {
    failures: Vec<&'task String>,
    regions: Vec<&'task String>,
}

impl<'task> Wish<'task> {
    fn of(only: &'task [String], all: &[Event], names: &[String]) -> Result<Self, Failure> {
        let is_failure = |word: &String| all.iter().any(|failure| failure.name == *word);
        let (failures, others): (Vec<_>, Vec<_>) = only.iter().partition(|word| is_failure(word));
        match others.iter().find(|word| !names.contains(word)) {
            None => Ok(Self {
                failures,
                regions: others,
            }),
            Some(word) => {
                let known = all.iter().map(|failure| &failure.name).chain(names);
                let mut known: Vec<&str> = known.map(String::as_str).collect();
                let mut seen = BTreeSet::new();
                known.retain(|name| seen.insert(*name));
                let known = known.join(", ");
                Err(failure::usage(format!(
                    "--only {word}: no failure and no region has this name; these are: {known}"
                )))
            }
        }
    }

    fn has(&self, failure: &Event, names: &[String]) -> bool {
        let mut whom = failure.whom.iter().filter_map(|number| names.get(*number));
        (self.failures.is_empty() || self.failures.contains(&&failure.name))
            && (self.regions.is_empty() || whom.any(|name| self.regions.contains(&name)))
    }
}

/// The regions that are given, or this host's.
fn regions(task: &RehearseTask) -> Result<Vec<Region>, Failure> {
    let own = Named {
        region: Some("here".to_owned()),
        word: config::DEFAULT_PATH.to_owned(),
    };
    let given = if task.regions.is_empty() {
        std::slice::from_ref(&own)
    } else {
        task.regions.as_slice()
    };
    if task.regions.is_empty() && !Path::new(config::DEFAULT_PATH).exists() {
        return Err(failure::configuration(format!(
            "there is no {}; name each region's configuration, such as rehearse north=FILE west=FILE",
            config::DEFAULT_PATH
        )));
    }
    let mut regions: Vec<Region> = Vec::new();
    for named in given {
        let (name, config) = (name(named)?, load(&named.word)?);
        if regions.iter().any(|region| region.name == name) {
            return Err(failure::usage(format!(
                "{}: region '{name}' is there twice; write another name before the file: NAME={}",
                named.word, named.word
            )));
        }
        regions.push(Region {
            name,
            config,
            edit: None,
            known: Known::new(),
            like: None,
        });
    }
    for edit in &task.edit {
        let config = load(&edit.word)?;
        whose(edit, "--edit", &mut regions)?.edit = Some(config);
    }
    read_haproxy_cfg(task, &mut regions)?;
    Ok(regions)
}

/// Fills in the servers of each region's haproxy.cfg.
fn read_haproxy_cfg(task: &RehearseTask, regions: &mut [Region]) -> Result<(), Failure> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in &task.haproxy_cfg {
        let region = whose(file, "--haproxy-cfg", regions)?.name.clone();
        let text = files::text(Path::new(&file.word), Links::Followed, LONGEST);
        let text = text.map_err(|error| {
            failure::configuration(format!("{}: {}", file.word, files::reason(&error)))
        })?;
        texts.entry(region).or_default().push(text);
    }
    for region in regions {
        let Some(texts) = texts.get(&region.name) else {
            continue;
        };
        for config in [region.edit.as_ref(), Some(&region.config)]
            .into_iter()
            .flatten()
        {
            let known = cfg_servers::known(config, texts).map_err(|why| {
                failure::configuration(format!("haproxy.cfg of {}: {why}", region.name))
            })?;
            region.known.extend(known);
        }
    }
    Ok(())
}

/// The region of a flag's file.
fn whose<'all>(
    file: &Named,
    flag: &str,
    regions: &'all mut [Region],
) -> Result<&'all mut Region, Failure> {
    let known: Vec<String> = regions.iter().map(|region| region.name.clone()).collect();
    let name = match (&file.region, known.as_slice()) {
        (Some(name), _) => name,
        (None, [one]) => one,
        (None, _) => {
            return Err(failure::usage(format!(
                "{flag} {}: of which region? Write its name before the file: {flag} NAME={}",
                file.word, file.word
            )));
        }
    };
    let found = regions.iter_mut().find(|region| region.name == *name);
    found.ok_or_else(|| {
        failure::usage(format!(
            "{flag} {name}={}: no region is called '{name}'; these are: {}",
            file.word,
            known.join(", ")
        ))
    })
}

fn load(path: &str) -> Result<Config, Failure> {
    let config = config::load(Path::new(path))
        .map_err(|problem| failure::configuration(problem.to_string()))?;
    match config.services.is_empty() {
        true => Err(failure::configuration(format!(
            "{path}: services: no service, so that nothing can fail; haproxy-rhi init writes one"
        ))),
        false => Ok(config),
    }
}

/// The region's name: that before the file; else the file's, or its folder's where the file is config.json.
fn name(named: &Named) -> Result<String, Failure> {
    let path = PathBuf::from(&named.word);
    let part =
        |part: Option<&std::ffi::OsStr>| part.and_then(|part| part.to_str()).map(str::to_owned);
    let file = part(path.file_stem());
    let folder = part(path.parent().and_then(Path::file_name));
    let own = match file.as_deref() {
        Some("config") => folder.or(file),
        _ => file,
    };
    let name = named.region.clone().or(own).unwrap_or_default();
    match name.parse::<Name>() {
        Ok(_) => Ok(name),
        Err(why) => Err(failure::usage(format!(
            "{}: {why}; write a name before the file: NAME={}",
            named.word, named.word
        ))),
    }
}
