//! When to read back what ExaBGP holds, and what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::super::adj_rib_out::{AdjRibOut, concerns};
use super::super::read_back::{Difference, ReadBack};
use super::super::sessions::Sessions;
use super::super::told::Told;
use crate::exabgp::{Command, Dialect};
use crate::means::Account;
use crate::note::Notes;
use crate::route::{Neighbor, RouteKey};
use crate::value::FEW;

/// A reading takes at most one part in so many of ExaBGP's time.
const SHARE: u32 = 100;
/// And so many times that for a neighbor that comes up.
const URGENT: u32 = 10;
/// As many octets a second of answers that ExaBGP writes into its log, too, as 6 does.
const LOGGED: usize = 8192;
/// Between two tries of one that was asked for.
const AGAIN: Duration = Duration::from_secs(1);
/// Tries after which what is known must do.
const TRIES: u8 = 3;

/// When to read back, and what came of it.
#[derive(Debug)]
pub(super) struct Reading {
    /// There is nobody who could be asked.
    nobody: bool,
    /// ExaBGP writes what it answers into its log.
    logged: bool,
    every: Option<Duration>,
    next: Instant,
    /// Not before, so that readings take a small part of ExaBGP's time.
    earliest: Instant,
    /// Neighbors that came up since the last reading began, and before that. What ExaBGP holds for them is not known: a reload may have
    /// taken them out of exabgp.conf and put them back.
    came_up: BTreeSet<Neighbor>,
    newcomers: BTreeSet<Neighbor>,
    /// Readings in a row that came to nothing.
    in_vain: u8,
    /// Differences of the last reading: one that comes again cannot be mended by saying the same.
    last: BTreeMap<RouteKey, Vec<Difference>>,
    /// Those of them that came again.
    stays: BTreeSet<RouteKey>,
    mended: u64,
    /// Neighbors for which ExaBGP held managed prefixes at the last reading, and when that began.
    holders: BTreeSet<Neighbor>,
    read: Option<Instant>,
    /// One was asked for then, out of turn, and began so often.
    asked: Option<Instant>,
    tries: u8,
    account: Account,
}

/// How many lines of a reading there are.
#[derive(Debug, Default)]
struct Lines {
    differ: usize,
    lack: usize,
}

/// One line more. False: there are enough of them.
fn count(lines: &mut usize) -> bool {
    *lines += 1;
    *lines <= FEW
}

impl Lines {
    /// What was not said of each.
    fn end(&self, notes: &mut Notes) {
        let more = |count: usize| Some(count.saturating_sub(FEW)).filter(|more| *more > 0);
        if let Some(more) = more(self.differ) {
            notes.warn(format!(
                "{more} more differ in ExaBGP from what was sent; sending them again"
            ));
        }
        if let Some(more) = more(self.lack) {
            notes.info(format!(
                "{more} more are not held as they should be by a neighbor that comes up, sending them again"
            ));
        }
    }
}

impl Reading {
    /// None, until somebody wants them.
    pub(super) fn never(now: Instant) -> Self {
        Self {
            nobody: false,
            logged: false,
            every: None,
            next: now,
            earliest: now,
            came_up: BTreeSet::new(),
            newcomers: BTreeSet::new(),
            in_vain: 0,
            last: BTreeMap::new(),
            stays: BTreeSet::new(),
            mended: 0,
            holders: BTreeSet::new(),
            read: None,
            asked: None,
            tries: 0,
            account: Account::new(Command::ReadBack, now),
        }
    }

    /// None at all: there is nobody who could be asked.
    pub(super) fn of_nobody(now: Instant) -> Self {
        Self {
            nobody: true,
            ..Self::never(now)
        }
    }

    /// Read back this often from now on; never, if absent.
    pub(super) fn every(&mut self, every: Option<Duration>, now: Instant) {
        if self.every != every {
            self.every = every;
            self.next = now + every.unwrap_or_default();
        }
    }

