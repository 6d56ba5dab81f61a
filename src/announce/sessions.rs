//! The neighbors' sessions, and what it takes to heal one that missed an order of events. Pure.
//!
//! While a session is down, ExaBGP groups what it is told by attributes, each group at its first place: announce
//! A, announce B, announce A ends with B at the neighbor. Once it is up again, everything must be sent anew.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::adj_rib_out::{AdjRibOut, concerns, first_of};
use super::told::Told;
use crate::decide::Desired;
use crate::exabgp::{Command, Cure, Dialect};
use crate::note::Notes;
use crate::route::{Neighbor, Origin, Route, RouteKey};

/// Between two tries.
const RETRY: Duration = Duration::from_secs(1);
/// Tries before it is left to itself.
const TRIES: u8 = 5;
/// Routes that are restated at a time: each is away only for the moment between two answers.
const PORTION: usize = 16;
/// A session that is lost in this time after it came up is lost at once.
const AT_ONCE: Duration = Duration::from_secs(2);
/// A session that was lost at once again and again has lasted after this time: some last for seconds, by chance.
const LASTING: Duration = Duration::from_secs(30);
/// So often in a row, and the log has only this to say of it.
const LOSSES: u8 = 5;
/// A session with hold-time 30 whose neighbor sends no keepalive in that time ends after about so long.
const HOLD_TIME: RangeInclusive<Duration> = Duration::from_secs(27)..=Duration::from_secs(40);
/// So often in a row, and the neighbor does not keep to that hold time.
const EXPIRIES: u8 = 3;
/// More neighbors than ExaBGP could serve.
const NEIGHBORS: usize = 256;

/// What it means that sessions end again and again after 30 s, and the cure.
pub const HOLD_TIME_REFUSED: &str = "its sessions end about 30 s after they came up, again and again: it may not keep to hold-time 30; write hold-time 180; in exabgp.conf";

/// What is said of it until one has lasted.
pub const LOST_AT_ONCE: &str =
    "its session was lost 5 times in a row as soon as it was up, and none has lasted since";

/// The end of ExaBGP's reason (4.2 and 5.0) where a reload has found the neighbor taken out of exabgp.conf.
const REMOVED: &str = "message [removed]";

/// Why a neighbor of which nothing was reported is not up.
const NO_SESSION: &str = "ExaBGP has no session with it";

/// ExaBGP has the neighbor no more.
pub fn is_removed(reason: &str) -> bool {
    reason.ends_with(REMOVED)
}

/// A neighbor's session, as ExaBGP reported it.
#[derive(Debug, Default)]
struct Session {
    up: bool,
    /// Why it is not, as ExaBGP words it.
    reason: String,
    /// Nothing was reported of it: ExaBGP names it as one without a session.
    unreported: bool,
    /// Nothing was reported of it, and it is up by the answers to who is.
    only_listed: bool,
    /// It was up at some time.
    ever_up: bool,
    /// When it came up last, and how often in a row it was lost at once.
    since: Option<Instant>,
    losses: u8,
    /// How often in a row it ended about 30 s after it came up.
    expiries: u8,
    /// What was said of each of its routes since it fell.
    said: BTreeMap<RouteKey, Said>,
    healing: Option<Healing>,
    /// It fell before it was healed.
    unhealed: bool,
}

/// A cure on its way.
#[derive(Debug)]
struct Healing {
    /// Not before.
    at: Instant,
    /// What was said while the session was down; absent: that is not known, since nothing was heard of the neighbor before, or it
    /// fell before it was healed.
    missed: Option<BTreeMap<RouteKey, Said>>,
    tries: u8,
    /// ExaBGP has sent what it holds.
    flushed: bool,
    /// Routes to restate, the next ones first; before a flush those that are withdrawn. Absent: it has not begun, and all
    /// that concern the neighbor then are meant.
    left: Option<BTreeSet<RouteKey>>,
    /// Those that are being restated.
    portion: Vec<RouteKey>,
    /// The portion was announced otherwise, and is to be announced as it should be.
    halfway: bool,
}

/// What was said of a route while a session was down.
#[derive(Debug, Default)]
struct Said {
    times: u32,
    /// Statements that differ, of which each waits in ExaBGP once: a day of flaps has few of them.
    kinds: Vec<Told>,
}

