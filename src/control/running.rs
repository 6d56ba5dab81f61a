//! Whether a `haproxy-rhi run` is running here, by /proc.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::config;
use crate::files::{self, Links};
use crate::observe::DEFAULT_FOLDER;

/// The longest command line that is read, in bytes: any user can make an endless one.
const LONGEST: u64 = 64 << 10;

/// Whether any `haproxy-rhi run` runs here. A dry run does not count: it announces nothing.
pub(super) fn any() -> bool {
    command_lines().any(|line| is_run(&line))
}

/// Whether one runs with this configuration.
pub(super) fn with_config(config: &Path) -> bool {
    runs_with("--config", config::DEFAULT_PATH, config)
}

/// Whether one reads this folder of drains: its configuration may have another name, or be another one.
pub(super) fn with_folder(folder: &Path) -> bool {
    runs_with("--drain-folder", DEFAULT_FOLDER, folder)
}

fn runs_with(flag: &str, default: &str, path: &Path) -> bool {
    let mut runs = command_lines().filter(|line| is_run(line));
    runs.any(|line| same(&path_of_flag(&line, flag, default), path))
}

/// Whether this process is one that reads this folder of drains.
pub(super) fn reads(pid: u32, folder: &Path) -> bool {
    let line = Path::new("/proc").join(pid.to_string()).join("cmdline");
    let line = files::read(&line, Links::Followed, LONGEST);
    line.is_ok_and(|line| {
        is_run(&line)
            && same(
                &path_of_flag(&line, "--drain-folder", DEFAULT_FOLDER),
                folder,
            )
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
        .filter(|entry| is_plausible(&entry.path()))
        .filter_map(|entry| {
            files::read(&entry.path().join("cmdline"), Links::Followed, LONGEST).ok()
        })
}

/// Whether the process's program has this name, and belongs to root or the caller: any user can choose a command line. Where
/// the caller may not read the link, the command line is believed.
fn is_plausible(process: &Path) -> bool {
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

/// Whether this is the command line of a `run`. In /proc each word ends with a NUL.
fn is_run(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_terminator('\0');
    let program = words.next().map(Path::new).and_then(Path::file_name);
    program.is_some_and(|name| name == "haproxy-rhi")
        && words.next() == Some("run")
        && !words.any(|word| word == "--dry-run")
}

/// The path that a command line gives with this flag, or the default. A process by flags has no configuration; it obeys the
/// drains for all services.
fn path_of_flag(line: &[u8], flag: &str, default: &str) -> PathBuf {
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_terminator('\0');
    while let Some(word) = words.next() {
        let path = match word.strip_prefix(flag) {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        if let Some(path) = path {
            return std::path::absolute(path).unwrap_or_else(|_| path.into());
        }
    }
    default.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_from_other_commands() {
        assert!(is_run(b"/usr/bin/haproxy-rhi\0run\0"));
        assert!(is_run(
            b"haproxy-rhi\0run\0--stats\0/run/haproxy/watch.sock\0"
        ));
        for line in [
            &b""[..],
            b"/usr/bin/haproxy-rhi\0status\0--watch\0",
            b"/usr/bin/haproxy-rhi\0run\0--dry-run\0",
            b"/usr/bin/other\0run\0",
            b"sh\0-c\0haproxy-rhi run\0",
        ] {
            assert!(!is_run(line), "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn a_process_with_another_program_is_not_believed() {
        let me = Path::new("/proc/self");
        let is_ours = std::env::current_exe()
            .unwrap()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("haproxy-rhi");
        assert_eq!(is_plausible(me), is_ours);
        let mut sleep = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let believed = is_plausible(&Path::new("/proc").join(sleep.id().to_string()));
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
                path_of_flag(line, "--config", config::DEFAULT_PATH),
                Path::new(path)
            );
        }
    }
}
