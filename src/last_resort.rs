//! The case that no level holds: whether another region serves, or this one is the last. Pure.
//! In come the findings of the siblings' probes.
//! Out goes where the service should stand then, and why.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::condition::{Condition, Probe};
use crate::config::{Service, Siblings};
use crate::observation::{Observation, Snapshot};
use crate::standing::{State, WORDS};
use crate::verdict::{Past, Truth, Verdict};

/// What is known for the case that no level holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastResort {
    /// Clients would reach HAProxy here, if only its error page. Unknown: the address was not looked for yet.
    answers: Truth,
    /// Each sibling's last answer.
    siblings: Vec<Sibling>,
}

/// Whether this is the only region that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alone {
    /// A sibling has not been asked, and none that was is healthy. Without siblings it stays so.
    #[default]
    NotAsked,
    /// A sibling is healthy.
    No,
    /// Every sibling was asked, and none is healthy.
    Yes,
}

/// A sibling's last answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sibling {
    /// What asks it.
    pub probe: Probe,
    /// It is of this NVA's own region.
    pub same_region: bool,
    /// When it was asked; absent: not yet.
    at: Option<Instant>,
    /// When its newest answer was asked for that was healthy, whatever it said since.
    was_healthy: Option<Instant>,
    /// Its route is out, and its servers serve.
    pub healthy: bool,
    /// Until when its return is too recent for its route to be relied upon. It is asked again then.
    settles: Option<Instant>,
    /// The reason.
    pub why: String,
}

impl Sibling {
    /// Since when a sibling that was seen ill is healthy again; absent: it is not. `back`: the same before its last answer.
    fn back(&self, back: Option<Instant>) -> Option<Instant> {
        match self.at {
            Some(at) => back.or(Some(at)).filter(|_| self.healthy),
            None => back,
        }
    }

    /// It was asked, and answered or did not.
    pub fn is_asked(&self) -> bool {
        self.at.is_some()
    }

    /// Its address, and the reason.
    pub fn words(&self) -> String {
        format!("{}: {}", self.probe, self.why)
    }
}

/// What one look says for the case that no level holds. `address`: whether the addresses of the prefixes are on this host.
pub fn last_resort(
    service: &Service,
    siblings: &Siblings,
    address: &Verdict,
    seen: &Observation,
    past: Past<'_>,
) -> LastResort {
    let haproxy_answers = match &seen.haproxy {
        Some(reading) => reading.what.as_ref().is_ok_and(|snapshot| {
            !snapshot
                .process
                .as_ref()
                .is_some_and(|process| process.stopping)
                && service
                    .levels
                    .iter()
                    .all(|level| is_open(&level.when, snapshot))
        }),
        // No condition asks for it.
        None => true,
    };
    let asked = siblings.probes.iter().map(|probe| {
        let reading = seen
            .probes
            .get(probe)
            .filter(|reading| past.is_before(reading.at));
        let why = reading.map_or_else(
            || "not asked yet".to_owned(),
            |reading| match reading.what.doubt() {
                Some(doubt) => format!("{} {doubt}", reading.what.why),
                None => reading.what.why.clone(),
            },
        );
        Sibling {
            probe: probe.clone(),
            same_region: siblings.is_near(probe),
            at: reading.map(|reading| reading.at),
            was_healthy: seen.held.get(probe).copied(),
            healthy: reading.is_some_and(|reading| reading.what.holds == Some(true)),
            settles: None,
            why,
        }
    });
    let answers = if haproxy_answers {
        address.truth
    } else {
        Truth::No
    };
    LastResort {
        answers,
        siblings: asked.collect(),
    }
}

/// No frontend that a condition names is closed: behind a closed one there is not even an error page.
fn is_open(condition: &Condition, snapshot: &Snapshot) -> bool {
    match condition {
        Condition::All(list) | Condition::Any(list) => {
            list.iter().all(|inner| is_open(inner, snapshot))
        }
        Condition::AtLeast(rule) => rule.of.iter().all(|inner| is_open(inner, snapshot)),
        Condition::Frontend(rule) => {
            let proxy = snapshot.proxies.get(rule.name.as_str());
            proxy
                .and_then(|proxy| proxy.frontend.as_deref())
                .is_none_or(|status| status == "OPEN")
        }
        _ => true,
    }
}

/// Siblings that were seen ill, and since when each is healthy again; absent: it is not. One that was never seen ill is
/// not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Returns(BTreeMap<Probe, Option<Instant>>);

impl Returns {
    /// Takes each sibling's last answer.
    pub fn take(&mut self, resort: &LastResort) {
        for sibling in resort
            .siblings
            .iter()
            .filter(|sibling| sibling.at.is_some())
        {
            match self.0.get_mut(&sibling.probe) {
                Some(back) => *back = sibling.back(*back),
                None if sibling.healthy => {}
                None => drop(self.0.insert(sibling.probe.clone(), None)),
            }
        }
    }
}

/// How often in a row all siblings were asked and none was healthy: one lost answer makes no region the last one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ill {
    words: u32,
    /// When the newest answer of these was asked for.
    newest: Option<Instant>,
}

impl Ill {
    /// Takes what is known of the siblings. It counts if all were asked after the newest answer that has counted.
    pub fn take(&mut self, resort: &LastResort) {
        if resort.alone() != Alone::Yes || self.is_over(resort) {
            *self = Self::default();
        }
        let is_asked = |newest| resort.was_asked_since(newest);
        if resort.alone() == Alone::Yes && self.newest.is_none_or(is_asked) {
            self.words = self.words.saturating_add(1);
            self.newest = resort.newest();
        }
    }