impl Said {
    fn take(&mut self, told: &Told) {
        self.times = self.times.saturating_add(1);
        if self.kinds.len() < KINDS && !self.kinds.contains(told) {
            self.kinds.push(told.clone());
        }
    }
}

/// So many of them are told apart.
const KINDS: usize = 4;

/// All sessions that ExaBGP has reported.
#[derive(Debug, Default)]
pub struct Sessions {
    by_neighbor: BTreeMap<Neighbor, Session>,
    /// Those that a reload has taken out of exabgp.conf.
    removed: BTreeSet<Neighbor>,
    /// Those that are not up any more by the answers to who is: that is logged.
    unlisted: BTreeSet<Neighbor>,
}

impl Sessions {
    /// A session is established. False: that is known, or too many are.
    pub fn up(
        &mut self,
        neighbor: Neighbor,
        rib: &AdjRibOut,
        dialect: &Dialect,
        notes: &mut Notes,
        now: Instant,
    ) -> bool {
        let Some(session) = self.session(&neighbor).filter(|session| !session.up) else {
            return false;
        };
        session.since = Some(now);
        let is_lost = session.losses >= LOSSES;
        let mut say = |line: String| match is_lost {
            true => notes.debug(line),
            false => notes.info(line),
        };
        say(format!("neighbor {neighbor} up"));
        // The first statement of each route reaches a first session in order; a change while there was none may not.
        let most = session
            .said
            .values()
            .map(|said| said.times)
            .max()
            .unwrap_or(0);
        let is_known = session.ever_up && !session.unhealed;
        let missed = match session.ever_up {
            true => session.unhealed || most >= dialect.cured_from,
            false => rib.has_changed_since_start(),
        };
        (session.up, session.ever_up, session.unhealed) = (true, true, false);
        session.unreported = false;
        let said = std::mem::take(&mut session.said);
        session.healing = missed.then(|| Healing {
            missed: is_known.then_some(said),
            ..Healing::of_all(now + dialect.settled)
        });
        if missed {
            say(format!(
                "neighbor {neighbor} came up after changes, sending it every route again"
            ));
        }
        true
    }

    /// How many messages ExaBGP sends to a neighbor that comes up before anything else: what it holds, and what was said meanwhile.
    pub fn held_for(&self, neighbor: &Neighbor, rib: &AdjRibOut) -> usize {
        let said = self.by_neighbor.get(neighbor).map(|session| &session.said);
        let said = said.into_iter().flat_map(BTreeMap::values);
        let said: usize = said.map(|said| said.kinds.len()).sum();
        let held = rib.may_be_out().filter(|key| concerns(neighbor, key));
        held.count().saturating_add(said)
    }

    /// A neighbor that came up is not healed before ExaBGP has sent what it holds.
    pub fn heals_after(&mut self, neighbor: &Neighbor, sent: Instant) {
        let session = self.by_neighbor.get_mut(neighbor);
        if let Some(healing) = session.and_then(|session| session.healing.as_mut()) {
            healing.at = healing.at.max(sent);
        }
    }

    /// A session that nobody reported took a route, or ExaBGP holds some for it: it is up for as long as ExaBGP says so when it is asked.
    /// One that `was_first` has missed nothing that this process said; another may have come up after changes.
    pub fn takes_routes(
        &mut self,
        neighbor: Neighbor,
        was_first: bool,
        (rib, dialect): (&AdjRibOut, &Dialect),
        notes: &mut Notes,
        now: Instant,
    ) {
        // What was reported of it meanwhile is newer.
        if self.is_known(&neighbor) {
            return;
        }
        let Some(session) = self.session(&neighbor) else {
            return;
        };
        (session.up, session.ever_up, session.only_listed) = (true, true, true);
        let missed = !was_first && rib.has_changed_since_start();
        session.healing = missed.then(|| Healing::of_all(now + dialect.settled));
        notes.info(match was_first {
            true => format!("neighbor {neighbor} has been up since before this process started"),
            false => format!(
                "neighbor {neighbor} is up and takes routes, and ExaBGP has not reported it: its api lines lack neighbor-changes, or came with a reload"
            ),
        });
    }

