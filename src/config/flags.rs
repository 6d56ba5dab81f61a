//! The flags that say what to watch and announce: one service without a file, or where the file is.

use std::path::PathBuf;

use clap::Args;

use super::checked::{Config, OnExit};
use super::fault::Fault;
use super::file::{File, HaproxyFile, LevelFile, Name, NextHops, ServiceFile, Services, minute};
use super::haproxy::{EventsAddress, StatsAddress, typed};
use super::locate::{Place, Step};
use super::policy::UnknownFile;
use super::raise::raise;
use super::service::ThenUnknown;
use super::variable::Variable;
use crate::condition::{
    AbsolutePath, BackendRule, Condition, Count, FrontendRule, Percent, ProxyName,
};
use crate::route::{
    AsPath, Community, ExtendedCommunity, LargeCommunity, LocalPreference, Med, Neighbor, NextHop,
    Origin, PathId, Prefix,
};
use crate::value::Span;

/// Where the configuration comes from: a file, or flags for one service.
#[derive(Debug, Default, Args)]
pub struct Source {
    /// The configuration file, for any number of services [default: /etc/haproxy-rhi/config.json]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One service without a file.
    #[command(flatten)]
    pub flags: Flags,
}

/// One service without a file.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "One service without a file")]
pub struct Flags {
    /// HAProxy's stats socket (a path or host:port) or the URL of its stats page
    /// [default: /run/haproxy/admin.sock]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "config", value_parser = typed::<StatsAddress>)]
    pub stats: Option<StatsAddress>,
    /// The user that the stats page asks for
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    pub stats_user: Option<String>,
    /// The file whose first line is that user's password
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub stats_password_file: Option<AbsolutePath>,
    /// Listen here for HAProxy's log, each datagram of which means "look now" (haproxy.cfg:
    /// log 127.0.0.1:30514 format timed local0 notice)
    #[arg(long, value_name = "ADDRESS", conflicts_with = "config")]
    pub events: Option<EventsAddress>,
    /// Look this often [default: 1s]
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub interval: Option<Span>,
    /// Look this often while a change is pending [default: 100ms]
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub fast_interval: Option<Span>,
    /// Wait this long for HAProxy's answer [default: 500ms]
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub timeout: Option<Span>,
    /// The backend whose servers are watched
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    pub backend: Option<ProxyName>,
    /// The frontend that leads there: with it closed, nothing is announced
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    pub frontend: Option<ProxyName>,
    /// Announce while so many of the backend's active servers are up [default: 1]
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub min_active: Option<Count>,
    /// Announce while this share of the backend's active servers is up
    #[arg(
        long,
        value_name = "P",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub min_percent: Option<Percent>,
    /// The prefix to announce, IPv4 or IPv6 (repeatable)
    #[arg(long, value_name = "PREFIX", conflicts_with = "config")]
    pub prefix: Vec<Prefix>,
    /// This host's address towards the neighbors, or self (repeatable: one a family)
    #[arg(long, value_name = "ADDRESS", conflicts_with = "config")]
    pub next_hop: Vec<NextHop>,
    /// The AS path exactly as the neighbor sees it, such as "65010 65010 65010"
    /// [default: ExaBGP's local-as]
    #[arg(long, value_name = "PATH", conflicts_with = "config")]
    pub as_path: Option<AsPath>,
    /// MED (MULTI_EXIT_DISC): routers prefer the lower one
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub med: Option<Med>,
    /// LOCAL_PREF, for iBGP neighbors: routers prefer the higher one
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub local_preference: Option<LocalPreference>,
    /// ORIGIN: igp, egp or incomplete
    #[arg(long, value_name = "ORIGIN", value_parser = origin, conflicts_with = "config")]
    pub origin: Option<Origin>,
    /// A community, such as 65010:100 or no-export (repeatable)
    #[arg(long, value_name = "A:B", conflicts_with = "config")]
    pub community: Vec<Community>,
    /// A large community, such as 65010:1:2 (repeatable)
    #[arg(long, value_name = "A:B:C", conflicts_with = "config")]
    pub large_community: Vec<LargeCommunity>,
    /// An extended community, such as target:65010:100 (repeatable)
    #[arg(long, value_name = "TYPE:A:B", conflicts_with = "config")]
    pub extended_community: Vec<ExtendedCommunity>,
    /// The path identifier, where add-path is in use
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub path_information: Option<PathId>,
    /// Announce to this neighbor only, spelled as in exabgp.conf (repeatable)
    /// [default: every neighbor that lists the process]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "config")]
    pub neighbor: Vec<Neighbor>,
    /// Readings in a row that announce [default: 2]
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub rise: Option<Count>,
    /// Readings in a row that withdraw [default: 1]
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub fall: Option<Count>,
    /// When the state is unknown, leave everything as it is for this long [default: 10s]
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub hold: Option<Span>,
    /// What follows the hold: withdraw or keep [default: withdraw]
    #[arg(long, value_name = "POLICY", value_parser = then, conflicts_with = "config")]
    pub then: Option<ThenUnknown>,
    /// When told to leave: withdraw or keep [default: withdraw]
    #[arg(long, value_name = "POLICY", value_parser = on_exit, conflicts_with = "config")]
    pub on_exit: Option<OnExit>,
    /// Read back this often what ExaBGP holds, and correct what differs; 0s: never [default: 1m]
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        conflicts_with = "config"
    )]
    pub read_back: Option<Span>,
    /// Announce the prefix even if it is not an address of this host
    #[arg(long, conflicts_with = "config")]
    pub no_address_check: bool,
}

