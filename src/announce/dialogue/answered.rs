//! What becomes of a batch once its answers are there, or do not come.

use std::collections::BTreeSet;
use std::time::Instant;

use super::super::batch::{ANSWER, Batch, Listing};
use super::super::read_back::ReadBack;
use super::super::told::Told;
use super::snapshot::Snapshot;
use super::{Dialogue, Phase, listing};
use crate::exabgp::Held;
use crate::route::{Neighbor, RouteKey};

impl Dialogue {
    /// An acknowledgement.
    pub(super) fn answered(&mut self, done: bool, now: Instant) {
        if self.opened(done, now) {
            return;
        }
        let ends_by_itself = self.dialect().lists_in_a_line;
        match (self.opening.phase, &mut self.batch) {
            (Phase::Ready, _) if done && self.opening.strays > 0 => self.opening.strays -= 1,
            // The list itself is the end of its answer.
            (Phase::Ready, Some(batch)) if done && ends_by_itself && batch.reads() => {}
            (Phase::Ready, Some(batch)) => {
                if !self.opening.acks {
                    self.notes.info("ExaBGP acknowledges commands after all");
                    self.opening.acks = true;
                }
                batch.answered(done, now);
            }
            // Somebody else's: a predecessor's, or one that was given up.
            _ => self.notes.debug(
                "ExaBGP answered a command that was given up, or that this process did not send",
            ),
        }
    }

    /// A statement for named neighbors was taken. A neighbor that does not take a route needs no healing of it.
    pub(super) fn taken(&mut self, taken: bool, now: Instant) {
        let heals = |batch: &Batch| batch.healing.is_some();
        let done = taken || self.batch.as_ref().is_some_and(heals);
        if self.dialect().names_neighbors && self.opening.phase == Phase::Ready {
            self.answered(done, now);
        }
    }

    /// Why the next answer is an error.
    pub(super) fn explained(&mut self, reason: String) {
        if let Some(batch) = &mut self.batch {
            batch.reason = Some(reason);
        }
    }

    /// An answer that is one line.
    pub(super) fn listed(
        &mut self,
        held: Vec<Held>,
        neighbors: Vec<(Neighbor, bool)>,
        now: Instant,
    ) {
        let (ends, named) = (
            self.dialect().lists_in_a_line,
            self.dialect().names_neighbors,
        );
        match listing(&mut self.batch, now) {
            Some(Listing::Held(reading)) if ends => {
                held.into_iter()
                    .for_each(|held| reading.take(held, &self.rib));
                self.listing_ends(now);
            }
            Some(Listing::Established(established)) => {
                let up = neighbors.iter().filter(|(_, up)| *up);
                established.extend(up.map(|(neighbor, _)| neighbor.clone()));
                if named {
                    self.named(neighbors);
                }
            }
            _ => {}
        }
    }

    /// ExaBGP names its neighbors. What was said before to some of a selection goes to the new ones, too.
    fn named(&mut self, neighbors: Vec<(Neighbor, bool)>) {
        let is_up = |(neighbor, up): &(Neighbor, bool)| up.then(|| neighbor.clone());
        let up: BTreeSet<Neighbor> = neighbors.iter().filter_map(is_up).collect();
        let all: BTreeSet<Neighbor> = neighbors.into_iter().map(|(one, _)| one).collect();
        self.sessions.are_all(&all, &up, &mut self.notes);
        self.unreported.are_idle(&all - &up);
        // A list without one that is up is none: ExaBGP reports it when that goes.
        let reported = self.sessions.states().filter(|(_, up, _)| *up);
        let reported = reported.map(|(one, ..)| one.clone());
        let reported = reported.filter(|one| !self.sessions.is_older(one));
        let all = all.into_iter().chain(reported).collect();
        for neighbor in self.names.named(all, &mut self.notes) {
            self.rib.doubt_of(&neighbor);
        }
    }

    /// A line that nobody could read: where a list is awaited, that was it.
    pub(super) fn too_long(&mut self, now: Instant) {
        if let Some(Listing::Held(reading)) = listing(&mut self.batch, now) {
            reading.overflow();
            if self.dialect().lists_in_a_line {
                self.listing_ends(now);
            }
        }
    }

