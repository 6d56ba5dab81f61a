//! What drains have taken out of HAProxy, and what is put back by `resume`: a file for each drain, beside the operators' folder, since a
//! drain may be declared by people at whose word HAProxy is not changed.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::declare::{cannot_read, cure};
use super::failure::Failure;
use super::progress::Progress;
use crate::files::{self, Links};
use crate::observe::beside_orders;

/// The longest list.
const LONGEST: u64 = 1 << 20;

/// What is out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TakenOut {
    /// Frontends that were disabled.
    pub(super) frontends: Vec<String>,
    /// Servers (`backend/server`) that were put into maintenance.
    pub(super) servers: Vec<String>,
}

impl TakenOut {
    pub(super) fn is_nothing(&self) -> bool {
        self.frontends.is_empty() && self.servers.is_empty()
    }

    /// What was taken out with this drain and is not put back yet. Of a list that others than root and the caller can have written
    /// nothing is believed, and a note is made.
    pub(super) fn of(folder: &Path, order: &str, progress: &mut Progress) -> Result<Self, Failure> {
        let path = path(folder, order);
        match read(&path) {
            Ok(Ok(list)) => Ok(list),
            Ok(Err(not_ours)) => {
                progress.tell(&format!(
                    "note: '{}' is left, and what it lists in HAProxy: {not_ours}",
                    path.display()
                ));
                Ok(Self::default())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(cannot_read(&path, &error)),
        }
    }

    /// Notes it, before it is done.
    pub(super) fn write(&self, folder: &Path, order: &str) -> Result<(), Failure> {
        let path = path(folder, order);
        self.put(&path).map_err(|error| {
            Failure::Refused(format!("failed to write '{}': {}", path.display(), cure(&path, &error)))
        })
    }

    fn put(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
            fs::create_dir_all(folder)?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        }
        place_is_only_ours(path)?.map_err(io::Error::other)?;
        files::put(path, Some(0o644), |file| {
            file.write_all(serde_json::to_string(self)?.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()
        })?;
        files::sync_folder(path)
    }

    /// It is put back.
    pub(super) fn forget(&self, folder: &Path, order: &str) -> Result<(), Failure> {
        if self.is_nothing() {
            return Ok(());
        }
        let path = path(folder, order);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::Refused(format!(
                "failed to remove '{}': {}",
                path.display(),
                cure(&path, &error)
            ))),
            _ => Ok(()),
        }
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
    for place in path.ancestors().skip(1).take(2) {
        ours = ours.and(is_only_ours(place, &place.symlink_metadata()?));
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
    Err(format!("'{}' can be written by others than root and who runs this", path.display()))
}
