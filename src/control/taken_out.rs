//! Lists of what drains have taken out of HAProxy, for `resume` to put back: a file for each drain. The lists have a folder of
//! their own, since a user who may declare drains need not be allowed to change HAProxy.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::declare::cure;
use super::progress::Progress;
use crate::failure::{self, Failure};
use crate::files::{self, Links};
use crate::observe::{beside_orders, put_for_all};

/// The longest list, in bytes.
const LONGEST: u64 = 1 << 20;

/// One list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TakenOut {
    /// The drain's ID; `None`: it was declared by hand.
    pub(super) drain: Option<String>,
    /// Frontends that were disabled.
    pub(super) frontends: Vec<String>,
    /// Servers (`backend/server`) that were put into maintenance.
    pub(super) servers: Vec<String>,
}

impl TakenOut {
    pub(super) fn is_nothing(&self) -> bool {
        self.frontends.is_empty() && self.servers.is_empty()
    }

    /// The list of this drain; `None`: there is none. A list that cannot be parsed, or that users other than root and the
    /// caller could have written, is ignored with a note.
    pub(super) fn of(folder: &Path, order: &str, progress: &mut Progress) -> Option<Self> {
        let path = path(folder, order);
        let why = match read(&path) {
            Ok(Ok(list)) => return Some(list),
            Ok(Err(not_ours)) => not_ours,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => format!("it cannot be read ({error}); remove it"),
        };
        let note = format!(
            "note: '{}' is left, and what it lists in HAProxy: {why}",
            path.display()
        );
        progress.tell(&note);
        None
    }

    /// The list if this drain has taken it out; an empty one and notes if an earlier drain has.
    pub(super) fn of_drain(self, drain: Option<String>, progress: &mut Progress) -> Self {
        if self.drain == drain {
            return self;
        }
        for name in self.servers.iter().chain(&self.frontends) {
            progress.tell(&format!(
                "note: {name} of HAProxy's is left as it is: an earlier drain took it out"
            ));
        }
        Self {
            drain,
            ..Self::default()
        }
    }

    /// What other drains have taken out.
    pub(super) fn of_others(folder: &Path, order: &str) -> Self {
        let mut all = Self::default();
        for entry in fs::read_dir(beside_orders(folder, "taken-out"))
            .into_iter()
            .flatten()
            .flatten()
        {
            if entry.file_name() != order
                && let Ok(Ok(list)) = read(&entry.path())
            {
                all.frontends.extend(list.frontends);
                all.servers.extend(list.servers);
            }
        }
        all
    }

    /// Writes the list, before anything is taken out.
    pub(super) fn write(&self, folder: &Path, order: &str) -> Result<(), Failure> {
        let path = path(folder, order);
        self.put(&path).map_err(|error| {
            failure::refused(format!(
                "failed to write '{}': {}",
                path.display(),
                cure(&path, &error)
            ))
        })
    }

    fn put(&self, path: &Path) -> io::Result<()> {
        folders_are_trusted(path)?.map_err(io::Error::other)?;
        put_for_all(path, self)
    }

    /// Removes the list, after it was put back. A failure is only a note: the drain ends all the same.
    pub(super) fn forget(folder: &Path, order: &str, progress: &mut Progress) {
        let path = path(folder, order);
        if let Err(error) = fs::remove_file(&path).or_else(none_is_fine) {
            progress.tell(&format!(
                "note: '{}' cannot be removed ({}): what it lists is put back once more by the next resume",
                path.display(),
                files::reason(&error)
            ));
        }
    }
}

fn none_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == ErrorKind::NotFound {
        Ok(())
    } else {
        Err(error)
    }
}

/// For example `/var/lib/haproxy-rhi/drain.taken-out/web`.
fn path(folder: &Path, order: &str) -> PathBuf {
    beside_orders(folder, "taken-out").join(order)
}

fn read(path: &Path) -> io::Result<Result<TakenOut, String>> {
    let (file, data) = files::open(path, Links::Refused)?;
    if let Err(not_ours) = is_trusted(path, &data).and(folders_are_trusted(path)?) {
        return Ok(Err(not_ours));
    }
    Ok(Ok(serde_json::from_slice(&files::content(file, LONGEST)?)?))
}

/// Whether only root and the caller can write to the folders above `path`: another user could put an older list back.
fn folders_are_trusted(path: &Path) -> io::Result<Result<(), String>> {
    let mut trusted = Ok(());
    for folder in path.ancestors().skip(1) {
        let data = match folder.symlink_metadata() {
            // A missing folder is made later.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            data => data?,
        };
        let is_link = data
            .is_symlink()
            .then(|| format!("'{}' is a link, and has to be a folder", folder.display()));
        trusted = trusted.and(is_link.map_or_else(|| is_trusted(folder, &data), Err));
    }
    Ok(trusted)
}

fn is_trusted(path: &Path, data: &fs::Metadata) -> Result<(), String> {
    let caller = rustix::process::geteuid().as_raw();
    // The sticky bit keeps others from replacing files. An access control list shows in the group's bits.
    let others_write = data.mode() & 0o022 != 0 && !(data.is_dir() && data.mode() & 0o1000 != 0);
    if (data.uid() == 0 || data.uid() == caller) && !others_write {
        return Ok(());
    }
    Err(format!(
        "users other than root and you can write to '{}'",
        path.display()
    ))
}
