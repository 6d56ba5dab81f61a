//! The configuration while the process runs: the last one that could be used, and the file it came from.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use log::{error, info};

use crate::config::{self, Config, Socket};
use crate::observation::Trouble;
use crate::observe::{ask, snapshot};
use crate::program::Plan;

/// Between two looks at the file's date: the shortest time, when the loop wakes for something else, and the longest.
/// An interval of a second fits between the two, so that the loop does not wake for the file alone.
const SOON: Duration = Duration::from_millis(100);
const LATEST: Duration = Duration::from_millis(1100);
/// For one line and its answer, for which the loop waits: HAProxy takes about a millisecond.
const ANSWER: Duration = Duration::from_millis(200);
/// Between two such questions, however often the loop wakes.
const AGAIN: Duration = Duration::from_secs(1);

/// Where the settings come from, and what they are.
#[derive(Debug)]
pub struct Settings {
    file: Option<PathBuf>,
    stamp: Option<Stamp>,
    looked: Option<Instant>,
    asked: bool,
    /// When HAProxy last did not answer at the `haproxy.stats` of the file as it is now.
    tried: Option<Instant>,
    config: Option<Config>,
    /// The text of what is in force; empty without `record`.
    text: String,
    loaded: Option<Instant>,
    fault: Option<String>,
}

/// What tells one state of the file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

impl Settings {
    /// Settings that never change: they were given as flags.
    pub fn fixed(config: Config) -> Self {
        Self {
            file: None,
            stamp: None,
            looked: None,
            asked: false,
            tried: None,
            config: Some(config),
            text: String::new(),
            loaded: Some(Instant::now()),
            fault: None,
        }
    }

    /// Settings of a file. One that cannot be used is reported, and looked at again when it changes.
    pub fn of_file(path: PathBuf) -> Self {
        let mut settings = Self {
            file: Some(path),
            stamp: None,
            looked: None,
            asked: true,
            tried: None,
            config: None,
            text: String::new(),
            loaded: None,
            fault: None,
        };
        settings.reload(Instant::now());
        settings
    }

    /// The file that they come from.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What is in force; absent: nothing that can be used was found yet.
    pub fn config(&self) -> Option<&Config> {
        self.config.as_ref()
    }

    /// The text of what is in force, where something is to be recorded.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Since when they are in force.
    pub fn loaded(&self) -> Option<Instant> {
        self.loaded
    }

    /// What is wrong with the file as it is now, so that other settings are in force, or none.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Look at the file at the next occasion, whether it changed or not.
    pub fn look_again(&mut self) {
        self.asked = self.file.is_some();
    }

    /// When to look at the file's date again.
    pub fn deadline(&self, now: Instant) -> Instant {
        match (&self.file, self.looked) {
            (None, _) => now + 3600 * LATEST,
            (Some(_), Some(looked)) => looked + LATEST,
            (Some(_), None) => now,
        }
    }

    /// Reads the file if it changed. True when other settings are in force.
    pub fn reload(&mut self, now: Instant) -> bool {
        let Some(path) = &self.file else { return false };
        if !self.asked
            && self
                .looked
                .is_some_and(|looked| now.saturating_duration_since(looked) < SOON)
        {
            return false;
        }
        self.looked = Some(now);
        let stamp = fs::metadata(path).ok().map(|data| Stamp {
            device: data.dev(),
            inode: data.ino(),
            size: data.size(),
            changed: (data.ctime(), data.ctime_nsec()),
        });
        let asked = std::mem::take(&mut self.asked);
        let changed = stamp != self.stamp;
        let is_due = |tried| now.saturating_duration_since(tried) >= AGAIN;
        if !asked && !changed && !self.tried.is_some_and(is_due) {
            return false;
        }
        self.stamp = stamp;
        let mut loaded = config::load_with_text(path).map_err(|fault| fault.to_string());
        let nowhere = loaded.as_ref().ok();
        let nowhere = nowhere.and_then(|(new, _)| self.leads_nowhere(new));
        self.tried = nowhere.as_ref().map(|_| now);
        if let Some(why) = nowhere {
            let path = path.display();
            loaded = Err(format!(
                "{path}: haproxy.stats: {why}; the file comes into force once HAProxy answers there"
            ));
        }
        let before = std::mem::replace(&mut self.fault, loaded.as_ref().err().cloned());
        match loaded {
            Err(_) if !asked && !changed && self.fault == before => false,
            Ok((config, _)) if self.config.as_ref() == Some(&config) => {
                info!(
                    "configuration '{}' read again, nothing changed",
                    path.display()
                );
                false
            }
            Ok((config, text)) => {
                let services: Vec<&str> = config
                    .services
                    .iter()
                    .map(|service| service.name.as_str())
                    .collect();
                let list = if services.is_empty() {
                    "no service: nothing to announce".to_owned()
                } else {
                    services.join(", ")
                };
                info!("configuration '{}' in force ({list})", path.display());
                // It may be long.
                self.text = config.record.as_ref().map_or(String::new(), |_| text);
                self.config = Some(config);
                self.loaded = Some(now);
                true
            }
            Err(problem) if self.config.is_some() => {
                error!("{problem}; keeping the configuration that is in force");
                false
            }
            Err(problem) => {
                error!("{problem}; announcing nothing until the file changes");
                false
            }
        }
    }

    /// Why HAProxy does not answer at the `haproxy.stats` of a new configuration: with a wrong path, the old one
    /// stays in force, and nothing is withdrawn. Names and pages are not tried, since that may take long.
    fn leads_nowhere(&self, new: &Config) -> Option<String> {
        let here = &self.config.as_ref()?.haproxy.stats;
        let there = Some(&new.haproxy.stats).filter(|there| *there != here)?;
        let socket = there.socket().filter(|socket| is_near(socket))?;
        let is_asked = !Plan::of(new).proxies.is_empty();
        is_asked.then(|| fault_of(socket)).flatten()
    }
}

/// No name has to be resolved for it.
fn is_near(socket: &Socket) -> bool {
    match socket {
        Socket::Unix(_) => true,
        Socket::Tcp(address) => address.as_str().parse::<SocketAddr>().is_ok(),
    }
}

/// Why HAProxy does not answer there; absent: it does.
fn fault_of(socket: &Socket) -> Option<String> {
    let answer = ask(socket, "show info\n", Instant::now() + ANSWER);
    match answer.map(|answer| snapshot(&answer, &[])) {
        Ok(Ok(_)) => None,
        Ok(Err(why)) | Err(Trouble::Gone(why) | Trouble::Unreadable(why)) => Some(why),
    }
}
