//! Which user ExaBGP runs as, and haproxy-rhi with it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child::printed;
use crate::files::{self, Links};

/// The most bytes that are read of a file or a command line.
const LONGEST: u64 = 64 << 10;
/// Its `user` is whom ExaBGP becomes where root starts it.
const ENVIRONMENT: &str = "/etc/exabgp/exabgp.env";
/// Where a unit may be, the one in force first.
const UNITS: [&str; 3] = [
    "/etc/systemd/system/exabgp.service",
    "/lib/systemd/system/exabgp.service",
    "/usr/lib/systemd/system/exabgp.service",
];

/// The user's name; `None`: not known.
pub fn of_exabgp() -> Option<String> {
    match of_the_unit() {
        Unit::User(user) => Some(user),
        Unit::WithMoreGroups => None,
        Unit::NotTold => without_systemd(),
    }
}

/// What systemd says of exabgp.service.
enum Unit {
    User(String),
    /// The unit adds groups, whose rights a test as the user would not have.
    WithMoreGroups,
    /// There is no systemd, no such unit, or none with a user.
    NotTold,
}

fn of_the_unit() -> Unit {
    let mut command = Command::new("systemctl");
    command.args([
        "show",
        "exabgp.service",
        "--property=User,SupplementaryGroups",
    ]);
    let text = printed(&mut command).unwrap_or_default();
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
    match (value("User="), value("SupplementaryGroups=")) {
        (Some(""), _) | (None, _) => Unit::NotTold,
        (Some(user), None | Some("")) => Unit::User(user.to_owned()),
        (Some(_), Some(_)) => Unit::WithMoreGroups,
    }
}

/// The user of the running process; else that of exabgp.env; else that of the unit's file.
fn without_systemd() -> Option<String> {
    let running = || name_of(single(&running(Path::new("/proc")))?);
    let environment = || in_environment(&text(ENVIRONMENT)?);
    let unit = || UNITS.iter().find_map(|path| in_unit(&text(path)?));
    running().or_else(environment).or_else(unit)
}

fn text(path: &str) -> Option<String> {
    files::text(Path::new(path), Links::Followed, LONGEST).ok()
}

/// `None` where there is none, or several.
fn single(users: &BTreeSet<u32>) -> Option<u32> {
    users.first().copied().filter(|_| users.len() == 1)
}

/// The users of ExaBGP's and haproxy-rhi's processes. Root's do not count: ExaBGP changes its user when root starts it.
fn running(processes: &Path) -> BTreeSet<u32> {
    let entries = fs::read_dir(processes).into_iter().flatten().flatten();
    let users = entries.map(|entry| entry.path()).filter_map(user);
    users.filter(|user| *user != 0).collect()
}

fn user(process: PathBuf) -> Option<u32> {
    let read = |name: &str| files::read(&process.join(name), Links::Followed, LONGEST).ok();
    if !is_exabgp_or_ours(&String::from_utf8_lossy(&read("cmdline")?)) {
        return None;
    }
    let status = read("status")?;
    let status = String::from_utf8_lossy(&status);
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    // The real user, then the effective one.
    users.split_whitespace().nth(1)?.parse().ok()
}

/// `python3 /usr/sbin/exabgp ...`, `haproxy-rhi run`.
fn is_exabgp_or_ours(line: &str) -> bool {
    let words: Vec<&str> = line.split_terminator('\0').take(2).collect();
    let is = |place: usize, name: &str| {
        let word = words.get(place).map(Path::new);
        word.and_then(Path::file_name)
            .is_some_and(|own| own == name)
    };
    is(0, "exabgp") || is(1, "exabgp") || is(0, "haproxy-rhi") && is(1, "run")
}

/// A user's name, by the number.
fn name_of(number: u32) -> Option<String> {
    let mut command = Command::new("getent");
    command.args(["passwd", &number.to_string()]);
    let text = printed(&mut command).ok()?;
    let name = text.split(':').next().unwrap_or_default();
    (!name.is_empty()).then(|| name.to_owned())
}

/// `user = 'exabgp'` below `[exabgp.daemon]`.
fn in_environment(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim);
    let mut below = lines.skip_while(|line| *line != "[exabgp.daemon]").skip(1);
    let mut section = below.by_ref().take_while(|line| !line.starts_with('['));
    let value = section.find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "user").then_some(value)
    })?;
    let name = value.trim().trim_matches(['\'', '"']);
    (!name.is_empty()).then(|| name.to_owned())
}

/// `User=exabgp`, the last one.
fn in_unit(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim);
    let user = lines
        .filter_map(|line| line.strip_prefix("User="))
        .next_back()?;
    (!user.is_empty()).then(|| user.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_found_in_exabgps_environment_and_in_its_unit() {
        let environment = "[exabgp.api]\nuser = 'no'\n\n[exabgp.daemon]\ndrop = true\numask = '0o137'\nuser = 'exabgp'\n\n[exabgp.log]\n";
        assert_eq!(in_environment(environment).as_deref(), Some("exabgp"));
        for nobody in [
            "",
            "[exabgp.daemon]\nuser = ''\n",
            "[exabgp.api]\nuser = 'no'\n",
            "[exabgp.daemon]\n[exabgp.log]\nuser = 'no'\n",
        ] {
            assert_eq!(in_environment(nobody), None, "{nobody}");
        }
        let unit = "[Service]\nUser=exabgp\nGroup=exabgp\n";
        assert_eq!(in_unit(unit).as_deref(), Some("exabgp"));
        assert_eq!(in_unit("[Service]\nUser=\n"), None);
        assert_eq!(in_unit("[Service]\nGroup=exabgp\n"), None);
    }

    #[test]
    fn exabgp_and_haproxy_rhi_are_known_by_their_command_lines() {
        for line in [
            "/usr/bin/python3\0/usr/sbin/exabgp\0/etc/exabgp/exabgp.conf\0",
            "exabgp\0",
            "/usr/bin/haproxy-rhi\0run\0--dry-run\0",
        ] {
            assert!(is_exabgp_or_ours(line), "{line}");
        }
        for line in [
            "",
            "vi\0/etc/exabgp/exabgp.conf\0",
            "haproxy-rhi\0check\0",
            "/usr/bin/haproxy-rhi\0",
        ] {
            assert!(!is_exabgp_or_ours(line), "{line}");
        }
    }

    #[test]
    fn the_running_user_is_known_unless_it_is_root_or_there_are_several() {
        let folder = tempfile::tempdir().unwrap();
        let add = |number: &str, line: &str, user: u32| {
            let process = folder.path().join(number);
            fs::create_dir(&process).unwrap();
            fs::write(process.join("cmdline"), line).unwrap();
            fs::write(
                process.join("status"),
                format!("Name:\tx\nUid:\t0\t{user}\t0\t0\n"),
            )
            .unwrap();
        };
        let found = || single(&running(folder.path()));
        assert_eq!(found(), None);
        add("1", "haproxy-rhi\0run\0", 0);
        add("2", "vi\0", 7);
        assert_eq!(found(), None);
        add("3", "/usr/bin/haproxy-rhi\0run\0", 104);
        add("4", "python3\0/usr/sbin/exabgp\0", 104);
        assert_eq!(found(), Some(104));
        add("5", "python3\0/usr/sbin/exabgp\0", 105);
        assert_eq!(found(), None);
    }
}
