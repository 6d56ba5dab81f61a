//! A bounded queue between the loop and a thread.
//! In come letters, without waiting: a full queue drops the oldest, since the newest is what matters.
//! Out they go in their order.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The end at which letters are put in. When it is dropped, the queue is closed.
#[derive(Debug)]
pub struct Mailbox<T>(Arc<Shared<T>>);

/// The end at which they are taken out.
#[derive(Debug)]
pub struct Reader<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    room: usize,
    letters: Mutex<Letters<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Letters<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

/// A box with room for so many letters, at least one.
pub fn mailbox<T>(room: usize) -> (Mailbox<T>, Reader<T>) {
    let letters = Mutex::new(Letters {
        waiting: VecDeque::new(),
        closed: false,
    });
    let shared = Arc::new(Shared {
        room: room.max(1),
        letters,
        changed: Condvar::new(),
    });
    (Mailbox(Arc::clone(&shared)), Reader(shared))
}

impl<T> Shared<T> {
    fn letters(&self) -> MutexGuard<'_, Letters<T>> {
        // Nothing that could panic happens while it is held.
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Mailbox<T> {
    /// Puts one in. Returns the oldest, if it had to make room.
    pub fn put(&self, letter: T) -> Option<T> {
        let mut letters = self.0.letters();
        let oldest = (letters.waiting.len() >= self.0.room)
            .then(|| letters.waiting.pop_front())
            .flatten();
        letters.waiting.push_back(letter);
        self.0.changed.notify_one();
        oldest
    }

    /// Letters that nobody has taken yet.
    pub fn waiting(&self) -> usize {
        self.0.letters().waiting.len()
    }
}

impl<T> Drop for Mailbox<T> {
    fn drop(&mut self) {
        self.0.letters().closed = true;
        self.0.changed.notify_one();
    }
}

impl<T> Reader<T> {
    /// Waits for a letter, but for no longer than this.
    pub fn rest(&self, time: Duration) {
        let letters = self.0.letters();
        if letters.waiting.is_empty() && !letters.closed {
            drop(self.0.changed.wait_timeout(letters, time));
        }
    }

    /// A letter waits, or none will come any more.
    pub fn is_called(&self) -> bool {
        let letters = self.0.letters();
        letters.closed || !letters.waiting.is_empty()
    }

    /// Waits for the next letter. Absent when none is left and none will come.
    pub fn take(&self) -> Option<T> {
        let mut letters = self.0.letters();
        loop {
            if let Some(letter) = letters.waiting.pop_front() {
                return Some(letter);
            }
            if letters.closed {
                return None;
            }
            letters = self
                .0
                .changed
                .wait(letters)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room_and_is_handed_back() {
        let (mailbox, reader) = mailbox(2);
        assert_eq!(
            (mailbox.put(1), mailbox.put(2), mailbox.put(3)),
            (None, None, Some(1))
        );
        assert_eq!(mailbox.waiting(), 2);
        assert_eq!((reader.take(), reader.take()), (Some(2), Some(3)));
    }

    #[test]
    fn what_was_put_in_is_taken_after_the_end_too() {
        let (mailbox, reader) = mailbox(1);
        mailbox.put(1);
        drop(mailbox);
        assert_eq!((reader.take(), reader.take()), (Some(1), None));
    }

    #[test]
    fn a_reader_waits_for_a_letter_and_for_the_end() {
        let (mailbox, reader) = mailbox(1);
        let thread = std::thread::spawn(move || (reader.take(), reader.take()));
        mailbox.put(1);
        // Whatever comes first, the letter or the reader.
        while mailbox.waiting() > 0 {
            std::thread::yield_now();
        }
        drop(mailbox);
        assert_eq!(thread.join().unwrap(), (Some(1), None));
    }
}