    /// It is asked in these words.
    pub(super) fn asks(&mut self, dialect: &Dialect) {
        self.account.place = dialect.line(&Command::ReadBack);
        self.logged = dialect.lists_in_a_line;
    }

    /// When the next is due. One that is asked for is due where none are wanted, too.
    pub(super) fn due(&self) -> Option<Instant> {
        let wanted = self.every.is_some() && !self.nobody;
        (wanted || self.is_asked()).then_some(self.next)
    }

    /// A session came up: what ExaBGP holds for the neighbor is read then, where that is wanted.
    pub(super) fn comes_up(&mut self, neighbor: Neighbor, then: Instant) {
        if self.every.is_some() && !self.nobody {
            self.next = self.next.min(then.max(self.earliest));
            self.came_up.insert(neighbor);
            self.in_vain = 0;
        }
    }

    /// One began.
    pub(super) fn began(&mut self, now: Instant) {
        let every = self.every.unwrap_or_default();
        self.newcomers = std::mem::take(&mut self.came_up);
        self.next = now + if self.is_asked() { AGAIN } else { every };
        self.tries = self.tries.saturating_add(1);
    }

    /// One is asked for, and has not ended.
    fn is_asked(&self) -> bool {
        !self.nobody && self.asked.is_some() && self.read < self.asked && self.tries < TRIES
    }

    /// It ended, and took so long.
    pub(super) fn ended(&mut self, read: &ReadBack, now: Instant, took: Duration) {
        (self.holders, self.read) = (read.neighbors(), now.checked_sub(took));
        self.in_vain = 0;
        let logged = match self.logged {
            true => Duration::from_secs((read.told() / LOGGED) as u64),
            false => Duration::ZERO,
        };
        let pause = (took * SHARE).max(logged);
        self.earliest = now + pause / URGENT;
        self.next = match self.came_up.is_empty() {
            true => now + pause.max(self.every.unwrap_or_default()),
            false => self.earliest,
        };
        match read.is_whole() {
            true => self.account.used(now),
            false => self
                .account
                .failed("ExaBGP holds more than is compared, which is 4 MiB", now),
        }
    }

    /// It came to nothing, which leaves those that came up unread.
    pub(super) fn failed(&mut self, why: &str, now: Instant) {
        self.account.failed(why, now);
        if self.in_vain < TRIES {
            self.in_vain += 1;
            self.reads_again(now);
        }
    }

    /// What ExaBGP holds for those that came up is still to be read.
    fn reads_again(&mut self, now: Instant) {
        if !self.newcomers.is_empty() {
            self.came_up.extend(self.newcomers.iter().cloned());
            self.next = self.next.min(self.earliest.max(now + AGAIN));
        }
    }

    /// How reading back works, where it is wanted.
    pub(super) fn account(&self) -> Option<&Account> {
        self.every.filter(|_| !self.nobody).map(|_| &self.account)
    }

    /// A reading that began after it was asked for has ended, or ExaBGP answers none; if none was asked for, one is now.
    pub(super) fn is_done(&mut self, now: Instant) -> bool {
        if self.asked.is_none() {
            (self.asked, self.next, self.tries) = (Some(now), self.next.min(now), 0);
        }
        !self.is_asked()
    }

    /// Nobody waits for a reading any more.
    pub(super) fn dismiss(&mut self) {
        self.asked = None;
    }

    /// Neighbors for which ExaBGP held managed prefixes at the last reading.
    pub(super) fn holders(&self) -> impl Iterator<Item = Neighbor> {
        self.holders.iter().cloned()
    }

