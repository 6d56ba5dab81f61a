//! The watch: when to look, and what was seen last.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::look::{Cause, Look, Looker, followed, run};
use super::probe::Running;
use super::{Pace, Plan};
use crate::condition::Probe;
use crate::observation::{Finding, Observation, Reading, Trouble};

/// What the watch reports to the main loop.
#[derive(Debug)]
pub enum Sight {
    /// A look is done.
    Looked(Look),
    /// A probe is done.
    Probed(Probe, Reading<Finding>),
}

/// The watch: when to look, and what was seen last.
#[derive(Debug)]
pub struct Watch {
    plan: Plan,
    looker: Arc<Looker>,
    /// To the thread that polls.
    orders: SyncSender<()>,
    probes: BTreeMap<Probe, Prober>,
    observation: Observation,
    followed: BTreeSet<String>,
    pace: Pace,
    /// The newest look of all that were taken began then: of two at the same time, the older may end last.
    newest: Option<Instant>,
    /// A look was judged, and the probes of it have not begun.
    looked: bool,
    /// Since when somebody waits for a probe.
    asking: Option<Instant>,
}

#[derive(Debug)]
struct Prober {
    orders: SyncSender<()>,
    running: Arc<Running>,
    begun: Option<Instant>,
    busy: bool,
}

impl Watch {
    /// Starts the threads. They end when the watch is dropped.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(
        plan: Plan,
        now: Instant,
        report: impl Fn(Sight) + Send + Sync + Clone + 'static,
    ) -> io::Result<Self> {
        let looker = Arc::new(Looker::new(plan.clone(), report.clone()));
        let (orders, polls) = mpsc::sync_channel::<()>(1);
        let polling = Arc::clone(&looker);
        thread::Builder::new()
            .name("look".to_owned())
            .spawn(move || polls.into_iter().for_each(|()| polling.look(Cause::Poll)))?;
        let mut probes = BTreeMap::new();
        for probe in &plan.probes {
            let probe = probe.clone();
            let (orders, runs) = mpsc::sync_channel::<()>(1);
            let (key, report) = (probe.clone(), report.clone());
            let running = Arc::new(Running::default());
            let own = Arc::clone(&running);
            thread::Builder::new().name("probe".to_owned()).spawn(move || {
                for () in runs {
                    report(Sight::Probed(probe.clone(), run(&probe, &own)));
                }
            })?;
            probes.insert(key, Prober { orders, running, begun: None, busy: false });
        }
        let pace = Pace::new(plan.haproxy.interval, plan.haproxy.fast_interval, plan.haproxy.timeout, now);
        Ok(Self {
            plan,
            looker,
            orders,
            probes,
            observation: Observation::default(),
            followed: BTreeSet::new(),
            pace,
            newest: None,
            looked: false,
            asking: None,
        })
    }

    /// What is watched.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Who looks.
    pub fn looker(&self) -> &Arc<Looker> {
        &self.looker
    }

    /// What was seen last.
    pub fn seen(&self) -> &Observation {
        &self.observation
    }

    /// The process of HAProxy that answered last; 0 where only its stats page is read, which does not say.
    pub fn process(&self) -> Option<u32> {
        let snapshot = self.observation.haproxy.as_ref()?.what.as_ref().ok()?;
        Some(snapshot.process.as_ref().map_or(0, |process| process.pid))
    }

    /// Takes a report. True when a look is complete, which is when to judge.
    pub fn take(&mut self, sight: Sight) -> bool {
        match sight {
            Sight::Looked(look) => {
                match look.cause {
                    Cause::Poll => self.pace.done(),
                    Cause::Event => self.pace.stirred(look.at),
                }
                if self.newest.is_some_and(|newest| look.at < newest) {
                    return false;
                }
                self.newest = Some(look.at);
                self.looked = true;
                let followed = followed(&look, &self.plan);
                if followed != self.followed {
                    self.looker.follow(&followed);
                    self.followed = followed;
                    self.pace.wake();
                }
                self.observation.take(look);
                true
            }
            Sight::Probed(probe, reading) => {
                if let Some(prober) = self.probes.get_mut(&probe) {
                    prober.busy = false;
                    let before = self.observation.probes.insert(probe, reading.clone());
                    if self.asking.is_some()
                        || before.is_none_or(|before| before.what.holds != reading.what.holds)
                    {
                        self.pace.wake();
                    }
                }
                false
            }
        }
    }

    /// A look hangs: HAProxy is now known to be unreadable. True once an interval, which is when to judge.
    pub fn hangs(&mut self, now: Instant) -> bool {
        let hangs = self.pace.hangs(now);
        self.looked |= hangs;
        if hangs && !self.plan.proxies.is_empty() {
            let why = format!("a look has not ended for {} ms", self.pace.busy_for(now).as_millis());
            self.observation.haproxy = Some(Reading { at: now, what: Err(Trouble::Unreadable(why)) });
        }
        hangs
    }

    /// Orders what is due.
    ///
    /// Probes begin when a look has been judged, not beside it: what HAProxy says goes first. While somebody waits for one
    /// (`asking`) they begin at once, and each word of theirs is judged at once.
    pub fn schedule(&mut self, pending: bool, asking: bool, now: Instant) {
        self.asking = asking.then(|| self.asking.unwrap_or(now));
        if std::mem::take(&mut self.looked) || asking {
            self.probe(now);
        }
        if self.pace.due(pending, now) && self.orders.try_send(()).is_ok() {
            self.pace.begun(now);
        }
    }

    /// Starts the probes that are not running and did not start just now. One that has not ended long after its time
    /// (a hung file system, a process that cannot be killed) tells nothing any more.
    fn probe(&mut self, now: Instant) {
        for (probe, prober) in self.probes.iter().filter(|(_, prober)| prober.busy) {
            let taken = prober.begun.map_or(Duration::ZERO, |begun| now.saturating_duration_since(begun));
            if taken >= probe.timeout() * 2 + HUNG {
                let why = format!("has not ended for {} s", taken.as_secs());
                let reading = Reading { at: now, what: Finding::new(None, why) };
                let before = self.observation.probes.insert(probe.clone(), reading);
                if before.is_none_or(|before| before.what.holds.is_some()) {
                    self.pace.wake();
                }
            }
        }
        let pause = self.plan.haproxy.fast_interval / 2;
        // Whoever waits needs a word that is younger than the question; what was asked just before does not count.
        let rested = |begun: Instant| {
            now.saturating_duration_since(begun) >= pause || self.asking.is_some_and(|since| begun < since)
        };
        for prober in
            self.probes.values_mut().filter(|prober| !prober.busy && prober.begun.is_none_or(rested))
        {
            prober.busy = prober.orders.try_send(()).is_ok();
            prober.begun = Some(now);
        }
    }

    /// When to schedule next.
    pub fn deadline(&self, pending: bool) -> Instant {
        self.pace.deadline(pending)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.probes.values().for_each(|prober| prober.running.end());
    }
}