    /// A sibling was healthy since. Two of its answers may come between two looks.
    fn is_over(&self, resort: &LastResort) -> bool {
        let siblings = resort.siblings.iter();
        let newest = siblings.filter_map(|sibling| sibling.was_healthy).max();
        newest > self.newest
    }

    /// No sibling was healthy often enough in a row.
    pub fn is_sure(&self) -> bool {
        self.words >= WORDS
    }
}

impl LastResort {
    /// Whether this is the only region that is left.
    pub fn alone(&self) -> Alone {
        if self.siblings.iter().any(|sibling| sibling.healthy) {
            Alone::No
        } else if self.siblings.iter().all(|sibling| sibling.at.is_some()) {
            Alone::Yes
        } else {
            Alone::NotAsked
        }
    }

    /// Each sibling's last answer.
    pub fn siblings(&self) -> &[Sibling] {
        &self.siblings
    }

    /// Every sibling was asked after this.
    pub fn was_asked_since(&self, since: Instant) -> bool {
        self.siblings
            .iter()
            .all(|sibling| sibling.at.is_some_and(|at| at > since))
    }

    /// A sibling that was asked after this is healthy, and not only just now.
    pub fn is_trusted_since(&self, since: Instant) -> bool {
        let mut asked = self
            .siblings
            .iter()
            .filter(|sibling| sibling.at.is_some_and(|at| at > since));
        asked.any(|sibling| sibling.healthy && sibling.settles.is_none())
    }

    /// Clients may reach HAProxy here, if only its error page.
    pub fn may_answer(&self) -> bool {
        self.answers != Truth::No
    }

    /// When the newest answer was asked for.
    pub fn newest(&self) -> Option<Instant> {
        self.siblings.iter().filter_map(|sibling| sibling.at).max()
    }

    /// When to ask a healthy sibling again whose return is too recent: that answer is trusted. Absent: there is none.
    pub fn settles(&self) -> Option<Instant> {
        self.siblings
            .iter()
            .filter(|sibling| sibling.healthy)
            .filter_map(|sibling| sibling.settles)
            .min()
    }

    /// Marks siblings that came back lately, and those of this region, whose servers are the ones that are gone since
    /// `lost`: they may not know it yet. A sibling is trusted by an answer that was asked for after the pause.
    pub fn settle(&mut self, returns: &Returns, lost: Option<Instant>, pause: Duration) {
        for sibling in &mut self.siblings {
            let back = returns
                .0
                .get(&sibling.probe)
                .and_then(|back| sibling.back(*back));
            let lost = lost.filter(|_| sibling.same_region);
            let until = back.max(lost).map(|since| since + pause);
            sibling.settles = until.filter(|until| sibling.at.is_none_or(|at| at < *until));
        }
    }

    /// Where a service without a level should stand, and the siblings' part in it; absent: it cannot be told yet. It
    /// stands at `from` now; answers count that were asked for after `since`, absent: none counts yet.
    ///
    /// A route that may be out is never withdrawn on an old answer: a service that leaves its levels becomes the last
    /// resort first, which moves the clients just as well, and is withdrawn when a sibling that was asked afterwards is
    /// healthy. Nor on the first answer of a sibling that comes back: its page may be ahead of its route, and the longer
    /// path does no harm meanwhile. Nor because an address was not looked for yet.
    pub fn state(&self, from: State, since: Option<Instant>) -> (Option<State>, String) {
        let last = Some(State::LastStanding);
        if self.answers == Truth::No {
            return (Some(State::Down), String::new());
        }
        let counts = |sibling: &&Sibling| {
            from == State::Down
                || since.is_some_and(|since| sibling.at.is_some_and(|at| at > since))
        };
        let healthy = || {
            self.siblings
                .iter()
                .filter(counts)
                .filter(|sibling| sibling.healthy)
        };
        let best = healthy()
            .find(|sibling| sibling.settles.is_none())
            .or_else(|| healthy().next());
        let asked = self
            .siblings
            .iter()
            .all(|sibling| sibling.at.is_some() && counts(&sibling));
        let being_asked = || "the siblings are being asked".to_owned();
        match (from, best) {
            (State::Level(_), _) => (last, being_asked()),
            (State::LastStanding | State::NotYetKnown, Some(sibling))
                if sibling.settles.is_some() =>
            {
                let why = match sibling.same_region {
                    true => "a sibling of this region has time to notice that the servers are gone",
                    false => "a sibling is back, and its route given time to arrive",
                };
                (last, format!("{why}: {}", sibling.words()))
            }
            (_, Some(sibling)) => (
                Some(State::Down),
                format!("a sibling is healthy: {}", sibling.words()),
            ),
            (State::LastStanding, None) if !asked => (last, being_asked()),
            (_, None) if !asked => (None, self.words()),
            (State::NotYetKnown | State::Down, None) if self.answers == Truth::Unknown => {
                (None, "the address was not looked for yet".to_owned())
            }
            (_, None) => (
                last,
                format!("no sibling is known to be healthy: {}", self.words()),
            ),
        }
    }

    fn words(&self) -> String {
        let words: Vec<String> = self.siblings.iter().map(Sibling::words).collect();
        words.join("; ")
    }
}
