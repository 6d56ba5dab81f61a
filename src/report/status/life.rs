//! Whether the process of a status file lives: its PID may be reused, and its heartbeat old.

use std::fs;
use std::path::Path;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

use super::shape::{LONGEST, Report};
use crate::files::{self, Links};
use crate::report::moment::Moment;

/// Heartbeats that may be missing before a process is called stuck.
const MISSING_BEATS: f64 = 2.0;

/// What tells one process from every other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id {
    /// Its PID.
    pub pid: u32,
    /// When it started, in ticks since boot; 0 where that cannot be read.
    pub start_ticks: u64,
    /// The namespace of the PID.
    pub pid_namespace: String,
    /// The boot in which it runs.
    pub boot_id: Option<String>,
}

impl Id {
    /// This process's.
    pub fn own() -> Self {
        let pid = std::process::id();
        Self {
            pid,
            start_ticks: kernel(pid).map_or(0, |(_, ticks)| ticks),
            pid_namespace: namespace(),
            boot_id: boot_id(),
        }
    }
}

/// Whether this process wrote the status file, or none did: a successor may have written its own already.
pub fn is_ours(path: &Path) -> bool {
    let pid = |value: Value| value.get("process")?.get("pid")?.as_u64();
    let written = files::read(path, Links::Followed, LONGEST)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .and_then(pid);
    written.is_none_or(|pid| pid == u64::from(std::process::id()))
}

/// Seconds since boot, by a clock that cannot be set (CLOCK_BOOTTIME).
pub fn boot_seconds() -> f64 {
    let time = clock_gettime(ClockId::Boottime);
    #[expect(clippy::cast_precision_loss, reason = "seconds and their parts")]
    let seconds = |count: i64| count as f64;
    seconds(time.tv_sec) + seconds(time.tv_nsec) / 1e9
}

/// How a process is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Life {
    /// It lives, and its heartbeat is current.
    Running,
    /// It may live; its last heartbeat is so many seconds old.
    Stuck(f64),
    /// It is gone; its last heartbeat is so many seconds old.
    Dead(f64),
    /// It left in good order.
    Left,
}

impl Life {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stuck(_) => "stuck",
            Self::Dead(_) => "dead",
            Self::Left => "left",
        }
    }
}

/// Whether the process of a report lives.
pub fn life(report: &Report, now: Moment) -> Life {
    let process = &report.status.process;
    if process.left.is_some() {
        return Life::Left;
    }
    // The first PID namespace has the same name on all machines.
    let booted = process.boot_id.is_none() || process.boot_id == boot_id();
    let here = booted && process.pid_namespace == namespace();
    if here && !exists(process.pid, process.start_ticks) {
        return Life::Dead(now.since(report.heartbeat).max(0.0));
    }
    // By the clock since boot; for a file of another machine, or of an earlier boot, by the wall clock.
    let age = boot_seconds() - report.heartbeat_boot_seconds;
    let age = if here && age >= 0.0 {
        age
    } else {
        now.since(report.heartbeat)
    };
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    let patience = report.heartbeat_every_seconds as f64 * MISSING_BEATS;
    if age > patience {
        Life::Stuck(age)
    } else {
        Life::Running
    }
}

/// Whether this very process exists.
fn exists(pid: u32, start_ticks: u64) -> bool {
    let Some(id) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return false;
    };
    // No permission to signal it: it exists.
    if matches!(test_kill_process(id), Err(Errno::SRCH)) {
        return false;
    }
    match kernel(pid) {
        // A zombie has left.
        Some((state, ticks)) => state != 'Z' && (start_ticks == 0 || ticks == start_ticks),
        // /proc may hide others' processes.
        None => true,
    }
}

/// A process's state, and its start in ticks since boot (proc(5)).
fn kernel(pid: u32) -> Option<(char, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; after it comes the state, which is field 3. The start is field 22.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

fn boot_id() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

fn namespace() -> String {
    fs::read_link("/proc/self/ns/pid")
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report of this very process, written now.
    fn report() -> Report {
        let mut report: Report = serde_json::from_str(include_str!("sample.json")).unwrap();
        let (id, process) = (Id::own(), &mut report.status.process);
        (process.pid, process.start_ticks, process.pid_namespace) =
            (id.pid, id.start_ticks, id.pid_namespace);
        process.boot_id = id.boot_id;
        report.heartbeat = Moment::now();
        report.heartbeat_boot_seconds = boot_seconds();
        report
    }

    #[test]
    fn this_process_lives_and_another_of_its_number_does_not() {
        let mut report = report();
        assert_eq!(life(&report, Moment::now()), Life::Running);
        report.status.process.start_ticks += 1;
        assert!(matches!(life(&report, Moment::now()), Life::Dead(age) if age < 60.0));
        report.status.process.pid = 4_194_305;
        assert!(matches!(life(&report, Moment::now()), Life::Dead(_)));
    }

    #[test]
    fn a_clock_that_is_set_does_not_make_a_heart_stop() {
        let mut report = report();
        report.heartbeat = "1999-01-01T00:00:00.000Z".parse().unwrap();
        assert_eq!(life(&report, Moment::now()), Life::Running);
        report.heartbeat_boot_seconds -= 16.0;
        assert!(matches!(life(&report, Moment::now()), Life::Stuck(age) if age > 15.0));
    }

    #[test]
    fn of_another_namespace_only_the_heartbeat_tells() {
        let mut report = report();
        (
            report.status.process.pid,
            report.status.process.pid_namespace,
        ) = (4_194_305, "pid:[1]".to_owned());
        assert_eq!(life(&report, Moment::now()), Life::Running);
        report.heartbeat = "1999-01-01T00:00:00.000Z".parse().unwrap();
        assert!(matches!(life(&report, Moment::now()), Life::Stuck(_)));
    }

    #[test]
    fn a_file_of_another_machine_is_not_of_a_dead_process() {
        let mut report = report();
        report.status.process.pid = 4_194_305;
        report.status.process.boot_id = Some("another".to_owned());
        assert_eq!(life(&report, Moment::now()), Life::Running);
        report.status.process.boot_id = None;
        assert!(matches!(life(&report, Moment::now()), Life::Dead(_)));
    }

    #[test]
    fn a_child_that_nobody_waited_for_is_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let left = || kernel(child.id()).is_some_and(|(state, _)| state == 'Z');
        while !left() {
            std::thread::yield_now();
        }
        assert!(!exists(child.id(), 0));
        child.wait().unwrap();
        assert!(exists(std::process::id(), 0));
    }
}
