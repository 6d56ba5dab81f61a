//! Files that an operator asked for: written whole or not at all, and never over something unasked.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::config;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrote {
    /// Nothing was there.
    New,
    /// It was so already, and was left.
    Same,
    /// What was there has this name now.
    Replaced(PathBuf),
}

/// Writes a file with a rename. What is there is left, unless `force` says to keep it under another name.
///
/// # Errors
/// Something else is there, or it cannot be written.
pub fn write(path: &Path, text: &str, force: bool) -> Result<Wrote, String> {
    let shown = path.display();
    let failed = |error: std::io::Error| format!("failed to write '{shown}': {}", config::reason(&error));
    let before = match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    if before.as_deref() == Some(text.as_bytes()) {
        return Ok(Wrote::Same);
    }
    if before.is_some() && !force {
        return Err(format!(
            "'{shown}' is there already; look at it, and add --force to replace it (it is kept as {shown}.bak)"
        ));
    }
    let new = with_ending(path, "new");
    let written = File::create(&new).and_then(|mut file| {
        // An upgrade of what is there keeps its mode.
        if let Ok(data) = fs::metadata(path) {
            file.set_permissions(data.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let done = written.and_then(|()| match before.is_some() {
        true => {
            let old = spare(path);
            fs::hard_link(path, &old).or_else(|_| fs::copy(path, &old).map(drop))?;
            fs::rename(&new, path)?;
            Ok(Wrote::Replaced(old))
        }
        false => fs::rename(&new, path).map(|()| Wrote::New),
    });
    done.map_err(|error| {
        let _ = fs::remove_file(&new);
        failed(error)
    })
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    name.into()
}

/// `FILE.bak`, or with a number, so that no older one is lost.
fn spare(path: &Path) -> PathBuf {
    let names = std::iter::once("bak".to_owned()).chain((1..).map(|number| format!("bak.{number}")));
    names
        .map(|ending| with_ending(path, &ending))
        .find(|name| fs::symlink_metadata(name).is_err())
        .unwrap_or_else(|| with_ending(path, "bak"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_unasked_and_nothing_is_lost_when_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        assert_eq!(write(&path, "1", false), Ok(Wrote::New));
        assert_eq!(write(&path, "1", false), Ok(Wrote::Same));
        assert!(write(&path, "2", false).unwrap_err().contains("is there already"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "1");
        assert_eq!(write(&path, "2", true), Ok(Wrote::Replaced(folder.path().join("config.json.bak"))));
        assert_eq!(write(&path, "3", true), Ok(Wrote::Replaced(folder.path().join("config.json.bak.1"))));
        let mut names: Vec<(String, String)> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        names.sort();
        let names: Vec<(&str, &str)> =
            names.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(names, [("config.json", "3"), ("config.json.bak", "1"), ("config.json.bak.1", "2")]);
    }

    #[test]
    fn what_cannot_be_written_is_said_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone/config.json");
        assert!(
            write(&path, "1", false).unwrap_err().ends_with("gone/config.json': no such file or directory")
        );
        assert!(write(folder.path(), "1", true).is_err());
    }
}
