//! The lab of one candidate: its stanza, its configuration, the tap at HAProxy, and the servers' fate.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use haproxy_rhi_lab::{
    ANYCAST, ANYCAST_ADDRESS, ExaBgp, Follower, Lab, LabBuilder, LogLine, Region, RouteChange,
};
use serde_json::Value;

use crate::candidate::{Candidate, Cause, Watcher};
use crate::moves::Evidence;
use crate::rivals::{healthcheck, with_page};
use crate::tap::{self, Tap};
use crate::{bare, tee};

/// The haproxy-rhi of this source.
pub const CURRENT: &str = env!("CARGO_BIN_EXE_haproxy-rhi");
/// Whose servers die.
pub const HERE: Region = Region::NorthEurope;
/// For sessions, and for whatever else comes only once.
const PATIENCE: Duration = Duration::from_secs(40);

const STANZA: &str = "/etc/exabgp/exabgp.conf";
const CONFIG: &str = "/etc/haproxy-rhi/config.json";
const HAPROXY_CONFIG: &str = "/etc/haproxy/haproxy.cfg";
/// This executable on the NVA.
const SELF: &str = "/usr/bin/latency";
/// Where the tee leaves its stamps.
const STAMPS: &str = "/run/exabgp/stamps";

/// The ExaBGP that `--exabgp` names; `LAB_EXABGP` puts another one, such as 6, in the place of 5.0.15.
fn exabgp() -> Result<ExaBgp> {
    let mut words = std::env::args().skip_while(|word| word != "--exabgp");
    match words.nth(1).as_deref() {
        None | Some("4.2.21") => Ok(ExaBgp::Debian),
        Some("4.2.25") => Ok(ExaBgp::Pip("4.2.25")),
        Some("5.0.15") => Ok(ExaBgp::Pip("5.0.15")),
        Some(other) => bail!("--exabgp takes 4.2.21, 4.2.25 or 5.0.15, not '{other}'"),
    }
}

/// A lab with a candidate at work.
pub struct Site {
    pub lab: Lab,
    tap: Tap,
    routes: Follower,
    /// The backend that is watched.
    backend: String,
    cause: Cause,
    tee: bool,
}

impl Site {
    /// Starts it with this haproxy-rhi in both regions, and waits until the route leads here.
    pub fn start(candidate: &Candidate, binary: &Path) -> Result<Self> {
        let lab = Lab::builder().exabgp(exabgp()?).binary(binary);
        let haproxy = shipped(&format!("haproxy/{}.cfg", HERE.folder()))?;
        let lab = lab.file(HERE, HAPROXY_CONFIG, &with_page(&tap::added_to(&haproxy)?));
        let lab = with_candidate(lab, candidate)?.without_exabgp().start()?;
        let tap = Tap::open(lab.nva(HERE))?;
        let program = lab.nva(HERE).path(SELF);
        fs::copy(std::env::current_exe()?, &program)?;
        fs::set_permissions(&program, Permissions::from_mode(0o755))?;
        let routes = lab.msee().follow_routes()?;
        let backend = backend(&shipped_config()?)?;
        let site = Self {
            lab,
            tap,
            backend,
            routes,
            cause: candidate.cause,
            tee: candidate.tee,
        };
        site.begin()
            .inspect_err(|_| site.lab.keep_logs())
            .with_context(|| site.logs())?;
        Ok(site)
    }

    fn begin(&self) -> Result<()> {
        let begun = SystemTime::now();
        for region in Region::ALL {
            self.lab.nva(region).exabgp().start()?;
        }
        for instance in Region::ALL
            .into_iter()
            .flat_map(|region| self.lab.route_servers(region))
        {
            instance.await_session(PATIENCE)?;
        }
        self.await_route(begun, HERE, PATIENCE).map(drop)
    }

    /// Where to look when something is not as it should be.
    pub fn logs(&self) -> String {
        format!("the logs are in {}", self.lab.directory().display())
    }

    /// The lines that the candidate said.
    fn lines(&self) -> Result<Vec<tee::Line>> {
        if self.tee {
            tee::read(&self.lab.nva(HERE).path(STAMPS))
        } else {
            Ok(Vec::new())
        }
    }

    /// All stamps so far.
    pub fn evidence(&self) -> Result<Evidence> {
        let [first, second] = self.lab.route_servers(HERE);
        Ok(Evidence {
            backend: self.cause.is_logged().then(|| self.backend.clone()),
            words: self.tap.words(),
            lines: self.lines()?,
            heard: [first.heard(), second.heard()],
            routes: self.lab.msee().route_changes()?,
            has_tee: self.tee,
        })
    }

    /// Waits until the MSEE's kernel sends packets to this region, and says since when.
    pub fn await_route(
        &self,
        since: SystemTime,
        region: Region,
        timeout: Duration,
    ) -> Result<SystemTime> {
        let what = format!("{ANYCAST} to lead to {region}");
        let leads_there = |line: &LogLine| {
            let change = RouteChange::of_line(&line.text)?;
            (change.at >= since && leads(&change, region)).then_some(change.at)
        };
        self.routes.find(timeout, &what, leads_there)
    }