/// Beyond twice its own time a probe hangs.
const HUNG: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::mpsc::Receiver;

    use super::*;
    use crate::config;

    /// A watch with one probe, the port that it asks, and what it reports.
    fn watch(now: Instant) -> (Watch, TcpListener, Receiver<Sight>) {
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        port.set_nonblocking(true).unwrap();
        let config = format!(
            r#"{{"services": {{"web": {{"prefixes": ["9.9.9.9/32"], "next_hop": "10.1.1.4", "require_address": false,
                 "levels": [{{"name": "up", "when": {{"tcp": {{"address": "{}"}}}}}}]}}}}}}"#,
            port.local_addr().unwrap()
        );
        let plan = Plan::of(&config::parse(&config).unwrap());
        let (sender, sights) = mpsc::sync_channel(16);
        let report = move |sight| drop(sender.send(sight));
        (Watch::start(plan, now, report).unwrap(), port, sights)
    }

    /// Schedules, and takes what comes of it. How often the port was asked.
    fn asked(
        (watch, port, sights): &mut (Watch, TcpListener, Receiver<Sight>),
        asking: bool,
        now: Instant,
    ) -> usize {
        watch.schedule(false, asking, now);
        while watch.probes.values().any(|prober| prober.busy) {
            watch.take(sights.recv_timeout(Duration::from_secs(20)).unwrap());
        }
        std::iter::from_fn(|| port.accept().ok()).count()
    }

    #[test]
    fn whoever_waits_for_a_probe_has_it_at_once_however_lately_it_ran_and_then_at_its_pace() {
        let start = Instant::now();
        let mut watch = watch(start);
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        watch.0.looked = true;
        assert_eq!(asked(&mut watch, false, at(0)), 1, "after a look");
        watch.0.looked = true;
        assert_eq!(asked(&mut watch, false, at(1)), 0, "after a look just after it");
        assert_eq!(asked(&mut watch, true, at(2)), 1, "when somebody begins to wait");
        assert_eq!(asked(&mut watch, true, at(3)), 0, "while he waits");
        assert_eq!(asked(&mut watch, true, at(60)), 1, "half a fast interval later");
        watch.0.looked = true;
        assert_eq!(asked(&mut watch, false, at(61)), 0, "when nobody waits any more");
        assert_eq!(asked(&mut watch, true, at(62)), 1, "when somebody begins to wait again");
    }
}
