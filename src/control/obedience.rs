//! Whether a process is there that obeys what is declared.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::config;
use crate::files::{self, Links};
use crate::observe::DEFAULT_FOLDER;

/// No command line of ours is longer, and any user can make one without an end.
const LONGEST: u64 = 64 << 10;

/// Whether some `haproxy-rhi run` runs here, whoever started it and wherever it keeps its status. A dry run tells
/// nobody anything, and does not count.
pub(super) fn somebody_runs() -> bool {
    command_lines().any(|line| obeys(&line))
}

/// The same, of a process with this configuration, or one that reads this folder of drains: it may have the configuration under another
/// name.
pub(super) fn runs_with(config: &Path, folder: &Path) -> bool {
    command_lines().filter(|line| obeys(line)).any(|line| {
        same(&named(&line, "--config", config::DEFAULT_PATH), config)
            || same(&named(&line, "--drain-folder", DEFAULT_FOLDER), folder)
    })
}

/// Whether this process of ours reads this folder of drains.
pub(super) fn reads(pid: u32, folder: &Path) -> bool {
    let line = Path::new("/proc").join(pid.to_string()).join("cmdline");
    let line = files::read(&line, Links::Followed, LONGEST);
    line.is_ok_and(|line| {
        obeys(&line) && same(&named(&line, "--drain-folder", DEFAULT_FOLDER), folder)
    })
}

fn same(one: &Path, other: &Path) -> bool {
    one == other || real(one).is_some_and(|one| real(other) == Some(one))
}

fn real(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

fn command_lines() -> impl Iterator<Item = Vec<u8>> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .bytes()
                .all(|byte| byte.is_ascii_digit())
        })
        .filter(|entry| is_believed(&entry.path()))
        .filter_map(|entry| {
            files::read(&entry.path().join("cmdline"), Links::Followed, LONGEST).ok()
        })
}

/// Whatever a process calls itself: it runs a program of root's, or of the user who asks, of this name. Who may not see
/// what others run believes their words.
fn is_believed(process: &Path) -> bool {
    let path = process.join("exe");
    let Ok(program) = fs::read_link(&path) else {
        return true;
    };
    let name = program
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"haproxy-rhi"));
    let owner = fs::metadata(&path).map(|data| data.uid());
    name && owner.is_ok_and(|owner| owner == 0 || owner == rustix::process::geteuid().as_raw())
}

/// A command line as the kernel shows it, each word with a NUL at its end.
fn obeys(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_terminator('\0');
    let program = words.next().map(Path::new).and_then(Path::file_name);
    program.is_some_and(|name| name == "haproxy-rhi")
        && words.next() == Some("run")
        && !words.any(|word| word == "--dry-run")
}

/// The path that such a line names with this flag; a process of flags alone has no configuration, but its drains are those for all.
fn named(line: &[u8], flag: &str, default: &str) -> PathBuf {
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_terminator('\0');
    while let Some(word) = words.next() {
        let named = match word.strip_prefix(flag) {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        if let Some(path) = named {
            return std::path::absolute(path).unwrap_or_else(|_| path.into());
        }
    }
    default.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_runs_is_told_from_who_types() {
        assert!(obeys(b"/usr/bin/haproxy-rhi\0run\0"));
        assert!(obeys(
            b"haproxy-rhi\0run\0--stats\0/run/haproxy/watch.sock\0"
        ));
        for line in [
            &b""[..],
            b"/usr/bin/haproxy-rhi\0status\0--watch\0",
            b"/usr/bin/haproxy-rhi\0run\0--dry-run\0",
            b"/usr/bin/other\0run\0",
            b"sh\0-c\0haproxy-rhi run\0",
        ] {
            assert!(!obeys(line), "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn a_process_that_only_calls_itself_so_is_not_believed() {
        let me = Path::new("/proc/self");
        let is_ours = std::env::current_exe()
            .unwrap()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("haproxy-rhi");
        assert_eq!(is_believed(me), is_ours);
        let mut sleep = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let believed = is_believed(&Path::new("/proc").join(sleep.id().to_string()));
        sleep.kill().unwrap();
        sleep.wait().unwrap();
        assert!(!believed);
    }

    #[test]
    fn a_process_has_the_configuration_that_it_names() {
        for (line, path) in [
            (&b"haproxy-rhi\0run\0"[..], "/etc/haproxy-rhi/config.json"),
            (b"haproxy-rhi\0run\0--config\0/a.json\0", "/a.json"),
            (
                b"haproxy-rhi\0run\0--config=/b.json\0--metrics\0/x.prom\0",
                "/b.json",
            ),
        ] {
            assert_eq!(
                named(line, "--config", config::DEFAULT_PATH),
                Path::new(path)
            );
        }
    }
}
