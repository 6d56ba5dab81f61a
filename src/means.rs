//! What the process works with beside HAProxy's table and ExaBGP's pipe: the socket that hears events, the files that it keeps, the hooks.
//! In comes what came of each use, from the thread that uses it.
//! Out goes an account of it for reports. Nobody waits for it, and nothing is decided by it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// One of these, shared by the thread that uses it and the reports.
#[derive(Debug, Clone)]
pub struct Means(Arc<Mutex<Account>>);

/// What came of it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Where: an address, a path, a program.
    pub place: String,
    /// Since when it works.
    pub since: Instant,
    /// How often it was used.
    pub uses: u64,
    /// When it was used last.
    pub last: Option<Instant>,
    /// Since when it does not work, and why.
    pub fault: Option<(Instant, String)>,
}

impl Account {
    /// Of one that was not used yet.
    pub fn new(place: impl ToString, now: Instant) -> Self {
        Self {
            place: place.to_string(),
            since: now,
            uses: 0,
            last: None,
            fault: None,
        }
    }

    /// It was used.
    pub fn used(&mut self, now: Instant) {
        self.uses += 1;
        (self.last, self.fault) = (Some(now), None);
    }

    /// It works again, though it was not used. `since` is now: what happened before was missed.
    pub fn works(&mut self, now: Instant) {
        if self.fault.take().is_some() {
            self.since = now;
        }
    }

    /// It does not work. An earlier fault keeps its date.
    pub fn failed(&mut self, why: impl ToString, now: Instant) {
        let since = self.fault.take().map_or(now, |(since, _)| since);
        self.fault = Some((since, why.to_string()));
    }
}

impl Means {
    /// One that was not used yet.
    pub fn new(place: impl ToString) -> Self {
        Self(Arc::new(Mutex::new(Account::new(place, Instant::now()))))
    }

    /// It was used.
    pub fn used(&self) {
        self.lock().used(Instant::now());
    }

    /// It would work, though there is nothing to do now.
    pub fn works(&self) {
        self.lock().works(Instant::now());
    }

    /// It does not work.
    pub fn failed(&self, why: impl ToString) {
        self.lock().failed(why, Instant::now());
    }

    /// What came of a use.
    pub fn came_of<T>(&self, result: Result<T, impl ToString>) {
        match result {
            Ok(_) => self.used(),
            Err(why) => self.failed(why),
        }
    }

    /// What came of it so far.
    pub fn account(&self) -> Account {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        // Nothing that could panic happens while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_the_date_of_its_beginning_and_ends_with_the_next_use() {
        let means = Means::new("/run/x.sock");
        assert_eq!(means.account().fault, None);
        means.failed("refused");
        let (since, _) = means.account().fault.unwrap();
        means.failed("no answer");
        assert_eq!(means.account().fault, Some((since, "no answer".to_owned())));
        means.came_of(Ok::<(), String>(()));
        let account = means.account();
        assert_eq!(
            (account.uses, account.fault, account.last.is_some()),
            (1, None, true)
        );
        means.came_of(Err::<(), _>("away"));
        means.works();
        assert_eq!((means.account().uses, means.account().fault), (1, None));
        // Of what happened while it did not work, it could not know.
        let again = means.account().since;
        assert!(again > account.since);
        means.works();
        assert_eq!(means.account().since, again);
    }
}
