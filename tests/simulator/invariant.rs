//! What must hold, whatever happens.
//!
//! | invariant | when | grace |
//! |---|---|---|
//! | [`Invariant::RightInTheEnd`] | every Route Server holds what truth and orders call for | 10 s after the last thing that concerns it, and the times that its configuration states |
//! | [`Invariant::NeverEmpty`] | no UPDATE takes the last route away while its sender's HAProxy answers and a sibling did not just vouch | none |
//! | [`Invariant::NeverNowhere`] | while a region can serve there is a route | as `RightInTheEnd` |
//! | [`Invariant::FarRouter`] | the far router's route leads to a region that can serve, while one can | as `RightInTheEnd` |
//! | [`Invariant::Outlived`] | no route better than the last resort outlives its servers | fall readings and 2 s |
//! | [`Invariant::Bounded`] | UPDATEs are bounded by the faults | |
//! | [`Invariant::DrainedIsSilent`] | withdrawn by a drain it stays withdrawn while a sibling is healthy | none |
//! | [`Invariant::EditIsCalm`] | an edit that changes no route says nothing | none, for 2 s |
//! | [`Invariant::MakeBeforeBreak`] | an edit leaves no gap | none, for 5 s |
//! | [`Invariant::PageIsTrue`] | a health page says whether the route is out | as `RightInTheEnd` |
//! | [`Invariant::Spin`] | a deadline lies in the future, 50 wakes in 10 ms are too many | none |
//! | [`Invariant::Readings`] | a better level takes `rise` readings, the last one of now; a worse one `fall` | |
//! | [`Invariant::Continuous`] | nothing but its own moves takes a service from where it stands | none |
//! | [`Invariant::Words`] | three words in a row make the last resort of what is down, and a newer one ends it | |
//! | [`Invariant::Settled`] | a sibling that comes back is trusted after `settle` | 100 ms less |
//! | [`Invariant::Damping`] | one outage is one fall, however many levels it passes | |
//! | [`Invariant::ReloadIsCalm`] | a reload of a healthy HAProxy says nothing | none, for 5 s |
//! | [`Invariant::Left`] | told to leave, everything is withdrawn | 45 ms |
//! | [`Invariant::Flush`] | ExaBGP 4.2 is never told to flush a session that is down | none |

use std::net::IpAddr;

use haproxy_rhi::announce::Told;
use haproxy_rhi::change::Change;
use haproxy_rhi::config::Service;
use haproxy_rhi::drain::Stage;
use haproxy_rhi::exabgp::Command;
use haproxy_rhi::route::{Attributes, NextHop, PathId, Prefix, Route};

use super::exabgp::Id;
use super::fault::{Edit, Fault};
use super::happen::within;
use super::setting::{ServiceSpec, variable};
use super::truth::length;
use super::world::{Event, World};
use super::{MS, Time};

/// Between two looks of the inspector.
const INSPECT: Time = 500 * MS;
/// A word of a sibling's is this old at most when a route is withdrawn on it.
const FRESH: Time = 400 * MS;

/// A command waits so long before a full pipe: a second, the time for which a route is said to be out, and a pause between two tries.
const UNREAD: Time = 7_000 * MS;

/// Of a neighbor that does not list the process, in 10 s: two readings, of two families, and as many processes as are killed.
const TRIALS: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invariant {
    RightInTheEnd,
    NeverEmpty,
    NeverNowhere,
    FarRouter,
    Outlived,
    Bounded,
    DrainedIsSilent,
    EditIsCalm,
    MakeBeforeBreak,
    PageIsTrue,
    Spin,
    Flush,
    Readings,
    Continuous,
    Words,
    Settled,
    Damping,
    ReloadIsCalm,
    Left,
    /// The program panicked.
    Panic,
}

#[derive(Debug, Clone)]
pub struct Violation {
    pub invariant: Invariant,
    pub at: Time,
    pub text: String,
}

/// As the configuration spells it.
fn configured(id: Option<PathId>) -> Option<u64> {
    id.map(|id| id.get().into())
}

impl World {
    pub fn violate(&mut self, invariant: Invariant, n: usize, text: impl FnOnce() -> String) {
        if self.violation.is_none() {
            let text = format!("nva {n}: {}", text());
            self.note(|| format!("! {invariant:?}: {text}"));
            self.violation = Some(Violation {
                invariant,
                at: self.now,
                text,
            });
        }
    }

