//! This process's status in a variable of HAProxy's, which HAProxy serves as a page for `haproxy-rhi status
//! --region`. A thread sets it, since HAProxy may hang: only to the newest state, and nothing waits for it.

use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use log::warn;

use crate::config::{Haproxy, Socket, Variable};
use crate::mailbox::{Mailbox, mailbox};
use crate::means::Means;
use crate::program::{Setting, Settings};
use crate::report::status::{Report, published};
use crate::switch::{self, LONGEST_TEXT};

/// The socket, and the variable that is set through it.
type Place = (Socket, Variable);

/// The loop's side of it.
#[derive(Debug)]
pub(super) struct Page {
    place: Place,
    means: Means,
    letters: Mailbox<Letter>,
}

#[derive(Debug)]
enum Letter {
    Status(Arc<Report>),
    /// The last one, and who waits for it.
    Last(Arc<Report>, mpsc::SyncSender<()>),
    /// The variable is not used any more.
    Empty,
}

impl Page {
    /// Where a configuration wants it.
    pub fn wanted(haproxy: &Haproxy) -> Option<Place> {
        Some((haproxy.control.clone()?, haproxy.status_variable.clone()?))
    }

    /// # Errors
    /// The thread cannot be started.
    pub fn start(place: Place) -> io::Result<Self> {
        let (letters, taken) = mailbox(1);
        let means = Means::new(&place.1);
        let (used, (control, variable)) = (means.clone(), place.clone());
        let begin = thread::Builder::new().name("page".to_owned());
        begin.spawn(move || {
            let mut complained = false;
            while let Some(letter) = taken.take() {
                let said = match letter {
                    Letter::Status(report) => say(&control, &variable, &report),
                    Letter::Last(report, waiting) => {
                        drop(say(&control, &variable, &report));
                        let _ = waiting.try_send(());
                        continue;
                    }
                    Letter::Empty => {
                        let empty = Settings::from([(variable.clone(), Setting::Flag(false))]);
                        drop(switch::say(&control, &empty));
                        continue;
                    }
                };
                used.came_of(said.as_ref());
                match said {
                    Ok(()) => complained = false,
                    Err(why) if !std::mem::replace(&mut complained, true) => {
                        warn!("HAProxy's variable {variable} cannot be set ({why}): its page shows an older status, or none; trying again");
                    }
                    Err(_) => {}
                }
            }
        })?;
        Ok(Self {
            place,
            means,
            letters,
        })
    }

    /// The socket and the variable.
    pub fn kept_at(&self) -> &Place {
        &self.place
    }

    /// Each time that it was set is a use.
    pub fn means(&self) -> &Means {
        &self.means
    }

    /// Sets it, unless a newer one comes before.
    pub fn keep(&self, report: Arc<Report>) {
        self.letters.put(Letter::Status(report));
    }

    /// Sets it a last time, and waits for that, but no longer than `patience`.
    pub fn last(&self, report: Arc<Report>, patience: Duration) {
        let (said, waiting) = mpsc::sync_channel(1);
        self.letters.put(Letter::Last(report, said));
        let _ = waiting.recv_timeout(patience);
    }

    /// Empties the variable: a status that is not updated would be shown for ever.
    pub fn empty(self) {
        self.letters.put(Letter::Empty);
    }
}

fn say(control: &Socket, variable: &Variable, report: &Report) -> Result<(), String> {
    let text = published(report, LONGEST_TEXT).map_err(|error| error.to_string())?;
    switch::say_text(control, variable, &text)
}
