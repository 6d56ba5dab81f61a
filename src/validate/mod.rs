//! `haproxy-rhi validate`: whether a configuration does what it is meant to.
//! In come config.json, exabgp.conf, other regions' config.json, haproxy.cfg and the running HAProxy.
//! Out go findings, each against a rule of the table in `rule`, with its place and its cure.
//!
//! ```text
//! config.json ──┐            ┌─► cloud ────┐
//! exabgp.conf ──┼─► ground ──┼─► exabgp ───┼─► findings ──► show
//! HAProxy ──────┘            ├─► named ────┤
//!                            ├─► siblings ─┤
//!                            ├─► live ─────┤
//!                            └─► trials ───┘
//! ```

mod access;
mod aws;
mod azure;
mod cloud;
mod doors;
mod exabgp;
mod google;
mod ground;
mod levels;
mod live;
mod logged;
mod named;
mod names;
mod page;
mod pages;
mod regions;
mod rule;
mod servers;
mod several;
mod show;
mod siblings;
mod through;
mod trials;
mod user;
mod version;

use std::cmp::Reverse;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::config::{self, Config};
use crate::exabgp_conf::{self, Conf};
use crate::failure::{self, Answer, End, Failure, Outcome};
use crate::files::{self, Links};
use crate::observation::Trouble;

pub use access::{NOT_TOLD, Rights, rights};
pub use azure::of_as_number as azure_as_number;
pub use exabgp::run_task;
pub use ground::{Ground, ROUTE_SERVER, Source, is_private, number};
pub use logged::late_words;
pub use rule::{Finding, RULES, Severity};
pub use version::Version;

/// `validate`.
#[derive(Debug, Args)]
pub struct ValidateTask {
    /// The configuration
    #[arg(default_value = config::DEFAULT_PATH, value_name = "FILE")]
    file: PathBuf,
    /// The configuration, as the other commands have it
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    config: Option<PathBuf>,
    /// Apply this platform's rules too
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<Platform>,
    /// Look at this exabgp.conf too [default with --platform: /etc/exabgp/exabgp.conf, where it is]
    #[arg(long, value_name = "FILE")]
    pub exabgp_conf: Option<PathBuf>,
    /// Find what works otherwise with this version of ExaBGP, too: 4.2, 5.0 or 6, or what exabgp --version (4.2) or
    /// exabgp version (5.0, 6) prints
    #[arg(long, value_name = "VERSION")]
    pub exabgp: Option<Version>,
    /// Compare with another NVA's configuration: whose route is preferred, and who takes over from whom (repeatable)
    #[arg(long, value_name = "FILE")]
    pub sibling_config: Vec<PathBuf>,
    /// Ask the running HAProxy whether it has each backend, frontend and server that a condition names, and look in its
    /// haproxy.cfg for frontends that lead to a watched backend and that no condition names
    #[arg(long)]
    pub live: bool,
    /// Exit with status 1 if there are warnings
    #[arg(long)]
    pub strict: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print the JSON Schema of the configuration file, for editors and programs, and check nothing
    #[arg(long, exclusive = true)]
    pub print_schema: bool,
}

/// A platform with rules of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Platform {
    /// Azure Route Server
    Azure,
    /// Amazon VPC Route Server
    Aws,
    /// Google Cloud Router, with a router appliance
    Google,
}

impl Platform {
    fn findings(self, ground: &Ground<'_>) -> Vec<Finding> {
        match self {
            Self::Azure => azure::findings(ground),
            Self::Aws => aws::AWS.findings(ground),
            Self::Google => google::GOOGLE.findings(ground),
        }
    }
}

/// The end of the help.
pub(crate) const VALIDATE_STATUS: &str = "\
A finding is one line, path:line:column: severity rule: what; cure, and below a rule's first why it is one. In a pipeline:
  haproxy-rhi validate --platform azure --strict \\
      --exabgp-conf exabgp.conf config.json

Exit status: 0 it can be used (warnings and notes are only shown), 1 there are warnings (--strict), 2 HAProxy cannot be \
read (--live), 64 usage, 69 HAProxy is not there (--live), 78 it cannot be used, or a rule is broken.

