//! The neighbors that ExaBGP has reported nothing of. ExaBGP 6 says nothing of an attempt that fails, so that one that was never up
//! since this process began is known by the answer to the question who is established, and by nothing else.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::super::adj_rib_out::concerns;
use super::super::sessions::Sessions;
use crate::route::{Family, Neighbor, RouteKey};

/// Until the question is put again while a route seems to reach nobody, at first; each further wait is twice as long. Where
/// exabgp.conf has no `neighbor-changes` for this process, no event ever tells.
const FIRST: Duration = Duration::from_secs(5);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);

/// The last answer, and when the question is put again.
#[derive(Debug, Default)]
pub(super) struct Unreported {
    /// Absent: there was no answer yet.
    established: Option<BTreeSet<Neighbor>>,
    /// Those of the first answer: they were up before this process began.
    first: Option<BTreeSet<Neighbor>>,
    /// Those of them that were not, by an answer since.
    fell: BTreeSet<Neighbor>,
    /// Those that are not, where ExaBGP names them all.
    idle: BTreeSet<Neighbor>,
    /// Those of them for which ExaBGP holds nothing: they do not list this process.
    strange: BTreeSet<Neighbor>,
    /// What ExaBGP holds is to be read: an idle neighbor had time to come up.
    unread: bool,
    /// The question is put since there was doubt.
    doubted: bool,
    next: Option<Instant>,
    wait: Duration,
    /// The question is put after a reading.
    listing: Option<Instant>,
    /// Something was read. True: and the question was not answered since.
    is_read: Option<bool>,
    /// Those that were established then, and are to be tried with a route of each family: they do not list this process, or do so since
    /// a reload.
    untried: BTreeSet<(Neighbor, Family)>,
    /// Those of them that refused one: they do not list this process.
    refused: BTreeSet<(Neighbor, Family)>,
    /// That answer is too old then.
    tries_until: Option<Instant>,
}

impl Unreported {
    /// Of the neighbors that a route is for, nothing was reported: one of them may be established, and has not refused it.
    pub(super) fn may_be_up(&self, key: &RouteKey) -> bool {
        let refuses = |one: &Neighbor| self.refused.contains(&(one.clone(), key.prefix.family()));
        let takes = |one: &Neighbor| concerns(one, key) && !refuses(one);
        let established = self.established.as_ref();
        established.is_none_or(|established| established.iter().any(takes))
    }

    /// It was tried with a route of this family.
    pub(super) fn tried(&mut self, neighbor: &Neighbor, family: Family, took: bool) {
        self.refused.retain(|(one, _)| !took || one != neighbor);
        if !took {
            self.refused.insert((neighbor.clone(), family));
        }
    }

    /// ExaBGP speaks otherwise, or does not acknowledge: who refuses what is not known.
    pub(super) fn tries_anew(&mut self) {
        self.refused.clear();
        self.untried.clear();
        self.is_read = None;
    }

    /// These are established, and no others.
    pub(super) fn answered(&mut self, established: BTreeSet<Neighbor>, now: Instant) {
        let first = self.first.get_or_insert_with(|| established.clone());
        self.fell.extend(first.difference(&established).cloned());
        self.untried.retain(|(one, _)| established.contains(one));
        self.refused.retain(|(one, _)| established.contains(one));
        let before = self.established.replace(established).unwrap_or_default();
        self.tries(&before, now);
    }

    /// It is, by the last answer, and no report has said otherwise since.
    pub(super) fn is_established(&self, neighbor: &Neighbor) -> bool {
        let mut established = self.established.iter().flatten();
        established.any(|one| one == neighbor)
    }

    /// A neighbor is reported: what was answered of it is older, and it was not left as it was before this process began.
    pub(super) fn reported(&mut self, neighbor: &Neighbor, is_up: bool) {
        if let Some(first) = &mut self.first {
            first.remove(neighbor);
        }
        if let Some(established) = self.established.as_mut().filter(|_| !is_up) {
            established.remove(neighbor);
        }
    }

    /// These are not established, of all that ExaBGP has.
    pub(super) fn are_idle(&mut self, idle: BTreeSet<Neighbor>) {
        self.strange.retain(|neighbor| idle.contains(neighbor));
        (self.idle, self.unread) = (idle, std::mem::take(&mut self.doubted));
    }

    /// Those that are not established, and of which nothing was reported.
    pub(super) fn idle<'a>(&'a self, sessions: &'a Sessions) -> impl Iterator<Item = &'a Neighbor> {
        let idle = self.idle.difference(&self.strange);
        idle.filter(|neighbor| !sessions.is_known(neighbor))
    }

