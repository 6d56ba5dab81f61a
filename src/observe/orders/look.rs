//! One look at a folder of drains.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};

use super::date::{Clocks, Date};
use super::declaration::Declaration;
use super::file::{Fault, Found, find, words};
use super::folder::{Whose, is_a_units, path};
use crate::config::{Name, UnitName};
use crate::drain::{ALL, Order};

/// The most files that are looked at in a folder, so that nobody who may write there keeps root busy.
pub const MOST: usize = 4096;

/// What one look at the folders finds, by name.
#[derive(Debug, Default)]
pub struct Look {
    /// What is declared.
    pub orders: BTreeMap<String, Dated>,
    /// What is wrong with a file.
    pub complaints: BTreeMap<String, String>,
}

/// An order, and what tells it from another one.
#[derive(Debug, Clone)]
pub struct Dated {
    /// What is declared.
    pub order: Order,
    /// When.
    pub date: Date,
}

/// Looks at a folder; one that is not there holds nothing.
///
/// # Errors
/// It cannot be read.
pub fn look(folder: &Path, whose: Whose, clocks: &Clocks) -> io::Result<Look> {
    let mut found = Look::default();
    let place = whose.folder(folder);
    let names = names(&place)?;
    if names.len() >= MOST {
        let words = format!(
            "'{}' has {MOST} files or more; those beyond are not looked at",
            place.display()
        );
        found.complaints.insert(String::new(), words);
    }
    for (name, entry) in names {
        match (whose, is_a_units(&name)) {
            (Whose::Operators, false) | (Whose::Units, true) => found.take(name, &entry, clocks),
            (Whose::Operators, true) => {
                found
                    .complaints
                    .insert(name.clone(), is_not_here(folder, &name));
            }
            (Whose::Units, false) => {}
        }
    }
    Ok(found)
}

fn is_not_here(folder: &Path, name: &str) -> String {
    let (here, there) = (folder.join(name), path(folder, name));
    format!(
        "'{}' has the name of a unit's drain and drains nothing: those are '{}'",
        here.display(),
        there.display()
    )
}

/// What may be orders.
fn names(folder: &Path) -> io::Result<Vec<(String, DirEntry)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        // A file that is being written has another name until it is complete.
        let is_name = match name.strip_prefix('@') {
            Some(unit) => unit.parse::<UnitName>().is_ok() || name == ALL,
            None => name.parse::<Name>().is_ok(),
        };
        if is_name {
            names.push((name, entry));
        }
        if names.len() >= MOST {
            break;
        }
    }
    Ok(names)
}

impl Look {
    fn take(&mut self, name: String, entry: &DirEntry, clocks: &Clocks) {
        let path = entry.path();
        let (declaration, changed_ms, complaint) = match find(&path) {
            Ok(None) => return,
            Ok(Some(Found::Order(file))) => {
                let complaint = file
                    .content
                    .as_ref()
                    .err()
                    .map(|fault| obeyed_though(&path, fault));
                (file.declaration(), file.changed_ms, complaint)
            }
            Ok(Some(Found::Other(kind))) => {
                let words = format!(
                    "'{}' is {kind} and drains nothing: only a regular file does",
                    path.display()
                );
                self.complaints.insert(name, words);
                return;
            }
            // The folder shows names and no more. Its files are orders all the same.
            Err(error) => {
                let fault = Fault::Unreadable(error);
                self.complaints
                    .insert(name.clone(), obeyed_though(&path, &fault));
                if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
                    return;
                }
                (Declaration::default(), None, None)
            }
        };
        if let Some(complaint) = complaint {
            self.complaints.insert(name.clone(), complaint);
        }
        if !declaration.is_void(clocks) {
            let date = Date::of(&declaration, changed_ms);
            let order = order(declaration, date.age(clocks));
            self.orders.insert(name, Dated { order, date });
        }
    }
}

fn obeyed_though(path: &Path, fault: &Fault) -> String {
    format!(
        "the drain '{}' is in force, but {fault}: its reason and --force are not known",
        path.display()
    )
}

fn order(declaration: Declaration, age: Duration) -> Order {
    let said = |text: Option<String>| {
        text.map(|text| words(&text))
            .filter(|text| !text.is_empty())
    };
    Order {
        read: Instant::now(),
        age,
        id: said(declaration.id),
        by: said(declaration.by),
        reason: said(declaration.reason),
        force: declaration.force,
    }
}
