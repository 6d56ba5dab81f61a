//! Drains as files: written, found and removed.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::account;
use crate::failure::{self, Failure};
use crate::files;
use crate::observe::{
    Clocks, Declaration, Found, OrderFile, find_order, is_a_units, order_path, write_order,
};

/// The content of a new drain's file.
pub(super) fn declaration(
    reason: Option<String>,
    force: bool,
    until_reboot: bool,
) -> Result<Declaration, Failure> {
    let Clocks {
        wall,
        boottime,
        boot_id,
    } = Clocks::now();
    if until_reboot && boot_id.is_none() {
        return Err(failure::refused(
            "this system has no ID of its boot, so --until-reboot cannot work; leave that flag out"
                .to_owned(),
        ));
    }
    Ok(Declaration {
        id: files::random().ok(),
        since_ms: u64::try_from(wall.as_millis()).ok(),
        since_boottime_ms: u64::try_from(boottime.as_millis()).ok(),
        boot: boot_id.clone().filter(|_| until_reboot),
        since_boot_id: boot_id,
        by: Some(who()),
        reason,
        force,
    })
}

/// A drain that is declared again: its ID and date stay; it may gain force, a reason, and the time after the next boot.
pub(super) fn merged(before: &OrderFile, new: Declaration) -> Declaration {
    let kept = before.declaration();
    let (by, reason) = match new.reason {
        None => (kept.by, kept.reason),
        reason => (new.by, reason),
    };
    Declaration {
        id: kept.id,
        since_ms: kept.since_ms.or(before.changed_ms),
        since_boot_id: kept.since_boot_id,
        since_boottime_ms: kept.since_boottime_ms,
        by,
        reason,
        force: kept.force || new.force,
        boot: kept.boot.and(new.boot),
    }
}

/// The user who called `sudo`, or the user's name.
fn who() -> String {
    let sudo = std::env::var("SUDO_USER")
        .ok()
        .filter(|name| !name.is_empty());
    let id = rustix::process::getuid().as_raw();
    sudo.or_else(|| account::user(id))
        .unwrap_or_else(|| format!("user {id}"))
}

pub(super) fn declare(folder: &Path, name: &str, declaration: &Declaration) -> Result<(), Failure> {
    write_order(folder, name, declaration).map_err(|error| {
        let path = order_path(folder, name);
        failure::refused(format!(
            "failed to write '{}': {}",
            path.display(),
            cure(&path, &error)
        ))
    })
}

/// The drain of this name; `None`: none.
pub(super) fn find(folder: &Path, name: &str) -> Result<Option<Found>, Failure> {
    let path = order_path(folder, name);
    find_order(&path).map_err(|error| cannot_read(&path, &error))
}

pub(super) fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    failure::unknown(format!(
        "failed to read '{}': {}",
        path.display(),
        cure(path, error)
    ))
}

/// Ends a drain: removes its file.
pub(super) fn end(folder: &Path, name: &str) -> Result<(), Failure> {
    let path = order_path(folder, name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failure::refused(format!(
            "failed to remove '{}': {}",
            path.display(),
            cure(&path, &error)
        ))),
        _ => Ok(()),
    }
}

/// An error in words, with the cure.
pub(super) fn cure(path: &Path, error: &io::Error) -> String {
    let of_a_unit = path
        .file_name()
        .is_some_and(|name| is_a_units(&name.to_string_lossy()));
    match error.kind() {
        ErrorKind::PermissionDenied if of_a_unit => {
            "permission denied; run this as root".to_owned()
        }
        ErrorKind::PermissionDenied => {
            let group = path
                .parent()
                .and_then(|folder| account::group(fs::metadata(folder).ok()?.gid()));
            let group = group.map_or("the folder's group".to_owned(), |group| {
                format!("group {group}")
            });
            format!("permission denied; run this as root, or as a member of {group}")
        }
        ErrorKind::IsADirectory => "a directory lies there; remove it".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error")
                .next()
                .unwrap_or(&text)
                .to_lowercase()
        }
    }
}
