//! What the listening thread (`ear`) is to wait for, and what other threads learn from it.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::look::Looker;
use super::process;
use crate::config::EventsAddress;
use crate::means::Means;
use crate::observation::Process;

/// Whether the process that answered last is followed, or why not. Absent: none has answered yet.
pub type Followed = Option<Result<(), String>>;

/// The listening thread, which lives as long as the process does.
#[derive(Debug, Clone)]
pub struct Listener(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Wakes the thread, which then reads `wanted`.
    wake: UnixStream,
    wanted: Mutex<Wanted>,
}

/// What the thread is to do.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub events: Option<(EventsAddress, Means)>,
    pub addresses: Option<Means>,
    pub looker: Option<Arc<Looker>>,
    /// The process that answered last, until it has ended.
    pub answered: Option<Process>,
    pub followed: Followed,
}

impl Listener {
    /// Nothing is wanted yet. `wake` wakes the thread.
    pub(super) fn new(wake: UnixStream) -> Self {
        Self(Arc::new(Shared {
            wake,
            wanted: Mutex::default(),
        }))
    }

    /// Listens for HAProxy's events at this address only; absent: nowhere.
    pub fn listen(&self, address: Option<&EventsAddress>) {
        let mut wanted = self.wanted();
        if wanted.events.as_ref().map(|(address, _)| address) != address {
            wanted.events = address.map(|address| (address.clone(), Means::new(address)));
            self.wake();
        }
    }

    /// Looks with this looker from now on, and waits for the events that its plan needs.
    pub fn watch(&self, looker: &Arc<Looker>) {
        let mut wanted = self.wanted();
        let has_addresses = !looker.plan().addresses.is_empty();
        let addresses = wanted
            .addresses
            .take()
            .unwrap_or_else(|| Means::new("netlink"));
        wanted.addresses = has_addresses.then_some(addresses);
        (wanted.looker, wanted.answered) = (Some(Arc::clone(looker)), None);
        wanted.followed = process::hidden(looker.plan()).map(Err);
        self.wake();
    }

    /// This process answered this looker.
    pub(super) fn answered(&self, looker: &Arc<Looker>, process: Process) {
        let mut wanted = self.wanted();
        let is_known = wanted
            .answered
            .as_ref()
            .is_some_and(|known| known.pid == process.pid);
        let is_current = wanted
            .looker
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, looker));
        if is_current && !is_known && process::hidden(looker.plan()).is_none() {
            wanted.answered = Some(process);
            self.wake();
        }
    }

    /// Whether HAProxy's process is followed.
    pub fn followed(&self) -> Followed {
        self.wanted().followed.clone()
    }

    /// What the thread works with, each by its name.
    pub fn means(&self) -> Vec<(&'static str, Means)> {
        let wanted = self.wanted();
        let events = wanted
            .events
            .as_ref()
            .map(|(_, means)| ("events", means.clone()));
        events
            .into_iter()
            .chain(wanted.addresses.clone().map(|means| ("addresses", means)))
            .collect()
    }

    pub(super) fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        // If the socket is full, the thread wakes up all the same.
        let _ = (&self.0.wake).write(&[0]);
    }
}
