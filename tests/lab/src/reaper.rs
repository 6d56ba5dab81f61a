//! Whatever ends the lab, its processes and namespaces go too.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result};

use crate::directory::{LabDirectory, PREFIX};

/// `$1` the lab's name, `$2` its directory. Only what carries the name is touched.
const REAP: &str = r#"
reap() {
    for ns in /run/netns/"$1"-*; do
        [ -e "$ns" ] || continue
        ns="${ns##*/}"
        # A process may start another between the look and the kill.
        for again in 1 2 3; do
            pids="$(ip netns pids "$ns" 2>/dev/null)"
            [ -n "$pids" ] || break
            kill -KILL $pids 2>/dev/null
        done
        ip netns del "$ns" 2>/dev/null
    done
    [ -e "$2/kept" ] || rm -rf "$2"
}
"#;

/// A shell that waits for the end of its stdin, which comes even when the test process is killed.
#[derive(Debug)]
pub(crate) struct Reaper {
    shell: Child,
    stdin: Option<ChildStdin>,
}

impl Reaper {
    pub(crate) fn start(directory: &LabDirectory) -> Result<Self> {
        let mut shell = shell(
            &format!("{REAP}\ncat >/dev/null\nreap \"$1\" \"$2\""),
            directory.name(),
            directory.path(),
        )
        // Ctrl-C at the terminal must not reach it.
        .process_group(0)
        .stdin(Stdio::piped())
        .spawn()
        .context("failed to start the lab's reaper")?;
        let stdin = shell.stdin.take();
        Ok(Self { shell, stdin })
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.shell.wait();
    }
}

/// Removes the labs whose process no longer exists: their reaper was killed as well.
pub(crate) fn sweep() {
    let mut stale: Vec<String> = ["/run/netns", "/tmp"]
        .into_iter()
        .flat_map(|place| fs::read_dir(place).into_iter().flatten().flatten())
        .filter_map(|entry| lab_of(entry.file_name().to_str()?))
        .filter(|(_, pid)| !Path::new(&format!("/proc/{pid}")).exists())
        .map(|(name, _)| name)
        .collect();
    stale.sort();
    stale.dedup();
    for name in stale {
        let directory = Path::new("/tmp").join(&name);
        // What cannot be removed now is in nobody's way: no name is used twice while its process lives.
        let _ = shell(&format!("{REAP}\nreap \"$1\" \"$2\""), &name, &directory).status();
    }
}

/// `rhi-12-0-ne-rs4` is of lab `rhi-12-0`, whose process was 12.
fn lab_of(name: &str) -> Option<(String, u32)> {
    let mut parts = name.strip_prefix(PREFIX)?.splitn(3, '-');
    let pid: u32 = parts.next()?.parse().ok()?;
    let lab: u32 = parts.next()?.parse().ok()?;
    Some((format!("{PREFIX}{pid}-{lab}"), pid))
}

fn shell(script: &str, name: &str, directory: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script, "reaper", name]).arg(directory);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::lab_of;

    #[test]
    fn only_a_labs_own_names_are_recognised() {
        assert_eq!(lab_of("rhi-12-0-ne-rs4"), Some(("rhi-12-0".to_owned(), 12)));
        assert_eq!(lab_of("rhi-12-0"), Some(("rhi-12-0".to_owned(), 12)));
        for foreign in ["rhi-x-0", "rhi-12", "rhi-", "other-12-0", "rhi-12-ne"] {
            assert_eq!(lab_of(foreign), None, "{foreign}");
        }
    }
}
