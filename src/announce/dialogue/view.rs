//! What the dialogue can tell of itself, for reports. Read only.

use std::collections::BTreeSet;
use std::time::Instant;

use super::Dialogue;
use super::account::Account;
use super::opening::Phase;
use crate::route::{Neighbor, RouteKey};

impl Dialogue {
    /// Where it stands.
    pub fn account(&self) -> Account<'_> {
        Account {
            version: self.opening.version.as_deref(),
            dialect: self.opening.dialect,
            not_understood: self.opening.odd.as_deref(),
            acknowledges: self.opening.acks,
            asked: if let Phase::Asked { at, .. } = self.opening.phase {
                Some(at)
            } else {
                None
            },
            commands: self.commands,
            mended: self.reading.mended(),
            read_back: self.reading.account(),
        }
    }

    /// What ExaBGP holds otherwise than it was told, although it was sent again.
    pub fn stays_otherwise(&self, key: &RouteKey) -> Option<&str> {
        self.reading.stays_otherwise(key)
    }

    /// Routes about which a command is on its way.
    pub fn in_flight(&self) -> impl Iterator<Item = &RouteKey> {
        self.batch
            .iter()
            .flat_map(|batch| batch.routes.iter().map(|(key, _)| key))
    }

    /// Every neighbor that ExaBGP has reported, whether its session is established, and why it is not.
    pub fn neighbors(&self) -> impl Iterator<Item = (&Neighbor, bool, &str)> {
        self.sessions.states()
    }

    /// Neighbors that services name, and that ExaBGP says it does not have: nothing is said to them.
    pub fn lacking(&self) -> &BTreeSet<Neighbor> {
        self.names.lacking()
    }

    /// The neighbor as ExaBGP spells it, as far as that is known.
    pub fn spelled<'name>(&'name self, name: &'name Neighbor) -> &'name Neighbor {
        self.names.spelled(name)
    }

    /// A neighbor's session has been up since before this process began.
    pub fn was_up(&self, neighbor: &Neighbor) -> bool {
        self.sessions.is_older(neighbor) && self.unreported.was_first(neighbor)
    }

    /// A neighbor's session is lost again and again as soon as it is up: the cure.
    pub fn lost_at_once(&self, neighbor: &Neighbor) -> Option<&'static str> {
        let is_lost = self.sessions.is_lost_at_once(neighbor);
        is_lost.then(|| self.dialect().lost_at_once)
    }

    /// A neighbor seems not to keep to hold-time 30.
    pub fn refuses_hold_time(&self, neighbor: &Neighbor, now: Instant) -> bool {
        self.sessions.refuses_hold_time(neighbor, now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::decide::Desired;
    use crate::exabgp::{Command, Message, message};

    /// Answers of ExaBGP's, each a second after the command.
    fn reads(dialogue: &mut Dialogue, now: &mut Instant, answers: &[Message]) {
        while !dialogue
            .next(&Desired::new(), *now)
            .contains(&Command::ReadBack)
        {
            dialogue.heard(Message::Done, *now);
            *now += Duration::from_secs(1);
        }
        answers
            .iter()
            .for_each(|answer| dialogue.heard(answer.clone(), *now));
    }

    #[test]
    fn reading_back_that_is_refused_does_not_work_until_it_is_answered() {
        let mut now = Instant::now();
        let mut dialogue = Dialogue::new(now);
        assert_eq!(dialogue.account().read_back, None);
        dialogue.read_back_every(Some(Duration::from_secs(10)), now);
        dialogue.next(&Desired::new(), now);
        dialogue.heard(message("exabgp 4.2.21").unwrap(), now);
        for (answer, uses, fault) in [
            (Message::Error, 0, Some("ExaBGP refuses to tell")),
            (Message::Done, 1, None),
        ] {
            reads(&mut dialogue, &mut now, &[answer]);
            let account = dialogue.account().read_back.unwrap();
            let why = account.fault.as_ref().map(|(_, why)| why.as_str());
            assert_eq!((account.uses, why), (uses, fault));
        }
    }
}