    /// A fault begins: who is concerned, and what is to be watched because of it.
    pub fn before_fault(&mut self, fault: Fault) {
        let concerned: Vec<usize> = match fault.nva() {
            Some(n) => vec![n],
            None => (0..self.nvas.len()).collect(),
        };
        let calm = match fault {
            Fault::Edit(n, k, edit) => self.may_be_watched(n, k).then_some((n, k, edit)),
            _ => None,
        };
        let reload = self.is_calm_reload(fault);
        for n in concerned {
            self.mark_mute(n);
            let marks = &mut self.nvas[n].marks;
            marks.faults += 1;
            (marks.calm, marks.kept) = (None, None);
            if let Fault::ServerDies(..)
            | Fault::ServersDie(..)
            | Fault::ServerReturns(..)
            | Fault::ServersReturn(..) = fault
            {
                self.touch(n);
            } else {
                self.touch_infra(n);
            }
        }
        match calm {
            Some((n, _, edit)) if edit.is_calm() => {
                self.nvas[n].marks.calm = Some((self.now + 2_000 * MS, fault))
            }
            Some((n, k, edit))
                if !matches!(
                    edit,
                    Edit::Removed | Edit::Back | Edit::Siblings(_) | Edit::Both(_)
                ) =>
            {
                self.nvas[n].marks.kept = Some((self.now + 5_000 * MS, k, edit));
            }
            _ => {}
        }
        if let Some(n) = reload {
            self.nvas[n].marks.calm = Some((self.now + 5_000 * MS, fault));
        }
        self.note_forced(fault);
    }

    fn note_forced(&mut self, fault: Fault) {
        if let Fault::Edit(n, k, Edit::Removed | Edit::Siblings(_)) = fault {
            self.nvas[n].marks.removed[k] = Some(self.now);
        }
        if let Fault::Edit(n, _, Edit::Both(_)) = fault {
            self.nvas[n].marks.six = self.now;
        }
        // A look that is on its way still shows a wish that has just ended.
        if let Fault::Maint(n, ..)
        | Fault::DrainServer(n, ..)
        | Fault::Ready(n, ..)
        | Fault::Weight(n, ..)
        | Fault::Frontend(n, ..) = fault
        {
            self.nvas[n].marks.wished = self.now;
        }
        if let Fault::Drain(n, _, true) = fault {
            let now = self.now;
            self.nvas[n]
                .marks
                .forced
                .iter_mut()
                .for_each(|at| *at = now);
        }
    }

    /// It has been as it should be for a while, with a route out, and no one else will move it soon.
    pub fn may_be_watched(&self, n: usize, k: usize) -> bool {
        let nva = &self.nvas[n];
        let Some(service) = nva.service(k) else {
            return false;
        };
        let grace = self.grace(n, service).max(self.longest_grace(n));
        self.now > self.quiet_since(n, true) + grace
            && nva.drained(k).is_none()
            && self.level(n, service).is_some()
    }

    /// What cannot answer now could not a moment ago, for whoever looks at the past.
    pub fn mark_mute(&mut self, n: usize) {
        for k in 0..self.nvas[n].marks.mute.len() {
            let mute = self.nvas[n]
                .service(k)
                .is_none_or(|service| !self.answers(n, service));
            let mute = mute
                || self.nvas[n]
                    .haproxy
                    .stopping
                    .is_some_and(|until| self.now < until);
            if mute {
                let at = &mut self.nvas[n].marks.mute[k];
                *at = self.now.max(*at);
            }
        }
    }

    /// An UPDATE arrived at a Route Server.
    pub fn updated(&mut self, n: usize, s: usize, id: Id, to: Option<&Route>, said: Time) {
        // Where there is a route of the other family too, it goes the same way.
        self.nvas[n].marks.updates += u32::from(is_four(id.0));
        let k = number(id.0);
        if to.is_none() {
            self.check_never_empty(n, k, id, said);
            self.check_no_gap(n, s, k, id);
        }
        let counts_anew = self.nvas[n]
            .marks
            .retimed
            .is_some_and(|life| life != self.nvas[n].life);
        let drained = self.nvas[n].marks.drained[k].is_some_and(|at| said > at) && !counts_anew;
        if to.is_some() && drained && self.nvas[n].drained(k).is_some() {
            self.violate(Invariant::DrainedIsSilent, n, || {
                "what a drain has withdrawn is announced".to_owned()
            });
        }
    }

