//! What is seen through one watch, and when to look again. Pure: an edge looks, and reports what it saw.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::pace::Pace;
use super::plan::Plan;
use super::variables::Answerer;
use crate::condition::Probe;
use crate::observation::{Answers, Cause, Finding, Look, Observation, Reading, Snapshot, Trouble};

/// How long a sibling is expected to name itself after it has: within this time a page without the name is another
/// host's. No Route Server has a longer hold time.
const NAMED: Duration = Duration::from_secs(180);
/// A probe hangs when it takes so much longer than twice its timeout.
const HUNG: Duration = Duration::from_millis(100);

/// What is to be looked at now.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// HAProxy and the addresses.
    pub look: bool,
    /// Probes that begin.
    pub probes: Vec<Probe>,
}

/// What is seen through one watch.
#[derive(Debug)]
pub(super) struct Sight {
    plan: Plan,
    observation: Observation,
    /// The last snapshot and its time, while HAProxy cannot be read.
    before: Option<(Snapshot, Instant)>,
    probers: BTreeMap<Probe, Prober>,
    pace: Pace,
    /// When the newest look that was taken began: of two at the same time, the older may end last.
    newest: Option<Instant>,
    /// A look was taken, and the probes after it have not begun.
    looked: bool,
    /// Since when a decision waits for probes.
    asking: Option<Instant>,
    /// How often what is seen has changed.
    changes: u64,
    /// When another configuration came into force; absent: a look has begun since.
    edited: Option<Instant>,
}

#[derive(Debug, Default)]
struct Prober {
    begun: Option<Instant>,
    /// Its last finding came then.
    ended: Option<Instant>,
    busy: bool,
    /// It hangs, which was reported as one finding.
    hangs: bool,
    /// When a page with the sibling's own name came last.
    named: Option<Instant>,
    /// That its page does not name the sibling is logged.
    doubted: bool,
}

impl Prober {
    /// A page without the name that it had before is another host's, such as that of a proxy in the place of a dead NVA.
    fn own(&mut self, finding: &mut Finding, now: Instant) {
        match finding.is_own {
            Some(true) => self.named = Some(now),
            Some(false) if self.named.is_some_and(|at| now < at + NAMED) => {
                *finding = Finding::silence(format!("another host answers ({})", finding.why));
            }
            Some(false) | None => {}
        }
    }
}

impl Sight {
    /// Of a watch that begins now. What the `earlier` one saw, and the plan still asks for, stays known until it is
    /// seen anew.
    pub fn new(plan: Plan, earlier: Option<Self>, now: Instant) -> Self {
        let probers = plan
            .probed()
            .into_iter()
            .map(|probe| (probe.clone(), Prober::default()))
            .collect();
        let pace = Pace::new(
            plan.haproxy.interval,
            plan.haproxy.fast_interval,
            plan.haproxy.timeout,
            now,
        );
        let mut sight = Self {
            plan,
            observation: Observation::default(),
            before: None,
            probers,
            pace,
            newest: None,
            looked: false,
            asking: None,
            changes: 0,
            edited: earlier.is_some().then_some(now),
        };
        earlier
            .into_iter()
            .for_each(|earlier| sight.inherit(earlier));
        sight
    }

    fn inherit(&mut self, earlier: Self) {
        self.changes = earlier.changes + 1;
        let Observation {
            haproxy,
            addresses,
            mut probes,
            mut held,
            mut answers,
            out,
        } = earlier.observation;
        probes.retain(|probe, _| self.probers.contains_key(probe));
        held.retain(|probe, _| self.probers.contains_key(probe));
        answers.retain(|probe, _| self.plan.questions.contains_key(probe));
        for (probe, prober) in &mut self.probers {
            if let Some(known) = earlier.probers.get(probe) {
                (prober.named, prober.doubted) = (known.named, known.doubted);
            }
        }
        (self.observation.probes, self.observation.held) = (probes, held);
        self.observation.answers = answers;
        self.observation.addresses = addresses;
        if earlier.plan.haproxy.stats == self.plan.haproxy.stats {
            (self.observation.haproxy, self.observation.out) = (haproxy, out);
            self.before = earlier.before;
        }
    }

    /// What is watched.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was seen last.
    pub fn seen(&self) -> &Observation {
        &self.observation
    }

    /// How often what is seen has changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The process of HAProxy that answered last.
    pub fn answerer(&self) -> Option<Answerer> {
        if self.plan.proxies.is_empty() {
            return self.newest.map(|_| Answerer::Unnamed);
        }
        let snapshot = self.observation.haproxy.as_ref()?.what.as_ref().ok()?;
        let process = snapshot.process.as_ref();
        Some(process.map_or(Answerer::Unnamed, |process| Answerer::Pid(process.pid)))
    }

    /// Another configuration is in force: it is looked at anew soon.
    pub fn edit(&mut self, now: Instant) {
        self.edited = Some(now);
        self.pace.wake();
    }

    /// What was seen is older than the configuration: a service that is new in it is not judged on that.
    pub fn is_older(&self) -> bool {
        self.edited.is_some()
    }

