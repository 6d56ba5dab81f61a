//! Translates exabgp-healthcheck's options into a configuration. Pure.

mod other_options;
mod states;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::options::Given;
use crate::config::Span;

/// The most prefixes, and so the most services.
const MOST_ADDRESSES: usize = 1024;

/// How an option was translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// With the same effect.
    Kept,
    /// With a different effect.
    Differs,
    /// Not at all: it is not needed, or has no counterpart.
    Dropped,
}

/// How an option was translated, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its fate.
    pub fate: Fate,
    /// The option, or the state of exabgp-healthcheck.
    pub option: String,
    /// In words.
    pub words: String,
}

/// Keys and values, in order.
pub type Keys = Vec<(&'static str, Value)>;

/// A configuration, and what it does not cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// `haproxy`: keys and values, in order.
    pub haproxy: Keys,
    /// The services by name: keys and values, in order.
    pub services: Vec<(String, Keys)>,
    /// `hooks`.
    pub hooks: Vec<Value>,
    /// Addresses that exabgp-healthcheck would have put on this host.
    pub addresses: Vec<IpNet>,
    /// A note on each option.
    pub notes: Vec<Note>,
}

struct Translation<'a> {
    given: &'a Given,
    notes: Vec<Note>,
}

/// Translates all options.
///
/// # Errors
/// An option's value is invalid; the error names the option.
pub fn translate(given: &Given) -> Result<Import, String> {
    let mut translation = Translation {
        given,
        notes: Vec::new(),
    };
    let addresses = translation.addresses()?;
    let setup = !given.has("--no-ip-setup");
    let haproxy = translation.timing()?;
    let levels = translation.levels()?;
    let common = translation.common(setup)?;
    let name = translation.name();
    let increase: i64 = translation.number("--increase", 1)?;
    let services = translation.services(&addresses, &levels, &common, &name, increase)?;
    let hooks = translation.hooks(
        services
            .first()
            .filter(|_| services.len() > 1)
            .map(|(name, _)| name.as_str()),
    );
    translation.without_counterpart();
    translation.without_effect();
    let addresses = if setup {
        hosts(&addresses)?
    } else {
        Vec::new()
    };
    Ok(Import {
        haproxy,
        services,
        hooks,
        addresses,
        notes: translation.notes,
    })
}

/// Every address in these networks.
fn hosts(nets: &[IpNet]) -> Result<Vec<IpNet>, String> {
    let count: u128 = nets
        .iter()
        .map(|net| 1_u128 << (u32::from(net.max_prefix_len() - net.prefix_len())).min(100))
        .sum();
    if count > MOST_ADDRESSES as u128 {
        return Err(format!(
            "--ip: {count} addresses are more than {MOST_ADDRESSES}; name the prefixes that are meant"
        ));
    }
    let all = |net: &IpNet| -> Vec<IpNet> {
        match net {
            IpNet::V4(net) => {
                let (first, last) = (u32::from(net.network()), u32::from(net.broadcast()));
                (first..=last)
                    .map(|bits| IpNet::from(std::net::IpAddr::from(std::net::Ipv4Addr::from(bits))))
                    .collect()
            }
            IpNet::V6(net) => {
                let (first, last) = (u128::from(net.network()), u128::from(net.broadcast()));
                (first..=last)
                    .map(|bits| IpNet::from(std::net::IpAddr::from(std::net::Ipv6Addr::from(bits))))
                    .collect()
            }
        }
    };
    Ok(nets.iter().flat_map(all).collect())
}