    /// A session is not established, or an attempt failed. `in_flight` may have been missed.
    pub fn down<'routes>(
        &mut self,
        neighbor: Neighbor,
        reason: &str,
        in_flight: impl Iterator<Item = &'routes (RouteKey, Told)>,
        dialect: &Dialect,
        notes: &mut Notes,
        now: Instant,
    ) {
        // Should it come back, what ExaBGP holds for it is read back.
        if is_removed(reason) {
            return self.remove(neighbor, notes);
        }
        let known = self.by_neighbor.contains_key(&neighbor);
        // Where there are too many, those that try would take each other's room for ever.
        if !known && self.by_neighbor.len() >= NEIGHBORS {
            return;
        }
        let Some(session) = self.session(&neighbor) else {
            return;
        };
        // ExaBGP says `down` again at every attempt to connect: only the first is news.
        if !session.up && known {
            return;
        }
        let line = format!(
            "neighbor {neighbor} down{}{reason}",
            if reason.is_empty() { "" } else { ": " }
        );
        let lasted = session.since.take().map(|at| now.duration_since(at));
        let lost_at_once = lasted.is_some_and(|lasted| lasted < AT_ONCE);
        session.losses = match lost_at_once {
            true => session.losses.saturating_add(1),
            // Since it had not lasted.
            false if session.losses >= LOSSES => session.losses,
            false => 0,
        };
        match session.losses {
            LOSSES if lost_at_once => notes.warn(format!(
                "neighbor {neighbor} was lost {LOSSES} times in a row as soon as it was up ({}); more of it is not logged until a session lasts",
                dialect.lost_at_once
            )),
            losses if losses >= LOSSES => notes.debug(line),
            _ => notes.info(line),
        }
        if let Some(lasted) = lasted {
            session.count_expiry(lasted);
        }
        if session.expiries == EXPIRIES {
            notes.warn(format!("neighbor {neighbor}: {HOLD_TIME_REFUSED}"));
        }
        session.up = false;
        reason.clone_into(&mut session.reason);
        in_flight
            .filter(|(key, _)| concerns(&neighbor, key))
            .for_each(|(key, told)| session.takes(key, told));
        // What was announced otherwise needs the cure next time, whatever happens until then.
        session.unhealed |= session.healing.take().is_some();
    }

    fn remove(&mut self, neighbor: Neighbor, notes: &mut Notes) {
        notes.info(format!(
            "neighbor {neighbor} is not in exabgp.conf any more"
        ));
        self.by_neighbor.remove(&neighbor);
        if self.removed.len() < NEIGHBORS {
            self.removed.insert(neighbor);
        }
    }

    /// A neighbor has no session, and nothing was reported of it.
    pub fn is_away(&mut self, neighbor: Neighbor, notes: &mut Notes) {
        if self.by_neighbor.len() < NEIGHBORS && !self.is_known(&neighbor) {
            if !self.unlisted.remove(&neighbor) {
                notes.info(format!("neighbor {neighbor} is not up: {NO_SESSION}"));
            }
            self.removed.remove(&neighbor);
            let session = self.by_neighbor.entry(neighbor).or_default();
            session.unreported = true;
            NO_SESSION.clone_into(&mut session.reason);
        }
    }

    /// ExaBGP has these neighbors and no others, and of these the sessions are established. One that it does not have any more was taken
    /// out while it was down. One of which nothing was reported, and which has a session now, is not reported at all.
    pub fn are_all(
        &mut self,
        all: &BTreeSet<Neighbor>,
        up: &BTreeSet<Neighbor>,
        notes: &mut Notes,
    ) {
        let mut of_all = self.by_neighbor.iter();
        // Then ExaBGP reports nothing, and what is known of the others alone would read as if nobody were up.
        if of_all.any(|(neighbor, session)| session.unreported && up.contains(neighbor)) {
            self.by_neighbor.retain(|_, session| !session.unreported);
        }
        // A list without one that is up is none.
        let mut known = self.by_neighbor.iter();
        if known.any(|(neighbor, session)| session.up && !all.contains(neighbor)) {
            return;
        }
        let down = self.by_neighbor.iter().filter(|(_, session)| !session.up);
        let gone = down.filter(|(neighbor, _)| !all.contains(*neighbor));
        let gone: Vec<Neighbor> = gone.map(|(neighbor, _)| neighbor.clone()).collect();
        gone.into_iter()
            .for_each(|neighbor| self.remove(neighbor, notes));
    }

    /// These are established, and no others: one that is known by such answers alone is not up any more.
    pub fn are_listed(&mut self, up: &BTreeSet<Neighbor>, notes: &mut Notes) {
        self.by_neighbor.retain(|neighbor, session| {
            let stays = !session.only_listed || up.contains(neighbor);
            if !stays {
                notes.info(format!(
                    "neighbor {neighbor} is not up any more: {NO_SESSION}"
                ));
                if self.unlisted.len() < NEIGHBORS {
                    self.unlisted.insert(neighbor.clone());
                }
            }
            stays
        });
    }

    /// A neighbor is reported: it is not known by answers alone. One that was, and comes up, fell before, and nobody said so.
    pub fn reported(&mut self, neighbor: &Neighbor, is_up: bool) {
        let session = self.by_neighbor.get_mut(neighbor);
        if let Some(session) = session.filter(|session| session.only_listed) {
            session.only_listed = false;
            if is_up {
                (session.up, session.ever_up) = (false, false);
            }
        }
    }

    /// Something is known of the neighbor's session.
    pub fn is_known(&self, neighbor: &Neighbor) -> bool {
        self.by_neighbor.contains_key(neighbor)
    }

    /// Nothing was reported, or not of all: what becomes of them is told by nothing but the answers to who is established.
    pub fn need_a_list(&self) -> bool {
        let mut sessions = self.by_neighbor.values();
        self.by_neighbor.is_empty() || sessions.any(|session| session.only_listed)
    }

    /// Some session is not established.
    pub fn is_any_down(&self) -> bool {
        self.by_neighbor.values().any(|session| !session.up)
    }

    /// Those that a reload has taken out of exabgp.conf.
    pub fn removed(&self) -> &BTreeSet<Neighbor> {
        &self.removed
    }

    /// Where there are too many, one without a session makes room: it is a newcomer when it comes back.
    fn session(&mut self, neighbor: &Neighbor) -> Option<&mut Session> {
        if !self.by_neighbor.contains_key(neighbor) && self.by_neighbor.len() >= NEIGHBORS {
            let down = self.by_neighbor.iter().filter(|(_, session)| !session.up);
            let gone = down.min_by_key(|(_, session)| session.ever_up)?.0.clone();
            self.by_neighbor.remove(&gone);
        }
        self.removed.remove(neighbor);
        self.unlisted.remove(neighbor);
        Some(self.by_neighbor.entry(neighbor.clone()).or_default())
    }

    /// A command about a route goes out.
    pub fn said(&mut self, key: &RouteKey, told: &Told) {
        for (neighbor, session) in &mut self.by_neighbor {
            if !session.up && concerns(neighbor, key) {
                session.takes(key, told);
            }
        }
    }

    /// A route is announced otherwise than ExaBGP holds it. Over a session that has just come up, ExaBGP 6 may send both, in an order of its
    /// own: it is sent again.
    pub fn overtakes(&mut self, key: &RouteKey, settled: Duration, now: Instant) {
        for (neighbor, session) in &mut self.by_neighbor {
            let until = session.since.filter(|_| session.up).map(|at| at + settled);
            let Some(until) = until.filter(|at| now < *at && concerns(neighbor, key)) else {
                continue;
            };
            let healing = session.healing.get_or_insert_with(|| Healing {
                left: Some(BTreeSet::new()),
                ..Healing::of_all(until)
            });
            (healing.at, healing.flushed) = (healing.at.max(until), false);
            // One that has not begun sends all of them.
            healing.left.iter_mut().for_each(|left| {
                left.insert(key.clone());
            });
        }
    }

    /// A session has not been told what became of the route: it is down, or being healed.
    pub fn misses(&self, key: &RouteKey) -> bool {
        self.by_neighbor
            .iter()
            .any(|(neighbor, session)| match &session.healing {
                Some(healing) => healing.is_to_tell(neighbor, key),
                None if session.up => false,
                None => {
                    concerns(neighbor, key) && (session.unhealed || was_said(&session.said, key))
                }
            })
    }

    /// The route is announced otherwise to some neighbor for a moment, so that it is sent anew.
    pub fn is_restating(&self, key: &RouteKey) -> bool {
        let mut healing = self.by_neighbor.values().flat_map(|one| &one.healing);
        healing.any(|healing| healing.halfway && healing.portion.contains(key))
    }

    /// Every neighbor that ExaBGP has reported: it lists this process, so it is told.
    pub fn neighbors(&self) -> Vec<Neighbor> {
        self.by_neighbor.keys().cloned().collect()
    }

    /// ExaBGP has the neighbor no more, and with it nothing for it.
    pub fn is_removed(&self, neighbor: &Neighbor) -> bool {
        self.removed.contains(neighbor)
    }

    /// Every neighbor, whether its session is established, and why it is not.
    pub fn states(&self) -> impl Iterator<Item = (&Neighbor, bool, &str)> {
        self.by_neighbor.iter().map(|(neighbor, session)| {
            (
                neighbor,
                session.up,
                if session.up {
                    ""
                } else {
                    session.reason.as_str()
                },
            )
        })
    }

    /// The session is lost as soon as it is up, again and again, and has not lasted since: that was logged, and more of it is not.
    pub fn is_lost_at_once(&self, neighbor: &Neighbor) -> bool {
        let session = self.by_neighbor.get(neighbor);
        session.is_some_and(|session| session.losses >= LOSSES)
    }

    /// Sessions that were lost again and again, and that last now, are said to.
    pub fn lasts(&mut self, notes: &mut Notes, now: Instant) {
        let lasts = |at: Instant| now.duration_since(at) >= LASTING;
        for (neighbor, session) in &mut self.by_neighbor {
            if session.losses >= LOSSES && session.up && session.since.is_none_or(lasts) {
                session.losses = 0;
                notes.info(format!("neighbor {neighbor} stays up again"));
            }
        }
    }

    /// The session is up, and was before this process began: since when is not known.
    pub fn is_older(&self, neighbor: &Neighbor) -> bool {
        let session = self.by_neighbor.get(neighbor);
        session.is_some_and(|session| session.up && session.since.is_none())
    }

    /// The neighbor seems not to keep to hold-time 30: its sessions ended about 30 s after they had come up, several in
    /// a row, and the present one has not lasted longer.
    pub fn refuses_hold_time(&self, neighbor: &Neighbor, now: Instant) -> bool {
        let is_young = |session: &Session| {
            let since = session.since;
            since.is_none_or(|at| now.duration_since(at) <= *HOLD_TIME.end())
        };
        let session = self.by_neighbor.get(neighbor);
        session.is_some_and(|session| session.expiries >= EXPIRIES && is_young(session))
    }

    /// Every neighbor, and whether it surely holds what ExaBGP was told of: its session is established, and whole.
    pub fn are_whole(&self, rib: &AdjRibOut) -> impl Iterator<Item = (&Neighbor, bool)> {
        let is_healed = |healing: &Healing| healing.is_left_with_doubt(rib);
        let is_whole =
            move |session: &Session| session.up && session.healing.as_ref().is_none_or(is_healed);
        self.by_neighbor
            .iter()
            .map(move |(neighbor, session)| (neighbor, is_whole(session)))
    }

    /// When the next cure is due, or a session lasts that was lost again and again.
    pub fn deadline(&self) -> Option<Instant> {
        let sessions = || self.by_neighbor.values();
        let cures = sessions().filter_map(|session| session.healing.as_ref());
        let lost = sessions().filter(|session| session.up && session.losses >= LOSSES);
        let lasting = lost.filter_map(|session| Some(session.since? + LASTING));
        cures.map(|healing| healing.at).chain(lasting).min()
    }

    /// The next step of a cure that is due: for whom, and what to say. It waits for [`Self::stepped`] or
    /// [`Self::failed`].
    pub fn step(
        &mut self,
        rib: &AdjRibOut,
        desired: &Desired,
        cure: Cure,
        unsent: impl Fn(&RouteKey) -> Option<Instant>,
        now: Instant,
    ) -> Option<(Neighbor, Vec<Command>)> {
        for (neighbor, session) in &mut self.by_neighbor {
            let Some(healing) = session.healing.as_mut().filter(|healing| now >= healing.at) else {
                continue;
            };
            healing.begin(neighbor, rib, desired, cure);
            while !healing.is_over() {
                if healing.portion.is_empty() && !healing.take_portion(rib) {
                    // What ExaBGP holds of the rest is in doubt: that is cleared up first.
                    healing.at = now + RETRY;
                    break;
                }
                // ExaBGP has not sent yet what was announced of it.
                if let Some(until) = healing.portion.iter().filter_map(&unsent).max() {
                    healing.at = until;
                    break;
                }
                let commands = portion(neighbor, healing, rib);
                if !commands.is_empty() {
                    return Some((neighbor.clone(), commands));
                }
                healing.advance();
            }
            // Last, since a session without add-path loses what is announced with what was withdrawn.
            if healing.is_over() && cure == Cure::Flush && !healing.flushed {
                return Some((neighbor.clone(), vec![Command::Flush(neighbor.clone())]));
            }
            if healing.is_over() {
                session.healing = None;
            }
        }
        None
    }

    /// These are sent again to every session that is up: something else may have taken them away there.
    pub fn send_again(&mut self, keys: &[RouteKey], now: Instant) {
        for (neighbor, session) in self
            .by_neighbor
            .iter_mut()
            .filter(|(_, session)| session.up)
        {
            let concerned = || keys.iter().filter(|key| concerns(neighbor, key)).cloned();
            match &mut session.healing {
                // One that has not begun sends all of them.
                Some(healing) => {
                    healing
                        .left
                        .iter_mut()
                        .for_each(|left| left.extend(concerned()));
                    healing.flushed = false;
                }
                None if concerned().next().is_none() => {}
                None => {
                    session.healing = Some(Healing {
                        left: Some(concerned().collect()),
                        ..Healing::of_all(now)
                    })
                }
            }
        }
    }

    /// The last step was taken.
    pub fn stepped(&mut self, neighbor: &Neighbor, cure: Cure) {
        let Some(session) = self.by_neighbor.get_mut(neighbor) else {
            return;
        };
        match (&mut session.healing, cure) {
            (Some(healing), Cure::Flush) if healing.is_over() => healing.flushed = true,
            (Some(healing), _) => healing.advance(),
            (None, _) => {}
        }
    }

    /// The last step was refused, or not answered. After too many, returns the routes that were left halfway.
    pub fn failed(
        &mut self,
        neighbor: &Neighbor,
        notes: &mut Notes,
        now: Instant,
    ) -> Vec<RouteKey> {
        let Some(session) = self.by_neighbor.get_mut(neighbor) else {
            return Vec::new();
        };
        let Some(healing) = &mut session.healing else {
            return Vec::new();
        };
        (healing.at, healing.tries) = (now + RETRY, healing.tries + 1);
        if healing.tries >= TRIES {
            notes.warn(format!(
                "ExaBGP did not send the routes to neighbor {neighbor} again in {TRIES} tries, its log says why; asked again when the session comes up anew"
            ));
            return session
                .healing
                .take()
                .map(|healing| healing.portion)
                .unwrap_or_default();
        }
        Vec::new()
    }
}

