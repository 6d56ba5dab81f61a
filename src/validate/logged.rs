//! Whether HAProxy logs the watched backends where haproxy-rhi listens, and checks their servers often enough. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use super::ground::Ground;
use super::names::Named;
use super::rule::*;
use crate::config::{EventsAddress, Place, Span};
use crate::haproxy_cfg::{Checks, Outline, Target};

/// All findings of the backends that conditions name.
pub(super) fn findings(
    ground: &Ground<'_>,
    names: &[Named<'_>],
    outline: &Outline,
) -> Vec<Finding> {
    let backends = names.iter().filter(|named| !named.frontend);
    let mut seen = BTreeSet::new();
    let once: Vec<&Named<'_>> = backends.filter(|named| seen.insert(named.proxy)).collect();
    let mut found = Vec::new();
    if let Some(events) = &ground.config.haproxy.events {
        found.extend(unheard(ground, events, &once, outline));
    }
    found.extend(once.iter().filter_map(|named| slow(ground, named, outline)));
    found.extend(late(ground, &once, outline));
    found
}

/// The backend whose dead servers are found last, where that is late.
fn late(ground: &Ground<'_>, names: &[&Named<'_>], outline: &Outline) -> Option<Finding> {
    let deaths = names
        .iter()
        .filter_map(|named| Some((named, outline.slowest_death(named.proxy)?)));
    let (named, checks) = deaths.max_by_key(|(_, checks)| checks.silence())?;
    let (what, cure) = late_words(named.proxy, &checks)?;
    Some(ground.in_config(&named.place.key("name"), note(&LATE_CHECKS, what, cure)))
}

/// What is late, and the cure; absent: it is not.
pub fn late_words(backend: &str, checks: &Checks) -> Option<(String, &'static str)> {
    let (refusal, silence) = (checks.refusal(), checks.silence());
    if silence <= LATE {
        return None;
    }
    let what = format!(
        "HAProxy finds a dead server of backend '{backend}' after up to {}, one that hangs after about {} ('{}': {checks}), and the route moves no sooner",
        Span::from(refusal),
        Span::from(silence),
        checks.server
    );
    Some((what, SOONER))
}

/// The example's haproxy.cfg is below it.
const LATE: Duration = Duration::from_secs(3);
const SOONER: &str = "write 'timeout check 300ms' and 'default-server inter 1s fastinter 100ms fall 2' in the backend, and no inter, fastinter and fall at its servers: 1.1s, and 3s at most for one that hangs";

/// One finding for all backends that log nothing to `events`, and one for those that log failures only.
fn unheard(
    ground: &Ground<'_>,
    events: &EventsAddress,
    names: &[&Named<'_>],
    outline: &Outline,
) -> Vec<Finding> {
    let (mut silent, mut partly) = (Vec::new(), Vec::new());
    for named in names {
        let Some(targets) = outline.logs(named.proxy) else {
            continue;
        };
        match targets
            .iter()
            .filter(|target| is_there(target, events))
            .map(has_returns)
            .max()
        {
            None => silent.push(named.proxy),
            Some(false) => partly.push(named.proxy),
            Some(true) => {}
        }
    }
    let at = Place::default().key("haproxy").key("events");
    let said = |backends: Vec<&str>, what: &str, cure: String| {
        let list = backends.join(", ");
        (!backends.is_empty())
            .then(|| ground.in_config(&at, warning(&NOT_LOGGED, format!("{what} {list}"), cure)))
    };
    let line = format!("log {events} format timed local0 notice");
    let nothing = said(
        silent,
        &format!("haproxy.cfg sends to {events} no log line of backend"),
        format!("write '{line}' in global, and 'log global' in the backend or its defaults"),
    );
    let no_return = said(
        partly,
        &format!(
            "haproxy.cfg sends to {events} the failures and no returns (level notice) of backend"
        ),
        format!("write '{line}'"),
    );
    nothing.into_iter().chain(no_return).collect()
}

/// Whether a log line goes to `events`; an address made of environment variables may be any.
fn is_there(target: &Target, events: &EventsAddress) -> bool {
    let address = target.address.as_str();
    let address = ["udp@", "ipv4@", "ipv6@", "udp4@", "udp6@", "unix@"]
        .iter()
        .find_map(|kind| address.strip_prefix(kind))
        .unwrap_or(address);
    match events {
        _ if address.contains('$') => true,
        EventsAddress::Udp(events) => {
            let (host, port) = address.rsplit_once(':').unwrap_or((address, "514"));
            let host = host
                .trim_matches(['[', ']'])
                .replace("localhost", "127.0.0.1");
            let is_host = host.parse().is_ok_and(|ip: std::net::IpAddr| {
                events.ip() == ip || events.ip().is_unspecified()
            });
            is_host && port.parse() == Ok(events.port())
        }
        // HAProxy's path begins at its chroot.
        EventsAddress::Unix(path) => {
            address.starts_with('/') && path.as_path().to_string_lossy().ends_with(address)
        }
    }
}

/// A server's return is logged as notice, its failure as alert.
fn has_returns(target: &Target) -> bool {
    let too_grave = ["emerg", "alert", "crit", "err", "warning"];
    !target
        .level
        .as_ref()
        .is_some_and(|level| too_grave.contains(&level.as_str()))
}

/// A check interval longer than `remember`: after a reload a server's state is forgotten before its first check.
fn slow(ground: &Ground<'_>, named: &Named<'_>, outline: &Outline) -> Option<Finding> {
    let remember = ground.config.haproxy.remember;
    let (server, inter) = outline
        .slowest_check(named.proxy)
        .filter(|(_, inter)| *inter > remember)?;
    let what = format!(
        "server '{server}' of HAProxy's backend '{}' is checked every {}, and what was known of it before a reload of HAProxy counts for {}",
        named.proxy,
        Span::from(inter),
        Span::from(remember)
    );
    let cure = format!(
        "check it more often, or set \"remember\" of haproxy to more than {}",
        Span::from(inter)
    );
    Some(ground.in_config(&named.place.key("name"), warning(&SLOW_CHECKS, what, cure)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_where_haproxy_rhi_listens() {
        let udp = |text: &str| EventsAddress::Udp(text.parse().unwrap());
        let unix = EventsAddress::Unix("/var/lib/haproxy/dev/rhi".parse().unwrap());
        let is = |address: &str, events: &EventsAddress| {
            is_there(
                &Target {
                    address: address.to_owned(),
                    level: None,
                },
                events,
            )
        };
        for address in [
            "127.0.0.1:30514",
            "udp@127.0.0.1:30514",
            "localhost:30514",
            "${LOG}",
        ] {
            assert!(is(address, &udp("127.0.0.1:30514")), "{address}");
        }
        assert!(is("[::1]:30514", &udp("[::1]:30514")) && is("127.0.0.1", &udp("127.0.0.1:514")));
        assert!(is("127.0.0.1:30514", &udp("0.0.0.0:30514")));
        for address in [
            "127.0.0.1",
            "127.0.0.1:30515",
            "192.0.2.1:30514",
            "/dev/log",
            "stdout",
            "ring@x",
        ] {
            assert!(!is(address, &udp("127.0.0.1:30514")), "{address}");
        }
        assert!(
            is("/dev/rhi", &unix)
                && is("unix@/var/lib/haproxy/dev/rhi", &unix)
                && !is("/dev/log", &unix)
        );
    }
}
