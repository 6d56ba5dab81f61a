//! The whole of what decides: configuration, judge, drains and dialogue behind one way in and one way out.
//! In comes an [`Input`]: what was seen, what ExaBGP said, what operators declare and configure, a signal.
//! Out goes an [`Output`]: lines for ExaBGP, looks to begin, variables to set, lines for the log.
//!
//! The daemon carries outputs out, the scenarios and the simulator play them; all drive this struct. There is no clock in it, no
//! thread, no file and no log: `now` is an argument.

mod apply;
mod drains;
mod edited;
mod input;
mod kept;
mod leave;
mod leaving;
mod output;
mod pace;
mod plan;
mod sight;
mod variables;
mod wait;
mod writing;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::announce::Dialogue;
use crate::change::Change;
use crate::condition::Probe;
use crate::config::{Config, Service};
use crate::decide::{self, Desired};
use crate::drain::Stage;
use crate::exabgp::Command;
use crate::judge::Judge;
use crate::note::Notes;
use crate::observation::Observation;
use crate::route::RouteKey;

pub use drains::Drains;
pub use input::{Input, Reason};
use kept::Kept;
use leaving::Leaving;
pub use output::Output;
pub use pace::Credits;
pub use plan::Plan;
use sight::Sight;
use variables::Variables;
pub use variables::{SURE, Setting, Settings};
use writing::Writing;

/// After a command, work that is not urgent waits this long, to leave the processor to ExaBGP's UPDATE. Further
/// commands do not prolong it.
const QUIET: Duration = Duration::from_millis(3);
/// Without a usable configuration nothing watches what an earlier process announced: it is withdrawn after this time.
const WITHOUT_CONFIGURATION: Duration = Duration::from_secs(10);
/// Between two tries to start a watch.
const RETRY: Duration = Duration::from_secs(1);

/// The program.
#[derive(Debug)]
pub struct Program {
    config: Option<Config>,
    /// Comes into force once its watch has begun; until then `config` stays in force.
    coming: Option<Config>,
    judge: Judge,
    drains: Drains,
    variables: Variables,
    wanted: Settings,
    dialogue: Dialogue,
    desired: Desired,
    kept: Kept,
    watch: Watch,
    writing: Writing,
    /// Until then ExaBGP has the processor to itself.
    quiet: Option<Instant>,
    started: Instant,
    /// When the last call was.
    called: Instant,
    judged: Option<Instant>,
    /// A withdrawal waits for a new answer of a sibling.
    asks_again: bool,
    /// There is something to judge.
    news: bool,
    leaving: Option<Leaving>,
    notes: Notes,
}

/// The watches, by number: one that was replaced may still report.
#[derive(Debug, Default)]
struct Watch {
    current: Option<(u32, Sight)>,
    /// To begin; `current` goes on until then.
    next: Option<(u32, Plan)>,
    /// When `next` is tried again, since it failed to begin.
    retry: Option<Instant>,
    /// That failure is logged.
    complained: bool,
    number: u32,
}

/// What can be seen from outside.
#[derive(Debug, Clone, Copy)]
pub struct View<'program> {
    /// The configuration in force; absent: no usable one was read yet.
    pub config: Option<&'program Config>,
    /// What was seen last.
    pub seen: Option<&'program Observation>,
    /// How often what is seen has changed.
    pub changes: u64,
    /// What is looked at.
    pub plan: Option<&'program Plan>,
    /// Each service's health.
    pub judge: &'program Judge,
    /// What operators declare, and how far it has come.
    pub drains: &'program Drains,
    /// What should be out.
    pub desired: &'program Desired,
    /// What ExaBGP was told.
    pub dialogue: &'program Dialogue,
    /// When the program started.
    pub started: Instant,
}

impl Program {
    /// A program beside ExaBGP. `inherited`: routes that an earlier one may have announced.
    pub fn new(inherited: BTreeSet<RouteKey>, now: Instant) -> Self {
        let mut dialogue = Dialogue::new(now);
        dialogue.inherit(inherited.clone());
        Self {
            kept: Kept::inherited(inherited),
            ..Self::with(dialogue, now)
        }
    }

    /// A program without ExaBGP, for a dry run: the caller shows the commands and reports them as done.
    pub fn without_exabgp(now: Instant) -> Self {
        Self::with(Dialogue::without_exabgp(now), now)
    }

    fn with(dialogue: Dialogue, now: Instant) -> Self {
        Self {
            config: None,
            coming: None,
            judge: Judge::default(),
            drains: Drains::default(),
            variables: Variables::new(now),
            wanted: Settings::new(),
            dialogue,
            desired: Desired::new(),
            kept: Kept::default(),
            watch: Watch::default(),
            writing: Writing::default(),
            quiet: None,
            started: now,
            called: now,
            judged: None,
            asks_again: false,
            news: false,
            leaving: None,
            notes: Notes::default(),
        }
    }