    fn check_never_empty(&mut self, n: usize, k: usize, id: Id, said: Time) {
        if said == 0 || (0..self.nvas.len()).any(|other| self.holds(other, id)) {
            return;
        }
        self.mark_mute(n);
        let decided = self.nvas[n]
            .marks
            .withdrawn
            .get(&id.0)
            .filter(|(_, until)| until.is_none_or(|until| said <= until))
            .map_or(said, |(since, _)| *since);
        let said = said.min(decided);
        let (nva, now) = (&self.nvas[n], self.now);
        let marks = &nva.marks;
        let is_configured =
            |service: &Service| service.prefixes.iter().any(|(prefix, _)| *prefix == id.0);
        let excused = !nva.config.services.iter().any(is_configured)
            || nva.service(k).is_none_or(|service| !service.siblings)
            || within(marks.mute[k], now, 6_000 * MS)
            || nva.drained(k) == Some(true)
            || within(marks.forced[k], now, 6_000 * MS)
            || marks.removed[k].is_some_and(|at| at + 5_000 * MS > said)
            // It was not configured when it was said.
            || !is_four(id.0) && marks.six > 0 && marks.six + 1_000 * MS > said
            || nva.leaving
            || nva.program.is_none()
            || marks.vouched[k].is_some_and(|at| said <= at + FRESH)
            // Nobody could know: the other session fell when it was said.
            || marks.fell >= said
            || self.has_moved_to_nobody(n, k, said)
            || self.is_renumbered(n, k, id, said);
        if !excused {
            let heard = marks.vouched[k].map(|at| (said.saturating_sub(at)) / MS);
            self.violate(Invariant::NeverEmpty, n, || {
                format!("the last route to {} is withdrawn, by a command {} ms old; a sibling vouched {heard:?} ms before it", id.0, (now - said) / MS)
            });
        }
    }

    /// An edit names a neighbor whose session is down, which ExaBGP has not said yet.
    fn has_moved_to_nobody(&self, n: usize, k: usize, said: Time) -> bool {
        let nva = &self.nvas[n];
        let chosen = nva.service(k).and_then(|service| service.neighbors);
        // An edit since it was said counts for what is said next.
        let before = nva.marks.chosen[k].filter(|(_, edited)| *edited >= said);
        let chosen = before.map(|(session, _)| session).or(chosen);
        // What was said while nothing passed comes when something passes again.
        let is_late = self.now > said + 1_000 * MS && within(nva.marks.infra, self.now, 1_000 * MS);
        chosen
            .is_some_and(|s| !nva.exabgp.sessions[s].up || nva.exabgp.sessions[s].silent || is_late)
    }

    /// The old one of two path identifiers is withdrawn from a session that came up a moment ago and is to be sent all again: what has
    /// taken its place may have been lost there, as ExaBGP 5 loses what is said twice while a session is down. Or an ExaBGP that hung acknowledged what has taken its
    /// place, and had not sent it yet; since then the identifier was edited back.
    fn is_renumbered(&self, n: usize, k: usize, id: Id, said: Time) -> bool {
        let wanted = self.nvas[n]
            .service(k)
            .and_then(|service| service.path_information);
        let marks = &self.nvas[n].marks;
        let was_another = configured(id.1) != wanted || said <= marks.renumbered[k];
        was_another && within(marks.infra, self.now, 1_000 * MS)
    }

    fn check_no_gap(&mut self, n: usize, s: usize, k: usize, id: Id) {
        let Some((until, service, edit)) = self.nvas[n].marks.kept else {
            return;
        };
        let nva = &self.nvas[n];
        let wanted = nva
            .service(k)
            .is_some_and(|service| service.neighbors.is_none_or(|session| session == s));
        let left = nva.exabgp.sessions[s]
            .table
            .keys()
            .any(|(prefix, _)| *prefix == id.0);
        if self.now < until && service == k && wanted && !left {
            self.violate(Invariant::MakeBeforeBreak, n, || {
                format!("Route Server {s} has no route to {} after {edit:?}", id.0)
            });
        }
    }

