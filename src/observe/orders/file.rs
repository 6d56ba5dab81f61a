//! A drain's file. Every reader and every writer opens such a file here.
//!
//! Others than root may write in the folder, so nothing in it is trusted: no link is followed, nothing that could
//! block is opened, and no more is read than a declaration has.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use serde::Serialize;

use super::declaration::Declaration;
use super::folder;
use crate::files::{self, Links, open, put, sync_folder, what};
use crate::foreign;

/// The longest declaration.
const LONGEST: u64 = 16 << 10;

/// What lies under an order's name.
#[derive(Debug)]
pub enum Found {
    /// A regular file: an order, whatever is in it.
    Order(Box<OrderFile>),
    /// Something else, which is no order. In words: `a FIFO`.
    Other(&'static str),
}

/// An order's file.
#[derive(Debug)]
pub struct OrderFile {
    /// What it says.
    pub content: Result<Declaration, Fault>,
    /// Its own date, in milliseconds since 1970; `None`: before that.
    pub changed_ms: Option<u64>,
}

/// Why it is not known what a file says.
#[derive(Debug)]
pub enum Fault {
    /// It could not be read.
    Unreadable(io::Error),
    /// It is no declaration.
    NotUnderstood(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "cannot be read ({})", files::reason(error)),
            Self::NotUnderstood(why) => write!(f, "is not understood ({why})"),
        }
    }
}

impl OrderFile {
    /// What is declared, as far as it is known.
    pub fn declaration(&self) -> Declaration {
        self.content.as_ref().map(Clone::clone).unwrap_or_default()
    }

    fn new(data: &Metadata, content: Result<Declaration, Fault>) -> Self {
        let milliseconds = u64::try_from(data.mtime_nsec()).unwrap_or_default() / 1_000_000;
        let seconds = u64::try_from(data.mtime()).ok();
        Self {
            content,
            changed_ms: seconds
                .and_then(|seconds| seconds.checked_mul(1000)?.checked_add(milliseconds)),
        }
    }
}

/// Looks at what lies there, without following it and without waiting for it. Absent: nothing.
///
/// # Errors
/// It cannot be told what it is.
pub fn find(path: &Path) -> io::Result<Option<Found>> {
    let data = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        data => data?,
    };
    if let Some(kind) = what(&data) {
        return Ok(Some(Found::Other(kind)));
    }
    Ok(match open(path, Links::Refused) {
        Ok((file, data)) => Some(Found::Order(Box::new(OrderFile::new(&data, content(file))))),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => Some(Found::Order(Box::new(OrderFile::new(
            &data,
            Err(Fault::Unreadable(error)),
        )))),
    })
}

fn content(file: File) -> Result<Declaration, Fault> {
    let bytes = crate::files::content(file, LONGEST).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => {
            Fault::NotUnderstood(format!("longer than {} KiB", LONGEST >> 10))
        }
        _ => Fault::Unreadable(error),
    })?;
    let text = str::from_utf8(&bytes).map_err(|_| Fault::NotUnderstood("not UTF-8".to_owned()))?;
    // As `touch` makes it.
    if text.trim().is_empty() {
        return Ok(Declaration::default());
    }
    serde_json::from_str(text).map_err(|error| Fault::NotUnderstood(words(&error.to_string())))
}

/// The part of an operator's text that may stand in a log line.
pub(super) fn words(text: &str) -> String {
    foreign::plain(text).take(200).collect()
}

/// Writes a declaration, at once or not at all. Everybody may read it; the folder's mode decides who may write it.
///
/// # Errors
/// It could not be written; what was there before is there still.
pub fn write(place: &Path, name: &str, declaration: &Declaration) -> io::Result<()> {
    put_for_all(&folder::path(place, name), declaration)
}

/// Writes a value, at once or not at all, into a folder that is made where it is not there. Everybody may read it.
///
/// # Errors
/// As [`write()`].
pub fn put_for_all(path: &Path, value: &impl Serialize) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        fs::create_dir_all(folder)?;
        // Whatever the umask is when a unit stops: the daemon that reads it is another user.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    }
    put(path, Some(0o644), |file| {
        file.write_all(serde_json::to_string(value)?.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    })?;
    // A drain outlives a power cut.
    sync_folder(path)
}
