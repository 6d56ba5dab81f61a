//! What the process works with, as the status file shows it. Pure.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::shape::{Fault, Means};
use crate::config::Config;
use crate::means::Account;
use crate::observation::Observation;
use crate::report::history::History;
use crate::report::moment::Clock;

/// HAProxy's log line may come this much after the look that sees a server down, or before it, where HAProxy is slow to
/// answer.
const LATE: Duration = Duration::from_secs(5);
const EARLY: Duration = Duration::from_secs(60);

/// The means by their accounts, and the siblings by their last answers.
pub fn means(
    accounts: Vec<(&'static str, Account)>,
    (config, seen): (Option<&Config>, Option<&Observation>),
    history: &mut History,
    clock: &Clock,
    now: Instant,
) -> Vec<Means> {
    let fell = history.fell();
    let of = |(name, account): (&str, Account)| {
        let unheard = (name == "events")
            .then(|| unheard(&account, fell, now))
            .flatten();
        Means {
            name: name.to_owned(),
            fault: account
                .fault
                .or(unheard)
                .map(|fault| Fault::of(fault, clock)),
            place: account.place,
            uses: Some(account.uses),
            last_use: account.last.map(|at| clock.at(at)),
        }
    };
    let mut all: Vec<Means> = accounts.into_iter().map(of).collect();
    if let (Some(config), Some(seen)) = (config, seen) {
        all.extend(siblings(config, seen, history, clock));
    }
    all
}

/// The fault of a server that went down while no log line of HAProxy's came here.
fn unheard(account: &Account, fell: Option<Instant>, now: Instant) -> Option<(Instant, String)> {
    let fell = fell.filter(|fell| *fell > account.since && now > *fell + LATE)?;
    let heard = account.last.is_some_and(|last| last + EARLY > fell);
    (!heard).then(|| (fell, UNHEARD.to_owned()))
}

const UNHEARD: &str = "a server went down, and HAProxy logged nothing here: haproxy.cfg must have 'log <this address> format raw \
                       local0 notice' in global and 'log global' in the backend; until then changes are seen at the next look only";

/// Each sibling once, whatever services ask it.
fn siblings(
    config: &Config,
    seen: &Observation,
    history: &mut History,
    clock: &Clock,
) -> Vec<Means> {
    let of_services = config
        .services
        .iter()
        .filter_map(|service| service.siblings.as_ref());
    let probes: BTreeSet<_> = of_services.flat_map(|siblings| &siblings.probes).collect();
    let mut all = Vec::new();
    for (probe, reading) in probes
        .into_iter()
        .filter_map(|probe| Some((probe, seen.probes.get(probe)?)))
    {
        let healthy = reading.what.holds == Some(true);
        let since = history.answered(probe, healthy, reading.at);
        all.push(Means {
            name: "sibling".to_owned(),
            place: probe.to_string(),
            uses: None,
            last_use: Some(clock.at(reading.at)),
            fault: (!healthy).then(|| Fault::of((since, reading.what.why.clone()), clock)),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(since: Instant, last: Option<Instant>) -> Account {
        Account {
            place: "127.0.0.1:30514".to_owned(),
            since,
            uses: 0,
            last,
            fault: None,
        }
    }

    #[test]
    fn a_server_that_fell_without_a_word_is_a_fault_of_the_events() {
        let start = Instant::now() + Duration::from_secs(1000);
        let at = |seconds| start + Duration::from_secs(seconds);
        let is_unheard = |last: Option<u64>, fell: Option<u64>, now| {
            unheard(&account(start, last.map(at)), fell.map(at), at(now)).is_some()
        };
        assert!(is_unheard(None, Some(100), 106));
        assert!(is_unheard(Some(39), Some(100), 106));
        // Not yet; log line came; no server fell; fell before the socket was open.
        assert!(!is_unheard(None, Some(100), 105));
        assert!(!is_unheard(Some(99), Some(100), 106));
        assert!(!is_unheard(Some(103), Some(100), 106));
        assert!(!is_unheard(None, None, 106));
        assert!(!is_unheard(None, Some(0), 106));
    }
}
