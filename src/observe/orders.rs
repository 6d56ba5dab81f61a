//! What operators declare: files in a folder, each of which drains the service that it is named after.
//!
//! That a regular file is there is the order; what is in it (who, why, since when) is for people. So `touch` declares one
//! too, and a file that cannot be understood is none the less obeyed. The kernel says when something changed (inotify),
//! and every ten seconds it is looked at anyhow; each second where the kernel cannot say.

mod date;
mod file;
mod known;

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use log::warn;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

pub use self::date::{Clocks, Date};
pub use self::file::{Declaration, Fault, Found, OrderFile, find, put_for_all, write};
use crate::config::{Name, UnitName};
use crate::drain::{ALL, Order, Orders};
use known::{Known, Part};

/// Where drains are declared unless a flag says otherwise: here they outlive a restart and a reboot.
pub const DEFAULT_FOLDER: &str = "/var/lib/haproxy-rhi/drain";
/// Files that are looked at in a folder: no service has so many, and who may write there shall not keep root busy.
const MOST: usize = 4096;
/// Between two looks that nothing asked for: where the kernel tells of both folders, and where it does not.
const LOOK: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};
const BLIND: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

/// The orders in a folder now, and those of units beside it. A folder that is not there holds none.
///
/// # Errors
/// The folder cannot be read.
pub fn read(folder: &Path) -> io::Result<Orders> {
    let clocks = Clocks::now();
    let mut found = look(folder, Whose::Operators, &clocks)?.orders;
    // Where those of units cannot be read, this is still what operators declare.
    found.extend(
        look(folder, Whose::Units, &clocks)
            .unwrap_or_default()
            .orders,
    );
    Ok(Orders(
        found
            .into_iter()
            .map(|(name, dated)| (name, dated.order))
            .collect(),
    ))
}

/// Who writes in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Operators,
    Units,
}

/// Where the drain of this name is declared: a unit's, such as `@exabgp.service`, lies beside the operators' folder, where
/// only root writes, since root reads and writes it at every stop of the unit.
pub fn path(folder: &Path, name: &str) -> PathBuf {
    if is_a_units(name) {
        units(folder).join(name)
    } else {
        folder.join(name)
    }
}

/// The folder of the units' drains.
fn units(folder: &Path) -> PathBuf {
    beside(folder, "units")
}

/// A folder of another use, such as `drain.units` beside `drain`, however that is spelled. A link's lies beside what it leads to.
pub fn beside(folder: &Path, what: &str) -> PathBuf {
    let absolute = || std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let real = fs::canonicalize(folder).unwrap_or_else(|_| absolute());
    // The root of the file system has no name.
    let mut name = real.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}"));
    real.parent().unwrap_or(&real).join(name)
}

/// It is a unit's name, and not the operators' own order for all.
pub fn is_a_units(name: &str) -> bool {
    name.starts_with('@') && name != ALL
}

/// What one look at the folders finds, by name.
#[derive(Debug, Default)]
struct Look {
    orders: BTreeMap<String, Dated>,
    /// What is wrong with a file.
    complaints: BTreeMap<String, String>,
}

/// An order, and what tells it from another one.
#[derive(Debug, Clone)]
struct Dated {
    order: Order,
    date: Date,
}

fn look(folder: &Path, whose: Whose, clocks: &Clocks) -> io::Result<Look> {
    let mut found = Look::default();
    let place = whose.folder(folder);
    let names = names(&place)?;
    if names.len() >= MOST {
        let words = format!(
            "'{}' has {MOST} files or more; those beyond are not looked at",
            place.display()
        );
        found.complaints.insert(String::new(), words);
    }
    for (name, entry) in names {
        match (whose, is_a_units(&name)) {
            (Whose::Operators, false) | (Whose::Units, true) => found.take(name, &entry, clocks),
            (Whose::Operators, true) => {
                found
                    .complaints
                    .insert(name.clone(), is_not_here(folder, &name));
            }
            (Whose::Units, false) => {}
        }
    }
    Ok(found)
}

impl Whose {
    fn folder(self, operators: &Path) -> PathBuf {
        match self {
            Self::Operators => operators.to_owned(),
            Self::Units => units(operators),
        }
    }
}

fn is_not_here(folder: &Path, name: &str) -> String {
    let (here, there) = (folder.join(name), path(folder, name));
    format!(
        "'{}' has the name of a unit's drain and drains nothing: those are '{}'",
        here.display(),
        there.display()
    )
}