impl Session {
    /// A command about a route that is for it went out while it was down.
    fn takes(&mut self, key: &RouteKey, told: &Told) {
        self.said.entry(key.clone()).or_default().take(told);
    }

    /// A session is over that lasted so long.
    fn count_expiry(&mut self, lasted: Duration) {
        self.expiries = if HOLD_TIME.contains(&lasted) {
            self.expiries.saturating_add(1)
        } else {
            0
        };
    }
}

impl Healing {
    /// Of every route that concerns the neighbor when it begins.
    fn of_all(at: Instant) -> Self {
        Self {
            at,
            missed: Some(BTreeMap::new()),
            tries: 0,
            flushed: false,
            left: None,
            portion: Vec::new(),
            halfway: false,
        }
    }

    /// The routes that concern the neighbor now. One that is not managed any more needs a cure only where the neighbor may have missed its
    /// end, and one that another takes the place of would take that away. One in doubt that is not desired is not waited for: its
    /// withdrawal waits for the cure, and is always sent.
    fn begin(&mut self, neighbor: &Neighbor, rib: &AdjRibOut, desired: &Desired, cure: Cure) {
        let missed = |key: &&RouteKey| {
            let said = self.missed.as_ref();
            said.is_none_or(|said| was_said(said, key))
        };
        let gone = rib.gone().filter(missed);
        let concerned = || {
            rib.keys()
                .chain(gone)
                .filter(|key| concerns(neighbor, key))
                .cloned()
                .collect()
        };
        // A flush sends what ExaBGP holds.
        let is_sent =
            |key: &RouteKey| cure == Cure::Flush && rib.told(key) != Some(&Told::Withdrawn);
        let is_going = |key: &RouteKey| rib.told(key).is_none() && !desired.contains_key(key);
        let is_cured =
            |key: &RouteKey| rib.is_known(key) && rib.is_last_word(key, neighbor, desired);
        let mut left = self.left.take().unwrap_or_else(concerned);
        // What has come into doubt since it was its turn has it once more.
        if !self.halfway {
            let in_doubt = |key: &RouteKey| rib.told(key).is_none() || !is_cured(key);
            left.extend(self.portion.extract_if(.., |key| in_doubt(key)));
        }
        // Something else may have taken its place since, which is nothing new to ExaBGP where it is announced like that.
        let left = left.iter().map(|key| rib.last_word(key, neighbor, desired));
        let left = left.filter(|key| is_cured(key) && !is_sent(key) && !is_going(key));
        self.left = Some(left.cloned().collect());
    }