    /// Takes a look. False: a newer one was taken already.
    pub fn looked(&mut self, mut look: Look) -> bool {
        match look.cause {
            Cause::Poll => self.pace.done(),
            Cause::Event | Cause::End => self.pace.stirred(look.at),
        }
        if self.newest.is_some_and(|newest| look.at < newest) {
            return false;
        }
        self.newest = Some(look.at);
        self.edited.take_if(|at| *at <= look.at);
        self.looked = true;
        self.changes += u64::from(self.differs(&look));
        self.remember(&mut look);
        self.observation.take(look);
        true
    }

    /// The look differs from the last one, HAProxy's uptime aside.
    fn differs(&self, look: &Look) -> bool {
        let before = self
            .observation
            .haproxy
            .as_ref()
            .map(|reading| &reading.what);
        let says_the_same = match (before, &look.haproxy) {
            (Some(Ok(before)), Some(Ok(now))) => before.says_the_same(now),
            (before, now) => before == now.as_ref(),
        };
        !says_the_same || self.observation.addresses != look.addresses
    }

    /// Fills in what an earlier process of HAProxy knew of servers that this one has not checked yet.
    fn remember(&mut self, look: &mut Look) {
        let Some(before) = self.last_snapshot() else {
            return;
        };
        if let Some(Ok(snapshot)) = &mut look.haproxy {
            snapshot.remember((&before.0, before.1), self.plan.haproxy.remember, look.at);
        }
        // What is read now is remembered from now on; a process that is stopping knows nothing new.
        if !matches!(&look.haproxy, Some(Ok(snapshot)) if !snapshot.is_frozen()) {
            self.before = Some(before);
        }
    }

    /// Takes out the last snapshot, and the time of its look.
    fn last_snapshot(&mut self) -> Option<(Snapshot, Instant)> {
        match self.observation.haproxy.take() {
            Some(Reading {
                at,
                what: Ok(snapshot),
            }) if !snapshot.is_frozen() => Some((snapshot, at)),
            other => {
                self.observation.haproxy = other;
                self.before.take()
            }
        }
    }

    /// When the newest finding that holds came, of these probes.
    pub fn newest_that_holds(&self, probes: &[Probe]) -> Option<Instant> {
        let holds = |probe: &&Probe| {
            self.observation
                .probes
                .get(*probe)
                .is_some_and(|reading| reading.what.holds == Some(true))
        };
        probes
            .iter()
            .filter(holds)
            .filter_map(|probe| self.probers.get(probe)?.ended)
            .max()
    }

    /// Why a sibling's newest answer may be another host's, if that is news.
    pub fn doubt(&mut self, probe: &Probe) -> Option<String> {
        let finding = &self.observation.probes.get(probe)?.what;
        let prober = self.probers.get_mut(probe)?;
        let doubt = finding.doubt();
        // A page that fails, or is silent, has no name to speak of.
        if finding.holds == Some(true) {
            let is_known = std::mem::replace(&mut prober.doubted, doubt.is_some());
            return doubt.filter(|_| !is_known);
        }
        None
    }

    /// Takes a probe's finding. True: it differs from the one before, and is to be judged now. The next look may take
    /// so long that another finding replaces this one.
    pub fn probed(&mut self, probe: Probe, mut reading: Reading<Finding>, now: Instant) -> bool {
        let Some(prober) = self.probers.get_mut(&probe) else {
            return false;
        };
        (prober.busy, prober.hangs, prober.ended) = (false, false, Some(now));
        prober.own(&mut reading.what, now);
        let asked = prober.begun.unwrap_or(reading.at);
        let mut is_news = false;
        if self.plan.questions.contains_key(&probe) {
            let answers = self.observation.answers.entry(probe.clone());
            is_news = answers.or_insert_with(|| Answers::asked(asked)).take(
                asked,
                &reading.what,
                probe.timeout(),
                now,
            );
        }
        let (holds, is_asked) = (reading.what.holds, self.plan.probes.contains(&probe));
        let before = self.found(probe, reading);
        if !is_asked {
            return is_news && self.newest.is_some();
        }
        let says_otherwise = before.is_none_or(|before| before.what.holds != holds);
        if self.asking.is_some() || says_otherwise {
            self.pace.wake();
        }
        (says_otherwise || is_news) && self.newest.is_some()
    }

    /// Remembers what a probe found. What it found before is returned.
    fn found(&mut self, probe: Probe, reading: Reading<Finding>) -> Option<Reading<Finding>> {
        let known = self.observation.probes.get(&probe);
        let is_new = known.is_none_or(|known| known.what != reading.what);
        self.changes += u64::from(is_new);
        self.observation.found(probe, reading)
    }

