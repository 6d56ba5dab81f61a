//! What is known of the drains: what each folder held when it could be read, and what was said of it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use log::{info, warn};

use super::date::Clocks;
use super::folder::Whose;
use super::look::{Dated, look};
use crate::drain::Orders;
use crate::files;

/// The most complaints that are remembered. Each is made once, and none beyond these.
pub(super) const COMPLAINTS: usize = 100;
/// A complaint is forgotten when it had no cause for this time.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// What one of the folders holds. What cannot be read stays as it was.
#[derive(Debug)]
pub(super) struct Part {
    whose: Whose,
    pub(super) orders: BTreeMap<String, Dated>,
    pub(super) was_read: bool,
    trouble: Option<ErrorKind>,
}

impl Part {
    pub(super) fn of(whose: Whose) -> Self {
        Self {
            whose,
            orders: BTreeMap::new(),
            was_read: false,
            trouble: None,
        }
    }

    /// Looks again, and returns what is wrong with files.
    pub(super) fn look(&mut self, folder: &Path, clocks: &Clocks) -> BTreeMap<String, String> {
        let place = self.whose.folder(folder);
        match look(folder, self.whose, clocks) {
            Ok(found) => {
                if self.trouble.take().is_some() {
                    info!("the drains in '{}' can be read again", place.display());
                }
                (self.orders, self.was_read) = (found.orders, true);
                return found.complaints;
            }
            // What was declared stays declared.
            Err(error) if self.trouble != Some(error.kind()) => {
                warn!(
                    "failed to read the drains in '{}' ({}); those that are known stay in force",
                    place.display(),
                    files::reason(&error)
                );
                self.trouble = Some(error.kind());
            }
            Err(_) => {}
        }
        BTreeMap::new()
    }
}

/// What was found at the last look.
#[derive(Debug, Default)]
pub(super) struct Known {
    orders: Option<BTreeMap<String, Dated>>,
    /// By name: the words, and when it was found last.
    complaints: BTreeMap<String, (String, Instant)>,
}

impl Known {
    /// The orders, if they changed. One with the same id and date keeps the age that it had when it was read first: a
    /// clock that steps makes no new order of it.
    pub(super) fn follow(&mut self, mut now: BTreeMap<String, Dated>) -> Option<Orders> {
        let known = self.orders.take();
        for (name, dated) in &mut now {
            let before = known.as_ref().and_then(|known| known.get(name));
            if let Some(before) = before.filter(|before| before.is_the_same_drain(dated)) {
                (dated.order.read, dated.order.age) = (before.order.read, before.order.age);
            }
        }
        let orders = |dated: &BTreeMap<String, Dated>| {
            Orders(
                dated
                    .iter()
                    .map(|(name, dated)| (name.clone(), dated.order.clone()))
                    .collect(),
            )
        };
        let (before, after) = (known.as_ref().map(orders), orders(&now));
        self.orders = Some(now);
        (before.as_ref() != Some(&after)).then_some(after)
    }

    /// The complaints that were not made in the last minute, so that files that come and go do not fill the journal.
    pub(super) fn complain(
        &mut self,
        complaints: &BTreeMap<String, String>,
        now: Instant,
    ) -> Vec<String> {
        self.complaints
            .retain(|_, (_, seen)| now.saturating_duration_since(*seen) < FORGOTTEN);
        let mut new = Vec::new();
        for (name, words) in complaints {
            let known = self
                .complaints
                .get(name)
                .is_some_and(|(said, _)| said == words);
            if known || self.complaints.len() < COMPLAINTS {
                new.extend((!known).then(|| words.clone()));
                self.complaints.insert(name.clone(), (words.clone(), now));
            }
        }
        new
    }
}

impl Dated {
    fn is_the_same_drain(&self, other: &Self) -> bool {
        (&self.order.id, &self.date) == (&other.order.id, &other.date)
    }
}