    /// All that are not established, by the last answer.
    pub(super) fn all_idle(&self) -> &BTreeSet<Neighbor> {
        &self.idle
    }

    /// Whether one of them lists this process is to be read now.
    pub(super) fn reads(&mut self, sessions: &Sessions) -> bool {
        std::mem::take(&mut self.unread) && self.idle(sessions).next().is_some()
    }

    /// ExaBGP holds routes of this process for these. Returns those of them that were up before it began, and of which nothing was
    /// reported: one that none was for until now is told of by no event.
    pub(super) fn up(&self, holders: &BTreeSet<Neighbor>, sessions: &Sessions) -> Vec<Neighbor> {
        let (Some(first), Some(established)) = (&self.first, &self.established) else {
            return Vec::new();
        };
        let still = first.intersection(established);
        let unheard = still.filter(|one| holders.contains(one) && !sessions.is_known(one));
        unheard.cloned().collect()
    }

    /// ExaBGP holds routes of this process for these, of which those that are `otherwise` may be another's. Returns those of them that are
    /// not established, and of which nothing was reported.
    pub(super) fn holders(
        &mut self,
        holders: &BTreeSet<Neighbor>,
        otherwise: &BTreeSet<Neighbor>,
        sessions: &Sessions,
    ) -> Vec<Neighbor> {
        let idle = self.idle.iter().filter(|one| !sessions.is_known(one));
        let mut established = self.established.iter().flatten();
        // Where one that is up was not reported, ExaBGP reports nothing: those that are not up would read as all that there are.
        let is_ours = |one: &Neighbor| holders.contains(one) && !otherwise.contains(one);
        let reports = !established.any(|one| is_ours(one) && !sessions.is_known(one));
        let (away, strange): (Vec<Neighbor>, Vec<Neighbor>) =
            idle.cloned().partition(|one| reports && is_ours(one));
        // One that held nothing before, since no route was for it, is none any more.
        self.strange = strange.into_iter().collect();
        away
    }

    /// A route that is out reaches nobody, as far as is known: the question is put again.
    pub(super) fn doubt(&mut self, now: Instant) {
        if self.next.is_none() {
            self.wait = (self.wait * 2).clamp(FIRST, LONGEST);
            self.next = Some(now + self.wait);
        }
    }

    /// What ExaBGP holds was read, by which those are known that were up before: the others are asked for, and tried or not.
    pub(super) fn read(&mut self, tries: bool, now: Instant) {
        (self.listing, self.is_read) = (Some(now), tries.then_some(true));
    }

    /// Whoever is established once something was read is to be tried, if nothing was reported of it, and later whoever was not `before`.
    /// Not each time, since a trial itself is a reason to put the question.
    fn tries(&mut self, before: &BTreeSet<Neighbor>, now: Instant) {
        let Some(is_new) = &mut self.is_read else {
            return;
        };
        let is_new = std::mem::take(is_new);
        let established = self.established.iter().flatten();
        let tried = established.filter(|one| is_new || !before.contains(one));
        let of_each = |one: &Neighbor| Family::ALL.map(|family| (one.clone(), family));
        self.untried.extend(tried.flat_map(of_each));
        self.tries_until = Some(now + FIRST);
    }

    /// It was established before this process began, and ever since.
    pub(super) fn was_first(&self, neighbor: &Neighbor) -> bool {
        let mut first = self.first.iter().flatten();
        first.any(|one| one == neighbor) && !self.fell.contains(neighbor)
    }

    /// The next for which there is something to try, and that.
    pub(super) fn untried<Trial>(
        &mut self,
        sessions: &Sessions,
        trial: impl Fn(&Neighbor, Family) -> Option<Trial>,
        now: Instant,
    ) -> Option<(Neighbor, Trial)> {
        if self.tries_until.is_none_or(|until| until < now) {
            self.untried.clear();
        }
        self.untried.retain(|(one, _)| !sessions.is_known(one));
        let mut untried = self.untried.iter();
        let (next, trial) = untried.find_map(|one| Some((one.clone(), trial(&one.0, one.1)?)))?;
        self.untried.remove(&next);
        Some((next.0, trial))
    }

    /// When the question is to be put again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next.into_iter().chain(self.listing).min()
    }

    /// It is being put, for the first time or since there was doubt.
    pub(super) fn asked(&mut self, doubted: bool) {
        (self.doubted, self.listing) = (doubted, None);
        if doubted {
            self.next = None;
        }
    }

    /// There is doubt, and it is time.
    pub(super) fn is_doubted(&self, now: Instant) -> bool {
        self.next.is_some_and(|next| next <= now)
    }

    /// It need not be put.
    pub(super) fn trust(&mut self) {
        (self.next, self.wait) = (None, Duration::ZERO);
    }
}
