//! The time between two statements of a route, where ExaBGP sends later than it acknowledges. Pure.
//!
//! ExaBGP 6 acknowledges up to 100 ms before it sends. What is announced twice in that time and then withdrawn stays announced at
//! the neighbor, since the withdrawal takes back only the second. So an announcement waits until the one before it is sent, and only the
//! newest state is said then. A withdrawal never waits: it is said once more when all is sent, which always repairs it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

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
}

/// What was said a moment ago, and what is to be said once more.
#[derive(Debug, Default)]
pub(super) struct Spacing {
    /// How long ExaBGP may take to send; absent: it has sent what it acknowledges.
    late: Option<Duration>,
    /// Until when what was announced may not be sent.
    unsent: BTreeMap<(Prefix, Option<PathId>), Instant>,
    /// Withdrawals to be said once more.
    again: BTreeMap<RouteKey, Again>,
    /// When ExaBGP answered last.
    answered: Option<Instant>,
    /// What is being said of a route whose last announcement ExaBGP has sent only if it has not hung since.
    in_doubt: Vec<RouteKey>,
    /// When the first of what waits may be said.
    waits: Option<Instant>,
}

impl Spacing {
    /// ExaBGP sends so much later than it acknowledges.
    pub(super) fn late(&mut self, late: Option<Duration>) {
        self.late = late;
    }

    /// Begins to look for what may be said now.
    pub(super) fn begin(&mut self, now: Instant) {
        self.waits = None;
        self.unsent.retain(|_, until| *until + KEPT > now);
    }

    /// An announcement of the route has to wait. A withdrawal has not.
    pub(super) fn holds(&mut self, key: &RouteKey, say: &Told, now: Instant) -> bool {
        let until = self
            .until(key)
            .filter(|until| *until > now && *say != Told::Withdrawn);
        self.waits = self.waits.into_iter().chain(until).min();
        until.is_some()
    }

    /// Something that was announced to the prefix may not be sent yet.
    pub(super) fn holds_prefix(&mut self, prefix: Prefix, now: Instant) -> bool {
        let routes = self.unsent.range((prefix, None)..);
        let routes = routes.take_while(|((other, _), _)| *other == prefix);
        let until = routes
            .map(|(_, until)| *until)
            .filter(|until| *until > now)
            .max();
        self.waits = self.waits.into_iter().chain(until).min();
        until.is_some()
    }

    /// Until when what was announced of a route may not be sent.
    pub(super) fn until(&self, key: &RouteKey) -> Option<Instant> {
        self.unsent
            .get(&(key.prefix, key.path_information))
            .copied()
    }

    /// A batch is to be said. If ExaBGP hangs, what it held before may be sent after it: A that was sent, B that was not, and A
    /// again, which is no news, end with B.
    pub(super) fn begins(&mut self, routes: &[(RouteKey, Told)]) {
        let announced = routes.iter().filter(|(_, told)| *told != Told::Withdrawn);
        let keys = announced.map(|(key, _)| key);
        let in_doubt = keys.filter(|key| self.until(key) > self.answered);
        self.in_doubt = in_doubt.cloned().collect();
    }

    /// It is said, or ExaBGP acknowledges it now.
    pub(super) fn said(&mut self, key: &RouteKey, told: &Told, now: Instant) {
        let Some(late) = self.late else { return };
        match told {
            Told::Announced(_) => {
                let id = (key.prefix, key.path_information);
                self.unsent.insert(id, now + late);
                self.again
                    .retain(|other, _| (other.prefix, other.path_information) != id);
            }
            Told::Withdrawn if self.until(key).is_some_and(|until| until > now) => {
                let (at, last) = (now + late, false);
                self.again.insert(key.clone(), Again { at, last });
            }
            Told::Withdrawn => {}
        }
    }

    /// ExaBGP has read nothing for a while, of what was written at `since` on: it may not have sent what it acknowledged just before.
    pub(super) fn was_away(&mut self, since: Instant, now: Instant) {
        let Some(late) = self.late else { return };
        let in_doubt = |until: &&mut Instant| **until + late > since;
        let unsent = self.unsent.values_mut().filter(in_doubt);
        unsent.for_each(|until| *until = now + late);
    }

    /// What was said at `since` is answered now. If that took so long that ExaBGP has hung: what is to be announced anew.
    pub(super) fn answered(&mut self, since: Instant, now: Instant) -> Vec<RouteKey> {
        self.answered = Some(now);
        let in_doubt = std::mem::take(&mut self.in_doubt);
        let took = now.saturating_duration_since(since);
        // Nothing waits for one that is only slow.
        if self.late.is_some_and(|late| took * 2 > late) {
            self.was_away(since, now);
        }
        match self.late.is_some_and(|late| took * 4 > late) {
            true => in_doubt,
            false => Vec::new(),
        }
    }

    /// Withdrawals that are to be said once more now.
    pub(super) fn due(&self, now: Instant) -> Vec<RouteKey> {
        let due = self.again.iter().filter(|(_, again)| again.at <= now);
        due.map(|(key, _)| key.clone()).collect()
    }

    /// It is said once more.
    pub(super) fn repeated(&mut self, key: &RouteKey, now: Instant) {
        if self.again.remove(key).is_some_and(|again| !again.last) {
            let (at, last) = (now + LAST, true);
            self.again.insert(key.clone(), Again { at, last });
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
        self.waits
            .into_iter()
            .chain(self.again.values().map(|again| again.at))
            .min()
    }
}

#[cfg(test)]
mod tests {
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
        spacing.begin(now + LATE);
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
        spacing.begin(asked);
        assert!(!spacing.holds(&key(&[]), &announced(), asked));
        assert!(spacing.answered(asked, answers).is_empty());
        assert!(spacing.holds(&key(&[]), &announced(), answers));
        assert!(!spacing.holds(&key(&[]), &announced(), answers + LATE));
        // What was said long before is sent.
        spacing.was_away(now + 2 * second, now + 3 * second);
        assert!(!spacing.holds(&key(&[]), &announced(), now + 3 * second));
    }

    /// Seed 350166943 of the simulator.
    #[test]
    fn what_went_out_while_exabgp_hung_is_announced_anew_where_the_one_before_may_be_unsent() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let routes = [
            (key(&[]), announced()),
            (key(&["192.0.2.4"]), Told::Withdrawn),
        ];
        let anew = |answered: Instant, late: Instant| {
            let mut spacing = Spacing::default();
            spacing.late(Some(LATE));
            spacing.begins(&routes);
            spacing.said(&key(&[]), &announced(), now);
            assert_eq!(spacing.answered(now, now), []);
            assert_eq!(spacing.answered(answered, answered), []);
            spacing.begins(&routes);
            spacing.answered(now + second, late)
        };
        let late = now + second + LATE;
        assert_eq!(anew(now + LATE / 2, late), [key(&[])]);
        assert_eq!(anew(now + LATE, late), [], "it has answered since");
        assert_eq!(anew(now + LATE / 2, now + second), [], "it has not hung");
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