    /// A drain came to another stage. From withdrawn it comes back when nobody else was healthy three times in a row.
    pub fn staged(&mut self, n: usize, name: &str) {
        let Some(program) = &self.nvas[n].program else {
            return;
        };
        let stage = program.view().drains.stage(name);
        // One that the file has no more may still be in force: what it leaves to watch cannot be watched yet.
        let services = self.nvas[n].file.services.iter();
        let mut services = services.chain(&self.setting.nvas[n].config.services);
        let Some(service) = services.find(|service| service.name == name) else {
            return;
        };
        let k = service.number;
        let may_be_out = |told: Option<&Told>| told != Some(&Told::Withdrawn);
        let rib = program.view().dialogue.rib();
        let nothing_is_out = !rib
            .keys()
            .any(|key| number(key.prefix) == k && may_be_out(rib.told(key)));
        let before = std::mem::replace(&mut self.nvas[n].marks.stages[k], stage);
        let (now, marks) = (self.now, &mut self.nvas[n].marks);
        let (drained, to_be_said) = (&mut marks.drained[k], &mut marks.to_be_said[k]);
        *to_be_said = false;
        match stage {
            Some(Stage::Withdrawn) if nothing_is_out => *drained = drained.or(Some(now)),
            Some(Stage::Withdrawn) => *to_be_said = true,
            None | Some(Stage::Held) => *drained = None,
            Some(_) => {}
        }
        let (words, fewest) = (self.words(n), self.fewest_ill(n, k));
        if before == Some(Stage::Withdrawn)
            && stage == Some(Stage::Held)
            && fewest.is_some_and(|fewest| fewest < words)
        {
            self.violate(Invariant::DrainedIsSilent, n, || {
                format!(
                    "held again after {} answers that were not healthy",
                    fewest.unwrap_or(0)
                )
            });
        }
    }

    /// A withdrawal is said. Until then what is out may be made right at a session that has it otherwise.
    pub fn said_by_a_drain(&mut self, n: usize, commands: &[Command]) {
        let (now, marks) = (self.now, &mut self.nvas[n].marks);
        for command in commands {
            if let Command::Withdraw(key) = command
                && std::mem::take(&mut marks.to_be_said[number(key.prefix)])
            {
                marks.drained[number(key.prefix)] = Some(now);
            }
        }
    }

    pub fn said_in_calm(&mut self, n: usize, commands: &[Command]) {
        if self.is_calm(n)
            && commands
                .iter()
                .any(|command| matches!(command, Command::Announce(..) | Command::Withdraw(_)))
        {
            let text = format!("it says '{}'", commands[0]);
            self.stirs(n, text);
        }
    }

    pub fn changed_in_calm(&mut self, n: usize, service: &str, change: &Change) {
        // That it cannot be told for a moment is no move.
        if self.is_calm(n) && matches!(change, Change::Moved { .. }) {
            self.stirs(n, format!("{service} has changed: {change:?}"));
        }
    }

    fn is_calm(&self, n: usize) -> bool {
        // Who takes over is moved by what becomes of others.
        let lately = |at: Time| self.now < at + 15_000 * MS;
        let mut preferred = self.setting.preferred(n);
        if preferred.any(|other| lately(self.nvas[other].marks.touched) || lately(self.partitioned))
        {
            return false;
        }
        self.nvas[n]
            .marks
            .calm
            .is_some_and(|(until, _)| self.now < until)
    }

    fn stirs(&mut self, n: usize, text: String) {
        let Some((_, fault)) = self.nvas[n].marks.calm else {
            return;
        };
        let reload = matches!(fault, Fault::Reload(_));
        let invariant = if reload {
            Invariant::ReloadIsCalm
        } else {
            Invariant::EditIsCalm
        };
        self.violate(invariant, n, || format!("{fault}, and {text}"));
    }

    pub fn inspect(&mut self) {
        for n in 0..self.nvas.len() {
            self.mark_mute(n);
            for index in 0..self.nvas[n].file.services.len() {
                self.inspect_service(n, index);
            }
            if let Some(text) = self.stranger(n) {
                self.violate(Invariant::RightInTheEnd, n, || text);
            }
            self.bound_trials(n);
        }
        (0..self.nowhere.len()).for_each(|k| self.inspect_far_router(k));
        self.after(INSPECT, Event::Inspect);
    }