    /// Routes that ExaBGP holds otherwise than it was told, to be said again; for the same difference only once. What it may not be told
    /// yet went with its neighbor: that is no difference. What a `strange` one holds of what is announced is another process's.
    pub(super) fn differing(
        &mut self,
        read: &ReadBack,
        rib: &AdjRibOut,
        (sessions, strange): (&Sessions, &dyn Fn(&Neighbor) -> bool),
        selected: impl Fn(&RouteKey) -> Option<RouteKey>,
        notes: &mut Notes,
        now: Instant,
    ) -> Vec<RouteKey> {
        self.newcomers.retain(|one| !sessions.is_removed(one));
        if !read.is_whole() {
            self.stays.clear();
            return self.unread(rib, sessions, notes, now);
        }
        let reported = sessions.neighbors();
        let concerned = |key: &RouteKey| match selected(key).unwrap_or_else(|| key.clone()) {
            RouteKey { neighbors, .. } if neighbors.is_empty() => reported.clone(),
            RouteKey { mut neighbors, .. } => {
                neighbors.retain(|one| !sessions.is_removed(one));
                neighbors
            }
        };
        let is_ours = |one: &Difference| one.lacks || !one.neighbor.as_ref().is_some_and(strange);
        let of_ours = |(key, mut all): (RouteKey, Vec<Difference>)| {
            let is_withdrawn = rib.told(&key) == Some(&Told::Withdrawn);
            all.retain(|one| is_withdrawn || is_ours(one));
            (!all.is_empty()).then_some((key, all))
        };
        let (restated, differences): (BTreeMap<_, _>, BTreeMap<_, _>) = read
            .differences(rib, concerned)
            .into_iter()
            .filter_map(of_ours)
            .partition(|(key, _)| sessions.is_restating(key));
        if restated
            .values()
            .flatten()
            .any(|one| one.lacks && self.is_newcomers(one))
        {
            self.reads_again(now);
        }
        let stays = |(key, all): (&RouteKey, &Vec<Difference>)| {
            let is_known = !all.iter().any(|one| self.is_news(key, one));
            is_known.then(|| key.clone())
        };
        let stay: BTreeSet<RouteKey> = differences.iter().filter_map(stays).collect();
        // Of what is being restated, what is known stays known.
        self.stays.retain(|key| restated.contains_key(key));
        self.stays.extend(stay);
        let (mut differing, mut lines) = (Vec::new(), Lines::default());
        for (key, all) in &differences {
            if self.says_again(key, all, selected(key).is_some(), (notes, &mut lines)) {
                differing.push(key.clone());
            }
        }
        lines.end(notes);
        self.last.retain(|key, _| restated.contains_key(key));
        self.last.extend(differences);
        differing
    }

    /// A neighbor that came up before this reading does not hold the route, or holds it otherwise.
    fn is_newcomers(&self, one: &Difference) -> bool {
        let neighbor = one.neighbor.as_ref();
        neighbor.is_some_and(|neighbor| self.newcomers.contains(neighbor))
    }

    /// It was not so at the last reading.
    fn is_news(&self, key: &RouteKey, one: &Difference) -> bool {
        let known = self.last.get(key);
        known.is_none_or(|known| !known.iter().any(|other| other.is(one)))
    }

    /// The route is said again, since a difference is news, or one of a neighbor that comes up.
    fn says_again(
        &mut self,
        key: &RouteKey,
        all: &[Difference],
        may_be_said: bool,
        (notes, lines): (&mut Notes, &mut Lines),
    ) -> bool {
        let (prefix, mut all) = (key.prefix, all.iter());
        let lacks = |one: &Difference| one.lacks && self.is_newcomers(one);
        let others = |one: &&Difference| self.is_news(key, one) && !lacks(one);
        if let Some(Difference { words, .. }) = all.clone().find(others) {
            if may_be_said {
                let line = format!(
                    "{prefix} differs in ExaBGP from what was sent: {words}; sending it again"
                );
                match count(&mut lines.differ) {
                    true => notes.warn(line),
                    false => notes.debug(line),
                }
                self.mended += 1;
            }
            return true;
        }
        if let Some(Difference { words, .. }) = all.clone().find(|one| self.is_newcomers(one)) {
            let line = format!("{prefix}: {words} as it comes up, sending it again");
            match self.stays.contains(key) || !count(&mut lines.lack) {
                true => notes.debug(line),
                false => notes.info(line),
            }
            return true;
        }
        let words = all.next().map_or("", |one| &one.words);
        notes.debug(format!("{prefix}: {words}, although it was sent again"));
        false
    }

