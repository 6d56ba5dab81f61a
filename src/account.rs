//! Names of users and groups, by the system's own lists (passwd(5), group(5)).
//! In comes a number or a name.
//! Out goes the other one, where the lists have it.

use std::path::Path;

use crate::files::{self, Links};

/// The longest list.
const LONGEST: u64 = 16 << 20;

/// A user's name.
pub fn user(id: u32) -> Option<String> {
    named("/etc/passwd", id)
}

/// A group's name.
pub fn group(id: u32) -> Option<String> {
    named("/etc/group", id)
}

/// Both lists begin with the name, something for a password, and the number.
fn named(list: &str, id: u32) -> Option<String> {
    let list = files::text(Path::new(list), Links::Followed, LONGEST).ok()?;
    let id = id.to_string();
    list.lines().find_map(
        |line| match line.split(':').collect::<Vec<_>>().as_slice() {
            [name, _, number, ..] if *number == id => Some((*name).to_owned()),
            _ => None,
        },
    )
}
