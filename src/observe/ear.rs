//! Events that do not wait for a poll: HAProxy's log datagrams, the end of its process, an address of this host that
//! comes or goes. One thread waits for all of them, and looks itself, at once. A flood is a bounded number of looks;
//! events during a look lead to one more.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use log::info;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::events::Datagrams;
use super::listener::{Listener, Wanted};
use super::look::Looker;
use super::{address, process};
use crate::config::EventsAddress;
use crate::files;
use crate::means::Means;
use crate::observation::{Cause, Process};
use crate::program::Credits;

/// Between two looks for HAProxy's return, after the end of its process.
const RETURN: Duration = Duration::from_millis(100);
/// How long HAProxy's return is looked for.
const RETURNS: Duration = Duration::from_secs(10);
/// Between the kernel's message of an address and the look: its tables follow later.
const SETTLE: Duration = Duration::from_millis(2);
/// Between two calls of `poll` that the system refuses.
const RETRY: Duration = Duration::from_secs(1);

/// Which of the awaited events have happened.
#[derive(Debug, Default)]
struct Heard {
    events: bool,
    addresses: bool,
    end: bool,
    /// It is time to look for HAProxy's return.
    time: bool,
}

/// What the thread waits for.
pub(super) struct Ear {
    listener: Listener,
    woken: UnixStream,
    events: Option<Datagrams>,
    addresses: Option<OwnedFd>,
    process: Option<OwnedFd>,
    /// The looker, and the process that answered it, as `wanted` had them last.
    looker: Option<Arc<Looker>>,
    answered: Option<u32>,
    /// A process that could not be followed at the first try.
    lost: Option<u32>,
    /// When to look for HAProxy's return next, and until when.
    returns: Option<(Instant, Instant)>,
    credits: Credits,
    /// What is logged already.
    complained: BTreeSet<&'static str>,
}

impl Listener {
    /// Starts the thread, which waits for nothing yet.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start() -> io::Result<Self> {
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let listener = Self::new(wake);
        let mut ear = Ear::new(listener.clone(), woken);
        thread::Builder::new()
            .name("listen".to_owned())
            .spawn(move || {
                loop {
                    ear.turn();
                }
            })?;
        Ok(listener)
    }
}

impl Ear {
    pub fn new(listener: Listener, woken: UnixStream) -> Self {
        Self {
            listener,
            woken,
            events: None,
            addresses: None,
            process: None,
            looker: None,
            answered: None,
            lost: None,
            returns: None,
            credits: Credits::new(Instant::now()),
            complained: BTreeSet::new(),
        }
    }

    /// Takes what is wanted, waits for something to happen, and looks.
    pub fn turn(&mut self) {
        self.prepare();
        match self.wait() {
            Ok(heard) => self.hear(&heard),
            Err(error) => {
                let why = files::reason(&error.into());
                self.complain(
                    "waiting",
                    &format!("cannot wait for HAProxy's end and events ({why}): they are seen by the next poll; trying again each second"),
                );
                thread::sleep(RETRY);
            }
        }
    }

    fn prepare(&mut self) {
        while matches!((&self.woken).read(&mut [0; 64]), Ok(count) if count > 0) {}
        let Wanted {
            events,
            addresses,
            looker,
            answered,
            followed,
        } = self.listener.wanted().clone();
        if self.looker.as_ref().map(Arc::as_ptr) != looker.as_ref().map(Arc::as_ptr) {
            (self.looker, self.process, self.answered, self.lost) = (looker, None, None, None);
            self.returns = None;
            self.open_addresses(addresses.as_ref());
            if let Some(Err(why)) = followed {
                self.complain("process", &not_followed("HAProxy's process", &why));
            }
        }
        self.open_events(events);
        let pid = answered.as_ref().map(|process| process.pid);
        if std::mem::replace(&mut self.answered, pid) != pid {
            answered.iter().for_each(|process| self.follow(process));
        }
    }

    fn open_events(&mut self, wanted: Option<(EventsAddress, Means)>) {
        let address = |events: &Datagrams| events.address().clone();
        if self.events.as_ref().map(address) != wanted.as_ref().map(|(address, _)| address.clone())
        {
            // Closed first: its port may be the one that is asked for.
            self.events = None;
            self.events = wanted.map(|(address, means)| Datagrams::new(address, means));
        }
        self.events.iter_mut().for_each(Datagrams::open);
    }

    fn open_addresses(&mut self, wanted: Option<&Means>) {
        let Some(means) = wanted else {
            return self.addresses = None;
        };
        if self.addresses.is_some() {
            return self.told_of_addresses(Some(Instant::now()));
        }
        match address::changes() {
            Ok(socket) => {
                self.addresses = Some(socket);
                self.told_of_addresses(Some(Instant::now()));
                means.works();
            }
            Err(error) => self.deaf(means, &error),
        }
    }