    /// What is out for those that came up, where it cannot be told whether ExaBGP holds it for them: said again, it is nothing new to the
    /// others.
    fn unread(
        &mut self,
        rib: &AdjRibOut,
        sessions: &Sessions,
        notes: &mut Notes,
        now: Instant,
    ) -> Vec<RouteKey> {
        let is_out = |key: &&RouteKey| matches!(rib.told(key), Some(Told::Announced(_)));
        let is_theirs = |key: &&RouteKey| self.newcomers.iter().any(|one| concerns(one, key));
        let (restated, unread): (Vec<RouteKey>, Vec<RouteKey>) = rib
            .keys()
            .filter(|key| is_theirs(key) && is_out(key))
            .cloned()
            .partition(|key| sessions.is_restating(key));
        for neighbor in &self.newcomers {
            let count = unread.iter().filter(|key| concerns(neighbor, key)).count();
            let line = || {
                format!(
                    "neighbor {neighbor} came up, and ExaBGP holds more than is compared: sending {count} route(s) again"
                )
            };
            match sessions.is_lost_at_once(neighbor) {
                _ if count == 0 => {}
                true => notes.debug(line()),
                false => notes.info(line()),
            }
        }
        if !restated.is_empty() {
            self.reads_again(now);
        }
        unread
    }

    /// What ExaBGP holds of a route otherwise than it was told, although it was sent again.
    pub(super) fn stays_otherwise(&self, key: &RouteKey) -> Option<&str> {
        let all = self.last.get(key).filter(|_| self.stays.contains(key));
        Some(all?.first()?.words.as_str())
    }

