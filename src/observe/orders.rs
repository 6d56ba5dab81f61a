//! What operators declare: files in a folder, each of which drains the service that it is named after.
//!
//! That the file is there is the order; what is in it (who, why, since when) is for people. So `touch` declares one too,
//! and a file that cannot be understood is none the less obeyed. The kernel says when something changed (inotify), and
//! once a second it is looked at anyhow.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use log::{info, warn};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use serde::{Deserialize, Serialize};

use super::page::short;
use crate::config::Name;
use crate::drain::{Order, Orders};

/// Where drains are declared unless a flag says otherwise: here they outlive a restart and a reboot.
pub const DEFAULT_FOLDER: &str = "/var/lib/haproxy-rhi/drain";
/// Between two looks that nothing asked for.
const LOOK: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };
/// The longest file that is read.
const LONGEST: u64 = 16 << 10;

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Declaration {
    /// Unix time, in milliseconds; absent: the file's own date.
    pub since_ms: Option<u64>,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Also where no sibling is known to be healthy.
    pub force: bool,
    /// `/proc/sys/kernel/random/boot_id`: void after the next boot.
    pub boot: Option<String>,
    /// Frontends that were disabled with it: whoever ends it enables them first.
    pub frontends: Vec<String>,
    /// Servers (`backend/server`) that were put into maintenance with it.
    pub servers: Vec<String>,
}

/// The orders in a folder now. One that is not there holds none.
///
/// # Errors
/// The folder cannot be read.
pub fn read(folder: &Path) -> io::Result<Orders> {
    let mut orders = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Orders::default()),
        Err(error) => return Err(error),
    };
    let boot = boot();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        // A file that is being written has another name until it is complete.
        if name.strip_prefix('@').unwrap_or(&name).parse::<Name>().is_err() || name.starts_with('.') {
            continue;
        }
        let Some((declaration, changed)) = declaration(&entry.path()) else { continue };
        if declaration
            .boot
            .as_ref()
            .is_some_and(|declared| boot.as_ref().is_some_and(|boot| boot != declared))
        {
            continue;
        }
        orders.insert(name, order(declaration, changed));
    }
    Ok(Orders(orders))
}

/// What a file declares, and its date. Absent: it has gone.
fn declaration(path: &Path) -> Option<(Declaration, SystemTime)> {
    let data = fs::metadata(path).ok()?;
    let changed = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let mut text = String::new();
    let readable = data.is_file()
        && fs::File::open(path).is_ok_and(|file| file.take(LONGEST).read_to_string(&mut text).is_ok());
    let declaration =
        if readable { serde_json::from_str(&text).unwrap_or_default() } else { Declaration::default() };
    Some((declaration, changed))
}

fn order(declaration: Declaration, changed: SystemTime) -> Order {
    let declared = declaration.since_ms.map(|since| SystemTime::UNIX_EPOCH + Duration::from_millis(since));
    let age = SystemTime::now().duration_since(declared.unwrap_or(changed)).unwrap_or_default();
    // They stand in log lines.
    let words = |text: Option<String>| {
        text.map(|text| text.chars().filter(|letter| !letter.is_control()).take(200).collect::<String>())
            .filter(|text| !text.is_empty())
    };
    Order {
        read: Instant::now(),
        age,
        by: words(declaration.by),
        reason: words(declaration.reason),
        force: declaration.force,
    }
}

/// This boot's id.
pub fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// Reports the orders whenever they change, from a thread of its own; and at once.
///
/// # Errors
/// The thread cannot be started.
pub fn watch(folder: PathBuf, report: impl Fn(Orders) + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("orders".to_owned()).spawn(move || {
        let (mut known, mut trouble, mut notifier) = (None, None, None);
        loop {
            // Before the look: what changes after it is then heard of.
            notifier = notifier.or_else(|| notify(&folder));
            match read(&folder) {
                Ok(orders) => {
                    if trouble.take().is_some() {
                        info!("the drains in '{}' can be read again", folder.display());
                    }
                    if known.as_ref().is_none_or(|known| differ(known, &orders)) {
                        known = Some(orders.clone());
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

/// Orders that are read again are other ones only if something else is declared.
fn differ(known: &Orders, now: &Orders) -> bool {
    known.0.len() != now.0.len()
        || now.0.iter().any(|(name, order)| {
            known.0.get(name).is_none_or(|known| {
                // By both clocks it is as much older as it should be, but for a clock that was set a little.
                let passed = order.read.saturating_duration_since(known.read);
                let same_time = (known.age + passed).abs_diff(order.age) < Duration::from_secs(1);
                !same_time
                    || (&known.by, &known.reason, known.force) != (&order.by, &order.reason, order.force)
            })
        })
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
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_file_is_an_order_whatever_is_in_it() {
        let folder = folder();
        for (name, text) in [
            ("web", ""),
            ("api", "by hand\n"),
            (
                "@all",
                r#"{"by": "alice", "reason": "kernel\nupdate", "since_ms": 1000, "force": true, "new": 1}"#,
            ),
            (".web.part", "{}"),
            ("no service", "{}"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let orders = read(folder.path()).unwrap();
        assert_eq!(orders.0.keys().collect::<Vec<_>>(), ["@all", "api", "web"]);
        let all = orders.of("another").unwrap();
        assert_eq!(
            (all.by.as_deref(), all.reason.as_deref(), all.force),
            (Some("alice"), Some("kernelupdate"), true)
        );
        assert!(all.age > Duration::from_secs(1_000_000_000));
        assert!(orders.of("web").unwrap().age < Duration::from_secs(60));
    }

    #[test]
    fn an_order_until_the_next_boot_is_void_after_it() {
        let folder = folder();
        let declared = |boot: &str| {
            fs::write(folder.path().join("web"), format!(r#"{{"boot": "{boot}"}}"#)).unwrap();
            read(folder.path()).unwrap().0.len()
        };
        assert_eq!(declared(&boot().unwrap()), 1);
        assert_eq!(declared("7f6b2f5e-0000-0000-0000-000000000000"), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_holds_no_orders() {
        assert_eq!(read(&folder().path().join("none")).unwrap(), Orders::default());
    }

    #[test]
    fn what_is_declared_again_is_another_order() {
        let order = |age| Order { read: Instant::now(), age, by: None, reason: None, force: false };
        let orders = |age: u64| Orders([("web".to_owned(), order(Duration::from_secs(age)))].into());
        assert!(!differ(&orders(60), &orders(60)));
        assert!(differ(&orders(60), &orders(0)));
        assert!(differ(&orders(60), &Orders::default()));
    }
}
