//! The variables of HAProxy's process that this program sets: whether a service is drained, so that HAProxy asks its
//! clients to close, and until when a service's route is surely out, for the health page. Pure: an edge sets them.
//!
//! A reload loses the variables, so they are set again when another process answers. A route's variable has a time
//! that runs out: nothing resets it when this program, ExaBGP or the session is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::config::{Socket, Variable};
use crate::note::Notes;

/// What a variable is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// 1 or 0.
    Flag(bool),
    /// The Unix time in seconds, so long after the command.
    Until(Duration),
}

/// Variables, and what each is set to.
pub type Settings = BTreeMap<Variable, Setting>;

/// How long a route counts as out after the command.
pub const SURE: Duration = Duration::from_secs(3);
/// Between two commands for a route that stays out.
const REFRESH: Duration = Duration::from_millis(1250);
/// A refresh may be so much early, to go along with something else: with a look each second, one falls into this
/// time, and no thread wakes for the refresh alone.
const EARLY: Duration = Duration::from_millis(350);
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(2);
/// How long after the next answer the variables are set again: HAProxy may execute an unanswered command late and out
/// of order.
const LATE: Duration = Duration::from_millis(300);

/// Which process of HAProxy answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answerer {
    /// Unknown: only its stats page is read, or it is not asked at all.
    Unnamed,
    /// This one.
    Pid(u32),
}

/// What a variable was set to, in which process of HAProxy, and when.
#[derive(Debug, Clone, Copy)]
struct Told {
    setting: Setting,
    by: Answerer,
    at: Instant,
    /// HAProxy took it, and no earlier command can take effect after it. Otherwise it was refused or not answered,
    /// and may have taken effect all the same.
    sure: bool,
}

/// The variables of one HAProxy.
#[derive(Debug)]
pub(super) struct Variables {
    control: Option<Socket>,
    started: Instant,
    told: BTreeMap<Variable, Told>,
    /// Variables of an unknown state, which are not set: their time runs out.
    left: BTreeSet<Variable>,
    /// The command that is on its way.
    saying: Option<(Settings, Answerer)>,
    retry: Option<Instant>,
    /// A command had no answer, and may take effect yet.
    late: bool,
    complained: bool,
}

impl Variables {
    pub fn new(now: Instant) -> Self {
        Self {
            control: None,
            started: now,
            told: BTreeMap::new(),
            left: BTreeSet::new(),
            saying: None,
            retry: None,
            late: false,
            complained: false,
        }
    }

    /// Sets variables at this socket from now on. Returns the reset for the socket before, which is tried once, since
    /// that HAProxy may be gone.
    pub fn control(&mut self, control: Option<&Socket>) -> Option<(Socket, Settings)> {
        if self.control.as_ref() == control {
            return None;
        }
        let before = std::mem::replace(&mut self.control, control.cloned());
        let told = std::mem::take(&mut self.told)
            .into_iter()
            .map(|(variable, told)| (variable, told.setting));
        let saying = self
            .saying
            .take()
            .into_iter()
            .flat_map(|(settings, _)| settings);
        self.retry = None;
        self.late = false;
        let on = told
            .chain(saying)
            .filter(|(_, setting)| *setting != Setting::Flag(false));
        let back: Settings = on
            .map(|(variable, _)| (variable, Setting::Flag(false)))
            .collect();
        before
            .filter(|_| !back.is_empty())
            .map(|before| (before, back))
    }

    /// These are not set, since the state is unknown. An earlier process of this program may have set them, so they
    /// are reset if an edit drops them: a clock that is set back would make their time valid again.
    pub fn leave(&mut self, variables: BTreeSet<Variable>) {
        for variable in &variables {
            if !self.told.contains_key(variable) {
                let setting = Setting::Until(SURE);
                self.told.insert(
                    variable.clone(),
                    Told {
                        setting,
                        by: Answerer::Unnamed,
                        at: self.started,
                        sure: false,
                    },
                );
            }
        }
        self.left = variables;
    }