    fn is_over(&self) -> bool {
        self.left.as_ref().is_some_and(BTreeSet::is_empty) && self.portion.is_empty()
    }

    /// The neighbor has not been told of the route yet.
    fn is_to_tell(&self, neighbor: &Neighbor, key: &RouteKey) -> bool {
        let left = self
            .left
            .as_ref()
            .map_or_else(|| concerns(neighbor, key), |left| left.contains(key));
        left || self.portion.contains(key)
    }

    /// All that is left is in doubt, such as a route that ExaBGP refuses, which may be so for ever. Nobody relies on that.
    fn is_left_with_doubt(&self, rib: &AdjRibOut) -> bool {
        let left = self.left.as_ref().filter(|left| !left.is_empty());
        self.portion.is_empty()
            && left.is_some_and(|left| left.iter().all(|key| rib.told(key).is_none()))
    }

    /// Takes the next routes of which it is known what ExaBGP holds. False if there are none.
    fn take_portion(&mut self, rib: &AdjRibOut) -> bool {
        let left = self.left.take().unwrap_or_default().into_iter();
        let (known, doubted): (Vec<RouteKey>, Vec<RouteKey>) =
            left.partition(|key| rib.told(key).is_some());
        let mut known = known.into_iter();
        self.portion = known.by_ref().take(PORTION).collect();
        self.left = Some(known.chain(doubted).collect());
        !self.portion.is_empty()
    }