    /// A neighbor that does not list the process is tried once a reading, and where it comes up.
    fn bound_trials(&mut self, n: usize) {
        let since = self.now.saturating_sub(10_000 * MS);
        let mut named = 0;
        for stranger in &mut self.nvas[n].exabgp.strangers {
            stranger.named.retain(|at| *at >= since);
            named += stranger.named.len();
        }
        if named > TRIALS {
            self.violate(Invariant::Bounded, n, || {
                format!("{named} trials of a neighbor that does not list the process, in 10 s")
            });
        }
    }

    fn inspect_service(&mut self, n: usize, index: usize) {
        let nva = &self.nvas[n];
        let (spec, grace) = (
            &nva.file.services[index],
            self.grace(n, &nva.file.services[index]),
        );
        let level = self.level(n, spec);
        let k = spec.number;
        let lost = if level.is_some() || !nva.haproxy.is_settled() {
            None
        } else {
            nva.marks.lost[k].or(Some(self.now))
        };
        // A drain leaves the route as it is until it is known whether it is the last one.
        let known = match nva.marks.stages[k] {
            Some(Stage::Waiting) => nva.marks.ill_at + spec.settle * MS,
            _ => 0,
        };
        let outlived = lost.and_then(|since| {
            let touched = nva.marks.touched.max(nva.marks.infra + 5_000 * MS);
            self.outlived(n, spec, since.max(touched).max(known))
        });
        // What should be does not depend on the others where a level holds.
        let takes_over = spec.siblings && self.setting.preferred(n).next().is_some();
        let with_siblings = level.is_none() || nva.drained(k).is_some() || takes_over;
        let quiet = self.now > self.quiet_since(n, with_siblings) + grace
            && nva.haproxy.is_settled()
            && !self.keeps(n, spec)
            && !nva.marks.forgotten
            && !nva.exabgp.stuck;
        let wrong = quiet.then(|| self.wrong(n, spec)).flatten();
        // What cannot be set anew is true once more when the clock comes by again: nobody can help that.
        let believes = |nva: &super::nva::Nva| !nva.haproxy.control && nva.marks.stepped_back;
        // Whether an ExaBGP reads is known to those that have something to say to it.
        let is_doubtful = |nva: &super::nva::Nva| believes(nva) || nva.exabgp.stuck;
        let known = !(if with_siblings {
            self.nvas.iter().any(is_doubtful)
        } else {
            believes(nva)
        });
        let wrong = wrong.filter(|_| known || !with_siblings);
        let known = known && !self.knows_no_session(n);
        let flagged = nva.drained(k).is_none()
            || nva.haproxy.variable(&variable("drain", k)) == 1
            || !nva.file.control;
        let unflagged = quiet && known && nva.haproxy.control && nva.haproxy.answers() && !flagged;
        let page =
            (quiet && known && self.page(n, k) != self.page_should(n, k)).then(|| self.page(n, k));
        let unread =
            nva.unwritten.is_some_and(|at| self.now > at + UNREAD) && nva.program.is_some();
        let vouches = unread
            && nva.config.haproxy.control.is_some()
            && !nva.marks.stepped_back
            && self.page(n, k);
        let few = nva.marks.updates > 12 * (nva.marks.faults + 4) * nva.file.services.len() as u32;
        let count = (nva.marks.updates, nva.marks.faults);
        self.nvas[n].marks.lost[k] = lost;
        if let Some(text) = outlived {
            self.violate(Invariant::Outlived, n, || text);
        }
        if let Some(text) = wrong {
            self.violate(Invariant::RightInTheEnd, n, || text);
        }
        if let Some(page) = page {
            self.violate(Invariant::PageIsTrue, n, || format!("its page says {page}"));
        }
        if vouches {
            self.violate(Invariant::PageIsTrue, n, || {
                "its page vouches for an ExaBGP that reads nothing".to_owned()
            });
        }
        if unflagged {
            self.violate(Invariant::PageIsTrue, n, || {
                "HAProxy is not told of the drain".to_owned()
            });
        }
        if few {
            self.violate(Invariant::Bounded, n, || {
                format!("{} UPDATEs after {} faults", count.0, count.1)
            });
        }
    }

    /// Without acks nobody asks for sessions that were up before the process began: while the others are down its page is
    /// careful.
    fn knows_no_session(&self, n: usize) -> bool {
        let Some(program) = &self.nvas[n].program else {
            return false;
        };
        let mut states = program.view().dialogue.neighbors().peekable();
        let count = program.view().dialogue.neighbors().count();
        let unheard = states.peek().is_some()
            && states.all(|(_, up, _)| !up)
            && count < super::setting::SESSIONS;
        !self.nvas[n].exabgp.acks && unheard
    }