impl Translation<'_> {
    fn note(&mut self, fate: Fate, option: &str, words: impl Into<String>) {
        self.notes.push(Note {
            fate,
            option: option.to_owned(),
            words: words.into(),
        });
    }

    /// Notes the options that have no note yet.
    fn without_effect(&mut self) {
        let noted = |name: &&str| self.notes.iter().any(|note| note.option == **name);
        for name in self
            .given
            .names()
            .filter(|name| !noted(name))
            .collect::<Vec<_>>()
        {
            self.note(Fate::Dropped, name, "no effect with the other options");
        }
    }

    fn number<T: std::str::FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        let Some(text) = self.given.value(name) else {
            return Ok(default);
        };
        text.parse()
            .map_err(|_| format!("{name} '{text}' is not a number that exabgp-healthcheck takes"))
    }

    fn name(&self) -> String {
        let plain = |letter: char| {
            if letter.is_ascii_alphanumeric() || "_.-".contains(letter) {
                letter
            } else {
                '-'
            }
        };
        let name: String = self
            .given
            .value("--name")
            .unwrap_or("healthcheck")
            .chars()
            .map(plain)
            .take(58)
            .collect();
        if name.is_empty() {
            "healthcheck".to_owned()
        } else {
            name
        }
    }

    fn addresses(&mut self) -> Result<Vec<IpNet>, String> {
        let mut nets: Vec<IpNet> = Vec::new();
        for text in self.given.values("--ip") {
            let net = text
                .parse::<IpNet>()
                .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
            let net = net.map_err(|_| format!("--ip '{text}' is not an address or a network"))?;
            if net.addr() != net.network() {
                return Err(format!(
                    "--ip '{text}' has host bits set, which exabgp-healthcheck refuses; write {}",
                    net.trunc()
                ));
            }
            nets.push(net);
        }
        if self.given.has("--deaggregate-networks") {
            nets = hosts(&nets)?;
            self.note(
                Fate::Kept,
                "--deaggregate-networks",
                format!("{} prefixes", nets.len()),
            );
        }
        if nets.len() > MOST_ADDRESSES {
            return Err(format!(
                "--ip: {} prefixes are more than {MOST_ADDRESSES}",
                nets.len()
            ));
        }
        let start: i64 = self.number("--start-ip", 0)?;
        if !nets.is_empty() {
            let turns = usize::try_from(start.rem_euclid(i64::try_from(nets.len()).unwrap_or(1)))
                .unwrap_or(0);
            nets.rotate_left(turns);
        }
        if self.given.has("--start-ip") {
            self.note(
                Fate::Kept,
                "--start-ip",
                "the order of the addresses, and so their MEDs",
            );
        }
        if self.given.has("--ip") {
            self.note(Fate::Kept, "--ip", "prefixes");
        }
        Ok(nets)
    }

    fn seconds(&self, name: &str, default: f64) -> Result<f64, String> {
        let seconds: f64 = self.number(name, default)?;
        if seconds.is_finite() && (0.0..=86_400.0).contains(&seconds) {
            Ok(seconds)
        } else {
            Err(format!("{name} '{seconds}' is not a time in seconds"))
        }
    }

    fn timing(&mut self) -> Result<Keys, String> {
        let interval = self.seconds("--interval", 5.0)?;
        if interval == 0.0 {
            return Err("--interval 0 announces once and leaves; haproxy-rhi goes on watching (a static route in exabgp.conf announces for ever)".to_owned());
        }
        let fast = self.seconds("--fast-interval", 1.0)?;
        let (least, most) = (0.01, 3600.0);
        let interval_used = interval.clamp(least, most);
        let fast_used = fast.clamp(least, interval_used);
        let span =
            |seconds: f64| Span::from(std::time::Duration::from_millis(ms(seconds))).to_string();
        for (name, wanted, used) in [
            ("--interval", interval, interval_used),
            ("--fast-interval", fast, fast_used),
        ] {
            if ms(wanted) != ms(used) {
                self.note(Fate::Differs, name, format!("{} instead of {wanted} s: from 10 ms to 1 h, and the fast one no longer than the other", span(used)));
            } else {
                self.note(Fate::Kept, name, format!("{}, from start to start of a check, where exabgp-healthcheck pauses so long after each", span(used)));
            }
        }
        Ok(vec![
            ("interval", json!(span(interval_used))),
            ("fast_interval", json!(span(fast_used))),
        ])
    }

    fn common(&mut self, setup: bool) -> Result<Keys, String> {
        let mut keys = vec![(
            "next_hop",
            json!(self.given.value("--next-hop").unwrap_or("self")),
        )];
        if self.given.has("--next-hop") {
            self.note(Fate::Kept, "--next-hop", "next_hop");
        }
        let local: i64 = self.number("--local-preference", -1)?;
        if local >= 0 {
            keys.push(("local_preference", json!(local)));
            self.note(Fate::Kept, "--local-preference", "local_preference");
        }
        if let Some(text) = self.given.value("--as-path").map(str::to_owned) {
            keys.push(("as_path", json!(as_path("--as-path", &text)?)));
            self.note(Fate::Kept, "--as-path", "as_path");
        }
        for (option, key) in [
            ("--community", "community"),
            ("--extended-community", "extended_community"),
            ("--large-community", "large_community"),
        ] {
            if let Some(text) = self.given.value(option).map(str::to_owned) {
                keys.push((key, json!(several(&text))));
                self.note(Fate::Kept, option, key);
            }
        }
        self.delivery(&mut keys, setup)?;
        Ok(keys)
    }

    /// Path identifier, neighbors, rise and fall, and whether the address must be on this host.
    fn delivery(&mut self, keys: &mut Keys, setup: bool) -> Result<(), String> {
        let path: i64 = self.number("--path-id", 0)?;
        if path > 0 {
            keys.push(("path_information", json!(path)));
            self.note(Fate::Kept, "--path-id", "path_information");
        }
        let neighbors = self.given.values("--neighbor");
        if !neighbors.is_empty() && !neighbors.iter().any(|name| name.trim() == "*") {
            keys.push(("neighbors", json!(neighbors)));
            self.note(Fate::Kept, "--neighbor", "neighbors");
        } else if !neighbors.is_empty() {
            self.note(
                Fate::Kept,
                "--neighbor",
                "every neighbor whose api section lists the process",
            );
        }
        for (option, key) in [("--rise", "rise"), ("--fall", "fall")] {
            let count: i64 = self.number(option, 3)?;
            keys.push((key, json!(count.max(1))));
            let by_default = if self.given.has(option) {
                ""
            } else {
                " (its default)"
            };
            self.note(Fate::Kept, option, format!("{key}{by_default}"));
        }
        if !setup {
            keys.push(("require_address", json!(false)));
            self.note(
                Fate::Kept,
                "--no-ip-setup",
                "require_address false: announced whether or not the address is on this host; true is safer",
            );
        }
        Ok(())
    }
}

fn ms(seconds: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within a day, and not negative"
    )]
    let whole = (seconds * 1000.0).round() as u64;
    whole
}

/// The words of a list, with or without ExaBGP's brackets.
fn several(text: &str) -> Vec<String> {
    text.split([' ', '\t', ',', '[', ']'])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn as_path(option: &str, text: &str) -> Result<Vec<u64>, String> {
    let numbers: Result<Vec<u64>, _> = several(text).iter().map(|number| number.parse()).collect();
    numbers.map_err(|_| {
        format!(
            "{option} '{text}' is not a list of AS numbers; AS_SETs and asdot have no counterpart"
        )
    })
}
