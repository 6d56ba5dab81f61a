//! Names of users and groups, from /etc/passwd and /etc/group (passwd(5), group(5)).
//! In comes an ID.
//! Out goes the name, where the file has it.

use std::path::Path;

use crate::files::{self, Links};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 16 << 20;

/// A user's name.
pub fn user(id: u32) -> Option<String> {
    named("/etc/passwd", id)
}

/// A group's name.
pub fn group(id: u32) -> Option<String> {
    named("/etc/group", id)
}

/// In both files a line begins with name, password and ID, with colons between.
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
