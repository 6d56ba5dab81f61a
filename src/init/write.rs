//! Shows the files as differences, and writes them.

use std::path::Path;

use similar::TextDiff;

use super::files::Made;
use super::from::Existing;
use crate::files::{self, Links, read};
use crate::install;

/// Each file as a unified diff against the existing one; one line for a file without a change.
pub fn shown(files: &[Made], existing: &Existing, root: &Path) -> String {
    let mut text = String::new();
    for (place, new) in files {
        let path = root.join(place);
        let (name, before) = match existing.original(place) {
            Some(file) => (file.path.clone(), Some(file.text.clone())),
            None => (
                path.display().to_string(),
                before(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            ),
        };
        match before {
            Some(before) if before == *new => text += &format!("{name}: is so already\n"),
            before => {
                let old = if before.is_some() {
                    name.clone()
                } else {
                    "/dev/null".to_owned()
                };
                let before = before.unwrap_or_default();
                let diff = TextDiff::from_lines(&before, new);
                text += &diff
                    .unified_diff()
                    .context_radius(3)
                    .header(&old, &name)
                    .to_string();
            }
        }
    }
    text
}

/// The file that is there now.
pub fn before(path: &Path) -> Option<Vec<u8>> {
    read(path, Links::Followed, install::LONGEST).ok()
}

/// The paths at which another content is there.
pub fn others(files: &[Made], root: &Path) -> Vec<String> {
    let differs = |(place, new): &&Made| {
        let path = root.join(place);
        std::fs::symlink_metadata(&path).is_ok() && before(&path).as_deref() != Some(new.as_bytes())
    };
    files
        .iter()
        .filter(differs)
        .map(|(place, _)| root.join(place).display().to_string())
        .collect()
}

/// Writes all files; without `force` none, if another content is at one path.
pub fn written(
    files: &[Made],
    existing: &Existing,
    root: &Path,
    force: bool,
) -> Result<String, String> {
    if !force {
        let there = others(files, root);
        if !there.is_empty() {
            return Err(format!(
                "{} {} there already and {} something else; nothing is written (see --dry-run; --force replaces and keeps the old as .bak)",
                there.join(", "),
                if there.len() == 1 { "is" } else { "are" },
                if there.len() == 1 { "says" } else { "say" }
            ));
        }
    }
    let mut text = String::new();
    for (place, new) in files {
        let path = root.join(place);
        let folder = path.parent().unwrap_or(root);
        files::make_folder(folder).map_err(|error| {
            format!(
                "failed to create '{}': {}",
                folder.display(),
                files::reason(&error)
            )
        })?;
        text += &install::write(&path, new, force, existing.mode(place))?.words(&path);
    }
    Ok(text)
}
