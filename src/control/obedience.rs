//! Whether a process is there that obeys what is declared.

use std::fs;
use std::path::Path;

/// Whether some `haproxy-rhi run` runs here, whoever started it and wherever it keeps its status. A dry run tells
/// nobody anything, and does not count.
pub(super) fn somebody_runs() -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .any(|line| obeys(&line))
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

#[cfg(test)]
mod tests {
    use super::obeys;

    #[test]
    fn who_runs_is_told_from_who_types() {
        assert!(obeys(b"/usr/bin/haproxy-rhi\0run\0"));
        assert!(obeys(b"haproxy-rhi\0run\0--stats\0/run/haproxy/watch.sock\0"));
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
}