    /// The variables to set now in the process that answers.
    pub fn due(
        &mut self,
        wanted: &Settings,
        answerer: Option<Answerer>,
        now: Instant,
    ) -> Option<(Socket, Settings)> {
        let (control, answerer) = (self.control.as_ref()?, answerer?);
        if self.saying.is_some() || self.retry.is_some_and(|at| now < at) {
            return None;
        }
        let news = self.news(wanted, answerer, now);
        if news.is_empty() {
            return None;
        }
        self.saying = Some((news.clone(), answerer));
        Some((control.clone(), news))
    }

    /// Variables that differ in this process or need a refresh, and resets of those that are not wanted any more.
    fn news(&self, wanted: &Settings, answerer: Answerer, now: Instant) -> Settings {
        let is_known = |variable: &Variable, setting: &Setting| {
            let told = self.told.get(variable).filter(|told| told.by == answerer);
            told.is_some_and(|told| told.sure && told.setting == *setting && !told.is_old(now))
        };
        let differs = wanted
            .iter()
            .filter(|(variable, setting)| !is_known(variable, setting));
        let back = self
            .unwanted(wanted)
            .map(|variable| (variable.clone(), Setting::Flag(false)));
        differs
            .map(|(variable, setting)| (variable.clone(), *setting))
            .chain(back)
            .collect()
    }

    /// Variables that were set, and are not wanted any more.
    fn unwanted(&self, wanted: &Settings) -> impl Iterator<Item = &Variable> {
        let on = self
            .told
            .iter()
            .filter(|(_, told)| told.setting != Setting::Flag(false) || !told.sure);
        on.map(|(variable, _)| variable)
            .filter(|variable| !wanted.contains_key(*variable) && !self.left.contains(*variable))
    }

    /// Takes the result of the command that was sent.
    pub fn said(&mut self, result: Result<(), String>, notes: &mut Notes, now: Instant) {
        let Some((settings, answerer)) = self.saying.take() else {
            return;
        };
        let matters = settings
            .values()
            .any(|setting| *setting != Setting::Flag(false))
            || !self.told.is_empty();
        let sure = result.is_ok() && !self.late;
        for (variable, setting) in settings {
            // A command that was refused may have taken effect all the same, but a reset counts only if it was taken.
            if result.is_ok() || setting != Setting::Flag(false) {
                self.told.insert(
                    variable,
                    Told {
                        setting,
                        by: answerer,
                        at: now,
                        sure,
                    },
                );
            }
        }
        match result {
            Ok(()) => {
                if std::mem::take(&mut self.complained) {
                    notes.info("HAProxy takes commands again");
                }
                self.retry = std::mem::take(&mut self.late).then(|| now + LATE);
            }
            Err(why) => {
                self.late = true;
                self.retry = Some(now + PAUSE);
                // No warning where only resets failed and nothing was set before.
                if matters && !std::mem::replace(&mut self.complained, true) {
                    notes.warn(format!(
                        "HAProxy's variables cannot be set ({why}): its clients are not asked to close in a drain, and other regions do not learn that the route is out; trying again"
                    ));
                }
            }
        }
    }

    /// When a variable is to be set without any news.
    pub fn deadline(&self, wanted: &Settings, answerer: Option<Answerer>) -> Option<Instant> {
        if self.control.is_none() || self.saying.is_some() {
            return None;
        }
        let answerer = answerer?;
        let refresh = |(variable, setting): (&Variable, &Setting)| match self.told.get(variable) {
            Some(told) if told.sure && told.by == answerer && told.setting == *setting => {
                told.refresh()
            }
            _ => Some(self.started),
        };
        let back = self.unwanted(wanted).map(|_| self.started);
        let next = wanted.iter().filter_map(refresh).chain(back).min()?;
        Some(self.retry.map_or(next, |retry| next.max(retry)))
    }