JSON: {\"file\", \"valid\", \"services\", \"problem\", \"errors\", \"warnings\", \"notes\", \"findings\": [{\"rule\", \
\"severity\", \"path\", \"line\", \"column\", \"what\", \"cure\", \"why\", \"source\"}]}; a severity is error, warning or note.";

/// Validates.
pub fn validate(task: &ValidateTask) -> Answer {
    if task.print_schema {
        return config::SCHEMA.to_owned().into();
    }
    let file = task.config.as_deref().unwrap_or(&task.file);
    judged(task, file).unwrap_or_else(|failure| {
        let (shown, problem) = (file.display().to_string(), Some(failure.text.as_str()));
        let text = if task.json {
            show::json(&shown, None, problem, &[])
        } else {
            String::new()
        };
        (text, Some(failure)).into()
    })
}

fn judged(task: &ValidateTask, file: &Path) -> Result<Answer, Failure> {
    let conf = conf(task).map_err(failure::configuration)?;
    let is_default = file.as_os_str() == config::DEFAULT_PATH;
    let (config, source) = loaded(file, conf.as_ref().filter(|_| is_default))?;
    refuse_own_or_duplicate(task, &source)?;
    let others = task
        .sibling_config
        .iter()
        .map(|path| Ok((path.display().to_string(), load(path)?)));
    let others: Vec<(String, Config)> = others.collect::<Result<_, Failure>>()?;
    let mut ground = Ground {
        config: &config,
        source,
        conf,
    };
    let mut findings = of_form(&mut ground);
    let is_broken = ground.conf.is_none() && !findings.is_empty();
    // A broken exabgp.conf was read, although no rule sees it any more.
    let is_so = |one: &Finding| !is_broken || one.rule.id != rule::CONF_NOT_READ.id;
    if task.exabgp == Some(Version::Six) {
        findings.retain(|one| !one.what.ends_with(exabgp_conf::SIX_DOES));
    }
    if let Some(version) = task.exabgp {
        let found = version::findings(&ground, version).into_iter();
        // A platform's rules say it, too.
        let is_new =
            |one: &Finding| task.platform.is_none() || one.rule.id != rule::CONF_NOT_READ.id;
        findings.extend(found.filter(is_so).filter(is_new));
    }
    findings.extend(named::findings(&ground));
    findings.extend(levels::findings(&ground));
    findings.extend(siblings::findings(&ground));
    findings.extend(regions::findings(&ground, &others));
    findings.extend(through::findings(&ground, &others));
    if !others.is_empty() {
        let own = pages::Served::beside(file);
        let all: Vec<pages::Other<'_>> = others.iter().map(pages::Other::new).collect();
        findings.extend(pages::findings(&ground, own.as_ref(), &all));
    }
    findings.extend(programs(&ground, task.live));
    if is_default {
        findings.extend(access::findings(&config));
    }
    if let Some(platform) = task.platform {
        let found = platform.findings(&ground).into_iter();
        findings.extend(found.filter(is_so));
    }
    let mut live = Ok(String::new());
    if task.live {
        live = live::findings(&ground).map(|(words, found)| {
            findings.extend(found);
            let tried = trials::findings(&ground);
            // Of a next hop that is not on this host, that says all.
            let elsewhere = tried.iter().filter(|one| one.rule.id == rule::ELSEWHERE.id);
            let is_said = |one: &Finding| elsewhere.clone().any(|other| other.at == one.at);
            findings.retain(|one| one.rule.id != rule::OTHER_NEXT_HOP.id || !is_said(one));
            findings.extend(tried);
            words + "\n"
        });
    }
    findings.sort_by_key(|finding| (Reverse(finding.severity), finding.path.clone(), finding.at));
    Ok(match live {
        Ok(line) => answered(task, &ground, &line, &findings),
        Err(trouble) => without_haproxy(task, file, &findings, trouble),
    })
}

/// The findings about exabgp.conf's form. A broken file is removed from `ground`, so that no other rule looks at it.
fn of_form(ground: &mut Ground<'_>) -> Vec<Finding> {
    let found = exabgp::findings(ground);
    if ground
        .conf
        .as_ref()
        .is_some_and(|(_, conf)| conf.is_broken())
    {
        ground.conf = None;
    }
    found
}

/// The findings without HAProxy's, and why HAProxy could not be asked.
fn without_haproxy(
    task: &ValidateTask,
    file: &Path,
    findings: &[Finding],
    trouble: Trouble,
) -> Answer {
    let failure = match trouble {
        Trouble::Gone(why) => failure::gone(format!("HAProxy is gone: {why}")),
        Trouble::Unreadable(why) => failure::unknown(format!("HAProxy cannot be read: {why}")),
    };
    let text = if task.json {
        let shown = file.display().to_string();
        show::json(&shown, None, Some(&failure.text), findings)
    } else {
        show::text(findings)
    };
    (text, Some(failure)).into()
}

fn load(path: &Path) -> Result<Config, Failure> {
    config::load(path).map_err(|problem| failure::configuration(problem.to_string()))
}

/// The configuration: the flags of exabgp.conf's run line, where there are any; otherwise the file.
fn loaded(file: &Path, conf: Option<&(String, Conf)>) -> Result<(Config, Source), Failure> {
    if let Some(from_flags) = conf.and_then(|(path, conf)| of_run_line(path, conf)) {
        return Ok(from_flags);
    }
    let config = load(file)?;
    let text = files::text(file, Links::Followed, LONGEST).unwrap_or_default();
    Ok((config, Source::File(file.display().to_string(), text)))
}

fn answered(task: &ValidateTask, ground: &Ground<'_>, live: &str, findings: &[Finding]) -> Answer {
    let name = match &ground.source {
        Source::File(path, _) => path.clone(),
        Source::RunLine(path, at) => format!(
            "{path}:{}:{}: the flags of the run line",
            at.line, at.column
        ),
    };
    let end = match findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Error) => End::Broken,
        Some(Severity::Warning) if task.strict => End::As(Outcome::Worse),
        _ => End::As(Outcome::Best),
    };
    let count = ground.config.services.len();
    if task.json {
        return (show::json(&name, Some(count), None, findings), end).into();
    }
    let is_bare = task.platform.is_none() && task.exabgp_conf.is_none() && !task.live;
    let summary = if is_bare && findings.is_empty() {
        String::new()
    } else {
        format!(", {}", show::summary(findings))
    };
    let plural = if count == 1 { "" } else { "s" };
    let verdict = if end == End::Broken {
        "not fit for use"
    } else {
        "valid"
    };
    let text = show::text(findings);
    (
        format!("{text}{live}{name}: {verdict}, {count} service{plural}{summary}\n"),
        end,
    )
        .into()
}

