//! The flags that say what to watch and announce: one service without a file, or where the file is.

use std::path::PathBuf;

use clap::{Arg, Args};

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

const WITHOUT_A_FILE: &str = "One service without a file";

/// Where the configuration comes from: a file, or flags for one service.
#[derive(Debug, Default, Args)]
pub struct Source {
    /// The configuration file, for any number of services [default: /etc/haproxy-rhi/config.json]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One service without a file.
    #[command(flatten)]
    pub flags: Option<Flags>,
}

/// One service without a file.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = WITHOUT_A_FILE, mut_args = without_a_file)]
pub struct Flags {
    /// HAProxy's stats socket (a path or host:port) or the URL of its stats page
    /// [default: /run/haproxy/admin.sock]
    #[arg(long, value_name = "ADDRESS", value_parser = typed::<StatsAddress>)]
    pub stats: Option<StatsAddress>,
    /// The user that the stats page asks for
    #[arg(long, value_name = "NAME")]
    pub stats_user: Option<String>,
    /// The file whose first line is that user's password
    #[arg(long, value_name = "FILE")]
    pub stats_password_file: Option<AbsolutePath>,
    /// Listen here for HAProxy's log, each datagram of which means "look now" (haproxy.cfg:
    /// log 127.0.0.1:30514 format timed local0 notice)
    #[arg(long, value_name = "ADDRESS")]
    pub events: Option<EventsAddress>,
    /// Look this often [default: 1s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub interval: Option<Span>,
    /// Look this often while a change is pending [default: 100ms]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub fast_interval: Option<Span>,
    /// Wait this long for HAProxy's answer [default: 500ms]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub timeout: Option<Span>,
    /// The backend whose servers are watched
    #[arg(long, value_name = "NAME")]
    pub backend: Option<ProxyName>,
    /// The frontend that leads there: with it closed, nothing is announced
    #[arg(long, value_name = "NAME")]
    pub frontend: Option<ProxyName>,
    /// Announce while so many of the backend's active servers are up [default: 1]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub min_active: Option<Count>,
    /// Announce while this share of the backend's active servers is up
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    pub min_percent: Option<Percent>,
    /// The prefix to announce, IPv4 or IPv6 (repeatable)
    #[arg(long, value_name = "PREFIX")]
    pub prefix: Vec<Prefix>,
    /// This host's address towards the neighbors, or self (repeatable: one a family)
    #[arg(long, value_name = "ADDRESS")]
    pub next_hop: Vec<NextHop>,
    /// The AS path exactly as the neighbor sees it, such as "65010 65010 65010"
    /// [default: ExaBGP's local-as]
    #[arg(long, value_name = "PATH")]
    pub as_path: Option<AsPath>,
    /// MED (MULTI_EXIT_DISC): routers prefer the lower one
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub med: Option<Med>,
    /// LOCAL_PREF, for iBGP neighbors: routers prefer the higher one
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub local_preference: Option<LocalPreference>,
    /// ORIGIN: igp, egp or incomplete
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    pub origin: Option<Origin>,
    /// A community, such as 65010:100 or no-export (repeatable)
    #[arg(long, value_name = "A:B")]
    pub community: Vec<Community>,
    /// A large community, such as 65010:1:2 (repeatable)
    #[arg(long, value_name = "A:B:C")]
    pub large_community: Vec<LargeCommunity>,
    /// An extended community, such as target:65010:100 (repeatable)
    #[arg(long, value_name = "TYPE:A:B")]
    pub extended_community: Vec<ExtendedCommunity>,
    /// The path identifier, where add-path is in use
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub path_information: Option<PathId>,
    /// Announce to this neighbor only, spelled as in exabgp.conf (repeatable)
    /// [default: every neighbor that lists the process]
    #[arg(long, value_name = "ADDRESS")]
    pub neighbor: Vec<Neighbor>,
    /// Readings in a row that announce [default: 2]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub rise: Option<Count>,
    /// Readings in a row that withdraw [default: 1]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub fall: Option<Count>,
    /// When the state is unknown, leave everything as it is for this long [default: 10s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub hold: Option<Span>,
    /// What follows the hold: withdraw or keep [default: withdraw]
    #[arg(long, value_name = "POLICY", value_parser = then)]
    pub then: Option<ThenUnknown>,
    /// When told to leave: withdraw or keep [default: withdraw]
    #[arg(long, value_name = "POLICY", value_parser = on_exit)]
    pub on_exit: Option<OnExit>,
    /// Read back this often what ExaBGP holds, and correct what differs; 0s: never [default: 1m]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub read_back: Option<Span>,
    /// Announce the prefix even if it is not an address of this host
    #[arg(long)]
    pub no_address_check: bool,
}

