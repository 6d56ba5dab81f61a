//! On what a service moves: on a look of now, on words that came since, and from where it stood.

use haproxy_rhi::change::Change;
use haproxy_rhi::glance::Standing;

use super::invariant::Invariant;
use super::setting::ServiceSpec;
use super::world::World;
use super::{MS, Time};

/// From the moment that a look sees to what is said of it: between two looks, time alone may decide.
pub const LOOK: Time = 300 * MS;

impl World {
    /// A service moves.
    pub fn check_move(&mut self, n: usize, name: &str, change: &Change) {
        let Change::Moved { from, to } = *change else {
            return;
        };
        let Some(service) = self.nvas[n]
            .file
            .services
            .iter()
            .find(|service| service.name == name)
        else {
            return;
        };
        let service = service.clone();
        self.check_continuous(n, &service, from);
        match (from, to) {
            (Standing::Down, Standing::LastStanding) => self.check_words(n, &service),
            (Standing::LastStanding, Standing::Down) => self.check_newer(n, &service),
            // After a start, those that are preferred are asked before anything is announced.
            (Standing::NotYetKnown, _) if self.setting.preferred(n).next().is_some() => {}
            (_, Standing::Level(_)) if to.rank() < from.rank() => self.check_look(n, &service),
            _ => {}
        }
        if to == Standing::LastStanding {
            self.nvas[n].marks.alone[service.number] = self.now;
        }
    }

    /// Nothing but its own moves takes a service from where it stands.
    fn check_continuous(&mut self, n: usize, service: &ServiceSpec, from: Standing) {
        let stood = self.nvas[n].marks.readings[service.number].standing();
        if stood.is_some_and(|stood| stood != from) {
            self.violate(Invariant::Continuous, n, || {
                format!(
                    "{} moves from {from:?}, and stood at {stood:?}",
                    service.name
                )
            });
        }
    }

    /// From down it becomes the last resort when every sibling was not healthy three times in a row: one lost answer is none.
    /// Readings of a level are readings of the last resort, too.
    fn check_words(&mut self, n: usize, service: &ServiceSpec) {
        let level = self.nvas[n].marks.readings[service.number].level();
        // What an earlier process of HAProxy knew of its servers may be a level's reading, too.
        let remembers = !self.nvas[n].haproxy.is_settled();
        let lately = remembers || level.is_some_and(|at| self.now < at + 5_000 * MS);
        let fewest = self.fewest_ill(n, service.number).filter(|_| !lately);
        if fewest.is_some_and(|fewest| fewest < self.words(n)) {
            self.violate(Invariant::Words, n, || {
                format!(
                    "{} is the last resort after {fewest:?} answers that were not healthy",
                    service.name
                )
            });
        }
    }

    /// From the last resort it goes down on a word that was asked for since.
    fn check_newer(&mut self, n: usize, service: &ServiceSpec) {
        let marks = &self.nvas[n].marks;
        let (alone, vouched) = (marks.alone[service.number], marks.vouched[service.number]);
        let in_force = self.nvas[n]
            .program
            .as_ref()
            .and_then(|program| program.view().config?.service(&service.name));
        let asks = in_force.is_some_and(|service| service.siblings.is_some());
        let excused = !asks || !self.answers(n, service) || self.is_unsure(n, service.number);
        if !excused && vouched.is_none_or(|at| at < alone) {
            self.violate(Invariant::Words, n, || {
                format!(
                    "{} believes a word that is older than its last resort",
                    service.name
                )
            });
        }
    }

    /// A level is reached on a look of now, unless the word of others ends the waiting.
    fn check_look(&mut self, n: usize, service: &ServiceSpec) {
        let last = self.nvas[n].marks.readings[service.number].last();
        let now = self.now;
        let alone = self
            .fewest_ill(n, service.number)
            .is_none_or(|fewest| fewest > 0);
        let excused = service.is_probed() || alone;
        if !excused && !self.is_unsure(n, service.number) && self.now > last + LOOK {
            self.violate(Invariant::Readings, n, || {
                format!(
                    "{} rises on a look that is {} ms old",
                    service.name,
                    (now - last) / MS
                )
            });
        }
    }

    /// Answers in a row of the sibling that gave the fewest, that were none or not 200.
    pub fn fewest_ill(&self, n: usize, k: usize) -> Option<u32> {
        let ill = |other| {
            self.nvas[n]
                .marks
                .ill
                .get(&(other, k))
                .copied()
                .unwrap_or(0)
        };
        self.setting.siblings(n).map(ill).min()
    }

    /// So many of them are needed: a question that hangs is a word, another one after an edit, and its end is one too.
    pub fn words(&self, n: usize) -> u32 {
        let hang = self.nvas[n].probes_hang;
        match hang {
            hang if self.now < hang => 0,
            hang if hang > 0 && self.now < hang + 5_000 * MS => 1,
            _ => 3,
        }
    }
}
