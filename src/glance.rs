//! What one look says of a service, without its history. Pure.
//! In come a service's configuration and an observation.
//! Out goes the level that should be in force, and why.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::condition::{Condition, Probe};
use crate::config::{Service, Siblings};
use crate::observation::{Observation, Snapshot};
use crate::verdict::{Past, Truth, Verdict, all, verdict};

/// Readings in a row in which no sibling is healthy, each of newer words, after which a region that had left serves again:
/// a page that is late once or twice does not bring a withdrawn route back.
pub const WORDS: u32 = 3;

/// Where a service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not known since the start: nothing is said of its routes yet.
    NotYetKnown,
    /// The best level is in force, and a route is out that is preferred to that of siblings that are silent.
    Takeover,
    /// The level in force, from 0, the best.
    Level(usize),
    /// No level's condition holds, and no sibling is known to be healthy: the route stays out as the last resort.
    LastStanding,
    /// No level's condition holds.
    Down,
}

impl Standing {
    /// Lower is better.
    pub fn rank(self) -> usize {
        match self {
            Self::Takeover => 0,
            Self::Level(index) => index,
            Self::LastStanding => usize::MAX - 2,
            Self::Down => usize::MAX - 1,
            // From here every way leads up, but `Down` at once: a service that was never up has nothing to lose.
            Self::NotYetKnown => usize::MAX,
        }
    }

    /// Readings in a row that lead to it from a worse one.
    pub fn rise(self, service: &Service) -> u32 {
        match self {
            Self::Level(index) => service
                .levels
                .get(index)
                .map_or(service.rise, |level| level.rise),
            Self::LastStanding => service.rise.max(WORDS),
            Self::Takeover | Self::Down | Self::NotYetKnown => service.rise,
        }
    }

    /// Readings in a row that lead from it to a worse one.
    pub fn fall(self, service: &Service) -> u32 {
        match self {
            Self::Level(index) => service
                .levels
                .get(index)
                .map_or(service.fall, |level| level.fall),
            _ => service.fall,
        }
    }
}

/// What one look says of a service, without its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// The level that should be in force, or `Down`; absent: it cannot be told.
    pub target: Option<Standing>,
    /// The best level that is known to hold whatever the unknown ones are; `Down` where there is none.
    pub certain: Standing,
    /// A worse level by an operator's wish.
    pub wish: bool,
    /// In words and figures.
    pub why: String,
    /// Each level's own verdict, best first.
    pub levels: Vec<Verdict>,
    /// What is known for the case that no level holds; absent where no siblings are configured.
    pub last_resort: Option<LastResort>,
}

/// What is known for the case that no level holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastResort {
    /// Clients would reach HAProxy here, if only its error page. Unknown: the address was not looked for yet.
    answers: Truth,
    /// Each sibling's last word.
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

#[derive(Debug, Clone, PartialEq, Eq)]
struct Sibling {
    probe: Probe,
    /// When it was asked; absent: not yet.
    at: Option<Instant>,
    healthy: bool,
    /// Until when its return is too recent for its route to be relied upon. It is asked again then.
    settles: Option<Instant>,
    why: String,
}

impl Sibling {
    /// Since when it is healthy again that was seen ill, and was then so since `back`; absent: it is not.
    fn back(&self, back: Option<Instant>) -> Option<Instant> {
        match self.at {
            Some(at) => back.or(Some(at)).filter(|_| self.healthy),
            None => back,
        }
    }

    fn words(&self) -> String {
        format!("{}: {}", self.probe, self.why)
    }
}

impl Glance {
    /// Where the service would stand that was seen like this for ever, and the siblings' part in it.
    pub fn settled(&self, now: Instant) -> (Option<Standing>, String) {
        match (self.target, &self.last_resort) {
            (Some(Standing::Down), Some(resort)) => resort.standing(Standing::Down, Some(now)),
            (target, _) => (target, String::new()),
        }
    }
}

/// Looks at one service without its history.
pub fn glance(service: &Service, seen: &Observation, past: Past<'_>) -> Glance {
    let address = addresses(service, seen);
    let levels: Vec<Verdict> = service
        .levels
        .iter()
        .map(|level| with_address(&address, verdict(&level.when, seen, past)))
        .collect();
    let first_unknown = levels
        .iter()
        .position(|level| level.truth == Truth::Unknown);
    let first_yes = levels.iter().position(|level| level.truth == Truth::Yes);
    let certain = first_yes.map_or(Standing::Down, Standing::Level);
    let decisive = match (first_unknown, first_yes) {
        (Some(unknown), yes) if yes.is_none_or(|yes| unknown < yes) => unknown,
        (_, Some(yes)) => yes,
        // Nothing holds: the last level asks for least, so its reason says most.
        (_, None) => levels.len().saturating_sub(1),
    };
    let told = levels.get(decisive);
    let target = match told.map(|level| level.truth) {
        Some(Truth::Unknown) => None,
        Some(Truth::Yes) => Some(Standing::Level(decisive)),
        _ => Some(Standing::Down),
    };
    // What the level above did not hold for is why a worse one is in force.
    let above = decisive
        .checked_sub(1)
        .and_then(|index| levels.get(index))
        .filter(|_| target != Some(Standing::Down));
    let wish = levels
        .iter()
        .take(decisive + 1)
        .any(|level| level.truth == Truth::No && level.wish);
    let why = above
        .or(told)
        .map(|level| level.why.clone())
        .unwrap_or_default();
    let last_resort = service
        .siblings
        .as_ref()
        .map(|siblings| last_resort(service, siblings, &address, seen, past));
    Glance {
        target,
        certain,
        wish,
        why,
        levels,
        last_resort,
    }
}