    /// Since when HAProxy's health page surely does not say, by this variable, that the route is out; absent: it may.
    pub fn silent_since(&self, variable: &Variable, now: Instant) -> Option<Instant> {
        if self.control.is_none() {
            return Some(self.started);
        }
        let says = |(settings, _): &(Settings, Answerer)| {
            matches!(settings.get(variable), Some(Setting::Until(_)))
        };
        if self.saying.as_ref().is_some_and(says) {
            return None;
        }
        match self.told.get(variable) {
            Some(Told {
                setting: Setting::Flag(_),
                at,
                ..
            }) => Some(*at),
            Some(Told { at, .. }) => Some(*at + SURE).filter(|end| now >= *end),
            // An earlier process of this program may have set it.
            None => Some(self.started + SURE).filter(|end| now >= *end),
        }
    }

    /// The reset of all variables, before the process leaves.
    pub fn farewell(&mut self) -> Option<(Socket, Settings)> {
        self.control(None)
    }
}

impl Told {
    fn refresh(&self) -> Option<Instant> {
        // Where the process that answers is unknown, an unseen reload may have lost it.
        let may_be_forgotten = self.by == Answerer::Unnamed && self.setting == Setting::Flag(true);
        (may_be_forgotten || matches!(self.setting, Setting::Until(_))).then(|| self.at + REFRESH)
    }

