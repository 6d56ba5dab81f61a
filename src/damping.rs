//! How long a service that flaps is kept back: the first return is at once, each further one later. Pure.
//! In come its falls, and the rules of the configuration.
//! Out goes for how long its next return waits.

use std::time::{Duration, Instant};

use crate::config::Damping;

/// The falls of a service that are not forgotten yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flaps {
    falls: u32,
    last: Option<Instant>,
}

impl Flaps {
    /// It fell: its next return takes longer.
    pub fn fell(&mut self, rules: &Damping, now: Instant) {
        self.falls = self.remembered(rules, now).saturating_add(1);
        self.last = Some(now);
    }

    /// It fell while it was kept back. That moved no route, but it is not quiet either.
    pub fn stirred(&mut self, now: Instant) {
        self.last = self.last.map(|_| now);
    }

    /// Falls that count.
    pub fn remembered(&self, rules: &Damping, now: Instant) -> u32 {
        match self.last {
            Some(last) if now.saturating_duration_since(last) < rules.quiet => self.falls,
            _ => 0,
        }
    }

    /// How long it must have been well before it comes back.
    pub fn wait(&self, rules: &Damping, now: Instant) -> Duration {
        match self.remembered(rules, now) {
            0 | 1 => Duration::ZERO,
            falls => {
                let times = 1_u32
                    .checked_shl(falls.saturating_sub(2))
                    .unwrap_or(u32::MAX);
                rules.wait.saturating_mul(times).min(rules.ceiling)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);
    const RULES: Damping = Damping {
        wait: Duration::from_secs(5),
        ceiling: Duration::from_secs(60),
        quiet: Duration::from_secs(90),
    };

    #[test]
    fn each_return_takes_longer_up_to_the_ceiling() {
        let (now, mut flaps) = (Instant::now(), Flaps::default());
        let waits: Vec<Duration> = (0..40)
            .map(|_| {
                flaps.fell(&RULES, now);
                flaps.wait(&RULES, now)
            })
            .collect();
        assert_eq!(
            waits[..6],
            [Duration::ZERO, 5 * S, 10 * S, 20 * S, 40 * S, 60 * S]
        );
        assert!(waits[6..].iter().all(|wait| *wait == 60 * S), "{waits:?}");
    }

    #[test]
    fn a_quiet_time_is_counted_from_the_last_fall_and_forgets_all() {
        let (now, mut flaps) = (Instant::now(), Flaps::default());
        flaps.fell(&RULES, now);
        flaps.fell(&RULES, now + 50 * S);
        assert_eq!(flaps.wait(&RULES, now + 139 * S), 5 * S);
        assert_eq!(flaps.wait(&RULES, now + 140 * S), Duration::ZERO);
        flaps.fell(&RULES, now + 140 * S);
        assert_eq!(flaps.remembered(&RULES, now + 140 * S), 1);
    }

    #[test]
    fn what_falls_while_it_is_kept_back_is_not_quiet() {
        let (now, mut flaps) = (Instant::now(), Flaps::default());
        flaps.stirred(now);
        assert_eq!(flaps, Flaps::default());
        flaps.fell(&RULES, now);
        flaps.fell(&RULES, now);
        flaps.stirred(now + 60 * S);
        assert_eq!(flaps.wait(&RULES, now + 140 * S), 5 * S);
    }
}
