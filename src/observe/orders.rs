//! What operators declare: files in a folder, each of which drains the service that it is named after.
//!
//! That a regular file is there is the order; what is in it (who, why, since when) is for people. So `touch` declares one
//! too, and a file that cannot be understood is none the less obeyed. The kernel says when something changed (inotify),
//! and once a second it is looked at anyhow.

mod date;
mod file;

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use log::{info, warn};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

pub use self::date::{Clocks, Date};
pub use self::file::{Declaration, Fault, Found, OrderFile, find, write};
use super::page::short;
use crate::config::Name;
use crate::drain::{ALL, Order, Orders};

/// Where drains are declared unless a flag says otherwise: here they outlive a restart and a reboot.
pub const DEFAULT_FOLDER: &str = "/var/lib/haproxy-rhi/drain";
/// Between two looks that nothing asked for.
const LOOK: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// The orders in a folder now. One that is not there holds none.
///
/// # Errors
/// The folder cannot be read.
pub fn read(folder: &Path) -> io::Result<Orders> {
    let found = look(folder, &Clocks::now())?;
    Ok(Orders(found.orders.into_iter().map(|(name, dated)| (name, dated.order)).collect()))
}

/// Where the drain of this name is declared: a unit's, such as `@exabgp.service`, lies beside the operators' folder, where
/// only root writes, since root reads and writes it at every stop of the unit.
pub fn path(folder: &Path, name: &str) -> PathBuf {
    if is_a_units(name) { units(folder).join(name) } else { folder.join(name) }
}

/// The folder of the units' drains: `drain.units` beside `drain`.
fn units(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".units");
    name.into()
}

fn is_a_units(name: &str) -> bool {
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

fn look(folder: &Path, clocks: &Clocks) -> io::Result<Look> {
    let mut found = Look::default();
    for (name, entry) in names(folder)? {
        if is_a_units(&name) {
            found.complaints.insert(name.clone(), is_not_here(folder, &name));
        } else {
            found.take(name, &entry, clocks);
        }
    }
    for (name, entry) in names(&units(folder))?.into_iter().filter(|(name, _)| is_a_units(name)) {
        found.take(name, &entry, clocks);
    }
    Ok(found)
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
        if !name.starts_with('.') && name.strip_prefix('@').unwrap_or(&name).parse::<Name>().is_ok() {
            names.push((name, entry));
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
                let complaint = file.content.as_ref().err().map(|fault| obeyed_though(&path, fault));
                (file.declaration(), file.changed_ms, complaint)
            }
            Ok(Some(Found::Other(kind))) => {
                let words =
                    format!("'{}' is {kind} and drains nothing: only a regular file does", path.display());
                self.complaints.insert(name, words);
                return;
            }
            // A folder that tells names and no more. Its files are there all the same.
            Err(error) => {
                let fault = Fault::Unreadable(error);
                self.complaints.insert(name.clone(), obeyed_though(&path, &fault));
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
    format!("the drain '{}' is in force, but {fault}: its reason and --force are not known", path.display())
}

fn order(declaration: Declaration, age: Duration) -> Order {
    let said = |text: Option<String>| text.map(|text| words(&text)).filter(|text| !text.is_empty());
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
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

/// Reports the orders whenever they change, from a thread of its own; and at once.
///
/// # Errors
/// The thread cannot be started.
pub fn watch(folder: PathBuf, report: impl Fn(Orders) + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("orders".to_owned()).spawn(move || {
        let (mut known, mut trouble, mut notifier) = (Known::default(), None, None);
        loop {
            // Before the look: what changes after it is then heard of.
            notifier = notifier.or_else(|| notify(&folder));
            match look(&folder, &Clocks::now()) {
                Ok(found) => {
                    if trouble.take().is_some() {
                        info!("the drains in '{}' can be read again", folder.display());
                    }
                    known.complain(&found.complaints).iter().for_each(|complaint| warn!("{complaint}"));
                    if let Some(orders) = known.follow(found.orders) {
                        report(orders);
                    }
                }
                // What was declared stays declared.
                Err(error) if trouble != Some(error.kind()) => {
                    warn!(
                        "failed to read the drains in '{}' ({}); those that are known stay in force",
                        folder.display(),
                        short(&error)
                    );
                    trouble = Some(error.kind());
                }
                Err(_) => {}
            }
            if !wait(notifier.as_ref()) {
                // The folder may be another one by now.
                notifier = None;
            }
        }
    })?;
    Ok(())
}

/// What was found at the last look.
#[derive(Debug, Default)]
struct Known {
    orders: Option<BTreeMap<String, Dated>>,
    complaints: BTreeMap<String, String>,
}

impl Known {
    /// The orders, if others are in force now. One whose date is the same has the age that it has had since it was read
    /// first: a clock that steps makes no new order of it.
    fn follow(&mut self, mut now: BTreeMap<String, Dated>) -> Option<Orders> {
        let known = self.orders.take();
        for (name, dated) in &mut now {
            let before = known.as_ref().and_then(|known| known.get(name));
            if let Some(before) = before.filter(|before| before.is_the_same_drain(dated)) {
                (dated.order.read, dated.order.age) = (before.order.read, before.order.age);
            }
        }
        let orders = |dated: &BTreeMap<String, Dated>| {
            Orders(dated.iter().map(|(name, dated)| (name.clone(), dated.order.clone())).collect())
        };
        let (before, after) = (known.as_ref().map(orders), orders(&now));
        self.orders = Some(now);
        (before.as_ref() != Some(&after)).then_some(after)
    }

    /// The complaints that were not made yet.
    fn complain(&mut self, now: &BTreeMap<String, String>) -> Vec<String> {
        let new = now.iter().filter(|(name, words)| self.complaints.get(*name) != Some(*words));
        let new = new.map(|(_, words)| words.clone()).collect();
        self.complaints.clone_from(now);
        new
    }
}

impl Dated {
    fn is_the_same_drain(&self, other: &Self) -> bool {
        (&self.order.id, &self.date) == (&other.order.id, &other.date)
    }
}

fn notify(folder: &Path) -> Option<OwnedFd> {
    let notifier = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    let what = WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MOVED_TO
        | WatchFlags::MOVED_FROM
        | WatchFlags::CLOSE_WRITE
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF;
    inotify::add_watch(&notifier, folder, what).ok()?;
    // It may come later: once a second everything is looked at anyhow.
    let _ = inotify::add_watch(&notifier, units(folder), what);
    Some(notifier)
}

/// Waits until something may have changed. False: the kernel cannot say any more.
fn wait(notifier: Option<&OwnedFd>) -> bool {
    let Some(notifier) = notifier else {
        thread::sleep(Duration::from_secs(1));
        return false;
    };
    let changed = poll(&mut [PollFd::new(notifier, PollFlags::IN)], Some(&LOOK));
    let mut buffer = [0; 4096];
    // What it says is not read: the folder is looked at whole.
    while changed == Ok(1) && rustix::io::read(notifier, &mut buffer).is_ok_and(|read| read > 0) {}
    // Every second anew: a folder that was replaced is noticed.
    changed == Ok(1)
}

#[cfg(test)]
mod tests;
