//! What is to happen, by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// Microseconds since the beginning.
pub type Time = u64;
/// A millisecond.
pub const MS: Time = 1000;

/// A place in the queue: by time, and what was ordered first goes first.
#[derive(Debug)]
struct Entry<Event>(Time, u64, Event);

impl<Event> PartialEq for Entry<Event> {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl<Event> Eq for Entry<Event> {}
impl<Event> PartialOrd for Entry<Event> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<Event> Ord for Entry<Event> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

/// Events and the virtual clock.
#[derive(Debug)]
pub struct Queue<Event> {
    start: Instant,
    now: Time,
    order: u64,
    heap: BinaryHeap<Reverse<Entry<Event>>>,
}

impl<Event> Queue<Event> {
    /// Nothing is to happen. `start`: what the programs take for the beginning.
    pub fn new(start: Instant) -> Self {
        Self {
            start,
            now: 0,
            order: 0,
            heap: BinaryHeap::new(),
        }
    }

    /// The time of what happens now.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many events were ordered.
    pub fn ordered(&self) -> u64 {
        self.order
    }

    /// A time as the programs know it.
    pub fn instant(&self, at: Time) -> Instant {
        self.start + Duration::from_micros(at)
    }

    /// The first microsecond that is not before it.
    pub fn time(&self, at: Instant) -> Time {
        let since = at.saturating_duration_since(self.start).as_nanos();
        u64::try_from(since.div_ceil(1000)).unwrap_or(u64::MAX)
    }

    /// Orders an event; what is past happens at once.
    pub fn at(&mut self, at: Time, event: Event) {
        self.order += 1;
        let entry = Entry(at.max(self.now), self.order, event);
        self.heap.push(Reverse(entry));
    }

    /// Orders an event after a while.
    pub fn after(&mut self, wait: Time, event: Event) {
        self.at(self.now + wait, event);
    }

    /// The next event until `end`, whose time it is then.
    pub fn next(&mut self, end: Time) -> Option<Event> {
        if self
            .heap
            .peek()
            .is_none_or(|Reverse(Entry(at, ..))| *at > end)
        {
            return None;
        }
        let Reverse(Entry(at, _, event)) = self.heap.pop()?;
        self.now = at;
        Some(event)
    }

    /// It is so late now: nothing is to happen before.
    pub fn pass(&mut self, to: Time) {
        self.now = self.now.max(to);
    }
}
