//! The edge out to HAProxy: while a service is drained, a variable of its process is 1, and HAProxy asks its clients to
//! close (`http-after-response set-header connection close if { var(proc.draining) -m int 1 }`).
//!
//! A reload forgets the variable, so it is said again when another process answers. A thread says it: HAProxy may hang.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use log::{info, warn};

use crate::config::{Stats, Variable};
use crate::observation::Trouble;
use crate::observe::{Socket, ask};

/// The variables, and whether each is 1.
pub type Variables = BTreeMap<Variable, bool>;

/// For one try.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(2);

/// The switch of one HAProxy.
#[derive(Debug)]
pub struct Switch {
    control: Stats,
    orders: SyncSender<Variables>,
    /// What is being said.
    saying: Option<(Variables, Option<u32>)>,
    /// What HAProxy was told last, and which process it was.
    told: Option<(Variables, Option<u32>)>,
    retry: Option<Instant>,
    complained: bool,
}

impl Switch {
    /// Starts its thread, which reports what came of each order.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(control: Stats, report: impl Fn(Result<(), String>) + Send + 'static) -> io::Result<Self> {
        let (orders, taken) = mpsc::sync_channel::<Variables>(1);
        let place = control.clone();
        thread::Builder::new().name("switch".to_owned()).spawn(move || {
            for variables in taken {
                report(say(&place, &variables));
            }
        })?;
        Ok(Self { control, orders, saying: None, told: None, retry: None, complained: false })
    }

    /// Which HAProxy it is.
    pub fn control(&self) -> &Stats {
        &self.control
    }

    /// Says what is wanted, if this process of HAProxy does not know it.
    pub fn set(&mut self, wanted: &Variables, process: Option<u32>, now: Instant) {
        let waits = self.saying.is_some() || self.retry.is_some_and(|at| now < at);
        // Without a process nobody would hear it.
        if waits
            || process.is_none()
            || self.told.as_ref().is_some_and(|(told, by)| told == wanted && *by == process)
        {
            return;
        }
        if self.orders.try_send(wanted.clone()).is_ok() {
            self.saying = Some((wanted.clone(), process));
        }
    }

    /// Takes what came of an order.
    pub fn said(&mut self, result: Result<(), String>, now: Instant) {
        let Some(saying) = self.saying.take() else { return };
        match result {
            Ok(()) => {
                if self.complained {
                    info!("HAProxy takes commands again");
                }
                (self.told, self.retry, self.complained) = (Some(saying), None, false);
            }
            Err(why) => {
                self.retry = Some(now + PAUSE);
                // That nothing is drained need not be said at any price.
                let matters = saying.0.values().any(|on| *on) || self.told.is_some();
                if matters && !self.complained {
                    warn!("HAProxy cannot be told to ask its clients to close ({why}), trying again");
                    self.complained = true;
                }
            }
        }
    }

    /// When to try again.
    pub fn deadline(&self) -> Option<Instant> {
        self.retry.filter(|_| self.saying.is_none())
    }
}

fn say(control: &Stats, variables: &Variables) -> Result<(), String> {
    let socket = match control {
        Stats::Unix(path) => Socket::Unix(path),
        Stats::Tcp(address) => Socket::Tcp(address),
        Stats::Page { .. } => return Err("a stats page takes no commands".to_owned()),
    };
    // Before HAProxy 3.2, `set var` is for experts only (management.txt section 9.3).
    let commands: Vec<String> =
        variables.iter().map(|(name, on)| format!(";set var {name} int({})", u8::from(*on))).collect();
    let question = format!("experimental-mode on{}\n", commands.concat());
    match ask(socket, &question, Instant::now() + TIMEOUT) {
        Ok(answer) => match String::from_utf8_lossy(&answer).split_whitespace().collect::<Vec<_>>().join(" ")
        {
            silence if silence.is_empty() => Ok(()),
            words => Err(format!("it answers '{}'", words.chars().take(100).collect::<String>())),
        },
        Err(Trouble::Gone(why) | Trouble::Unreadable(why)) => Err(why),
    }
}
