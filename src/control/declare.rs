//! Drains as files: declared, found and ended.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::failure::Failure;
use crate::observe::{Declaration, boot};

/// What a new drain says of itself.
pub(super) fn declaration(
    reason: Option<String>,
    force: bool,
    until_reboot: bool,
) -> Result<Declaration, Failure> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let boot = match boot() {
        None if until_reboot => {
            return Err(Failure::Refused(
                "this system does not tell its boots apart, so --until-reboot cannot be kept; leave it out"
                    .to_owned(),
            ));
        }
        boot => boot.filter(|_| until_reboot),
    };
    Ok(Declaration {
        since_ms: u64::try_from(since.as_millis()).ok(),
        by: who(),
        reason,
        force,
        boot,
        ..Declaration::default()
    })
}

/// The person behind `sudo`, or the user's name.
fn who() -> Option<String> {
    let named = |key| std::env::var(key).ok().filter(|name| !name.is_empty());
    let user = rustix::process::getuid().as_raw().to_string();
    let by_uid = || {
        let accounts = fs::read_to_string("/etc/passwd").ok()?;
        let mut accounts = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
        accounts.find_map(|account| match account.as_slice() {
            [name, _, uid, ..] if *uid == user => Some((*name).to_owned()),
            _ => None,
        })
    };
    named("SUDO_USER").or_else(by_uid).or_else(|| Some(format!("user {user}")))
}

/// Writes it, at once or not at all. Everybody may read it; who may write it, the folder says.
pub(super) fn declare(folder: &Path, name: &str, declaration: &Declaration) -> Result<(), Failure> {
    let path = folder.join(name);
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let new = folder.join(format!(".{name}.{}", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(&new)?;
        // Whatever the umask is.
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
        file.write_all(serde_json::to_string(declaration)?.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&new, &path).inspect_err(|_| drop(fs::remove_file(&new)))?;
        // A drain outlives a power cut.
        fs::File::open(folder)?.sync_all()
    };
    write()
        .map_err(|error| Failure::Refused(format!("failed to write '{}': {}", path.display(), cure(&error))))
}

/// What is declared; absent: nothing. A file that says nothing is an order too.
pub(super) fn declared(folder: &Path, name: &str) -> Result<Option<Declaration>, Failure> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(serde_json::from_str(&text).unwrap_or_default())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Failure::CannotTell(format!("failed to read '{}': {}", path.display(), cure(&error))))
        }
    }
}

/// Ends it. False: there was none.
pub(super) fn end(folder: &Path, name: &str) -> Result<bool, Failure> {
    let path: PathBuf = folder.join(name);
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => {
            Err(Failure::Refused(format!("failed to remove '{}': {}", path.display(), cure(&error))))
        }
    }
}

fn cure(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            "permission denied; run this as root, or as a member of the folder's group".to_owned()
        }
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_lowercase()
        }
    }
}