/// What may be orders.
fn names(folder: &Path) -> io::Result<Vec<(String, DirEntry)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        // A file that is being written has another name until it is complete.
        let is_name = match name.strip_prefix('@') {
            Some(unit) => unit.parse::<UnitName>().is_ok() || name == ALL,
            None => name.parse::<Name>().is_ok(),
        };
        if is_name {
            names.push((name, entry));
        }
        if names.len() >= MOST {
            break;
        }
    }
    Ok(names)
}

impl Look {
    fn take(&mut self, name: String, entry: &DirEntry, clocks: &Clocks) {
        let path = entry.path();
        let (declaration, changed_ms, complaint) = match find(&path) {
            Ok(None) => return,
            Ok(Some(Found::Order(file))) => {
                let complaint = file
                    .content
                    .as_ref()
                    .err()
                    .map(|fault| obeyed_though(&path, fault));
                (file.declaration(), file.changed_ms, complaint)
            }
            Ok(Some(Found::Other(kind))) => {
                let words = format!(
                    "'{}' is {kind} and drains nothing: only a regular file does",
                    path.display()
                );
                self.complaints.insert(name, words);
                return;
            }
            // A folder that tells names and no more. Its files are there all the same.
            Err(error) => {
                let fault = Fault::Unreadable(error);
                self.complaints
                    .insert(name.clone(), obeyed_though(&path, &fault));
                if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
                    return;
                }
                (Declaration::default(), None, None)
            }
        };
        if let Some(complaint) = complaint {
            self.complaints.insert(name.clone(), complaint);
        }
        if !declaration.is_void(clocks) {
            let date = Date::of(&declaration, changed_ms);
            let order = order(declaration, date.age(clocks));
            self.orders.insert(name, Dated { order, date });
        }
    }
}

fn obeyed_though(path: &Path, fault: &Fault) -> String {
    format!(
        "the drain '{}' is in force, but {fault}: its reason and --force are not known",
        path.display()
    )
}

fn order(declaration: Declaration, age: Duration) -> Order {
    let said = |text: Option<String>| {
        text.map(|text| words(&text))
            .filter(|text| !text.is_empty())
    };
    Order {
        read: Instant::now(),
        age,
        id: said(declaration.id),
        by: said(declaration.by),
        reason: said(declaration.reason),
        force: declaration.force,
    }
}

/// Of a text that somebody wrote, what may stand in a log line.
fn words(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(200)
        .collect()
}

/// Reports the orders whenever they change, from a thread of its own; and at once.
///
/// # Errors
/// The thread cannot be started.
pub fn watch(folder: PathBuf, report: impl Fn(Orders) + Send + 'static) -> io::Result<()> {
    thread::Builder::new()
        .name("orders".to_owned())
        .spawn(move || {
            let (mut known, mut notifier) = (Known::default(), None);
            let mut parts = [Part::of(Whose::Operators), Part::of(Whose::Units)];
            loop {
                // Before the look: what changes after it is then heard of.
                notifier = notifier.or_else(|| notify(&folder));
                let clocks = Clocks::now();
                for part in &mut parts {
                    let complaints = part.look(&folder, &clocks);
                    known
                        .complain(&complaints, Instant::now())
                        .iter()
                        .for_each(|complaint| warn!("{complaint}"));
                }
                if parts.iter().any(|part| part.was_read)
                    && let Some(orders) =
                        known.follow(parts.iter().flat_map(|part| part.orders.clone()).collect())
                {
                    report(orders);
                }
                if !wait(notifier.as_ref()) {
                    // The folder may be another one by now.
                    notifier = None;
                }
            }
        })?;
    Ok(())
}

/// What tells of changes, and how long it is waited for.
fn notify(folder: &Path) -> Option<(OwnedFd, Timespec)> {
    let notifier = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    let what = WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MOVED_TO
        | WatchFlags::MOVED_FROM
        | WatchFlags::CLOSE_WRITE
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF;
    inotify::add_watch(&notifier, folder, what).ok()?;
    // It may come later.
    let units = inotify::add_watch(&notifier, units(folder), what);
    Some((notifier, if units.is_ok() { LOOK } else { BLIND }))
}

/// Waits until something may have changed. False: the kernel cannot say any more.
fn wait(notifier: Option<&(OwnedFd, Timespec)>) -> bool {
    let Some((notifier, time)) = notifier else {
        thread::sleep(Duration::from_secs(1));
        return false;
    };
    let changed = poll(&mut [PollFd::new(notifier, PollFlags::IN)], Some(time));
    let mut buffer = [0; 4096];
    // What it says is not read: the folder is looked at whole.
    while changed == Ok(1) && rustix::io::read(notifier, &mut buffer).is_ok_and(|read| read > 0) {}
    // Each time anew: a folder that was replaced is noticed.
    changed == Ok(1)
}

#[cfg(test)]
mod tests;