    /// Addresses are polled from now on.
    fn deaf(&mut self, means: &Means, error: &io::Error) {
        self.addresses = None;
        self.told_of_addresses(None);
        let why = files::reason(error);
        means.failed(format!(
            "{why}; an address that comes or goes is seen by the next poll"
        ));
        self.complain(
            "addresses",
            &format!("the kernel does not tell of addresses ({why}): one that comes or goes is seen by the next poll"),
        );
    }

    /// Follows the process that answered last.
    fn follow(&mut self, process: &Process) {
        self.returns = None;
        let opened = process::open(process.pid, process.uptime);
        // It may have ended since.
        if opened.is_err() && self.lost.replace(process.pid) != Some(process.pid) {
            return self.look_after_end();
        }
        let followed = opened.map(|opened| {
            (self.process, self.lost) = (Some(opened), None);
            self.complained.remove("process");
        });
        if let Err(why) = &followed {
            self.process = None;
            self.complain(
                "process",
                &not_followed(&format!("HAProxy's process {}", process.pid), why),
            );
        }
        self.listener.wanted().followed = Some(followed);
    }

    /// Logs once what only polls see, and why.
    fn complain(&mut self, what: &'static str, words: &str) {
        if self.complained.insert(what) {
            info!("{words}");
        }
    }

    fn wait(&self) -> Result<Heard, Errno> {
        let mut waited = vec![PollFd::new(&self.woken, PollFlags::IN)];
        let events = self.events.as_ref().and_then(Datagrams::socket);
        waited.extend(events.map(|socket| PollFd::from_borrowed_fd(socket, PollFlags::IN)));
        waited.extend(
            self.addresses
                .as_ref()
                .map(|socket| PollFd::new(socket, PollFlags::IN)),
        );
        waited.extend(
            self.process
                .as_ref()
                .map(|process| PollFd::new(process, PollFlags::IN)),
        );
        match poll(&mut waited, self.timeout().as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        let mut happened = waited.iter().skip(1).map(|one| !one.revents().is_empty());
        let mut of = |is_waited: bool| is_waited && happened.next().unwrap_or(false);
        Ok(Heard {
            events: of(events.is_some()),
            addresses: of(self.addresses.is_some()),
            end: of(self.process.is_some()),
            time: self.returns.is_some_and(|(next, _)| Instant::now() >= next),
        })
    }

    /// Until a retry, or a look for HAProxy's return, is due.
    fn timeout(&self) -> Option<Timespec> {
        let retry = self.events.as_ref().and_then(Datagrams::retry);
        let next = retry
            .into_iter()
            .chain(self.returns.map(|(next, _)| next))
            .min()?;
        Timespec::try_from(next.saturating_duration_since(Instant::now())).ok()
    }

    fn hear(&mut self, heard: &Heard) {
        if !(heard.events || heard.addresses || heard.end || heard.time) {
            return;
        }
        if heard.addresses {
            thread::sleep(SETTLE);
        }
        self.wait_for_credit();
        // Events that have arrived by now are seen by this look; a later one leads to another look.
        if heard.events {
            self.events.iter_mut().for_each(Datagrams::take);
        }
        if heard.addresses {
            self.take_addresses();
        }
        if heard.end || heard.time {
            self.look_after_end();
        } else {
            self.look(Cause::Event);
        }
    }

    /// Waits until a look out of turn is allowed, and uses its credit.
    fn wait_for_credit(&mut self) {
        let now = Instant::now();
        thread::sleep(self.credits.ready(now).saturating_duration_since(now));
        self.credits.ready(Instant::now());
        self.credits.spend();
    }

    fn take_addresses(&mut self) {
        let means = self.listener.wanted().addresses.clone();
        let (Some(socket), Some(means)) = (&self.addresses, means) else {
            return;
        };
        match address::take(socket) {
            Ok(()) => {
                self.told_of_addresses(Some(Instant::now()));
                means.used();
            }
            Err(error) => self.deaf(&means, &error),
        }
    }

    fn told_of_addresses(&self, at: Option<Instant>) {
        self.looker
            .iter()
            .for_each(|looker| looker.addresses().told(at));
    }

    /// Looks after the end of the process. Whatever answers is followed anew, also where it has the same number.
    fn look_after_end(&mut self) {
        (self.process, self.answered) = (None, None);
        {
            let mut wanted = self.listener.wanted();
            (wanted.answered, wanted.followed) = (None, None);
        }
        let has_answered = self.look(Cause::End);
        let now = Instant::now();
        let until = self.returns.map_or(now + RETURNS, |(_, until)| until);
        self.returns = (!has_answered && now < until).then_some((now + RETURN, until));
    }

    /// Looks, and tells the listener which process answered. False: none did.
    fn look(&mut self, cause: Cause) -> bool {
        let Some(looker) = &self.looker else {
            return false;
        };
        let answered = looker.look(cause);
        let has_answered = answered.is_some();
        answered
            .into_iter()
            .for_each(|process| self.listener.answered(looker, process));
        has_answered
    }
}

fn not_followed(who: &str, why: &str) -> String {
    format!("{who} is not followed ({why}): its end is seen by the next poll")
}
