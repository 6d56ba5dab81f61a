//! Raises `haproxy`: the checks that need more than one of its keys.

use std::path::PathBuf;
use std::time::Duration;

use super::fault::{Fault, fault};
use super::file::HaproxyFile;
use super::haproxy::{EventsAddress, Haproxy, Socket, Stats, StatsAddress, Trust};
use super::locate::Place;
use crate::value::Span;

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn raise_haproxy(mut file: HaproxyFile, place: &Place) -> Result<Haproxy, Fault> {
    let between = |key: &str, value: Span, low: Duration, high: Duration, words: &str| {
        let value = value.get();
        if (low..=high).contains(&value) {
            return Ok(value);
        }
        let what = format!("{key} is out of range; write {words}");
        fault(place.key(key), what)
    };
    let interval = between("interval", file.interval, 10 * MS, HOUR, "10ms to 1h")?;
    let fast = between(
        "fast_interval",
        file.fast_interval,
        10 * MS,
        HOUR,
        "10ms to 1h",
    )?;
    let timeout = between("timeout", file.timeout, MS, 60_000 * MS, "1ms to 60s")?;
    if fast > interval {
        return fault(
            place.key("fast_interval"),
            "fast_interval is longer than interval; make it shorter, or equal",
        );
    }
    let stats = raise_stats(&mut file, place)?;
    not_of_haproxy(file.events.as_ref(), &stats, file.control.as_ref(), place)?;
    if file.status_variable.is_some() && file.control.is_none() {
        return fault(
            place.key("status_variable"),
            "without control nobody could set this variable; add \"control\": \"/run/haproxy/control.sock\", or leave it out",
        );
    }
    let remember = between(
        "remember",
        file.remember,
        Duration::ZERO,
        24 * HOUR,
        "0s to 1d",
    )?;
    Ok(Haproxy {
        stats,
        events: file.events,
        control: file.control,
        status_variable: file.status_variable,
        interval,
        fast_interval: fast,
        timeout,
        remember,
    })
}

fn raise_stats(file: &mut HaproxyFile, place: &Place) -> Result<Stats, Fault> {
    let stats = file.stats.take();
    let is_https =
        matches!(&stats, Some(StatsAddress::Page(url)) if url.as_str().starts_with("https:"));
    let trust = trust(file, is_https, place)?;
    let (user, password) = (file.username.take(), file.password_file.take());
    let (user, password) = (user, password.map(|path| path.as_path().to_owned()));
    match stats {
        Some(StatsAddress::Page(url)) => Ok(Stats::Page {
            url,
            login: login(user, password, place)?,
            trust,
        }),
        Some(StatsAddress::Socket(socket)) => {
            no_login(user.is_some(), password.is_some(), place)?;
            Ok(Stats::Socket(socket))
        }
        None => {
            no_login(user.is_some(), password.is_some(), place)?;
            Ok(Stats::Socket(Socket::default()))
        }
    }
}

fn trust(file: &mut HaproxyFile, is_https: bool, place: &Place) -> Result<Trust, Fault> {
    let key = match (file.tls_verify, &file.tls_ca_file) {
        (Some(_), _) => Some("tls_verify"),
        (None, Some(_)) => Some("tls_ca_file"),
        (None, None) => None,
    };
    if let Some(key) = key.filter(|_| !is_https) {
        return fault(
            place.key(key),
            "only a stats page of https:// has a certificate; remove this key",
        );
    }
    let authorities = file.tls_ca_file.take();
    Ok(Trust {
        verify: file.tls_verify.unwrap_or(true),
        authorities: authorities.map(|path| path.as_path().to_owned()),
    })
}

/// The login of a stats page: a user and a password, or neither.
fn login(
    user: Option<String>,
    password: Option<PathBuf>,
    place: &Place,
) -> Result<Option<(String, PathBuf)>, Fault> {
    match (user, password) {
        (Some(user), Some(_)) if user.contains(':') || user.chars().any(char::is_control) => fault(
            place.key("username"),
            "a user name for basic authentication has no ':' and no control characters",
        ),
        (Some(_), None) => fault(
            place.key("username"),
            "a user without a password; name the file that holds it in password_file",
        ),
        (None, Some(_)) => fault(
            place.key("password_file"),
            "a password without a user; name it in username",
        ),
        (user, password) => Ok(user.zip(password)),
    }
}

/// A stats socket asks for no login.
fn no_login(has_user: bool, has_password: bool, place: &Place) -> Result<(), Fault> {
    let (key, asks_for) = match (has_user, has_password) {
        (true, _) => ("username", "a user"),
        (_, true) => ("password_file", "a password"),
        (false, false) => return Ok(()),
    };
    let what = format!(
        "only a stats page asks for {asks_for}; remove this key (a socket has its permissions)"
    );
    fault(place.key(key), what)
}

/// Refuses a socket of HAProxy's as `events`: that socket is replaced by one of this process.
fn not_of_haproxy(
    events: Option<&EventsAddress>,
    stats: &Stats,
    control: Option<&Socket>,
    place: &Place,
) -> Result<(), Fault> {
    let Some(EventsAddress::Unix(path)) = events else {
        return Ok(());
    };
    let is_it = |other: &Socket| matches!(other, Socket::Unix(other) if other == path.as_path());
    let sockets = [("stats", stats.socket()), ("control", control)];
    match sockets
        .into_iter()
        .find(|(_, socket)| socket.is_some_and(is_it))
    {
        None => Ok(()),
        Some((key, _)) => fault(
            place.key("events"),
            format!(
                "'{}' is the socket of {key}; HAProxy answers commands there: give events a path of its own, such as /run/haproxy/events.sock",
                path.as_path().display()
            ),
        ),
    }
}