    /// What cannot be told stays as it was, by the operator's wish.
    fn keeps(&self, n: usize, spec: &ServiceSpec) -> bool {
        spec.keep && self.nvas[n].haproxy.alive && self.nvas[n].haproxy.hangs
    }

    /// A route better than the last resort is out long after its servers.
    fn outlived(&self, n: usize, spec: &ServiceSpec, since: Time) -> Option<String> {
        let nva = &self.nvas[n];
        let readings = spec.fall * nva.file.interval.max(300) + 2_000;
        let hold = if spec.keep {
            Time::MAX / 4
        } else {
            spec.hold * MS
        };
        let refused = if nva.marks.refused.is_some() {
            60_000 * MS
        } else {
            0
        };
        // Its own page must have been silent before the others are asked.
        let silence = if nva.haproxy.control && nva.exabgp.acks {
            0
        } else {
            3_000 * MS
        };
        if self.now
            < since
                + readings * MS
                + refused
                + silence
                + if nva.haproxy.answers() { 0 } else { hold }
        {
            return None;
        }
        if nva.exabgp.stuck || !nva.exabgp.alive || nva.exabgp.lag > 0 || nva.program.is_none() {
            return None;
        }
        let better = |route: &Route| length(route) < spec.last;
        let routes = nva
            .exabgp
            .sessions
            .iter()
            .filter(|session| !session.silent)
            .flat_map(|session| &session.table);
        // Of a route that no ledger had when its process died, another one does not know.
        let known =
            |id: &Option<PathId>| !nva.marks.forgotten || configured(*id) == spec.path_information;
        let of_it = |(prefix, id): &Id| number(*prefix) == spec.number && known(id);
        let found = routes
            .filter(|(id, _)| of_it(id))
            .find(|(_, route)| better(route));
        found.map(|(_, route)| {
            format!(
                "{} is out with a path of {} long after its servers",
                spec.name,
                length(route)
            )
        })
    }

    /// A route that no service of the file has any more, long after.
    fn stranger(&self, n: usize) -> Option<String> {
        let nva = &self.nvas[n];
        let quiet = self.now > self.quiet_since(n, false) + self.longest_grace(n);
        if !quiet || nva.marks.forgotten || nva.exabgp.stuck || nva.program.is_none() {
            return None;
        }
        let is_known = |prefix: &Prefix| {
            nva.config
                .services
                .iter()
                .any(|service| service.prefixes.iter().any(|(known, _)| known == prefix))
        };
        let sessions = nva.exabgp.sessions.iter().enumerate();
        let heard = sessions.filter(|(_, session)| session.up && !session.silent);
        let mut held =
            heard.flat_map(|(s, session)| session.table.keys().map(move |(prefix, _)| (s, prefix)));
        let (s, prefix) = held.find(|(_, prefix)| !is_known(prefix))?;
        Some(format!(
            "Route Server {s} has a route to {prefix}, which no service has"
        ))
    }

    /// How the Route Servers differ from what should be.
    fn wrong(&self, n: usize, spec: &ServiceSpec) -> Option<String> {
        let nva = &self.nvas[n];
        let service = nva.config.service(&spec.name)?;
        let expected = self.expected(n, spec, service);
        let mut prefixes = service.prefixes.iter();
        prefixes.find_map(|(prefix, next_hop)| {
            self.wrong_for(
                n,
                spec,
                (*prefix, *next_hop),
                expected,
                service.path_information,
            )
        })
    }