    fn advance(&mut self) {
        if self.halfway {
            self.portion.clear();
        }
        self.halfway = !self.halfway;
    }
}

/// Something of this route was said, under whatever selection.
fn was_said(said: &BTreeMap<RouteKey, Said>, key: &RouteKey) -> bool {
    let routes = said.range(first_of(key.prefix)..).map(|(other, _)| other);
    let mut routes = routes.take_while(|other| other.prefix == key.prefix);
    routes.any(|other| other.path_information == key.path_information)
}

/// The next routes: announced with another origin, and when that is taken, as they should be. What is withdrawn is
/// withdrawn again, which ExaBGP always sends.
fn portion(neighbor: &Neighbor, healing: &Healing, rib: &AdjRibOut) -> Vec<Command> {
    let only = |key: &RouteKey| RouteKey {
        neighbors: vec![neighbor.clone()],
        ..key.clone()
    };
    // What was announced otherwise is announced as it should be, whatever an edit has made of its selection since.
    let told = |key: &RouteKey| match healing.halfway {
        true => rib.told_to(neighbor, key),
        false => rib.told(key),
    };
    healing
        .portion
        .iter()
        .filter_map(|key| match (healing.halfway, told(key)?) {
            (false, Told::Announced(route)) => {
                Some(Command::Announce(only(key), otherwise(route.clone())))
            }
            (true, Told::Announced(route)) => Some(Command::Announce(only(key), route.clone())),
            (false, Told::Withdrawn) => Some(Command::Withdraw(only(key))),
            (true, Told::Withdrawn) => None,
        })
        .collect()
}

/// With another origin: packets go the same way, and ExaBGP takes it for a change.
fn otherwise(mut route: Route) -> Route {
    route.attributes.origin = match route.attributes.origin {
        Some(Origin::Incomplete) => Some(Origin::Igp),
        _ => Some(Origin::Incomplete),
    };
    route
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