/// Each of these flags conflicts with `--config`. (By their group, clap would name all of them in the error.)
fn without_a_file(arg: Arg) -> Arg {
    match arg.get_help_heading() {
        Some(WITHOUT_A_FILE) => arg.conflicts_with("config"),
        _ => arg,
    }
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
    /// The same configuration that a file would give.
    ///
    /// # Errors
    /// A flag is missing, or flags do not fit each other; the error names the flag.
    pub fn config(self) -> Result<Config, String> {
        let name = |backend: &ProxyName| {
            let name = backend.to_string().replace(':', "-");
            Name(name.chars().take(64).collect())
        };
        let level = self.level()?;
        let service = self.service(level);
        let name = self.backend.as_ref().map(name);
        let file = File {
            schema: None,
            haproxy: self.haproxy(),
            services: Services(name.map(|name| (name, service)).into_iter().collect()),
            on_exit: self.on_exit.unwrap_or_default(),
            read_back: self.read_back.unwrap_or_else(minute),
            metrics: None,
            record: None,
            hooks: Vec::new(),
        };
        raise(file).map_err(|Fault { place, what }| format!("{}: {what}", flag_of(&place)))
    }

    fn level(&self) -> Result<LevelFile, String> {
        let missing = |flag: &str, example: &str| {
            format!(
                "{flag} is missing; a service without a file needs --backend, --prefix and --next-hop (add {flag} {example})"
            )
        };
        let backend = self.backend.clone();
        let rule = BackendRule {
            name: backend.ok_or_else(|| missing("--backend", "http_back"))?,
            min_active: self.min_active,
            min_percent: self.min_percent,
            min_weight: None,
            count_backup: false,
            servers: Vec::new(),
        };
        if self.prefix.is_empty() {
            return Err(missing("--prefix", "9.9.9.9/32"));
        }
        if self.next_hop.is_empty() {
            return Err(missing("--next-hop", "172.16.156.70"));
        }
        Ok(LevelFile {
            name: Name("up".to_owned()),
            when: joined(self.frontend.clone(), rule)?,
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
        })
    }

    fn service(&self, level: LevelFile) -> ServiceFile {
        let unknown = UnknownFile::default();
        ServiceFile {
            prefixes: self.prefix.clone(),
            next_hop: NextHops(self.next_hop.clone()),
            path_information: self.path_information,
            neighbors: self.neighbor.clone(),
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
            as_path: self.as_path.clone(),
            med: self.med,
            local_preference: self.local_preference,
            origin: self.origin,
            community: Some(self.community.clone()),
            large_community: Some(self.large_community.clone()),
            extended_community: Some(self.extended_community.clone()),
        }
    }

    fn haproxy(&self) -> HaproxyFile {
        let defaults = HaproxyFile::default();
        HaproxyFile {
            stats: self.stats.clone(),
            username: self.stats_user.clone(),
            password_file: self.stats_password_file.clone(),
            tls_verify: None,
            tls_ca_file: None,
            events: self.events.clone(),
            control: None,
            status_variable: None,
            interval: self.interval.unwrap_or(defaults.interval),
            fast_interval: self.fast_interval.unwrap_or(defaults.fast_interval),
            timeout: self.timeout.unwrap_or(defaults.timeout),
            remember: defaults.remember,
        }
    }
}

/// The backend's servers, and the frontend open, where one is named.
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
