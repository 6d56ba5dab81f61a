//! The ledger: which routes this process manages, so that the next one can withdraw what the configuration then no
//! longer names. ExaBGP keeps the routes of a process that died.
//!
//! It lies in ExaBGP's own run-time folder, which systemd empties when ExaBGP stops: just when its routes are gone too.
//! Without it everything works but that. No disk can hold up the loop: a thread writes.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use log::{info, warn};
use serde_json::Value;

use crate::files::{self, Links};
use crate::mailbox::{Mailbox, mailbox};
use crate::means::Means;
use crate::place::{FOLDER, file_name_of};
use crate::route::RouteKey;

/// The longest ledger that is read.
const LONGEST: u64 = 16 << 20;
/// Between two tries to write it.
const RETRY: Duration = Duration::from_secs(5);
/// Readable for everybody who looks for a fault.
const MODE: u32 = 0o644;

/// The ledger of one configuration.
#[derive(Debug)]
pub struct Ledger {
    means: Means,
    writer: Mailbox<(u32, BTreeSet<RouteKey>)>,
}

impl Ledger {
    /// The ledger of the process with this configuration file, and what is written in it. `done` is called with the
    /// number of each order that was carried out, even if the write failed; an order that a newer one replaced is
    /// left out.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn open(
        configuration: &Path,
        done: impl Fn(u32) + Send + 'static,
    ) -> io::Result<(Self, BTreeSet<RouteKey>)> {
        let path = path_for(configuration);
        let inherited = read(&path);
        if !inherited.is_empty() {
            info!(
                "an earlier process may have left {} route(s) announced ('{}')",
                inherited.len(),
                path.display()
            );
        }
        let means = Means::new(path.display());
        let used = means.clone();
        // While the thread writes, only the newest order waits.
        let (writer, orders) = mailbox::<(u32, BTreeSet<RouteKey>)>(1);
        thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                let mut complained = false;
                while let Some((number, keys)) = orders.take() {
                    let mut is_kept = keep(&path, &keys, &used, &mut complained);
                    done(number);
                    // Nothing else would write it before the routes change.
                    while !is_kept && !orders.is_called() {
                        orders.rest(RETRY);
                        is_kept = keep(&path, &keys, &used, &mut complained);
                    }
                }
            })?;
        Ok((Self { means, writer }, inherited))
    }

    /// Each file that was written is a use.
    pub fn means(&self) -> &Means {
        &self.means
    }

    /// Writes what is managed now.
    pub fn keep(&mut self, number: u32, keys: BTreeSet<RouteKey>) {
        self.writer.put((number, keys));
    }
}

/// Writes the ledger, and logs the first failure. False: it could not be written.
fn keep(path: &Path, keys: &BTreeSet<RouteKey>, used: &Means, complained: &mut bool) -> bool {
    let written = write(path, keys);
    used.came_of(written.as_ref().map_err(files::reason));
    match written {
        Ok(()) => *complained = false,
        Err(error) if !std::mem::replace(complained, true) => warn!(
            "failed to write the ledger '{}' ({error}); a later process will not know which routes this one announced; trying again",
            path.display()
        ),
        Err(_) => return false,
    }
    !*complained
}

/// One file a configuration: two processes of one ExaBGP must not take each other's routes for a predecessor's.
fn path_for(configuration: &Path) -> PathBuf {
    Path::new(FOLDER).join(format!(
        "haproxy-rhi.{}.routes",
        file_name_of(configuration)
    ))
}

/// The routes of the ledger, without those that cannot be read.
fn read(path: &Path) -> BTreeSet<RouteKey> {
    let list = files::read(path, Links::Refused, LONGEST)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Vec<Value>>(&bytes).ok());
    let key = |value: Value| serde_json::from_value(value).ok();
    list.into_iter().flatten().filter_map(key).collect()
}

fn write(path: &Path, keys: &BTreeSet<RouteKey>) -> io::Result<()> {
    files::replace(path, Some(MODE), |file| {
        file.write_all(&serde_json::to_vec(keys)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.routes");
        let key = |prefix: &str, id: Option<&str>, neighbors: &[&str]| RouteKey {
            prefix: prefix.parse().unwrap(),
            path_information: id.map(|id| id.parse().unwrap()),
            neighbors: neighbors.iter().map(|name| name.parse().unwrap()).collect(),
        };
        let keys = BTreeSet::from([
            key("9.9.9.9/32", None, &[]),
            key("2001:db8::9/128", Some("5"), &["::1", "0:0:0:0:0:0:0:2"]),
        ]);
        write(&path, &keys).unwrap();
        assert_eq!(read(&path), keys);
        std::fs::write(&path, "[{\"prefix\": 1}, 2, {").unwrap();
        assert_eq!(read(&path), BTreeSet::new());
        assert_eq!(read(folder.path()), BTreeSet::new());
        assert!(write(Path::new("/proc/no/such"), &keys).is_err());
    }

    #[test]
    fn each_configuration_has_a_ledger_of_its_own() {
        let path = path_for(Path::new("/etc/haproxy-rhi/config.json"));
        assert_eq!(
            path,
            Path::new("/run/exabgp/haproxy-rhi.etc+haproxy-rhi+config.json.routes")
        );
    }
}
