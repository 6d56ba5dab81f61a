//! The time between two statements of a route, where ExaBGP sends later than it acknowledges. Pure.
//!
//! ExaBGP 6 acknowledges up to 100 ms before it sends. What is announced twice in that time and then withdrawn stays announced at
//! the neighbor, since the withdrawal takes back only the second. So an announcement waits until the one before it is sent, and only the
//! newest state is said then. A withdrawal never waits: it is said once more when all is sent, which always repairs it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::queue::Queue;
use super::told::Told;
use crate::route::{PathId, Prefix, RouteKey};

/// So long it is remembered when something was said, in case that ExaBGP turns out to have hung since.
const KEPT: Duration = Duration::from_secs(600);

/// After a withdrawal was said once more it is said a last time: hangs while nothing was asked go unnoticed.
const LAST: Duration = Duration::from_secs(1);

/// When a withdrawal is said once more, and whether for the last time.
#[derive(Debug, Clone, Copy)]
struct Again {
    at: Instant,
    last: bool,
    /// The last time is not before.
    surely: Instant,
}

/// Until when what was announced may not be sent.
#[derive(Debug, Clone, Copy)]
struct Unsent {
    until: Instant,
    /// The same of an ExaBGP that takes twice as long for a long queue.
    surely: Instant,
    /// That was put off, once.
    put_off: bool,
}

/// What was said a moment ago, and what is to be said once more.
#[derive(Debug, Default)]
pub(super) struct Spacing {
    /// How long ExaBGP may take to send; absent: it has sent what it acknowledges.
    late: Option<Duration>,
    /// Its acknowledgements tell that it runs.
    acks: bool,
    /// What it was told.
    queue: Queue,
    /// What was announced, and may not be sent.
    unsent: BTreeMap<(Prefix, Option<PathId>), Unsent>,
    /// Withdrawals to be said once more.
    again: BTreeMap<RouteKey, Again>,
    /// When that was said which ExaBGP answered last: what was to be sent before is.
    alive: Option<Instant>,
    /// When the first of what waits may be said.
    waits: Option<Instant>,
}

impl Spacing {
    /// ExaBGP sends so much later than it acknowledges.
    pub(super) fn late(&mut self, late: Option<Duration>) {
        self.late = late;
    }

    /// Begins to look for what may be said now.
    pub(super) fn begin(&mut self, acks: bool, now: Instant) {
        (self.waits, self.acks) = (None, acks);
        self.unsent.retain(|_, unsent| unsent.until + KEPT > now);
    }

    /// An announcement of the route has to wait. A withdrawal has not.
    pub(super) fn holds(&mut self, key: &RouteKey, say: &Told, now: Instant) -> bool {
        let until = self.until(key).filter(|_| *say != Told::Withdrawn);
        let waits = until.filter(|until| *until > now);
        self.waits = self.waits.into_iter().chain(waits).min();
        until.is_some_and(|until| until > now || self.is_in_doubt(until))
    }

    /// ExaBGP has sent it, unless it has hung since: nothing that was said after that is answered.
    fn is_in_doubt(&self, until: Instant) -> bool {
        self.acks && Some(until) > self.alive
    }

    /// Whether ExaBGP has sent what was announced is to be found out now, by a question. Two announcements of a route that wait
    /// there are sent in an order of ExaBGP's own.
    pub(super) fn asks(&self, now: Instant) -> bool {
        let mut unsent = self.unsent.values().map(|unsent| unsent.until);
        unsent.any(|until| until <= now && self.is_in_doubt(until))
    }

    /// Something that was announced to the prefix may not be sent yet.
    pub(super) fn holds_prefix(&mut self, prefix: Prefix, now: Instant) -> bool {
        let routes = self.unsent.range((prefix, None)..);
        let routes = routes.take_while(|((other, _), _)| *other == prefix);
        let until = routes
            .map(|(_, unsent)| unsent.until)
            .filter(|until| *until > now)
            .max();
        self.waits = self.waits.into_iter().chain(until).min();
        until.is_some()
    }

    /// Until when what was announced of a route may not be sent.
    pub(super) fn until(&self, key: &RouteKey) -> Option<Instant> {
        self.unsent
            .get(&(key.prefix, key.path_information))
            .map(|unsent| unsent.until)
    }