fn last_resort(
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
    let siblings = siblings.probes.iter().map(|probe| {
        let reading = seen
            .probes
            .get(probe)
            .filter(|reading| past.is_before(reading.at));
        let why = reading.map_or("not asked yet", |reading| reading.what.why.as_str());
        Sibling {
            probe: probe.clone(),
            at: reading.map(|reading| reading.at),
            healthy: reading.is_some_and(|reading| reading.what.holds == Some(true)),
            settles: None,
            why: why.to_owned(),
        }
    });
    let answers = if haproxy_answers {
        address.truth
    } else {
        Truth::No
    };
    LastResort {
        answers,
        siblings: siblings.collect(),
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
    /// Takes each sibling's last word.
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

    /// Each sibling's health, and its reason.
    pub fn siblings(&self) -> impl Iterator<Item = (bool, String)> {
        self.siblings
            .iter()
            .map(|sibling| (sibling.healthy, sibling.words()))
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

    /// When the newest word was asked for.
    pub fn newest(&self) -> Option<Instant> {
        self.siblings.iter().filter_map(|sibling| sibling.at).max()
    }

    /// When a healthy sibling that came back may be asked for the word on which it is trusted; absent: none is too recent.
    pub fn settles(&self) -> Option<Instant> {
        self.siblings
            .iter()
            .filter(|sibling| sibling.healthy)
            .filter_map(|sibling| sibling.settles)
            .min()
    }

    /// Takes into account which siblings came back lately, by this word or before it. One is trusted by a word that was asked for after the pause.
    pub fn settle(&mut self, returns: &Returns, pause: Duration) {
        for sibling in &mut self.siblings {
            let back = returns
                .0
                .get(&sibling.probe)
                .and_then(|back| sibling.back(*back));
            let until = back.map(|back| back + pause);
            sibling.settles = until.filter(|until| sibling.at.is_none_or(|at| at < *until));
        }
    }

    /// Where a service should stand that has no level, and the siblings' part in it; absent: it cannot be told yet. It
    /// stands at `from` now; words count that were asked for after `since`, absent: none does yet.
    ///
    /// A route is never withdrawn on an old word, from any standing under which something may be out: a service that
    /// leaves its levels becomes the last resort first, which moves the clients just as well, and is withdrawn when a
    /// sibling that was asked afterwards is healthy. Nor on the first word of a sibling that comes back: its page may be
    /// ahead of its route, and the longer path does no harm meanwhile. Nor because nobody has looked for an address yet.
    pub fn standing(&self, from: Standing, since: Option<Instant>) -> (Option<Standing>, String) {
        let last = Some(Standing::LastStanding);
        if self.answers == Truth::No {
            return (Some(Standing::Down), String::new());
        }
        let counts = |sibling: &&Sibling| {
            from == Standing::Down
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
            (Standing::Level(_), _) => (last, being_asked()),
            (Standing::LastStanding | Standing::NotYetKnown, Some(sibling))
                if sibling.settles.is_some() =>
            {
                (
                    last,
                    format!(
                        "a sibling is back, and its route given time to arrive: {}",
                        sibling.words()
                    ),
                )
            }
            (_, Some(sibling)) => (
                Some(Standing::Down),
                format!("a sibling is healthy: {}", sibling.words()),
            ),
            (Standing::LastStanding, None) if !asked => (last, being_asked()),
            (_, None) if !asked => (None, self.words()),
            (Standing::NotYetKnown | Standing::Down, None) if self.answers == Truth::Unknown => {
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

/// The condition that every host prefix implies: its address is on this host.
fn addresses(service: &Service, seen: &Observation) -> Verdict {
    let hosts = service
        .prefixes
        .iter()
        .filter_map(|(prefix, _)| prefix.host())
        .filter(|_| service.require_address);
    all(hosts
        .map(|address| match seen.addresses.get(&address) {
            Some(Ok(true)) => Verdict::new(Truth::Yes, String::new()),
            Some(Ok(false)) => {
                Verdict::new(Truth::No, format!("address {address} is not on this host"))
            }
            Some(Err(why)) => Verdict::new(
                Truth::Unknown,
                format!("cannot tell whether address {address} is on this host: {why}"),
            ),
            None => Verdict::new(
                Truth::Unknown,
                format!("address {address} was not looked for yet"),
            ),
        })
        .collect())
}

fn with_address(address: &Verdict, level: Verdict) -> Verdict {
    if address.truth == Truth::Yes {
        level
    } else {
        all(vec![address.clone(), level])
    }
}