    fn is_old(&self, now: Instant) -> bool {
        self.refresh().is_some_and(|at| now + EARLY >= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Variable {
        name.parse().unwrap()
    }

    fn socket(path: &str) -> Socket {
        Socket::Unix(path.into())
    }

    #[test]
    fn a_deadline_lies_in_the_future_while_haproxy_cannot_be_told() {
        let now = Instant::now();
        let mut variables = Variables::new(now);
        variables.control(Some(&socket("/run/control.sock")));
        let wanted = Settings::from([(variable("proc.draining"), Setting::Flag(false))]);
        assert!(
            variables
                .due(&wanted, Some(Answerer::Pid(1)), now)
                .is_some()
        );
        variables.said(Err("refused".to_owned()), &mut Notes::default(), now);
        assert_eq!(
            variables.deadline(&wanted, Some(Answerer::Pid(1))),
            Some(now + PAUSE)
        );
        // Nobody answers: nothing can be said, whatever the retry's time.
        assert_eq!(variables.deadline(&wanted, None), None);
        assert!(
            variables
                .due(&wanted, Some(Answerer::Pid(1)), now + PAUSE)
                .is_some()
        );
        assert_eq!(variables.deadline(&wanted, Some(Answerer::Pid(1))), None);
    }

    #[test]
    fn a_variable_that_is_not_wanted_any_more_is_set_back() {
        let now = Instant::now();
        let mut variables = Variables::new(now);
        let control = socket("/run/control.sock");
        variables.control(Some(&control));
        let on = Settings::from([(variable("proc.draining"), Setting::Flag(true))]);
        variables.due(&on, Some(Answerer::Pid(1)), now).unwrap();
        variables.said(Ok(()), &mut Notes::default(), now);
        let renamed = Settings::from([(variable("proc.leaving"), Setting::Flag(true))]);
        let (_, news) = variables
            .due(&renamed, Some(Answerer::Pid(1)), now)
            .unwrap();
        assert_eq!(
            news.get(&variable("proc.draining")),
            Some(&Setting::Flag(false))
        );
        variables.said(Ok(()), &mut Notes::default(), now);
        let (place, back) = variables.control(None).unwrap();
        assert_eq!((place, back.len()), (control, 1));
    }

    #[test]
    fn what_an_earlier_process_may_have_said_is_set_back_when_it_is_dropped() {
        let now = Instant::now();
        let mut variables = Variables::new(now);
        variables.control(Some(&socket("/run/control.sock")));
        let out = variable("proc.announced_until");
        variables.leave(BTreeSet::from([out.clone()]));
        assert!(
            variables
                .due(&Settings::new(), Some(Answerer::Pid(1)), now)
                .is_none()
        );
        variables.leave(BTreeSet::new());
        let (_, news) = variables
            .due(&Settings::new(), Some(Answerer::Pid(1)), now)
            .unwrap();
        assert_eq!(news, Settings::from([(out, Setting::Flag(false))]));
    }

    #[test]
    fn a_drain_is_said_again_where_nobody_says_that_haproxy_was_reloaded() {
        let now = Instant::now();
        let mut variables = Variables::new(now);
        variables.control(Some(&socket("/run/control.sock")));
        let wanted = Settings::from([
            (variable("proc.draining"), Setting::Flag(true)),
            (variable("proc.leaving"), Setting::Flag(false)),
        ]);
        for (process, again) in [
            (Answerer::Pid(7), None),
            (Answerer::Unnamed, Some(vec![variable("proc.draining")])),
        ] {
            assert!(variables.due(&wanted, Some(process), now).is_some());
            variables.said(Ok(()), &mut Notes::default(), now);
            assert_eq!(
                variables.deadline(&wanted, Some(process)),
                again.as_ref().map(|_| now + REFRESH)
            );
            let news = variables.due(&wanted, Some(process), now + REFRESH);
            assert_eq!(
                news.map(|(_, news)| news.into_keys().collect::<Vec<_>>()),
                again
            );
        }
    }

    /// 83 of 200 tries left HAProxy 2.6 with what it had been told before it froze, not with what it was told last.
    #[test]
    fn what_follows_a_command_without_an_answer_is_said_twice() {
        let now = Instant::now();
        let on = Settings::from([(variable("proc.draining"), Setting::Flag(true))]);
        let off = Settings::from([(variable("proc.draining"), Setting::Flag(false))]);
        for wanted in [&off, &Settings::new()] {
            let mut variables = Variables::new(now);
            variables.control(Some(&socket("/run/control.sock")));
            variables.due(&on, Some(Answerer::Pid(1)), now).unwrap();
            variables.said(Err("no answer".to_owned()), &mut Notes::default(), now);
            let thawed = now + PAUSE;
            assert_eq!(
                variables
                    .due(wanted, Some(Answerer::Pid(1)), thawed)
                    .unwrap()
                    .1,
                off
            );
            variables.said(Ok(()), &mut Notes::default(), thawed);
            assert_eq!(variables.due(wanted, Some(Answerer::Pid(1)), thawed), None);
            let again = thawed + LATE;
            assert_eq!(
                variables.deadline(wanted, Some(Answerer::Pid(1))),
                Some(again)
            );
            assert_eq!(
                variables
                    .due(wanted, Some(Answerer::Pid(1)), again)
                    .unwrap()
                    .1,
                off
            );
            variables.said(Ok(()), &mut Notes::default(), again);
            assert_eq!(
                variables.due(wanted, Some(Answerer::Pid(1)), again + PAUSE),
                None
            );
            assert_eq!(variables.deadline(wanted, Some(Answerer::Pid(1))), None);
        }
    }

    #[test]
    fn what_was_said_of_a_route_is_refreshed_and_ends_by_itself() {
        let now = Instant::now();
        let mut variables = Variables::new(now);
        variables.control(Some(&socket("/run/control.sock")));
        let out = variable("proc.announced_until");
        let wanted = Settings::from([(out.clone(), Setting::Until(SURE))]);
        assert_eq!(variables.silent_since(&out, now), None);
        variables.due(&wanted, Some(Answerer::Pid(1)), now).unwrap();
        variables.said(Ok(()), &mut Notes::default(), now);
        assert_eq!(
            variables.deadline(&wanted, Some(Answerer::Pid(1))),
            Some(now + REFRESH)
        );
        assert!(
            variables
                .due(&wanted, Some(Answerer::Pid(1)), now + REFRESH / 2)
                .is_none()
        );
        assert!(
            variables
                .due(&wanted, Some(Answerer::Pid(2)), now + REFRESH / 2)
                .is_some(),
            "another process"
        );
        variables.said(Err("gone".to_owned()), &mut Notes::default(), now + REFRESH);
        assert_eq!(variables.silent_since(&out, now + SURE), None);
        assert_eq!(
            variables.silent_since(&out, now + REFRESH + SURE),
            Some(now + REFRESH + SURE)
        );
    }
}