    /// So many statements are on their way.
    pub(super) fn queued(&mut self, statements: usize, now: Instant) {
        if let Some(late) = self.late {
            self.queue.behind(statements, late, now);
        }
    }

    /// A session came up, over which ExaBGP sends so many routes before anything else. Returns when that is done.
    pub(super) fn sends_all(&mut self, routes: usize, now: Instant) -> Instant {
        if let Some(late) = self.late {
            self.queue.beside(routes, late, now);
        }
        self.queue.sent().unwrap_or(now)
    }

    /// Until when what is acknowledged now may not be sent.
    fn sent_by(&self, late: Duration, now: Instant) -> Instant {
        let queued = self.queue.sent().map(|at| at + late / 2);
        queued.into_iter().fold(now + late, Instant::max)
    }

    /// It is said, or ExaBGP acknowledges it now.
    pub(super) fn said(&mut self, key: &RouteKey, told: &Told, now: Instant) {
        let Some(late) = self.late else { return };
        match told {
            Told::Announced(_) => {
                let id = (key.prefix, key.path_information);
                let (until, put_off) = (self.sent_by(late, now), false);
                let slow = self.queue.surely().filter(|at| *at > now);
                let unsent = Unsent {
                    until,
                    surely: slow.map_or(until, |at| until.max(at + late / 2)),
                    put_off,
                };
                self.unsent.insert(id, unsent);
                self.again
                    .retain(|other, _| (other.prefix, other.path_information) != id);
            }
            Told::Withdrawn => {
                let unsent = self.unsent.get(&(key.prefix, key.path_information));
                if let Some(unsent) = unsent.filter(|unsent| unsent.surely > now) {
                    let (at, surely) = (unsent.until.max(now + late), unsent.surely);
                    let last = unsent.until <= now && self.again.get(key).is_some_and(|it| it.last);
                    let at = if last { at.max(surely) } else { at };
                    self.again.insert(key.clone(), Again { at, last, surely });
                }
            }
        }
    }

    /// ExaBGP has read nothing for a while, of what was written at `since` on: it may not have sent what it acknowledged just before.
    pub(super) fn was_away(&mut self, since: Instant, now: Instant) {
        let Some(late) = self.late else { return };
        // Once: nothing waits for ever for one that is only slow.
        let in_doubt = |unsent: &&mut Unsent| !unsent.put_off && unsent.until + late > since;
        for unsent in self.unsent.values_mut().filter(in_doubt) {
            let left = unsent.until.saturating_duration_since(since);
            (unsent.until, unsent.put_off) = (now + left.max(late), true);
            unsent.surely = unsent.surely.max(unsent.until);
        }
        self.queue.was_away(since, now);
    }

    /// What was said at `since` is answered now.
    pub(super) fn answered(&mut self, since: Instant, now: Instant) {
        self.runs(since);
        let took = now.saturating_duration_since(since);
        if self.late.is_some_and(|late| took * 2 > late) {
            self.was_away(since, now);
        }
    }

    /// A question that was asked then is answered.
    pub(super) fn runs(&mut self, asked: Instant) {
        self.alive = self.alive.max(Some(asked));
    }

    /// Withdrawals that are to be said once more now.
    pub(super) fn due(&self, now: Instant) -> Vec<RouteKey> {
        let due = self.again.iter().filter(|(_, again)| again.at <= now);
        due.map(|(key, _)| key.clone()).collect()
    }

    /// It is said once more.
    pub(super) fn repeated(&mut self, key: &RouteKey, now: Instant) {
        let again = self.again.remove(key).filter(|again| !again.last);
        if let Some(Again { surely, .. }) = again {
            let (at, last) = (surely.max(now + LAST), true);
            self.again.insert(key.clone(), Again { at, last, surely });
        }
    }

    /// There is no need to say it once more.
    pub(super) fn needless(&mut self, key: &RouteKey) {
        self.again.remove(key);
    }

    /// It cannot be said now.
    pub(super) fn postpone(&mut self, key: &RouteKey, now: Instant) {
        let wait = self.late.unwrap_or_default();
        if let Some(again) = self.again.get_mut(key) {
            again.at = now + wait;
        }
    }

    /// When there is something to say.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let unsent = self.unsent.values().map(|unsent| unsent.until);
        let in_doubt = unsent.filter(|until| self.is_in_doubt(*until));
        self.waits
            .into_iter()
            .chain(in_doubt)
            .chain(self.again.values().map(|again| again.at))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::queue::PACE;
    use super::*;
    use crate::route::{Attributes, Route};