    fn listing_ends(&mut self, now: Instant) {
        if let Some(batch) = &mut self.batch {
            batch.answered(true, now);
        }
    }

    /// ExaBGP took all of it.
    pub(super) fn accepted(&mut self, batch: Batch, now: Instant) {
        self.commands.taken(batch.commands);
        self.doubt_whom_it_reaches(&batch.routes, now);
        self.spacing.answered(batch.sent, batch.heard);
        let is_refused = matches!(batch.probing, Some((_, false)));
        let restated = batch.restated.iter().filter(|_| !is_refused);
        for (key, told) in batch.routes.iter().chain(restated) {
            self.spacing.said(key, told, now);
        }
        for (key, told) in batch.routes {
            if told == Told::Withdrawn {
                self.sessions.send_again(&self.rib.beside(&key), now);
            }
            if let Some(tries) = self.rib.accepted(&key, told.clone()) {
                let command = self.dialect().line(&told.command(&key));
                self.notes.info(format!(
                    "ExaBGP accepted '{command}' at last; it had refused it {tries} time(s)"
                ));
            }
        }
        if let Some(neighbor) = batch.healing {
            self.sessions.stepped(&neighbor, self.dialect().cure);
        }
        if let Some((neighbor, took)) = batch.probing {
            let tried = batch.restated.first();
            self.tried(neighbor, tried.map(|(key, _)| key), took, now);
        }
        match batch.listing {
            Some(Listing::Held(read)) => self.read(&read, batch.sent, now),
            Some(Listing::Established(neighbors)) => {
                // Without acks the end of the list is only guessed.
                if self.opening.acks {
                    self.sessions.are_listed(&neighbors, &mut self.notes);
                }
                self.unreported.answered(neighbors.clone(), now);
                self.snapshot
                    .established(neighbors, &self.sessions.neighbors());
                self.doubt_who_is_up(now);
            }
            None => {}
        }
    }

    /// A neighbor took a route of these, or did not.
    fn tried(&mut self, neighbor: Neighbor, key: Option<&RouteKey>, took: bool, now: Instant) {
        if let Some(key) = key {
            let family = key.prefix.family();
            self.unreported.tried(&neighbor, family, took);
        }
        // What was reported of it meanwhile is newer.
        if took && self.unreported.is_established(&neighbor) {
            self.takes_routes(neighbor.clone(), now);
            self.reading.comes_up(neighbor, now);
        }
        self.doubt_who_is_up(now);
    }

    /// A neighbor of which nothing was reported is up.
    fn takes_routes(&mut self, neighbor: Neighbor, now: Instant) {
        let was_first = self.unreported.was_first(&neighbor);
        let told = (&self.rib, self.dialect());
        self.sessions
            .takes_routes(neighbor, was_first, told, &mut self.notes, now);
    }

    /// What ExaBGP holds was read.
    fn read(&mut self, read: &ReadBack, asked: Instant, now: Instant) {
        self.reading
            .ended(read, now, now.saturating_duration_since(asked));
        let holders = read.neighbors();
        holders
            .iter()
            .for_each(|neighbor| self.rib.heard_of(neighbor, now));
        // Without acks the end of the list is only guessed.
        let all = read.is_whole() && self.opening.acks;
        self.rib.are_held(all, |key| read.holders(key));
        self.snapshot.read();
        let tries = self.dialect().reloads_api && self.opening.acks;
        if tries || (self.opening.acks && self.sessions.need_a_list()) {
            self.unreported.read(tries, now);
        }
        // What it holds otherwise may be another process's: a trial tells.
        let otherwise = read.otherwise(&self.rib, tries);
        for neighbor in self.unreported.up(&(&holders - &otherwise), &self.sessions) {
            self.takes_routes(neighbor, now);
        }
        for neighbor in self
            .unreported
            .holders(&holders, &otherwise, &self.sessions)
        {
            self.sessions.is_away(neighbor, &mut self.notes);
        }
        let (named, names) = (self.dialect().names_neighbors, &self.names);
        let selected = |key: &RouteKey| match named {
            true => names.selected(key),
            false => Some(key.clone()),
        };
        let (rib, sessions, notes) = (&self.rib, &self.sessions, &mut self.notes);
        let strange = |one: &Neighbor| otherwise.contains(one) && !sessions.is_known(one);
        let whose = (sessions, &strange as &dyn Fn(&Neighbor) -> bool);
        for key in self
            .reading
            .differing(read, rib, whose, selected, notes, now)
        {
            self.rib.doubt(&key);
        }
    }