/// One of a serde enum's words, so that flags and the file take the same.
fn word<T: serde::de::DeserializeOwned>(text: &str, words: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::from(text))
        .map_err(|_| format!("'{text}' is not one of {words}"))
}

fn origin(text: &str) -> Result<Origin, String> {
    word(text, "igp, egp, incomplete")
}

fn then(text: &str) -> Result<ThenUnknown, String> {
    word(text, "withdraw, keep")
}

fn on_exit(text: &str) -> Result<OnExit, String> {
    word(text, "withdraw, keep")
}

impl Flags {
    /// Some flag asks for a service without a file.
    pub fn any(&self) -> bool {
        let lists = [
            self.prefix.len(),
            self.next_hop.len(),
            self.community.len(),
            self.large_community.len(),
            self.extended_community.len(),
            self.neighbor.len(),
        ];
        let options = [
            self.stats.is_some(),
            self.stats_user.is_some(),
            self.stats_password_file.is_some(),
            self.events.is_some(),
            self.interval.is_some(),
            self.fast_interval.is_some(),
            self.timeout.is_some(),
            self.backend.is_some(),
            self.frontend.is_some(),
            self.min_active.is_some(),
            self.min_percent.is_some(),
            self.as_path.is_some(),
            self.med.is_some(),
            self.local_preference.is_some(),
            self.origin.is_some(),
            self.path_information.is_some(),
            self.rise.is_some(),
            self.fall.is_some(),
            self.hold.is_some(),
            self.then.is_some(),
            self.on_exit.is_some(),
            self.read_back.is_some(),
            self.no_address_check,
        ];
        lists.iter().any(|length| *length > 0) || options.contains(&true)
    }

    /// The same configuration that a file would give.
    ///
    /// # Errors
    /// A flag is missing, or flags do not fit each other; the error names the flag.
    pub fn config(self) -> Result<Config, String> {
        let missing = |flag: &str, example: &str| {
            format!(
                "{flag} is missing; a service without a file needs --backend, --prefix and --next-hop (add {flag} {example})"
            )
        };
        let backend = self
            .backend
            .ok_or_else(|| missing("--backend", "http_back"))?;
        if self.prefix.is_empty() {
            return Err(missing("--prefix", "9.9.9.9/32"));
        }
        if self.next_hop.is_empty() {
            return Err(missing("--next-hop", "172.16.156.70"));
        }
        let name = Name(
            backend
                .to_string()
                .replace(':', "-")
                .chars()
                .take(64)
                .collect(),
        );
        let rule = BackendRule {
            name: backend,
            min_active: self.min_active,
            min_percent: self.min_percent,
            min_weight: None,
            count_backup: false,
            servers: Vec::new(),
        };
        let level = LevelFile {
            name: Name("up".to_owned()),
            when: joined(self.frontend, rule)?,
            prepend: None,
            rise: None,
            fall: None,
            as_path: None,
            med: None,
            local_preference: None,
            origin: None,
            community: None,
            large_community: None,
            extended_community: None,
        };
        let unknown = UnknownFile::default();
        let service = ServiceFile {
            prefixes: self.prefix,
            next_hop: NextHops(self.next_hop),
            path_information: self.path_information,
            neighbors: self.neighbor,
            levels: vec![level],
            rise: self.rise.unwrap_or(Count::TWO),
            fall: self.fall.unwrap_or(Count::ONE),
            unknown: UnknownFile {
                hold: self.hold.unwrap_or(unknown.hold),
                then: self.then.unwrap_or(unknown.then),
            },
            warm_up: Span::default(),
            damping: None,
            siblings: None,
            drain: None,
            require_address: !self.no_address_check,
            announced_variable: Variable::announced(),
            as_path: self.as_path,
            med: self.med,
            local_preference: self.local_preference,
            origin: self.origin,
            community: Some(self.community),
            large_community: Some(self.large_community),
            extended_community: Some(self.extended_community),
        };
        let defaults = HaproxyFile::default();
        let haproxy = HaproxyFile {
            stats: self.stats,
            username: self.stats_user,
            password_file: self.stats_password_file,
            tls_verify: None,
            tls_ca_file: None,
            events: self.events,
            control: None,
            interval: self.interval.unwrap_or(defaults.interval),
            fast_interval: self.fast_interval.unwrap_or(defaults.fast_interval),
            timeout: self.timeout.unwrap_or(defaults.timeout),
            remember: defaults.remember,
        };
        let file = File {
            schema: None,
            haproxy,
            services: Services(vec![(name, service)]),
            on_exit: self.on_exit.unwrap_or_default(),
            read_back: self.read_back.unwrap_or_else(minute),
            metrics: None,
            hooks: Vec::new(),
        };
        raise(file).map_err(|Fault { place, what }| format!("{}: {what}", flag_of(&place)))
    }
}

/// The backend's servers, behind a frontend that is open, where it is named.
fn joined(frontend: Option<ProxyName>, backend: BackendRule) -> Result<Condition, String> {
    let Some(name) = frontend else {
        return Ok(Condition::Backend(backend));
    };
    let both = vec![
        Condition::Frontend(FrontendRule { name }),
        Condition::Backend(backend),
    ];
    both.try_into().map(Condition::All)
}

/// The flag that gave a key of the file.
fn flag_of(place: &Place) -> String {
    let key = place.0.iter().rev().find_map(|step| {
        if let Step::Key(key) = step {
            Some(key.as_str())
        } else {
            None
        }
    });
    match key.unwrap_or_default() {
        "prefixes" => "--prefix".to_owned(),
        "neighbors" => "--neighbor".to_owned(),
        "username" => "--stats-user".to_owned(),
        "password_file" => "--stats-password-file".to_owned(),
        key => format!("--{}", key.replace('_', "-")),
    }
}
