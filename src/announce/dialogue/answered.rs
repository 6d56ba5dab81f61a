//! What becomes of a batch once its answers are there, or do not come.

use std::time::Instant;

use super::super::adj_rib_out::Told;
use super::super::batch::{ANSWER, Batch, Listing};
use super::super::read_back::ReadBack;
use super::snapshot::Snapshot;
use super::{Dialogue, Phase};
use crate::route::Neighbor;

impl Dialogue {
    /// ExaBGP took all of it.
    pub(super) fn accepted(&mut self, batch: Batch, now: Instant) {
        self.commands.taken(batch.commands);
        for (key, told) in batch.routes {
            if told == Told::Withdrawn {
                self.sessions.send_again(&self.rib.beside(&key), now);
            }
            if let Some(tries) = self.rib.accepted(&key, told.clone()) {
                let command = told.command(&key);
                self.notes.info(format!(
                    "ExaBGP accepted '{command}' at last; it had refused it {tries} time(s)"
                ));
            }
        }
        if let Some(neighbor) = batch.healing {
            self.sessions.stepped(&neighbor, self.cure());
        }
        match batch.listing {
            Some(Listing::Held(read)) => self.read(&read, batch.sent, now),
            Some(Listing::Established(neighbors)) => {
                self.snapshot
                    .established(neighbors, &self.sessions.neighbors());
            }
            None => {}
        }
    }

    /// What ExaBGP holds was read.
    fn read(&mut self, read: &ReadBack, asked: Instant, now: Instant) {
        self.reading
            .ended(read, now, now.saturating_duration_since(asked));
        let holders = read.neighbors();
        holders
            .iter()
            .for_each(|neighbor| self.rib.heard_of(neighbor, now));
        for neighbor in self.snapshot.holders(&holders) {
            self.sessions.was_up(neighbor, &mut self.notes);
        }
        for key in self
            .reading
            .differing(read, &self.rib, &self.sessions, &mut self.notes)
        {
            self.rib.doubt(&key);
        }
    }

    /// The only command of a batch was refused.
    pub(super) fn refused(&mut self, batch: Batch, now: Instant) {
        self.commands.refused += 1;
        if batch.listing.is_some() {
            self.snapshot = Snapshot::Over;
        }
        if let Some(Listing::Held(_)) = batch.listing {
            self.reading.failed("ExaBGP refuses to tell", now);
        }
        for (key, told) in batch.routes {
            if let Some(line) = self.rib.refused(&key, told, now).line(&key) {
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
        }
        if let Some(Listing::Held(_)) = batch.listing {
            self.reading.failed("ExaBGP's answer does not end", now);
        }
        if silent {
            self.commands.unanswered(batch.commands);
            let (count, time) = (batch.commands, ANSWER.as_secs());
            self.notes.warn(format!(
                "ExaBGP has not answered {count} command(s) for {time} s; asking whether it still runs"
            ));
            self.phase = Phase::Unasked;
        }
    }

    /// What was left halfway is said again to all: where it is as it should be, that is nothing new.
    fn healing_failed(&mut self, neighbor: &Neighbor, now: Instant) {
        for key in self.sessions.failed(neighbor, &mut self.notes, now) {
            self.rib.doubt(&key);
        }
    }
}