    const LATE: Duration = Duration::from_millis(200);

    fn key(neighbors: &[&str]) -> RouteKey {
        RouteKey {
            prefix: "9.9.9.9/32".parse().unwrap(),
            path_information: None,
            neighbors: neighbors.iter().map(|name| name.parse().unwrap()).collect(),
        }
    }

    fn announced() -> Told {
        Told::Announced(Route {
            next_hop: "192.0.2.1".parse().unwrap(),
            attributes: Attributes::default(),
        })
    }

    #[test]
    fn an_announcement_waits_for_the_one_before_it_and_a_withdrawal_does_not() {
        let (mut spacing, now) = (Spacing::default(), Instant::now());
        spacing.late(Some(LATE));
        spacing.said(&key(&[]), &announced(), now);
        // A neighbor of its own is a neighbor of all.
        for key in [key(&[]), key(&["192.0.2.4"])] {
            assert!(spacing.holds(&key, &announced(), now + LATE / 2));
            assert!(!spacing.holds(&key, &Told::Withdrawn, now + LATE / 2));
            assert!(!spacing.holds(&key, &announced(), now + LATE));
        }
        assert_eq!(spacing.deadline(), Some(now + LATE));
        spacing.begin(false, now + LATE);
        assert_eq!(spacing.deadline(), None);
    }

    #[test]
    fn a_withdrawal_soon_after_an_announcement_is_said_once_more() {
        let (mut spacing, now) = (Spacing::default(), Instant::now());
        spacing.late(Some(LATE));
        spacing.said(&key(&[]), &announced(), now);
        let withdrawn = now + LATE / 20;
        spacing.said(&key(&[]), &Told::Withdrawn, withdrawn);
        assert_eq!(spacing.due(withdrawn), []);
        assert_eq!(spacing.deadline(), Some(withdrawn + LATE));
        assert_eq!(spacing.due(withdrawn + LATE), [key(&[])]);
        spacing.postpone(&key(&[]), withdrawn + LATE);
        assert_eq!(spacing.deadline(), Some(withdrawn + 2 * LATE));
        let repeated = withdrawn + 2 * LATE;
        spacing.repeated(&key(&[]), repeated);
        assert_eq!(spacing.deadline(), Some(repeated + LAST));
        spacing.repeated(&key(&[]), repeated + LAST);
        assert_eq!(spacing.deadline(), None, "twice");
        spacing.said(&key(&[]), &Told::Withdrawn, withdrawn + LATE);
        assert_eq!(spacing.deadline(), None);
    }

    /// Seed 350059093 of the simulator.
    #[test]
    fn what_was_acknowledged_just_before_exabgp_hung_is_unsent_when_it_goes_on() {
        let (mut spacing, now) = (Spacing::default(), Instant::now());
        let second = Duration::from_secs(1);
        spacing.late(Some(LATE));
        spacing.said(&key(&[]), &announced(), now);
        let (asked, answers) = (now + LATE, now + second);
        spacing.begin(false, asked);
        assert!(!spacing.holds(&key(&[]), &announced(), asked));
        spacing.answered(asked, answers);
        assert!(spacing.holds(&key(&[]), &announced(), answers));
        assert!(!spacing.holds(&key(&[]), &announced(), answers + LATE));
        // What was said long before is sent.
        spacing.was_away(now + 2 * second, now + 3 * second);
        assert!(!spacing.holds(&key(&[]), &announced(), now + 3 * second));
    }

    /// Seeds 350166943 and 360239158 of the simulator.
    #[test]
    fn what_was_announced_counts_as_sent_once_exabgp_has_answered_a_question_that_came_after_it() {
        let (mut spacing, now) = (Spacing::default(), Instant::now());
        spacing.late(Some(LATE));
        spacing.begin(true, now);
        spacing.said(&key(&[]), &announced(), now);
        // Its own acknowledgement says nothing of what comes after it.
        spacing.answered(now, now);
        assert!(!spacing.asks(now + LATE / 2));
        let asked = now + LATE;
        assert_eq!(spacing.deadline(), Some(asked));
        assert!(spacing.asks(asked) && spacing.holds(&key(&[]), &announced(), asked));
        assert!(!spacing.holds(&key(&[]), &Told::Withdrawn, asked));
        let answers = asked + LATE;
        spacing.answered(asked, answers);
        // It has hung, or is slow: it is asked once more, and then believed.
        let again = answers + LATE;
        assert!(!spacing.asks(answers) && spacing.asks(again));
        spacing.answered(again, again + LATE);
        assert!(!spacing.asks(again + 2 * LATE));
        assert!(!spacing.holds(&key(&[]), &announced(), again + LATE));
    }

