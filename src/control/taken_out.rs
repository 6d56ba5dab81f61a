//! What drains have taken out of HAProxy, and what is put back by `resume`: a file for each drain, beside the operators' folder, since a
//! drain may be declared by people at whose word HAProxy is not changed.

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

/// The longest list.
const LONGEST: u64 = 1 << 20;

/// What is out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TakenOut {
    /// The drain's id; absent: it was declared by hand.
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

    /// What was taken out under this name and is not put back yet; absent: nothing. Of a list that is not understood, or that others than root
    /// and the caller can have written, nothing is believed, and a note is made.
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

    /// What of it this drain has taken out: all, or nothing where it was an earlier one, which is said.
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

    /// Notes it, before it is done.
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
        place_is_only_ours(path)?.map_err(io::Error::other)?;
        put_for_all(path, self)
    }

    /// It is put back. Who could do that, and may not remove the list, ends the drain all the same.
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

/// Such as `/var/lib/haproxy-rhi/drain.taken-out/web`.
fn path(folder: &Path, order: &str) -> PathBuf {
    beside_orders(folder, "taken-out").join(order)
}

fn read(path: &Path) -> io::Result<Result<TakenOut, String>> {
    let (file, data) = files::open(path, Links::Refused)?;
    if let Err(not_ours) = is_only_ours(path, &data).and(place_is_only_ours(path)?) {
        return Ok(Err(not_ours));
    }
    Ok(Ok(serde_json::from_slice(&files::content(file, LONGEST)?)?))
}

/// Nobody else can have put a file there, nor another folder: whoever can, can put an older one back, too.
fn place_is_only_ours(path: &Path) -> io::Result<Result<(), String>> {
    let mut ours = Ok(());
    for place in path.ancestors().skip(1) {
        let data = match place.symlink_metadata() {
            // Whoever makes it is asked for then.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            data => data?,
        };
        let is_link = data
            .is_symlink()
            .then(|| format!("'{}' is a link, and has to be a folder", place.display()));
        ours = ours.and(is_link.map_or_else(|| is_only_ours(place, &data), Err));
    }
    Ok(ours)
}

fn is_only_ours(path: &Path, data: &fs::Metadata) -> Result<(), String> {
    let caller = rustix::process::geteuid().as_raw();
    // In a folder with the sticky bit others replace nothing of ours. An access control list shows in the group's bits.
    let others_write = data.mode() & 0o022 != 0 && !(data.is_dir() && data.mode() & 0o1000 != 0);
    if (data.uid() == 0 || data.uid() == caller) && !others_write {
        return Ok(());
    }
    Err(format!(
        "'{}' can be written by others than root and who runs this",
        path.display()
    ))
}