/// The findings of Azure's rules and of those about exabgp.conf. `file` and `conf`: each the path, then the content.
pub fn azure_findings(
    config: &Config,
    file: (String, String),
    conf: (String, Conf),
) -> Vec<Finding> {
    let mut ground = Ground {
        config,
        source: Source::File(file.0, file.1),
        conf: Some(conf),
    };
    let mut findings = of_form(&mut ground);
    findings.extend(named::findings(&ground));
    findings.extend(azure::findings(&ground));
    findings
}

/// The longest configuration file, in bytes.
const LONGEST: u64 = 16 << 20;

/// The exabgp.conf of `--exabgp-conf`; with `--platform` alone the system's, where there is one.
fn conf(task: &ValidateTask) -> Result<Option<(String, Conf)>, String> {
    let path = match (&task.exabgp_conf, task.platform) {
        (Some(path), _) => path.clone(),
        (None, Some(_)) => exabgp_conf::DEFAULT_PATH.into(),
        (None, None) => return Ok(None),
    };
    let shown = path.display().to_string();
    match files::read(&path, Links::Followed, LONGEST) {
        Ok(bytes) => Ok(Some((
            shown,
            exabgp_conf::parse(&String::from_utf8_lossy(&bytes)),
        ))),
        Err(error) if error.kind() == ErrorKind::NotFound && task.exabgp_conf.is_none() => Ok(None),
        Err(error) => Err(format!(
            "failed to read '{shown}': {}",
            files::reason(&error)
        )),
    }
}

/// Missing programs of exabgp.conf: ExaBGP would refuse to start. Only the system's file is checked, or any with `--live`:
/// another file may be another host's.
fn programs(ground: &Ground<'_>, live: bool) -> Vec<Finding> {
    let here = |(path, _): &&(String, Conf)| live || is_same(path, exabgp_conf::DEFAULT_PATH);
    let Some((path, conf)) = ground.conf.as_ref().filter(here) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for process in &conf.processes {
        let at = process.setting("run").map_or(process.at, |run| run.at);
        for program in process.programs().filter(|program| !is_program(program)) {
            let what = format!(
                "process {} runs '{program}', which is no program on this host",
                process.name
            );
            let cure = format!("install it, or correct the path in {path}");
            found.push(ground.in_conf(at, rule::error(&rule::RUN_PATH, what, cure)));
        }
    }
    found
}

fn is_program(path: &str) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Whether two paths name one file.
fn is_same(one: impl AsRef<Path>, other: impl AsRef<Path>) -> bool {
    let (one, other) = (one.as_ref(), other.as_ref());
    one == other
        || std::fs::canonicalize(one)
            .is_ok_and(|one| std::fs::canonicalize(other).is_ok_and(|other| one == other))
}

/// Refuses a `--sibling-config` that is the checked file itself, or is given twice.
fn refuse_own_or_duplicate(task: &ValidateTask, source: &Source) -> Result<(), Failure> {
    let own = match source {
        Source::File(path, _) => Some(Path::new(path)),
        Source::RunLine(..) => None,
    };
    let siblings = &task.sibling_config;
    for (index, path) in siblings.iter().enumerate() {
        let shown = path.display();
        if own.is_some_and(|own| is_same(own, path)) {
            return Err(failure::usage(format!(
                "--sibling-config {shown}: that is the configuration itself; name another NVA's"
            )));
        }
        if siblings
            .iter()
            .take(index)
            .any(|other| is_same(other, path))
        {
            return Err(failure::usage(format!(
                "--sibling-config {shown}: it is there twice; name each NVA's once"
            )));
        }
    }
    Ok(())
}

/// The configuration in the flags of a run line.
fn of_run_line(path: &str, conf: &Conf) -> Option<(Config, Source)> {
    let process = conf.processes.iter().find(|process| process.is_ours())?;
    let flags = exabgp::run_task(process)?.flags?;
    let at = process.setting("run").map(|run| run.at).unwrap_or_default();
    Some((flags.config().ok()?, Source::RunLine(path.to_owned(), at)))
}

#[cfg(test)]
mod tests;