    /// If the look under way hangs, HAProxy counts as unreadable. True once an interval, which is when to judge.
    pub fn hangs(&mut self, now: Instant) -> bool {
        let hangs = self.pace.hangs(now);
        self.looked |= hangs;
        if hangs && !self.plan.proxies.is_empty() {
            self.changes += 1;
            self.before = self.last_snapshot();
            let why = format!(
                "a look has not ended for {} ms",
                self.pace.busy_for(now).as_millis()
            );
            self.observation.haproxy = Some(Reading {
                at: now,
                what: Err(Trouble::Unreadable(why)),
            });
        }
        hangs
    }

    /// What is due. `wanted`: a look is wanted at that time, whatever the pace says.
    ///
    /// Probes begin after a look has been judged, not beside it: HAProxy's state goes first. While a decision waits
    /// for probes (`asking`), they begin at once, and each finding is judged at once.
    pub fn due(
        &mut self,
        pending: bool,
        asking: bool,
        wanted: Option<Instant>,
        now: Instant,
    ) -> Due {
        self.asking = asking.then(|| self.asking.unwrap_or(now));
        let mut due = Due {
            probes: self.questions(now),
            ..Due::default()
        };
        if std::mem::take(&mut self.looked) || asking {
            due.probes.extend(self.probes(now));
        }
        if self.pace.due(pending, wanted, now) {
            self.pace.begun(now);
            due.look = true;
        }
        due
    }

    /// Probes that are not running and did not start just now. One that hangs (a hung file system, a process that
    /// cannot be killed) is one unknown finding, however long that lasts.
    fn probes(&mut self, now: Instant) -> Vec<Probe> {
        for (probe, prober) in self
            .probers
            .iter_mut()
            .filter(|(_, prober)| prober.busy && !prober.hangs)
        {
            let taken = prober
                .begun
                .map_or(Duration::ZERO, |begun| now.saturating_duration_since(begun));
            if taken >= probe.timeout() * 2 + HUNG {
                prober.hangs = true;
                let why = format!("has not ended for {} s", taken.as_secs().max(1));
                let reading = Reading {
                    at: now,
                    what: Finding::new(None, why),
                };
                if self.plan.questions.contains_key(probe) {
                    let answers = self.observation.answers.entry(probe.clone());
                    answers.or_insert_with(|| Answers::asked(now)).take(
                        now,
                        &reading.what,
                        probe.timeout(),
                        now,
                    );
                }
                let before = self.observation.found(probe.clone(), reading);
                if before.is_none_or(|before| before.what.holds.is_some()) {
                    self.pace.wake();
                }
            }
        }
        let pause = self.plan.haproxy.fast_interval / 2;
        // A decision that waits needs a finding of a probe that began after the wait did.
        let rested = |begun: Instant| {
            now.saturating_duration_since(begun) >= pause
                || self.asking.is_some_and(|since| begun < since)
        };
        // A takeover's questions have a pace of their own: they begin here only while a decision waits for them.
        let (plan, asking) = (&self.plan, self.asking.is_some());
        let is_due = |probe: &Probe| {
            plan.probes.contains(probe) && (asking || !plan.questions.contains_key(probe))
        };
        let mut begun = Vec::new();
        let probers = self.probers.iter_mut().filter(|(probe, _)| is_due(probe));
        for (probe, prober) in probers {
            if !prober.busy && prober.begun.is_none_or(rested) {
                (prober.busy, prober.begun) = (true, Some(now));
                begun.push(probe.clone());
            }
        }
        begun
    }

    /// A takeover's questions that are due.
    fn questions(&mut self, now: Instant) -> Vec<Probe> {
        let mut begun = Vec::new();
        for (probe, every) in &self.plan.questions {
            let Some(prober) = self.probers.get_mut(probe).filter(|prober| !prober.busy) else {
                continue;
            };
            if prober.begun.is_none_or(|begun| now >= begun + *every) {
                (prober.busy, prober.begun) = (true, Some(now));
                begun.push(probe.clone());
            }
        }
        begun
    }

    /// When something is due next, or a look hangs.
    pub fn deadline(&self, pending: bool, wanted: Option<Instant>) -> Instant {
        let asked = self.plan.questions.iter().filter_map(|(probe, every)| {
            let prober = self.probers.get(probe).filter(|prober| !prober.busy)?;
            Some(prober.begun? + *every)
        });
        asked.fold(self.pace.deadline(pending, wanted), Instant::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_the_name_that_it_had_is_another_hosts() {
        let start = Instant::now();
        let mut prober = Prober::default();
        let mut is_silence = |is_own: Option<bool>, seconds: u64| {
            let mut finding = Finding {
                is_own,
                ..Finding::new(Some(true), "status 200")
            };
            prober.own(&mut finding, start + Duration::from_secs(seconds));
            assert_eq!(finding.holds, Some(!finding.is_silence));
            finding.is_silence
        };
        // It has never had one.
        assert!(!is_silence(Some(false), 0));
        assert!(!is_silence(Some(true), 1));
        assert!(is_silence(Some(false), 2));
        assert!(is_silence(Some(false), 180));
        // A refused connection is no page, and a page that has none for so long is another one.
        assert!(!is_silence(None, 180));
        assert!(!is_silence(Some(false), 181));
    }
}