    /// Seen with ExaBGP 6 and 600 prefixes of IPv6: what was restated while it sent them stayed out, though it was withdrawn four times.
    #[test]
    fn what_is_announced_behind_many_others_is_unsent_for_longer() {
        let (mut spacing, now) = (Spacing::default(), Instant::now());
        spacing.late(Some(LATE));
        // A batch goes out in time.
        spacing.queued(16, now);
        spacing.said(&key(&[]), &announced(), now);
        assert_eq!(spacing.until(&key(&[])), Some(now + LATE));
        let all = spacing.sends_all(600, now);
        assert_eq!(all, now + 600 * PACE);
        let later = now + LATE;
        spacing.queued(1, later);
        spacing.said(&key(&[]), &announced(), later);
        let until = now + 601 * PACE + LATE / 2;
        assert!(spacing.holds(&key(&[]), &announced(), until - PACE));
        let withdrawn = later + LATE;
        spacing.said(&key(&[]), &Told::Withdrawn, withdrawn);
        assert_eq!(spacing.due(until - PACE), []);
        assert_eq!(spacing.due(until), [key(&[])]);
        // A hang holds that up, too.
        spacing.was_away(later, later + 10 * LATE);
        assert_eq!(spacing.until(&key(&[])), Some(until + 10 * LATE));
    }

    /// Seen with ExaBGP 6 and 14 neighbors of 600 prefixes each: they were sent after 4.2 s, not after 3 s.
    /// Seed 600535662 of the simulator.
    #[test]
    fn a_session_that_comes_up_at_the_end_of_a_hang_is_not_put_off_by_the_whole_of_it() {
        let (mut spacing, now) = (Spacing::default(), Instant::now());
        spacing.late(Some(LATE));
        let (since, up) = (now, now + 9 * Duration::from_secs(1));
        spacing.sends_all(2, up);
        let goes_on = up + LATE;
        spacing.was_away(since, goes_on);
        spacing.said(&key(&[]), &announced(), goes_on);
        assert_eq!(spacing.until(&key(&[])), Some(goes_on + LATE));
    }

    #[test]
    fn what_is_withdrawn_while_a_slow_exabgp_may_still_send_is_said_until_it_surely_has() {
        let (mut spacing, now) = (Spacing::default(), Instant::now());
        spacing.late(Some(LATE));
        let all = spacing.sends_all(600, now);
        let surely = all + 600 * PACE + LATE / 2;
        // It was announced a second time when all should have been sent.
        let announced_at = all + LATE / 2;
        spacing.queued(1, announced_at);
        spacing.said(&key(&[]), &announced(), announced_at);
        let withdrawn = announced_at + 2 * LATE;
        spacing.said(&key(&[]), &Told::Withdrawn, withdrawn);
        let again = withdrawn + LATE;
        assert_eq!(spacing.due(again), [key(&[])]);
        spacing.repeated(&key(&[]), again);
        spacing.said(&key(&[]), &Told::Withdrawn, again);
        assert_eq!(spacing.deadline(), Some(surely));
        spacing.repeated(&key(&[]), surely);
        spacing.said(&key(&[]), &Told::Withdrawn, surely);
        assert_eq!(spacing.deadline(), None);
        // A few are sent in time.
        spacing.queued(16, surely + LATE);
        spacing.said(&key(&[]), &announced(), surely + LATE);
        spacing.said(&key(&[]), &Told::Withdrawn, surely + 2 * LATE);
        assert_eq!(spacing.deadline(), None);
    }

    #[test]
    fn where_exabgp_sends_at_once_nothing_waits() {
        let (mut spacing, now) = (Spacing::default(), Instant::now());
        spacing.said(&key(&[]), &announced(), now);
        assert!(!spacing.holds(&key(&[]), &announced(), now));
        spacing.said(&key(&[]), &Told::Withdrawn, now);
        assert_eq!(spacing.deadline(), None);
    }
}
