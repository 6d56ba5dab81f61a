//! The questions. An answer is kept as the flag with the same meaning. Pure.

use std::fmt::Display;
use std::str::FromStr;

use super::fit::fit;
use super::task::InitTask;
use super::values::{HostAddress, Nva};
use crate::route::{Asn, Prefix};
use crate::validate;
use crate::value::Joined;

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// `--region`
    Region,
    /// `--prefix`
    Prefix,
    /// `--address`
    Address,
    /// `--local-as`
    LocalAs,
    /// `--route-server`
    RouteServers,
    /// `--primary`, `--secondary`, `--prepend`
    Role,
    /// `--backend`
    Backend,
    /// `--server`
    Servers,
    /// `--check`
    Check,
    /// `--sibling`, `--no-sibling`
    Sibling,
    /// `--nva`, `--no-second-chance`
    Nvas,
}

use Question::{
    Address, Backend, Check, LocalAs, Nvas, Region, Role, RouteServers, Servers, Sibling,
};

impl Question {
    /// All, in the order of asking.
    pub const ALL: [Self; 11] = [
        Region,
        Self::Prefix,
        Address,
        LocalAs,
        RouteServers,
        Role,
        Backend,
        Servers,
        Check,
        Sibling,
        Nvas,
    ];

    /// Its text.
    pub fn words(self, task: &InitTask) -> String {
        let words = match self {
            Region => "Name of this region, for comments",
            Self::Prefix => "Anycast address, on lo of every region's NVA",
            Address => "This NVA's own address",
            LocalAs => "AS number of this NVA (the same in every region)",
            RouteServers => "Both addresses of the Route Server, with a blank between",
            Role => "Is this the primary or the secondary region",
            Backend if !task.backends.is_empty() => {
                return format!(
                    "Which backend of haproxy.cfg ({})",
                    task.backends.join(", ")
                );
            }
            Backend => "Name of HAProxy's backend",
            Servers => "Its servers, such as backend01=172.16.156.69",
            Check => "What their health check asks for",
            Sibling => "The other region's NVA, or each of them, or none",
            Nvas => "Second chance: the NVAs of all regions, in the same order everywhere, or none",
        };
        words.to_owned()
    }

    /// The answer that an empty line gives; `""`: none.
    pub fn default(self, task: &InitTask) -> &'static str {
        match self {
            Region => "this region",
            Self::Prefix => "9.9.9.9/32",
            LocalAs => "65010",
            Role => "primary",
            Backend if task.backends.is_empty() => "http_back",
            Check => "/",
            Sibling | Nvas => "none",
            Address | RouteServers | Servers | Backend => "",
        }
    }

    /// The flag to give where there is no terminal; `None`: the default is used.
    pub fn missing(self, task: &InitTask) -> Option<String> {
        let flag = match self {
            Self::Prefix => Some("--prefix 9.9.9.9/32"),
            Address => Some("--address 172.16.156.70"),
            RouteServers => Some("--route-server 172.16.159.4 --route-server 172.16.159.5"),
            Role if !task.no_sibling => {
                Some("--primary in one region only, --secondary in the others")
            }
            Backend => return one_of(&task.backends),
            Servers => Some("--server backend01=172.16.156.69"),
            Sibling => Some("--sibling 172.16.136.70, or --no-sibling"),
            _ => None,
        };
        flag.map(str::to_owned)
    }

    /// Whether it still needs an answer. An existing haproxy.cfg has the servers and their check.
    pub fn is_open(self, task: &InitTask) -> bool {
        let applies = match self {
            Servers | Check => task.from_haproxy.is_none(),
            Nvas => !task.sibling.is_empty(),
            _ => true,
        };
        applies && self.answer(task).is_empty()
    }

    /// Its answer as typed; empty: none.
    pub fn answer(self, task: &InitTask) -> String {
        match self {
            Region => shown(task.region.as_slice()),
            Self::Prefix => shown(&task.prefix),
            Address => shown(task.address.as_slice()),
            LocalAs => task
                .local_as
                .map(|asn| asn.get().to_string())
                .unwrap_or_default(),
            RouteServers if task.route_server.len() < 2 => String::new(),
            RouteServers => shown(&task.route_server),
            Role if task.primary => "primary".to_owned(),
            Role if task.secondary => "secondary".to_owned(),
            Role => shown(task.prepend.as_slice()),
            Backend => shown(task.backend.as_slice()),
            Servers => shown(&task.server),
            Check => shown(task.check.as_slice()),
            Sibling if task.no_sibling => "none".to_owned(),
            Sibling => shown(&task.sibling),
            Nvas if task.no_second_chance => "none".to_owned(),
            Nvas => task.nva.iter().joined(", "),
        }
    }

    /// Takes an answer, if it can be used together with the others.
    pub fn take(self, task: &mut InitTask, text: &str) -> Result<(), String> {
        let mut with = task.clone();
        match self {
            Region => with.region = Some(one(text)?),
            Self::Prefix => with.prefix = list::<Prefix>(text)?,
            Address => with.address = Some(one(text)?),
            LocalAs => with.local_as = Some(as_number(text)?),
            RouteServers => with.route_server = pair(text)?,
            Role => (with.primary, with.secondary, with.prepend) = role(text)?,
            Backend => with.backend = Some(one(text)?),
            Servers => with.server = list(text)?,
            Check => with.check = Some(one(text)?),
            Sibling | Nvas if is_yes(text) => {
                return Err("write the address of each, or none".to_owned());
            }
            Sibling if is_none(text) => (with.sibling, with.no_sibling) = (Vec::new(), true),
            Sibling => (with.sibling, with.no_sibling) = (list(text)?, false),
            Nvas => {
                with.nva = nvas(text)?;
                with.no_second_chance = with.nva.is_empty();
            }
        }
        fit(&with)?;
        *task = with;
        Ok(())
    }

    /// Removes its answer, so that it is asked again.
    pub fn forget(self, task: &mut InitTask) {
        match self {
            Region => task.region = None,
            Self::Prefix => task.prefix.clear(),
            Address => task.address = None,
            LocalAs => task.local_as = None,
            RouteServers => task.route_server.clear(),
            Role => (task.primary, task.secondary, task.prepend) = (false, false, None),
            Backend => task.backend = None,
            Servers => task.server.clear(),
            Check => task.check = None,
            Sibling => (task.sibling, task.no_sibling) = (Vec::new(), false),
            Nvas => (task.nva, task.no_second_chance) = (Vec::new(), false),
        }
    }
}

