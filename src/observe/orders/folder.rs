//! The folders of drains: the operators' own, and the units' beside it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::drain::ALL;

/// Who writes in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Everybody whom root lets.
    Operators,
    /// Root, at a stop of a unit.
    Units,
}

/// Where the drain of this name is declared: a unit's, such as `@exabgp.service`, lies beside the operators' folder, where
/// only root writes, since root reads and writes it at every stop of the unit.
pub fn path(folder: &Path, name: &str) -> PathBuf {
    if is_a_units(name) {
        units(folder).join(name)
    } else {
        folder.join(name)
    }
}

/// The folder of the units' drains.
pub fn units(folder: &Path) -> PathBuf {
    beside(folder, "units")
}

/// A folder of another use, such as `drain.units` beside `drain`, however `drain` is spelled. A link is resolved first.
pub fn beside(folder: &Path, what: &str) -> PathBuf {
    let absolute = || std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let real = fs::canonicalize(folder).unwrap_or_else(|_| absolute());
    // The root of the file system has no name.
    let mut name = real.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}"));
    real.parent().unwrap_or(&real).join(name)
}

/// It is a unit's name, and not the operators' own order for all.
pub fn is_a_units(name: &str) -> bool {
    name.starts_with('@') && name != ALL
}

impl Whose {
    /// Where it lies.
    pub fn folder(self, operators: &Path) -> PathBuf {
        match self {
            Self::Operators => operators.to_owned(),
            Self::Units => units(operators),
        }
    }
}