    /// Routes that were said again so far.
    pub(super) fn mended(&self) -> u64 {
        self.mended
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::{Desired, Intent};
    use crate::exabgp::Cure;
    use crate::route::{Attributes, Route};

    #[test]
    fn a_neighbor_that_comes_up_while_what_exabgp_holds_is_read_has_a_reading_of_its_own() {
        let now = Instant::now();
        let after = |millis| now + Duration::from_millis(millis);
        let mut reading = Reading::never(now);
        let [one, other]: [Neighbor; 2] =
            ["192.0.2.4", "192.0.2.5"].map(|name| name.parse().unwrap());
        reading.comes_up(one.clone(), after(300));
        assert_eq!(reading.due(), None, "none is wanted");
        reading.every(Some(Duration::from_secs(60)), now);
        reading.comes_up(one.clone(), after(300));
        assert_eq!(reading.due(), Some(after(300)));
        reading.began(after(300));
        reading.comes_up(other.clone(), after(610));
        reading.ended(&ReadBack::default(), after(320), Duration::from_millis(20));
        assert_eq!(reading.newcomers, BTreeSet::from([one]));
        // 0.2 s later, since it took 20 ms.
        assert_eq!(reading.due(), Some(after(520)));
        reading.began(after(2_320));
        assert_eq!(reading.newcomers, BTreeSet::from([other]));
        reading.ended(
            &ReadBack::default(),
            after(2_330),
            Duration::from_millis(10),
        );
        assert_eq!(reading.due(), Some(after(62_330)));
    }

    fn key(prefix: &str, neighbors: &[&str]) -> RouteKey {
        RouteKey {
            prefix: prefix.parse().unwrap(),
            path_information: None,
            neighbors: neighbors.iter().map(|name| name.parse().unwrap()).collect(),
        }
    }

    fn route() -> Route {
        Route {
            next_hop: "192.0.2.1".parse().unwrap(),
            attributes: Attributes::default(),
        }
    }

    /// These are out, and a reading is wanted.
    fn wanted(keys: &[&RouteKey], now: Instant) -> (Reading, AdjRibOut) {
        let (mut reading, mut rib) = (Reading::never(now), AdjRibOut::default());
        reading.every(Some(Duration::from_secs(60)), now);
        for key in keys {
            rib.accepted(key, Told::Announced(route()));
        }
        (reading, rib)
    }

    /// A reading of an ExaBGP that holds nothing, or more than is compared: what is said again, and what the log says.
    fn read(
        reading: &mut Reading,
        rib: &AdjRibOut,
        sessions: &Sessions,
        is_whole: bool,
        now: Instant,
    ) -> (Vec<RouteKey>, Vec<String>) {
        let mut read = ReadBack::default();
        if !is_whole {
            read.overflow();
        }
        reading.began(now);
        reading.ended(&read, now, Duration::from_millis(20));
        let (mut notes, selected) = (Notes::default(), |key: &RouteKey| Some(key.clone()));
        let whose = (
            sessions,
            &(|_: &Neighbor| false) as &dyn Fn(&Neighbor) -> bool,
        );
        let said = reading.differing(&read, rib, whose, selected, &mut notes, now);
        let lines = notes.take().into_iter();
        let lines = lines.filter(|note| note.level < log::Level::Debug);
        (said, lines.map(|note| note.text).collect())
    }

    /// The neighbor's routes are announced otherwise for a moment.
    fn restating(rib: &AdjRibOut, neighbor: &str, now: Instant) -> Sessions {
        let mut sessions = Sessions::default();
        let (name, notes): (Neighbor, _) = (neighbor.parse().unwrap(), &mut Notes::default());
        sessions.up(name.clone(), rib, Dialect::SHOWN, notes, now);
        let keys: Vec<RouteKey> = rib.keys().cloned().collect();
        sessions.send_again(&keys, now);
        let intents = keys.iter().cloned();
        let desired: Desired = intents
            .map(|key| (key, Intent::Announce(route())))
            .collect();
        let cure = Cure::Restate;
        assert!(sessions.step(rib, &desired, cure, |_| None, now).is_some());
        sessions.stepped(&name, cure);
        assert!(keys.iter().all(|key| sessions.is_restating(key)));
        sessions
    }

    #[test]
    fn of_a_thousand_differences_a_few_are_in_the_log() {
        let now = Instant::now();
        let keys: Vec<RouteKey> = (0..1000)
            .map(|number| {
                key(
                    &format!("198.18.{}.{}/32", number / 250, number % 250),
                    &["192.0.2.4"],
                )
            })
            .collect();
        let (mut reading, rib) = wanted(&keys.iter().collect::<Vec<_>>(), now);
        let none = Sessions::default();
        let last = [
            "995 more differ in ExaBGP from what was sent; sending them again",
            "995 more are not held as they should be by a neighbor that comes up, sending them again",
        ];
        for last in last {
            let (said, lines) = read(&mut reading, &rib, &none, true, now);
            assert_eq!((said.len(), lines.len()), (1000, FEW + 1));
            assert_eq!(lines.last().map(String::as_str), Some(last));
            reading.last.clear();
            reading.stays.clear();
            reading.comes_up("192.0.2.4".parse().unwrap(), now);
        }
    }

    #[test]
    fn what_is_too_much_to_compare_is_said_again_for_a_neighbor_that_comes_up() {
        let now = Instant::now();
        let (mine, others) = (
            key("9.9.9.9/32", &["192.0.2.5"]),
            key("9.9.9.8/32", &["192.0.2.6"]),
        );
        let (mut reading, rib) = wanted(&[&mine, &others], now);
        for neighbor in ["192.0.2.4", "192.0.2.5"] {
            reading.comes_up(neighbor.parse().unwrap(), now);
        }
        let none = Sessions::default();
        let (said, lines) = read(&mut reading, &rib, &none, false, now);
        assert_eq!(said, [mine]);
        assert_eq!(
            lines,
            [
                "neighbor 192.0.2.5 came up, and ExaBGP holds more than is compared: sending 1 route(s) again"
            ]
        );
        let (said, lines) = read(&mut reading, &rib, &none, false, now);
        assert_eq!((said, lines), (Vec::new(), Vec::new()));
    }

    #[test]
    fn each_neighbor_that_comes_up_has_its_tries() {
        let (now, name) = (Instant::now(), |name: &str| {
            name.parse::<Neighbor>().unwrap()
        });
        let (mut reading, _) = wanted(&[], now);
        let fails = |reading: &mut Reading| {
            reading.began(now);
            reading.failed("ExaBGP refuses to tell", now);
            reading.came_up.len()
        };
        reading.comes_up(name("192.0.2.4"), now);
        let tries: Vec<usize> = (0..=TRIES).map(|_| fails(&mut reading)).collect();
        assert_eq!(tries, [1, 1, 1, 0]);
        reading.comes_up(name("192.0.2.5"), now);
        assert_eq!(fails(&mut reading), 1);
    }

    #[test]
    fn that_it_is_too_much_to_compare_is_not_said_of_a_session_that_is_lost_again_and_again() {
        let mut now = Instant::now();
        let (key, neighbor) = (key("9.9.9.9/32", &[]), "192.0.2.4".parse::<Neighbor>());
        let (neighbor, mut sessions) = (neighbor.unwrap(), Sessions::default());
        let (mut reading, rib) = wanted(&[&key], now);
        let mut said = Vec::new();
        for _ in 0..20 {
            let (six, notes) = (Dialect::ALL[3], &mut Notes::default());
            sessions.up(neighbor.clone(), &rib, six, notes, now);
            reading.comes_up(neighbor.clone(), now);
            said.extend(read(&mut reading, &rib, &sessions, false, now).1);
            now += Duration::from_millis(100);
            let none = std::iter::empty();
            sessions.down(neighbor.clone(), "", none, six, notes, now);
        }
        assert_eq!(said.len(), 5, "{said:#?}");
    }

    #[test]
    fn what_is_too_much_to_compare_is_read_again_after_a_restatement() {
        let now = Instant::now();
        let key = key("9.9.9.9/32", &[]);
        let (mut reading, rib) = wanted(&[&key], now);
        reading.comes_up("192.0.2.4".parse().unwrap(), now);
        let restating = restating(&rib, "192.0.2.5", now);
        assert_eq!(read(&mut reading, &rib, &restating, false, now).0, []);
        assert!(reading.due().unwrap() <= now + 2 * AGAIN);
        let (said, _) = read(&mut reading, &rib, &Sessions::default(), false, now + AGAIN);
        assert_eq!(said, [key]);
    }

    #[test]
    fn a_known_difference_is_no_news_after_a_restatement_or_a_reading_of_too_much() {
        let now = Instant::now();
        let key = key("9.9.9.9/32", &["192.0.2.4"]);
        let (mut reading, rib) = wanted(&[&key], now);
        let none = Sessions::default();
        let (said, lines) = read(&mut reading, &rib, &none, true, now);
        assert_eq!((said.len(), lines.len()), (1, 1), "{lines:?}");
        let restating = restating(&rib, "192.0.2.4", now);
        for (sessions, is_whole) in [
            (&none, true),
            (&restating, true),
            (&none, false),
            (&none, true),
        ] {
            let (said, lines) = read(&mut reading, &rib, sessions, is_whole, now);
            assert_eq!((said, lines), (Vec::new(), Vec::new()));
            assert_eq!(reading.stays_otherwise(&key).is_some(), is_whole);
        }
    }
}
