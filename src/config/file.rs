//! The shapes of the configuration file: what serde reads, before the checks that need more than one value.
#![expect(
    missing_docs,
    reason = "the keys mean what the fields of the same names in `Config` and its parts do"
)]

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::attributes::{Times, with_attributes};
use super::checked::OnExit;
use super::drain::DrainFile;
use super::haproxy::{EventsAddress, Socket, StatsAddress};
use super::hook::{HookFile, MetricsFile};
use super::policy::{DampingFile, SiblingsFile, UnknownFile};
use super::variable::Variable;
use crate::condition::{AbsolutePath, Condition, Count};
use crate::route::{Neighbor, NextHop, PathId, Prefix};
use crate::value::Span;
use crate::value::object::{Object, object, objects, some_object, word};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "the configuration, such as {\"services\": {...}}"
)]
pub struct File {
    /// For editors; nothing is done with it.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    #[serde(default, deserialize_with = "object")]
    pub haproxy: HaproxyFile,
    #[serde(default)]
    pub services: Services,
    #[serde(default, deserialize_with = "word")]
    pub on_exit: OnExit,
    #[serde(default = "minute")]
    pub read_back: Span,
    pub metrics: Option<MetricsFile>,
    pub record: Option<AbsolutePath>,
    #[serde(default, deserialize_with = "objects")]
    pub hooks: Vec<HookFile>,
}

/// The default of `read_back`.
pub fn minute() -> Span {
    Span::milliseconds(60_000)
}

/// `haproxy`: where and how often to look.
#[derive(Debug, Deserialize)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "HAProxy's settings, such as {\"stats\": \"/run/haproxy/admin.sock\"}"
)]
pub struct HaproxyFile {
    pub stats: Option<StatsAddress>,
    pub username: Option<String>,
    pub password_file: Option<AbsolutePath>,
    pub tls_verify: Option<bool>,
    pub tls_ca_file: Option<AbsolutePath>,
    pub events: Option<EventsAddress>,
    pub control: Option<Socket>,
    pub status_variable: Option<Variable>,
    pub interval: Span,
    pub fast_interval: Span,
    pub timeout: Span,
    pub remember: Span,
}

impl Default for HaproxyFile {
    fn default() -> Self {
        Self {
            stats: None,
            username: None,
            password_file: None,
            tls_verify: None,
            tls_ca_file: None,
            events: None,
            control: None,
            status_variable: None,
            interval: Span::second(),
            fast_interval: Span::milliseconds(100),
            timeout: Span::milliseconds(500),
            remember: Span::milliseconds(120_000),
        }
    }
}

with_attributes! {
    /// One of `services`.
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "a service, such as {\"prefixes\": [\"9.9.9.9/32\"], ...}")]
    struct ServiceFile {
        prefixes: Vec<Prefix>,
        next_hop: NextHops,
        path_information: Option<PathId>,
        #[serde(default)]
        neighbors: Vec<Neighbor>,
        #[serde(deserialize_with = "objects")]
        levels: Vec<LevelFile>,
        #[serde(default = "two")]
        rise: Count,
        #[serde(default = "one")]
        fall: Count,
        #[serde(default, deserialize_with = "object")]
        unknown: UnknownFile,
        #[serde(default)]
        warm_up: Span,
        #[serde(default, deserialize_with = "some_object")]
        damping: Option<DampingFile>,
        #[serde(default, deserialize_with = "some_object")]
        siblings: Option<SiblingsFile>,
        #[serde(default, deserialize_with = "some_object")]
        drain: Option<DrainFile>,
        #[serde(default = "yes")]
        require_address: bool,
        #[serde(default = "Variable::announced")]
        announced_variable: Variable,
    }
}

with_attributes! {
    /// One of a service's `levels`. Its attributes replace the service's.
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "a level, such as {\"name\": \"up\", \"when\": {...}}")]
    struct LevelFile {
        name: Name,
        when: Condition,
        prepend: Option<Times>,
        rise: Option<Count>,
        fall: Option<Count>,
    }
}

fn one() -> Count {
    Count::ONE
}

fn two() -> Count {
    Count::TWO
}

fn yes() -> bool {
    true
}

/// The name of a service or a level: it stands in log lines, so it is short and has no blanks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(pub String);

impl std::str::FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        match text.len() {
            // A drain is a file of this name, and one that begins so is hidden.
            _ if text.starts_with('.') => Err(format!(
                "name '{text}' is not usable; let it begin with something else than '.'"
            )),
            1..=64 if text.bytes().all(allowed) => Ok(Self(text.to_owned())),
            _ => Err(format!(
                "name '{text}' is not usable; write up to 64 letters, digits, '_', '.' and '-'"
            )),
        }
    }
}

from_text!(Name);

/// A unit's name as systemd writes it (systemd.unit(5)), such as `haproxy@blue.service`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitName(pub String);

impl std::str::FromStr for UnitName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":_.@\\-".contains(&byte);
        let is_usable = (1..=200).contains(&text.len()) && text.bytes().all(allowed);
        match text {
            "all" => {
                Err("'all' is the operators' own drain for all services; name the unit".to_owned())
            }
            _ if is_usable && !text.starts_with(['.', '-']) => Ok(Self(text.to_owned())),
            _ => Err(format!(
                "'{text}' is no name of a unit; write one such as haproxy.service"
            )),
        }
    }
}

/// One next hop, or one a family.
#[derive(Debug, Clone)]
pub struct NextHops(pub Vec<NextHop>);

impl<'de> Deserialize<'de> for NextHops {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = NextHops;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a next hop, such as \"172.16.156.70\", or a list of one a family")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<NextHops, E> {
                text.parse()
                    .map(|hop| NextHops(vec![hop]))
                    .map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<NextHops, A::Error> {
                let mut hops = Vec::new();
                while let Some(hop) = list.next_element()? {
                    hops.push(hop);
                }
                Ok(NextHops(hops))
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}

/// `services`, in the file's order. A name that is there twice is refused, where serde would keep the last.
#[derive(Debug, Default)]
pub struct Services(pub Vec<(Name, ServiceFile)>);

impl<'de> Deserialize<'de> for Services {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique(PhantomData<ServiceFile>);
        impl<'de> Visitor<'de> for Unique {
            type Value = Services;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("services by name, such as {\"web\": {...}}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Services, A::Error> {
                let mut services: Vec<(Name, ServiceFile)> = Vec::new();
                while let Some(name) = map.next_key::<Name>()? {
                    if services.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom(format!(
                            "service '{}' is there twice; give one of them another name",
                            name.0
                        )));
                    }
                    services.push((name, map.next_value::<Object<ServiceFile>>()?.0));
                }
                Ok(Services(services))
            }
        }
        deserializer.deserialize_map(Unique(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_no_hidden_name_and_a_unit_every_one_of_systemds() {
        for name in ["web", "a.b-c_1", "-a"] {
            assert!(name.parse::<Name>().is_ok(), "{name}");
        }
        for name in ["", ".web", ".", "..", "a b", "a/b", "@all", &"a".repeat(65)] {
            assert!(name.parse::<Name>().is_err(), "{name}");
        }
        for name in [
            "haproxy.service",
            "haproxy@blue.service",
            "x\\x2d.mount",
            "haproxy-rhi.deb",
            &"a".repeat(200),
        ] {
            assert!(name.parse::<UnitName>().is_ok(), "{name}");
        }
        for name in [
            "",
            "all",
            ".",
            "..",
            "--",
            "-x",
            ".x",
            "a/b",
            "a b",
            &"a".repeat(201),
        ] {
            assert!(name.parse::<UnitName>().is_err(), "{name}");
        }
    }
}