    /// The only command of a batch was refused.
    pub(super) fn refused(&mut self, batch: Batch, now: Instant) {
        self.commands.refused += 1;
        self.spacing.answered(batch.sent, batch.heard);
        let dialect = self.dialect();
        self.doubt_the_dialect();
        if batch.listing.is_some() {
            self.snapshot = Snapshot::Over;
            self.doubt_who_is_up(now);
        }
        if let Some(Listing::Held(_)) = batch.listing {
            self.reading.failed("ExaBGP refuses to tell", now);
        }
        if batch
            .routes
            .iter()
            .any(|(key, _)| !key.neighbors.is_empty())
        {
            self.names.doubt(now);
        }
        for (key, told) in batch.routes {
            if let Some(line) =
                self.rib
                    .refused(&key, told, now)
                    .line(&key, dialect, batch.reason.as_deref())
            {
                self.notes.warn(line);
            }
        }
        if let Some(neighbor) = batch.healing {
            self.healing_failed(&neighbor, now);
        }
    }

    /// It cannot be told which command an answer belongs to: each goes again alone. After a silence nothing is
    /// written but one question, so that no stale command waits in the pipe of an ExaBGP that is stuck.
    pub(super) fn muddled(&mut self, batch: Batch, silent: bool, now: Instant) {
        let alone = batch.commands == 1;
        if batch.errors > 0 {
            self.doubt_the_dialect();
        }
        let said = batch.routes.iter().chain(&batch.restated);
        match silent {
            true => {
                self.away.get_or_insert(batch.sent);
                self.unanswered.extend(said.cloned());
            }
            false => {
                self.spacing.answered(batch.sent, batch.heard);
                said.for_each(|(key, told)| self.spacing.said(key, told, now));
            }
        }
        for (key, told) in batch.routes {
            self.rib.unanswered(&key, &told);
            if alone {
                // It is this one that gets no answer: it must not hold up the others again and again.
                self.rib.refused(&key, told, now);
            }
        }
        if let Some(neighbor) = &batch.healing {
            self.healing_failed(neighbor, now);
        }
        if batch.listing.is_some() {
            self.snapshot.unanswered();
            self.doubt_who_is_up(now);
        }
        if let Some(Listing::Held(_)) = batch.listing {
            self.reading.failed("ExaBGP's answer does not end", now);
        }
        if silent {
            self.commands.unanswered(batch.commands);
            self.opening.given_up = batch.commands.saturating_sub(batch.done + batch.errors);
            let (count, time) = (batch.commands, ANSWER.as_secs());
            self.notes.warn(format!(
                "ExaBGP has not answered {count} command(s) for {time} s; asking whether it still runs"
            ));
            self.opening.phase = Phase::Unasked;
        }
    }

    /// What was right a moment ago may be another grammar's now.
    fn doubt_the_dialect(&mut self) {
        self.opening.in_doubt |= self.dialect().can_switch;
    }