    fn wrong_for(
        &self,
        n: usize,
        spec: &ServiceSpec,
        (prefix, next_hop): (Prefix, NextHop),
        expected: Option<&Attributes>,
        path_information: Option<PathId>,
    ) -> Option<String> {
        let nva = &self.nvas[n];
        for (s, session) in nva.exabgp.sessions.iter().enumerate() {
            if !session.up || session.silent {
                continue;
            }
            let concerned = spec.neighbors.is_none_or(|chosen| chosen == s);
            // The route stays where it is until the neighbor that is to have it is there.
            let chosen = spec
                .neighbors
                .and_then(|chosen| nva.exabgp.sessions.get(chosen));
            if !concerned
                && expected.is_some()
                && chosen.is_none_or(|chosen| !chosen.up || chosen.silent)
            {
                continue;
            }
            let wanted = expected.filter(|_| concerned);
            let wanted = wanted.map(|attributes| Route {
                next_hop,
                attributes: attributes.clone(),
            });
            let of_prefix = || {
                session
                    .table
                    .iter()
                    .filter(|((known, _), _)| *known == prefix)
            };
            let held = of_prefix().next();
            let same_key = held.is_none_or(|((_, path), _)| *path == path_information);
            if of_prefix().count() > 1
                || held.map(|(_, route)| route) != wanted.as_ref()
                || !same_key
            {
                let words = |route: Option<&Route>| {
                    route.map_or("nothing".to_owned(), |route| {
                        format!("a path of {}", length(route))
                    })
                };
                return Some(format!(
                    "Route Server {s} has {} for {prefix} ({} of them), and should have {}",
                    words(held.map(|(_, route)| route)),
                    of_prefix().count(),
                    words(wanted.as_ref())
                ));
            }
        }
        None
    }

    fn inspect_far_router(&mut self, k: usize) {
        let can_serve: Vec<usize> = (0..self.nvas.len())
            .filter(|n| self.can_serve(*n, k))
            .collect();
        let grace = (0..self.nvas.len())
            .map(|n| self.longest_grace(n))
            .max()
            .unwrap_or(0);
        let best = self.best(k);
        // A drained region that is held still serves.
        let serves = |n: usize| {
            self.nvas[n]
                .service(k)
                .is_some_and(|service| self.level(n, service).is_some() || self.keeps(n, service))
        };
        let region_serves = |n: usize| {
            let region = self.nvas[n].spec.region;
            (0..self.nvas.len())
                .any(|other| self.nvas[other].spec.region == region && serves(other))
        };
        // What no ledger had when its process died nobody takes back.
        let is_fine = |n: usize| region_serves(n) || self.nvas[n].marks.forgotten;
        let fine = can_serve.is_empty() || best.is_some_and(is_fine);
        let since = *self.nowhere[k].get_or_insert(self.now);
        if fine {
            self.nowhere[k] = None;
            return;
        }
        let since = can_serve
            .iter()
            .map(|n| self.quiet_since(*n, true))
            .max()
            .unwrap_or(0)
            .max(since);
        if self.now > since + grace {
            let n = can_serve[0];
            match best {
                None => self.violate(Invariant::NeverNowhere, n, || {
                    "it could serve, and there is no route anywhere".to_owned()
                }),
                Some(other) => self.violate(Invariant::FarRouter, n, || {
                    format!("it could serve, and the far router goes to nva {other}")
                }),
            }
        }
    }

    /// It has a level, a session, and nobody has taken it out.
    fn can_serve(&self, n: usize, k: usize) -> bool {
        let nva = &self.nvas[n];
        let Some(service) = nva.service(k) else {
            return false;
        };
        let concerned = |s: usize| service.neighbors.is_none_or(|chosen| chosen == s);
        let session = nva
            .exabgp
            .sessions
            .iter()
            .enumerate()
            .any(|(s, session)| concerned(s) && session.up && !session.silent);
        session
            && !nva.exabgp.stuck
            && nva.program.is_some()
            && nva.drained(k).is_none()
            && self.level(n, service).is_some()
    }

    /// The NVA to which the far router's best route leads: the shortest path of all.
    fn best(&self, k: usize) -> Option<usize> {
        let routes = self.nvas.iter().enumerate().flat_map(|(n, nva)| {
            let tables = nva
                .exabgp
                .sessions
                .iter()
                .flat_map(|session| &session.table);
            tables
                .filter(|((prefix, _), _)| number(*prefix) == k)
                .map(move |(_, route)| (length(route), n))
        });
        routes.min().map(|(_, n)| n)
    }
}

/// The service of an address, by its number: it is written in the last digits, which are the same in both families.
pub fn service_of(address: IpAddr) -> usize {
    let last = match address {
        IpAddr::V4(address) => usize::from(address.octets()[3]),
        IpAddr::V6(address) => usize::from(address.segments()[7]),
    };
    last - 9
}

fn is_four(prefix: Prefix) -> bool {
    prefix.host().is_some_and(|address| address.is_ipv4())
}

/// The service of a prefix, by its number.
pub fn number(prefix: Prefix) -> usize {
    match prefix.host() {
        Some(address) => service_of(address),
        None => 0,
    }
}
