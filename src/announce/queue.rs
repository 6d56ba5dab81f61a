//! What ExaBGP 6 has still to send, by the time that it takes for a message. Pure.

use std::time::{Duration, Instant};

/// ExaBGP sends a message in that time, at least: it sends 25 and then waits for up to 100 ms for what the neighbor says. Each withdrawal is a
/// message, and each announcement that shares no attributes with others.
pub(super) const PACE: Duration = Duration::from_millis(5);

/// A hang puts off no more than that.
const LONGEST: Duration = Duration::from_secs(10);

/// So long it is remembered what was queued, in case that ExaBGP turns out to have hung since.
const KEPT: Duration = Duration::from_secs(600);

/// What was queued at one time.
#[derive(Debug, Clone, Copy)]
struct Part {
    counted: Instant,
    /// When ExaBGP has sent it.
    sent: Instant,
    /// The same at half the pace, where that is long: many neighbors share one processor.
    surely: Option<Instant>,
}

/// What was queued, the last one last.
#[derive(Debug, Default)]
pub(super) struct Queue(Vec<Part>);

impl Queue {
    /// When all is sent.
    pub(super) fn sent(&self) -> Option<Instant> {
        self.0.iter().map(|part| part.sent).max()
    }

    /// When an ExaBGP has sent all that takes twice as long for much.
    pub(super) fn surely(&self) -> Option<Instant> {
        self.0.iter().filter_map(|part| part.surely).max()
    }

    /// So many messages come behind all others. `late`: ExaBGP sends so much later than it acknowledges.
    pub(super) fn behind(&mut self, messages: usize, late: Duration, now: Instant) {
        let before = self.sent().map_or(now, |at| at.max(now));
        self.add(before + pace_of(messages), late, now);
    }

    /// So many are sent beside the others, to another neighbor.
    pub(super) fn beside(&mut self, messages: usize, late: Duration, now: Instant) {
        self.add(now + pace_of(messages), late, now);
    }

    fn add(&mut self, sent: Instant, late: Duration, now: Instant) {
        self.0.retain(|part| part.sent + KEPT > now);
        let takes = self.sent().max(Some(sent)).unwrap_or(sent);
        let takes = takes.saturating_duration_since(now);
        let surely = (takes > late).then_some(now + 2 * takes);
        let part = Part {
            counted: now,
            sent,
            surely,
        };
        // What was counted a moment ago went through the same hangs.
        match self.0.last_mut().filter(|last| last.counted + late > now) {
            Some(last) => {
                last.sent = last.sent.max(sent);
                last.surely = last.surely.max(surely);
            }
            None => self.0.push(part),
        }
    }

    /// ExaBGP has hung since then. What was counted later was counted when it ran, at the end of that.
    pub(super) fn was_away(&mut self, since: Instant, now: Instant) {
        for part in &mut self.0 {
            let since = since.max(part.counted);
            // Not without end where every answer is slow.
            let later = |at: Instant, most| match at.saturating_duration_since(since) {
                Duration::ZERO => at,
                left => now + left.min(most),
            };
            part.sent = later(part.sent, LONGEST);
            part.surely = part.surely.map(|at| later(at, 2 * LONGEST));
        }
    }
}

/// How long ExaBGP takes to send so many messages.
fn pace_of(messages: usize) -> Duration {
    PACE.saturating_mul(u32::try_from(messages).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATE: Duration = Duration::from_millis(200);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_was_queued_before_a_hang_is_sent_after_it_whoever_comes_up_meanwhile() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.beside(600, LATE, now);
        assert_eq!(queue.sent(), Some(now + 3 * SECOND));
        assert_eq!(queue.surely(), Some(now + 6 * SECOND));
        // It hangs from there on, and says at the end that another neighbor has come up.
        let (since, up) = (now + SECOND, now + 9 * SECOND);
        queue.beside(2, LATE, up);
        queue.was_away(since, up + LATE);
        assert_eq!(queue.sent(), Some(up + LATE + 2 * SECOND));
        assert_eq!(queue.surely(), Some(up + LATE + 5 * SECOND));
    }

    #[test]
    fn what_comes_behind_others_waits_for_them_and_a_few_are_sent_in_time() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.behind(16, LATE, now);
        assert_eq!(
            (queue.sent(), queue.surely()),
            (Some(now + 16 * PACE), None)
        );
        queue.behind(60, LATE, now);
        assert_eq!(queue.sent(), Some(now + 76 * PACE));
        assert_eq!(queue.surely(), Some(now + 152 * PACE));
    }

    #[test]
    fn what_was_sent_long_ago_is_forgotten() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for minute in 0..100 {
            queue.behind(1, LATE, now + minute * 60 * SECOND);
        }
        assert!(queue.0.len() < 12);
    }
}