    /// What was left halfway is said again to all: where it is as it should be, that is nothing new.
    fn healing_failed(&mut self, neighbor: &Neighbor, now: Instant) {
        for key in self.sessions.failed(neighbor, &mut self.notes, now) {
            self.rib.doubt(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::decide::{Desired, Intent};
    use crate::exabgp::{Command, Message, message};
    use crate::route::{Attributes, Route};

    /// What is said in two seconds to an ExaBGP 6 that takes all, and whose neighbors these are.
    fn said(
        dialogue: &mut Dialogue,
        desired: &Desired,
        peers: &str,
        now: &mut Instant,
    ) -> Vec<Command> {
        let mut all = Vec::new();
        for _ in 0..40 {
            for command in dialogue.next(desired, *now) {
                let answer = match command {
                    Command::Version => r#"{"version": "6.0.0", "application": "exabgp"}"#,
                    Command::Established => peers,
                    Command::ReadBack => "[]",
                    _ => r#"{"success": true, "route": "", "index": "00"}"#,
                };
                let is_acknowledged = matches!(command, Command::Version | Command::Established);
                let done = is_acknowledged.then_some(Message::Done);
                for answer in message(answer).into_iter().chain(done) {
                    dialogue.heard(answer, *now);
                }
                all.push(command);
            }
            *now += Duration::from_millis(50);
        }
        all
    }

    /// ExaBGP 6 that is told to start its sessions anew, and does not find its file, goes on with them, and lists none.
    #[test]
    fn a_neighbor_that_is_up_is_told_though_it_is_not_in_the_list() {
        let mut now = Instant::now();
        let mut dialogue = Dialogue::new(now);
        let neighbor: Neighbor = "192.0.2.4".parse().unwrap();
        let key = RouteKey {
            prefix: "9.9.9.9/32".parse().unwrap(),
            path_information: None,
            neighbors: vec![neighbor.clone()],
        };
        let announce = Intent::Announce(Route {
            next_hop: "192.0.2.1".parse().unwrap(),
            attributes: Attributes::default(),
        });
        let [out, gone] =
            [announce, Intent::Withdraw].map(|one| Desired::from([(key.clone(), one)]));
        let listed = r#"[{"peer-address": "192.0.2.4", "state": "ESTABLISHED"}]"#;
        dialogue.heard(Message::Up(neighbor), now);
        let withdrawal = Command::Withdraw(key);
        for (desired, peers) in [(&out, listed), (&gone, "[]"), (&out, "[]"), (&gone, "[]")] {
            let all = said(&mut dialogue, desired, peers, &mut now);
            assert_eq!(all.contains(&withdrawal), desired == &gone, "{all:?}");
        }
        assert!(dialogue.lacking().is_empty());
    }

    const WHO: &str = r#"{"version": "6.0.0", "application": "exabgp"}"#;
    const DONE: &str = "done";

    fn key(prefix: &str) -> RouteKey {
        RouteKey {
            prefix: prefix.parse().unwrap(),
            path_information: None,
            neighbors: Vec::new(),
        }
    }

    fn announce(prefix: &str, next_hop: &str) -> Desired {
        let (next_hop, attributes) = (next_hop.parse().unwrap(), Attributes::default());
        let route = Route {
            next_hop,
            attributes,
        };
        Desired::from([(key(prefix), Intent::Announce(route))])
    }

    /// What ExaBGP 6 answers, whose neighbors 192.0.2.4 and 192.0.2.6 are established, and the second one takes a route or not.
    fn answer(command: &Command, takes: bool) -> String {
        let listed =
            |name| format!(r#"{{"peer-address": "192.0.2.{name}", "state": "ESTABLISHED"}}"#);
        match command {
            Command::Version => WHO.to_owned(),
            Command::Established => format!("[{}, {}]", listed(4), listed(6)),
            Command::ReadBack => "[]".to_owned(),
            Command::Announce(key, _) if !key.neighbors.is_empty() => {
                format!(r#"{{"success": {takes}, "route": "", "index": "00"}}"#)
            }
            _ => DONE.to_owned(),
        }
    }

    /// A dialogue with ExaBGP 6, to which 192.0.2.4 was reported.
    fn dialogue(now: Instant) -> Dialogue {
        let mut dialogue = Dialogue::new(now);
        dialogue.read_back_every(Some(Duration::from_secs(60)), now);
        dialogue.heard(Message::Up("192.0.2.4".parse().unwrap()), now);
        dialogue
    }

    /// What is said in a minute.
    fn minute(
        dialogue: &mut Dialogue,
        desired: &Desired,
        now: &mut Instant,
        mut answer: impl FnMut(&Command) -> String,
    ) -> Vec<Command> {
        let mut all = Vec::new();
        for _ in 0..1200 {
            for command in dialogue.next(desired, *now) {
                let is_acknowledged = matches!(command, Command::Version | Command::Established);
                let done = is_acknowledged.then_some(Message::Done);
                for answer in message(&answer(&command)).into_iter().chain(done) {
                    dialogue.heard(answer, *now);
                }
                all.push(command);
            }
            *now += Duration::from_millis(50);
        }
        all
    }

    /// The neighbors that are told something by name.
    fn tried(all: &[Command]) -> usize {
        let is_trial =
            |one: &&Command| matches!(one, Command::Announce(key, _) if !key.neighbors.is_empty());
        all.iter().filter(is_trial).count()
    }

    fn is_up(dialogue: &Dialogue, neighbor: &str) -> bool {
        let neighbor = neighbor.parse().unwrap();
        let mut states = dialogue.sessions.states();
        states.any(|(one, up, _)| up && *one == neighbor)
    }

    fn log(dialogue: &mut Dialogue) -> Vec<String> {
        dialogue.notes().iter().map(ToString::to_string).collect()
    }

    /// One whose api lines a reload adds is not reported until its session falls.
    #[test]
    fn a_neighbor_that_takes_a_route_at_last_is_up() {
        let mut now = Instant::now();
        let mut dialogue = dialogue(now);
        let desired = announce("9.9.9.9/32", "192.0.2.1");
        let mut states = Vec::new();
        for takes in [false, false, true, true] {
            let said = minute(&mut dialogue, &desired, &mut now, |command| {
                answer(command, takes)
            });
            states.push((tried(&said), is_up(&dialogue, "192.0.2.6")));
        }
        // Tried once a minute, until it is known.
        assert_eq!(states, [(1, false), (1, false), (1, true), (0, true)]);
    }

    #[test]
    fn no_neighbor_is_tried_with_what_should_not_be_out() {
        let mut now = Instant::now();
        let mut dialogue = dialogue(now);
        let out = announce("9.9.9.9/32", "192.0.2.1");
        minute(&mut dialogue, &out, &mut now, |command| {
            answer(command, false)
        });
        let gone = Desired::from([(key("9.9.9.9/32"), Intent::Withdraw)]);
        let said = minute(&mut dialogue, &gone, &mut now, |command| match command {
            Command::Withdraw(_) => "error".to_owned(),
            other => answer(other, true),
        });
        assert!(said.iter().any(|one| matches!(one, Command::ReadBack)));
        assert_eq!(tried(&said), 0, "{said:#?}");
    }

    #[test]
    fn a_neighbor_is_tried_with_a_route_of_each_family() {
        let mut now = Instant::now();
        let mut dialogue = dialogue(now);
        let mut desired = announce("9.9.9.9/32", "192.0.2.1");
        desired.extend(announce("2001:db8::9/128", "2001:db8::1"));
        minute(&mut dialogue, &desired, &mut now, |command| match command {
            Command::Announce(key, _) => {
                answer(command, key.prefix == "2001:db8::9/128".parse().unwrap())
            }
            other => answer(other, false),
        });
        assert!(is_up(&dialogue, "192.0.2.6"));
    }

    /// A dialogue whose neighbor falls while it is tried.
    fn falls_while_it_is_tried(reason: &str) -> Dialogue {
        let mut now = Instant::now();
        let mut dialogue = dialogue(now);
        let desired = announce("9.9.9.9/32", "192.0.2.1");
        loop {
            let said = dialogue.next(&desired, now);
            let is_trial = tried(&said) > 0;
            if is_trial {
                let late = "192.0.2.6".parse().unwrap();
                dialogue.heard(Message::Down(late, reason.to_owned()), now);
            }
            for command in said {
                let is_acknowledged = matches!(command, Command::Version | Command::Established);
                let done = is_acknowledged.then_some(Message::Done);
                for answer in message(&answer(&command, true)).into_iter().chain(done) {
                    dialogue.heard(answer, now);
                }
            }
            if is_trial {
                return dialogue;
            }
            now += Duration::from_millis(50);
        }
    }

    #[test]
    fn a_neighbor_that_falls_while_it_is_tried_is_not_up() {
        let dialogue = falls_while_it_is_tried("it fell");
        let late: Neighbor = "192.0.2.6".parse().unwrap();
        let mut states = dialogue.sessions.states();
        assert!(states.any(|(one, up, _)| *one == late && !up));
    }

    #[test]
    fn a_neighbor_that_a_reload_takes_out_while_it_is_tried_is_not_up() {
        let dialogue = falls_while_it_is_tried("peer reset, message [removed]");
        assert!(!is_up(&dialogue, "192.0.2.6"));
        assert!(dialogue.sessions.is_removed(&"192.0.2.6".parse().unwrap()));
    }

    /// Its api lines lack `neighbor-changes`, and a predecessor told it the route.
    #[test]
    fn a_neighbor_that_was_up_before_and_is_never_reported_is_not_up_for_ever() {
        let mut now = Instant::now();
        let mut dialogue = dialogue(now);
        let desired = announce("9.9.9.9/32", "192.0.2.1");
        let held = r#"[{"index": "00", "route": "9.9.9.9/32 next-hop 192.0.2.1", "neighbor": "neighbor 192.0.2.6 local-ip 192.0.2.1 local-as 65010 peer-as 65515 router-id 192.0.2.1 family-allowed in-open"}]"#;
        let mut states = Vec::new();
        for is_there in [true, false] {
            minute(&mut dialogue, &desired, &mut now, |command| {
                match command {
                    Command::ReadBack => held.to_owned(),
                    Command::Established if !is_there => {
                        r#"[{"peer-address": "192.0.2.4", "state": "ESTABLISHED"}, {"peer-address": "192.0.2.6", "state": "IDLE"}]"#.to_owned()
                    }
                    other => answer(other, false),
                }
            });
            states.push(is_up(&dialogue, "192.0.2.6"));
        }
        assert_eq!(states, [true, false]);
    }

    /// Of one ExaBGP two processes announce the same prefix, to different neighbors.
    const OF_TWO: &str = r#"[{"index": "00", "route": "9.9.9.9/32 next-hop 192.0.2.1", "neighbor": "neighbor 192.0.2.4 local-ip 192.0.2.1 local-as 65010 peer-as 65515 router-id 192.0.2.1 family-allowed in-open"}, {"index": "01", "route": "9.9.9.9/32 next-hop 192.0.2.1 as-path 65010", "neighbor": "neighbor 192.0.2.6 local-ip 192.0.2.1 local-as 65010 peer-as 65515 router-id 192.0.2.1 family-allowed in-open"}]"#;

    #[test]
    fn a_neighbor_of_another_process_is_not_up_and_differs_in_nothing() {
        let mut now = Instant::now();
        let mut dialogue = dialogue(now);
        let desired = announce("9.9.9.9/32", "192.0.2.1");
        let (mut lines, mut states) = (Vec::new(), Vec::new());
        // At last a reload makes it ours.
        for takes in [false, false, true] {
            minute(&mut dialogue, &desired, &mut now, |command| match command {
                Command::ReadBack => OF_TWO.to_owned(),
                other => answer(other, takes),
            });
            let stays = dialogue.stays_otherwise(&key("9.9.9.9/32")).is_some();
            states.push((is_up(&dialogue, "192.0.2.6"), stays));
            let says = |line: &String| line.contains("holds it with another as-path");
            lines.push(log(&mut dialogue).iter().any(says));
        }
        assert_eq!(states, [(false, false), (false, false), (true, false)]);
        assert_eq!(lines, [false, false, true]);
    }

    #[test]
    fn a_neighbor_of_another_process_that_is_away_is_not_ours() {
        let mut now = Instant::now();
        let mut dialogue = dialogue(now);
        let desired = announce("9.9.9.9/32", "192.0.2.1");
        for _ in 0..3 {
            minute(&mut dialogue, &desired, &mut now, |command| match command {
                Command::ReadBack => OF_TWO.to_owned(),
                Command::Established => AWAY.to_owned(),
                other => answer(other, false),
            });
        }
        let others: Neighbor = "192.0.2.6".parse().unwrap();
        assert!(!dialogue.sessions.is_known(&others));
        assert_eq!(dialogue.stays_otherwise(&key("9.9.9.9/32")), None);
        assert_eq!(dialogue.mended(), 0);
    }

    #[test]
    fn a_route_that_only_another_process_has_out_is_not_out() {
        let mut now = Instant::now();
        let mut dialogue = Dialogue::new(now);
        dialogue.read_back_every(Some(Duration::from_secs(60)), now);
        let desired = announce("9.9.9.9/32", "192.0.2.1");
        minute(&mut dialogue, &desired, &mut now, |command| match command {
            Command::ReadBack => OF_TWO.to_owned(),
            Command::Established => AWAY
                .replace("2.4", "2.5")
                .replace("2.6", "2.4")
                .replace("2.5", "2.6"),
            other => answer(other, false),
        });
        assert!(!dialogue.is_out(&key("9.9.9.9/32")));
        let away = "192.0.2.4".parse().unwrap();
        assert!(dialogue.sessions.is_known(&away));
    }

    /// Its api lines lack `neighbor-changes`, and ExaBGP 5.0 names only who is established: that is one that does not list the process.
    #[test]
    fn a_route_is_not_out_where_all_that_are_up_refuse_it() {
        let mut now = Instant::now();
        let mut dialogue = Dialogue::new(now);
        dialogue.read_back_every(Some(Duration::from_secs(60)), now);
        let desired = announce("9.9.9.9/32", "192.0.2.1");
        let [ours, strange]: [Neighbor; 2] =
            ["192.0.2.4", "192.0.2.6"].map(|name| name.parse().unwrap());
        let held = "neighbor 192.0.2.4 local-ip 192.0.2.1 local-as 65010 peer-as 65515 router-id 192.0.2.1 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 192.0.2.1";
        let mut out = Vec::new();
        // Without acknowledgements it is not known who refuses what.
        for (is_there, acks) in [
            (true, true),
            (false, true),
            (true, true),
            (false, true),
            (false, false),
        ] {
            for _ in 0..2400 {
                for command in dialogue.next(&desired, now) {
                    let ours = Message::Established(ours.clone());
                    let strange = Message::Established(strange.clone());
                    let answers = match &command {
                        Command::Version => vec![message("exabgp 5.0.15").unwrap(), Message::Done],
                        Command::Established if is_there => vec![ours, strange, Message::Done],
                        Command::Established => vec![strange, Message::Done],
                        Command::ReadBack => vec![message(held).unwrap(), Message::Done],
                        Command::Announce(key, _) if !key.neighbors.is_empty() => {
                            vec![Message::Error]
                        }
                        _ => vec![Message::Done],
                    };
                    let is_ack = |one: &Message| matches!(one, Message::Done | Message::Error);
                    let answers = answers.into_iter().filter(|one| acks || !is_ack(one));
                    answers.for_each(|one| dialogue.heard(one, now));
                }
                now += Duration::from_millis(50);
            }
            out.push(dialogue.is_out(&key("9.9.9.9/32")));
        }
        assert_eq!(out, [true, false, true, false, true]);
    }

    /// ExaBGP 4.2, whose api lines lack `neighbor-changes`.
    #[test]
    fn a_route_is_not_out_for_ever_where_nothing_is_reported() {
        let mut now = Instant::now();
        let mut dialogue = Dialogue::new(now);
        dialogue.read_back_every(Some(Duration::from_secs(60)), now);
        let desired = announce("9.9.9.9/32", "192.0.2.1");
        let ours: Neighbor = "192.0.2.4".parse().unwrap();
        let held = "neighbor 192.0.2.4 local-ip 192.0.2.1 local-as 65010 peer-as 65515 router-id 192.0.2.1 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 192.0.2.1";
        let mut out = Vec::new();
        for is_there in [true, false, true] {
            for _ in 0..2400 {
                for command in dialogue.next(&desired, now) {
                    let told = match &command {
                        Command::Version => message("exabgp 4.2.21"),
                        Command::Established => {
                            is_there.then(|| Message::Established(ours.clone()))
                        }
                        Command::ReadBack => message(held),
                        _ => None,
                    };
                    let answers = told.into_iter().chain([Message::Done]);
                    answers.for_each(|one| dialogue.heard(one, now));
                    assert_eq!(tried(&[command]), 0);
                }
                now += Duration::from_millis(50);
            }
            out.push(dialogue.is_out(&key("9.9.9.9/32")));
        }
        assert_eq!(out, [true, false, true]);
    }

    const AWAY: &str = r#"[{"peer-address": "192.0.2.4", "state": "ESTABLISHED"}, {"peer-address": "192.0.2.6", "state": "IDLE"}]"#;

    /// Routes that are announced to it otherwise for a moment.
    fn is_healed(all: &[Command], neighbor: &str) -> bool {
        let neighbor: Neighbor = neighbor.parse().unwrap();
        all.iter().any(|one| match one {
            Command::Announce(key, route) => {
                key.neighbors.contains(&neighbor) && route.attributes.origin.is_some()
            }
            _ => false,
        })
    }

    /// What it was told while it was away may end with what was said first.
    #[test]
    fn a_neighbor_that_comes_back_unreported_after_changes_is_healed() {
        let mut now = Instant::now();
        let mut dialogue = dialogue(now);
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|hop| announce("9.9.9.9/32", hop));
        let mut healed = Vec::new();
        for (desired, is_there) in [(&one, true), (&other, false), (&one, false), (&one, true)] {
            let said = minute(&mut dialogue, desired, &mut now, |command| match command {
                Command::Established if !is_there => AWAY.to_owned(),
                other => answer(other, true),
            });
            healed.push(is_healed(&said, "192.0.2.6"));
        }
        assert_eq!(healed, [false, false, false, true]);
    }

    /// A reload adds `neighbor-changes` while it is away.
    #[test]
    fn a_neighbor_whose_fall_was_not_reported_and_that_comes_up_is_healed() {
        let mut now = Instant::now();
        let mut dialogue = dialogue(now);
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|hop| announce("9.9.9.9/32", hop));
        for desired in [&one, &other, &one] {
            minute(&mut dialogue, desired, &mut now, |command| {
                answer(command, true)
            });
        }
        log(&mut dialogue);
        dialogue.heard(Message::Up("192.0.2.6".parse().unwrap()), now);
        let said = minute(&mut dialogue, &one, &mut now, |command| {
            answer(command, true)
        });
        assert!(is_healed(&said, "192.0.2.6"), "{said:#?}");
        assert!(log(&mut dialogue).contains(&"info neighbor 192.0.2.6 up".to_owned()));
    }

    #[test]
    fn a_neighbor_that_was_away_meanwhile_was_not_up_before() {
        let held = r#"[{"index": "00", "route": "9.9.9.9/32 next-hop 192.0.2.1", "neighbor": "neighbor 192.0.2.6 local-ip 192.0.2.1 local-as 65010 peer-as 65515 router-id 192.0.2.1 family-allowed in-open"}]"#;
        let mut now = Instant::now();
        let mut dialogue = dialogue(now);
        let desired = announce("9.9.9.9/32", "192.0.2.1");
        let (mut lines, mut before) = (Vec::new(), Vec::new());
        for is_there in [true, false, true] {
            minute(&mut dialogue, &desired, &mut now, |command| {
                match command {
                    Command::ReadBack => held.to_owned(),
                    Command::Established if !is_there => {
                        r#"[{"peer-address": "192.0.2.4", "state": "ESTABLISHED"}, {"peer-address": "192.0.2.6", "state": "IDLE"}]"#.to_owned()
                    }
                    other => answer(other, true),
                }
            });
            let of_it = |line: &String| line.contains("neighbor 192.0.2.6 ");
            before.push(dialogue.was_up(&"192.0.2.6".parse().unwrap()));
            lines.extend(log(&mut dialogue).into_iter().filter(of_it));
        }
        assert_eq!(
            lines,
            [
                "info neighbor 192.0.2.6 has been up since before this process started",
                "info neighbor 192.0.2.6 is not up any more: ExaBGP has no session with it",
                "info neighbor 192.0.2.6 is up and takes routes, and ExaBGP has not reported it: its api lines lack neighbor-changes, or came with a reload",
            ]
        );
        assert_eq!(before, [true, false, false]);
    }
}
