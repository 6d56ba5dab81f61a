//! What operators declare: files in a folder, each of which drains the service that it is named after.
//!
//! A regular file is an order by being there; its content (who, why, since when, force) may be missing. So `touch`
//! declares one too, and a file that cannot be understood is obeyed all the same. inotify tells of changes, and every
//! ten seconds the folder is looked at anyhow; each second where inotify does not work.

mod date;
mod declaration;
mod file;
mod folder;
mod known;
mod look;

use std::io::{self};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use log::warn;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

pub use self::date::Clocks;
pub use self::declaration::Declaration;
pub use self::file::{Found, OrderFile, find, put_for_all, write};
pub use self::folder::{beside, is_a_units, path};
use crate::drain::Orders;
use folder::{Whose, units};
use known::{Known, Part};
use look::look;

/// Where drains are declared unless a flag says otherwise: here they outlive a restart and a reboot.
pub const DEFAULT_FOLDER: &str = "/var/lib/haproxy-rhi/drain";
/// Between two looks without a change, where inotify watches both folders.
const LOOK: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};
/// The same where it does not.
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
    // Where the units' folder cannot be read, the operators' orders are still known.
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
                // Before the look, so that no change after it is missed.
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

/// An inotify descriptor, and how long to wait for it.
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
    // The units' folder may be made later.
    let units = inotify::add_watch(&notifier, units(folder), what);
    Some((notifier, if units.is_ok() { LOOK } else { BLIND }))
}

/// Waits until something may have changed. False: there is no notifier, or the time was over, after which it is made anew.
fn wait(notifier: Option<&(OwnedFd, Timespec)>) -> bool {
    let Some((notifier, time)) = notifier else {
        thread::sleep(Duration::from_secs(1));
        return false;
    };
    let changed = poll(&mut [PollFd::new(notifier, PollFlags::IN)], Some(time));
    let mut buffer = [0; 4096];
    // What it says is not read: the folder is looked at whole.
    while changed == Ok(1) && rustix::io::read(notifier, &mut buffer).is_ok_and(|read| read > 0) {}
    // After a timeout the notifier is made anew, so that a folder that was replaced is noticed.
    changed == Ok(1)
}

#[cfg(test)]
mod tests;