    /// The servers of this region die.
    pub fn fail(&self) -> Result<()> {
        match self.cause {
            Cause::Killed => self.lab.backend(HERE).kill(),
            Cause::Maintenance => self.set_servers("maint"),
            Cause::HaproxyKilled => self.lab.nva(HERE).haproxy().kill(),
            Cause::AddressRemoved => self.lab.nva(HERE).remove_address(ANYCAST),
        }
    }

    /// They are back.
    pub fn repair(&self) -> Result<()> {
        match self.cause {
            Cause::Killed => self.lab.backend(HERE).start(),
            Cause::Maintenance => self.set_servers("ready"),
            Cause::HaproxyKilled => self.lab.nva(HERE).haproxy().start(),
            Cause::AddressRemoved => self.lab.nva(HERE).add_address(ANYCAST),
        }
    }

    /// Every server of the watched backend that is no backup.
    fn set_servers(&self, state: &str) -> Result<()> {
        let haproxy = self.lab.nva(HERE).haproxy();
        let backend = &self.backend;
        let rows = haproxy.admin(&format!("show stat {backend} 4 -1"))?;
        let fields = rows.lines().map(|row| row.split(',').collect::<Vec<_>>());
        let active = fields.filter(|fields| fields.get(19) == Some(&"1"));
        for server in active.filter_map(|fields| fields.get(1).map(|name| (*name).to_owned())) {
            let answer = haproxy.admin(&format!("set server {backend}/{server} state {state}"))?;
            ensure!(
                answer.trim().is_empty(),
                "HAProxy answered '{}'",
                answer.trim()
            );
        }
        Ok(())
    }
}

/// Whether the change sends the anycast address's packets to this region.
pub fn leads(change: &RouteChange, region: Region) -> bool {
    change.prefix == ANYCAST_ADDRESS.to_string() && change.via == Some(region.nva())
}

fn with_candidate(lab: LabBuilder, candidate: &Candidate) -> Result<LabBuilder> {
    let mut config = shipped_config()?;
    let stanza = shipped(&format!("exabgp/{}/exabgp.conf", HERE.folder()))?;
    let ours = stanza
        .lines()
        .map(str::trim)
        .find_map(|line| line.strip_prefix("run ")?.strip_suffix(';'))
        .context("exabgp.conf runs nothing")?;
    let run = match candidate.watcher {
        Watcher::HaproxyRhi { polling } => {
            if let Some(interval) = polling {
                let haproxy = config
                    .get_mut("haproxy")
                    .and_then(Value::as_object_mut)
                    .context("no 'haproxy'")?;
                haproxy.remove("events");
                haproxy.insert("interval".to_owned(), interval.into());
            }
            ours.to_owned()
        }
        Watcher::Healthcheck(options) => healthcheck(HERE, options),
        Watcher::Bare => bare(&config)?,
    };
    let run = if candidate.tee {
        format!("{SELF} {} {STAMPS} {run}", tee::WORD)
    } else {
        run
    };
    let stanza = stanza.replace(&format!("run {ours};"), &format!("run {run};"));
    Ok(lab
        .file(HERE, CONFIG, &config.to_string())
        .file(HERE, STANZA, &stanza))
}

/// The bare program with what the shipped configuration says.
fn bare(config: &Value) -> Result<String> {
    let text = |pointer: &str| {
        config
            .pointer(pointer)
            .and_then(Value::as_str)
            .with_context(|| format!("no '{pointer}' in config.json"))
    };
    let (events, stats) = (text("/haproxy/events")?, text("/haproxy/stats")?);
    let as_path: Vec<String> = HERE.as_path().iter().map(u32::to_string).collect();
    let route = format!(
        "route {ANYCAST} next-hop {} as-path [ {} ]",
        HERE.nva(),
        as_path.join(" ")
    );
    Ok(format!(
        "{SELF} {} {events} {stats} {} \"{route}\"",
        bare::WORD,
        backend(config)?
    ))
}

/// The backend that the shipped configuration watches: the first that it names.
fn backend(config: &Value) -> Result<String> {
    fn find(value: &Value) -> Option<&str> {
        match value {
            Value::Object(map) => {
                let here = map
                    .get("backend")
                    .and_then(|backend| backend.get("name"))
                    .and_then(Value::as_str);
                here.or_else(|| map.values().find_map(find))
            }
            Value::Array(list) => list.iter().find_map(find),
            _ => None,
        }
    }
    find(config)
        .map(str::to_owned)
        .context("config.json names no backend")
}

fn shipped_config() -> Result<Value> {
    Ok(serde_json::from_str(&shipped(&format!(
        "exabgp/{}/config.json",
        HERE.folder()
    ))?)?)
}

fn shipped(file: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).with_context(|| format!("failed to read '{}'", path.display()))
}