    /// What can be seen from outside.
    pub fn view(&self) -> View<'_> {
        let sight = self.watch.current.as_ref().map(|(_, sight)| sight);
        View {
            config: self.config.as_ref(),
            seen: sight.map(Sight::seen),
            changes: sight.map_or(0, Sight::changes),
            plan: sight.map(Sight::plan),
            judge: &self.judge,
            drains: &self.drains,
            desired: &self.desired,
            dialogue: &self.dialogue,
            started: self.started,
        }
    }

    /// What was written last of all, as the process leaves; empty: nothing was.
    pub fn last_words(&self) -> &[Command] {
        self.leaving.as_ref().map_or(&[], Leaving::said)
    }

    /// ExaBGP has the processor to itself until then.
    pub fn quiet(&self) -> Option<Instant> {
        self.quiet
    }

    /// Takes inputs and returns what is to be done. Without inputs, only time has passed.
    pub fn take(&mut self, inputs: impl IntoIterator<Item = Input>, now: Instant) -> Vec<Output> {
        self.called = now;
        let mut outputs = Vec::new();
        for input in inputs {
            self.take_one(input, &mut outputs, now);
        }
        self.writing.pass_time(&mut self.notes, now);
        // Before anything is decided, so that nothing waits for what ExaBGP has taken by now.
        self.dialogue.pass_time(now);
        match &mut self.leaving {
            Some(leaving) => {
                outputs.extend(leaving.go_on(&mut self.writing, now));
            }
            None => self.tick(&mut outputs, now),
        }
        self.notes(&mut outputs);
        outputs
    }

    fn take_one(&mut self, input: Input, outputs: &mut Vec<Output>, now: Instant) {
        match input {
            Input::Configuration(config) => self.apply(*config, outputs, now),
            Input::Orders(orders) => {
                let config = self.coming.as_ref().or(self.config.as_ref());
                self.drains.take(orders, config, &mut self.notes);
            }
            Input::Watching(number, result) => self.watching(number, result, outputs, now),
            Input::Looked(number, look) => {
                if let Some(sight) = self.sight(number) {
                    self.news |= sight.looked(look);
                }
            }
            Input::Probed(number, probe, reading) => {
                if let Some(sight) = self.sight(number) {
                    let is_news = sight.probed(probe.clone(), reading, now);
                    let doubt = sight.doubt(&probe);
                    self.news |= is_news || self.judge.has_taken_over();
                    self.doubt(&probe, doubt);
                }
            }
            Input::Heard(message) => self.dialogue.heard(message, now),
            Input::Written => self.writing.done(&mut self.notes),
            Input::Kept(number) => self.kept.done(number),
            Input::Switched(result) => {
                self.variables.said(result, &mut self.notes, now);
                // Siblings may be asked now.
                self.news |= self.judge.waits_for_silence();
            }
            Input::Leave(reason) => self.begin_to_leave(reason, outputs, now),
        }
    }

    /// Logs that a sibling's page does not say whose it is.
    fn doubt(&mut self, probe: &Probe, doubt: Option<String>) {
        let (Some(doubt), Some(config)) = (doubt, &self.config) else {
            return;
        };
        let siblings = config.services.iter().flat_map(|service| &service.siblings);
        if siblings
            .flat_map(|siblings| &siblings.probes)
            .any(|one| one == probe)
        {
            self.notes.warn(format!(
                "sibling {probe}: an answer {doubt} counts as healthy, and may be an application's at a wrong port: haproxy-rhi validate --live"
            ));
        }
    }

    fn sight(&mut self, number: u32) -> Option<&mut Sight> {
        self.watch
            .current
            .as_mut()
            .filter(|(known, _)| *known == number)
            .map(|(_, sight)| sight)
    }

    /// Observe, judge, decide, reconcile.
    fn tick(&mut self, outputs: &mut Vec<Output>, now: Instant) {
        let changes = self.judge(now);
        let stages = self.drain(now);
        self.desired = self.decide(now);
        let rib = self.dialogue.rib();
        outputs.extend(self.kept.keep(&self.desired, rib, now));
        self.kept.hold_back(&mut self.desired, rib, now);
        if self.may_reconcile(now) {
            self.reconcile(outputs, now);
        }
        outputs.extend(changes.is_some().then_some(Output::Judged));
        // After the commands, which must not wait for log lines.
        let changes = changes.into_iter().flatten();
        outputs.extend(changes.map(|(service, change)| Output::Changed(service, change)));
        let stages = stages.into_iter();
        outputs.extend(stages.map(|(service, before)| Output::Stage(service, before)));
        self.want();
        if self.quiet.is_none_or(|until| now >= until) {
            self.quiet = None;
            self.tell(outputs, now);
            self.look(outputs, now);
        }
        self.watch_again(outputs, now);
    }

    /// Judges the services, if there is news or a time is due. Returns what changed; absent: nothing was judged.
    fn judge(&mut self, now: Instant) -> Option<Vec<(String, Change)>> {
        let (Some(config), Some((_, sight))) = (&self.config, &mut self.watch.current) else {
            return None;
        };
        let due = self
            .judge
            .deadline(config, self.judged)
            .is_some_and(|at| now >= at);
        let hangs = sight.hangs(now);
        if !hangs && !std::mem::take(&mut self.news) && !due {
            return None;
        }
        (self.news, self.judged) = (false, Some(now));
        let (mut changes, is_older) = (Vec::new(), sight.is_older() && !hangs);
        for service in &config.services {
            if is_older && self.judge.health(&service.name).is_none() {
                continue;
            }
            let silent = self
                .variables
                .silent_since(&service.announced_variable, now);
            if let Some(change) = self.judge.judge(service, sight.seen(), silent, now) {
                changes.push((service.name.clone(), change));
            }
        }
        Some(changes)
    }

    /// Advances the drains. Returns the services whose stage changed, with the stage before.
    fn drain(&mut self, now: Instant) -> Vec<(String, Option<Stage>)> {
        let Some(config) = &self.config else {
            return Vec::new();
        };
        let silent = |service: &Service| {
            self.variables
                .silent_since(&service.announced_variable, now)
        };
        self.drains.advance(config, &self.judge, silent, now)
    }

    fn decide(&mut self, now: Instant) -> Desired {
        let Some(config) = &self.config else {
            return Desired::new();
        };
        let mut desired = decide::decide(config, &self.judge, |service| self.drains.stage(service));
        self.wait_for_addresses(config, &mut desired);
        self.asks_again = self.wait_for_new_answers(config, &mut desired, now);
        desired
    }

    /// There is a configuration, or there has been none for long.
    fn may_reconcile(&self, now: Instant) -> bool {
        self.config.is_some() || now >= self.started + WITHOUT_CONFIGURATION
    }

    fn reconcile(&mut self, outputs: &mut Vec<Output>, now: Instant) {
        if !self.writing.is_free() {
            return;
        }
        self.dialogue.makes_way(self.asks_again);
        let commands = self.dialogue.next(&self.desired, now);
        if !commands.is_empty() {
            self.quiet = self.quiet.or(Some(now + QUIET));
            self.writing.begin(now);
            outputs.push(Output::Say(commands, self.dialogue.dialect()));
        }
    }

    /// Orders the looks and probes that are due.
    fn look(&mut self, outputs: &mut Vec<Output>, now: Instant) {
        let (pending, asking, wanted) = self.pace();
        let Some((number, sight)) = &mut self.watch.current else {
            return;
        };
        let due = sight.due(pending, asking, wanted, now);
        outputs.extend(
            due.probes
                .into_iter()
                .map(|probe| Output::Probe(*number, probe)),
        );
        outputs.extend(due.look.then_some(Output::Look(*number)));
    }

    /// Whether a change is pending, whether siblings are asked, and when a look is wanted whatever the pace says.
    fn pace(&self) -> (bool, bool, Option<Instant>) {
        let drain_asks = self.drains.is_asking(&self.judge, self.called);
        let asking = self.judge.is_asking() || drain_asks || self.asks_again;
        let looks = self
            .judge
            .looks_at()
            .into_iter()
            .chain(self.drains.trusts_again(&self.judge));
        (
            self.judge.is_pending() || drain_asks || self.asks_again,
            asking,
            looks.min(),
        )
    }

    fn notes(&mut self, outputs: &mut Vec<Output>) {
        let notes = self.dialogue.notes().into_iter().chain(self.notes.take());
        outputs.extend(notes.map(Output::Note));
    }

    /// When to call again if nothing happens: later than the last call.
    pub fn deadline(&self) -> Option<Instant> {
        if let Some(leaving) = &self.leaving {
            return leaving.deadline();
        }
        let next = self.quiet.or_else(|| self.next_deadline(self.called));
        next.map(|at| {
            if at > self.called {
                at
            } else {
                overdue(self.called)
            }
        })
    }

    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let (pending, _, wanted) = self.pace();
        let sight = self
            .watch
            .current
            .as_ref()
            .map(|(_, sight)| sight.deadline(pending, wanted));
        let dialogue = match self.may_reconcile(now) {
            _ if !self.writing.is_free() => self.writing.deadline(),
            false => Some(self.started + WITHOUT_CONFIGURATION),
            true => self.dialogue.deadline(now),
        };
        let config = self.config.as_ref();
        let judge = config.and_then(|config| self.judge.deadline(config, self.judged));
        let drains = config.and_then(|config| self.drains.deadline(config, now));
        let variables = self.variables.deadline(&self.wanted, self.answerer());
        let judge = judge.filter(|_| self.watch.current.is_some());
        let times = [
            sight,
            dialogue,
            judge,
            drains,
            variables,
            self.kept.until(now),
        ];
        times.into_iter().flatten().chain(self.watch.retry).min()
    }
}

/// Every call does what is due, so a deadline in the past is a fault of this program. The wait keeps it from spinning.
fn overdue(now: Instant) -> Instant {
    debug_assert!(false, "a deadline lies in the past");
    now + Duration::from_millis(10)
}
