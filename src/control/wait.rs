//! Waiting for the effect of a change: a server without sessions, or one that is up and checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::signal::{SIGINT, SIGTERM};

use super::command::ServerWish;
use super::controller::Controller;
use super::name::ServerName;
use super::progress::Progress;
use super::view::View;
use crate::failure::{self, Failure, Kind};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Servers that one line names at most.
const NAMED: usize = 3;

/// What is missing, in words; `None`: the wait is over.
pub fn left<'name>(
    view: &View,
    names: impl IntoIterator<Item = &'name ServerName>,
    wish: ServerWish,
) -> Option<String> {
    let mut left = Vec::new();
    for name in names {
        match view.servers.get(name) {
            None => left.push(format!("{name} is not there any more")),
            Some(server) if wish == ServerWish::Ready => {
                if !server.is_up_and_checked() {
                    left.push(format!("{name} is {}", server.words()));
                }
            }
            Some(server) if server.sessions == 0 && server.queue == 0 => {}
            Some(server) => {
                let plural = if server.sessions == 1 { "" } else { "s" };
                let queued = if server.queue > 0 {
                    format!(" and {} queued", server.queue)
                } else {
                    String::new()
                };
                left.push(format!(
                    "{name} has {} session{plural}{queued}",
                    server.sessions
                ));
            }
        }
    }
    let more = left.len().saturating_sub(NAMED);
    left.truncate(NAMED);
    let more = if more > 0 {
        format!(", {more} more")
    } else {
        String::new()
    };
    (!left.is_empty()).then(|| left.join(", ") + &more)
}

/// Ctrl-C and SIGTERM: they end the wait, and the change stays.
#[derive(Debug, Clone)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Catches both signals from now on.
    ///
    /// # Errors
    /// A handler cannot be set.
    pub fn heard() -> std::io::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Self(flag))
    }

    /// Whether one of them came.
    pub fn came(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A wait for the servers that were changed.
#[derive(Debug)]
pub struct Wait<'command> {
    /// For HAProxy's state.
    pub controller: &'command Controller,
    /// The view before the change.
    pub before: &'command View,
    /// The servers that are waited for.
    pub names: Vec<&'command ServerName>,
    /// Their wished state.
    pub wish: ServerWish,
    /// The longest wait.
    pub timeout: Duration,
    /// Ends the wait early.
    pub interrupt: Interrupt,
}

impl Wait<'_> {
    /// Looks until nothing is missing, and returns the last view.
    ///
    /// # Errors
    /// The time is over, or the change was undone; what was changed stays.
    pub fn wait(&self, progress: &mut Progress) -> Result<View, Failure> {
        let proxies = self.before.around(self.names.iter().copied());
        let deadline = Instant::now() + self.timeout;
        loop {
            let now = Instant::now();
            let left = match self.controller.look_at(&proxies) {
                Ok(view) => {
                    self.still_stands(&view)?;
                    match left(&view, self.names.iter().copied(), self.wish) {
                        None => return Ok(view),
                        Some(left) => Ok(left),
                    }
                }
                // The next look may be answered in time.
                Err(failure) if failure.kind == Kind::Unknown => Err(failure),
                Err(failure) => return Err(failure),
            };
            let timeout = crate::config::Span::from(self.timeout);
            match left {
                Ok(left) if self.interrupt.came() => {
                    return Err(failure::not_reached(format!(
                        "stopped waiting, the change stays: {left}"
                    )));
                }
                Ok(left) if now >= deadline => {
                    return Err(failure::not_reached(format!(
                        "not within {timeout}, the change stays: {left}"
                    )));
                }
                Err(failure) if self.interrupt.came() || now >= deadline => return Err(failure),
                Ok(left) => progress.show(&left, deadline.saturating_duration_since(now)),
                Err(failure) => progress.show(
                    &failure.to_string(),
                    deadline.saturating_duration_since(now),
                ),
            }
            thread::sleep(PAUSE.min(deadline.saturating_duration_since(now)));
        }
    }

    /// Whether the change is still in force: a reload undoes it, or hides the old process's sessions.
    fn still_stands(&self, view: &View) -> Result<(), Failure> {
        let (old, new) = (self.before.process.pid, view.process.pid);
        let changed = |name: &&&ServerName| {
            view.servers
                .get(name)
                .is_some_and(|server| server.admin.wish() != self.wish)
        };
        let reloaded = old != new && !view.process.stopping;
        match self.names.iter().find(changed) {
            Some(name) if reloaded => Err(failure::not_reached(format!(
                "HAProxy was reloaded or restarted meanwhile (process {old}, now {new}) and forgot the change: {name} is {} again; run the command again",
                view.servers
                    .get(name)
                    .map(|server| server.admin.wish().word())
                    .unwrap_or_default()
            ))),
            Some(name) => Err(failure::not_reached(format!(
                "somebody else changed {name} meanwhile: it is {} now",
                view.servers
                    .get(name)
                    .map(|server| server.admin.wish().word())
                    .unwrap_or_default()
            ))),
            None if reloaded && self.wish != ServerWish::Ready => Err(failure::unknown(format!(
                "HAProxy was reloaded meanwhile (process {old}, now {new}); the change stays, and what the old process still serves is unknown"
            ))),
            None => Ok(()),
        }
    }
}