/// `--backend` with the possible backends, where there is no default.
fn one_of(backends: &[String]) -> Option<String> {
    let (first, others) = backends.split_first()?;
    let others = others.iter().map(|name| format!(", or --backend {name}"));
    let all = others.joined("");
    Some(format!(
        "--backend {first}{all}; haproxy.cfg leads clients to each"
    ))
}

fn shown<T: Display>(values: &[T]) -> String {
    values.iter().joined(" ")
}

fn one<T: FromStr<Err = String>>(text: &str) -> Result<T, String> {
    text.parse()
}

fn list<T: FromStr<Err = String>>(text: &str) -> Result<Vec<T>, String> {
    let all: Result<Vec<T>, String> = text
        .split([',', ' '])
        .filter(|word| !word.is_empty())
        .map(str::parse)
        .collect();
    match all {
        Ok(all) if all.is_empty() => Err("name at least one".to_owned()),
        all => all,
    }
}

fn as_number(text: &str) -> Result<Asn, String> {
    let asn = text.parse::<Asn>()?;
    validate::azure_as_number(asn.get()).map_or(Ok(asn), Err)
}

fn pair(text: &str) -> Result<Vec<HostAddress>, String> {
    let pair: Vec<HostAddress> = list(text)?;
    if matches!(pair.len(), 2 | 4) {
        return Ok(pair);
    }
    Err("a Route Server has two addresses; az network routeserver show prints them (virtualRouterIps)"
        .to_owned())
}

/// The answer that there is none.
pub fn is_none(text: &str) -> bool {
    ["none", "no", "n"].contains(&text.to_ascii_lowercase().as_str())
}

fn is_yes(text: &str) -> bool {
    ["yes", "y"].contains(&text.to_ascii_lowercase().as_str())
}

/// The values of `--primary`, `--secondary` and `--prepend`.
fn role(text: &str) -> Result<(bool, bool, Option<u8>), String> {
    match text.to_ascii_lowercase().as_str() {
        "primary" => Ok((true, false, None)),
        "secondary" => Ok((false, true, None)),
        "y" | "yes" | "n" | "no" => {
            Err("this asks which of two: write primary, or secondary".to_owned())
        }
        number => match number.parse::<u8>() {
            Ok(times) if times < 50 => Ok((false, false, Some(times))),
            _ => Err(
                "write primary, secondary, or how often the AS number is to be prepended"
                    .to_owned(),
            ),
        },
    }
}

/// NVAs, separated by commas or, without region names, by blanks: a name may have blanks.
fn nvas(text: &str) -> Result<Vec<Nva>, String> {
    match text {
        text if is_none(text) => Ok(Vec::new()),
        text if text.contains(',') => text.split(',').map(str::parse).collect(),
        text if text.contains('=') => Ok(vec![text.parse()?]),
        text => text.split_whitespace().map(str::parse).collect(),
    }
}
