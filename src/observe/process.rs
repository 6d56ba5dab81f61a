//! HAProxy's process (`pidfd_open(2)`, Linux 5.3), whose end is a reason to look.
//!
//! The process that is followed is the one that answered last at the stats socket. The end of an older one, which a reload has left
//! to its last clients, is one look at most.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::time::{ClockId, clock_gettime};

use crate::config::{Socket, Stats};
use crate::files::{self, Links};
use crate::program::Plan;

/// Seconds by which HAProxy's uptime may exceed the age of its process. (It may be shorter by any time: its clock
/// stands still for as long as it is stopped, or its machine is.)
const NEAR: u64 = 60;
/// How the names of HAProxy's processes begin: its own, and those of its enterprise edition.
const NAMES: [&str; 2] = ["haproxy", "hapee"];
/// Of `/proc/PID/stat`, on every Linux (`proc_pid_stat(5)`, starttime).
const TICKS_A_SECOND: u64 = 100;

/// Why no process can be followed with this plan, whatever answers.
pub(super) fn hidden(plan: &Plan) -> Option<String> {
    let why = match &plan.haproxy.stats {
        _ if plan.proxies.is_empty() => return None,
        Stats::Socket(Socket::Unix(_)) => return None,
        Stats::Socket(Socket::Tcp(_)) => "it is asked over TCP and may be on another host",
        Stats::Page { .. } => "its stats page does not name it",
    };
    Some(why.to_owned())
}

/// The process of this number, if it is HAProxy's: numbers are used again, and another container has the same ones.
pub(super) fn open(pid: u32, uptime: Option<u64>) -> Result<OwnedFd, String> {
    let number = i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or("it tells no number")?;
    let process =
        pidfd_open(number, PidfdFlags::empty()).map_err(|error| files::reason(&error.into()))?;
    // Where /proc hides it, there is nothing to compare.
    let Some((name, age)) = known(pid) else {
        return Ok(process);
    };
    if !NAMES.iter().any(|known| name.starts_with(known)) {
        return Err(format!(
            "the process of this number here is called '{name}'; HAProxy's is in a container"
        ));
    }
    if uptime.is_some_and(|uptime| uptime > age + NEAR) {
        return Err(
            "the process of this number here is younger; HAProxy's is in a container".to_owned(),
        );
    }
    Ok(process)
}

/// A process's name, and its age in seconds.
fn known(pid: u32) -> Option<(String, u64)> {
    let stat = files::text(
        Path::new(&format!("/proc/{pid}/stat")),
        Links::Refused,
        4096,
    )
    .ok()?;
    // The name, in brackets, may have any letters; the start is the 20th word after it.
    let (name, rest) = stat.rsplit_once(')')?;
    let ticks: u64 = rest.split_ascii_whitespace().nth(19)?.parse().ok()?;
    let now = Duration::try_from(clock_gettime(ClockId::Boottime)).ok()?;
    Some((
        name.split_once('(')?.1.to_owned(),
        now.as_secs().saturating_sub(ticks / TICKS_A_SECOND),
    ))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    /// What comes of a process of this name that has just begun.
    fn opened(name: &str, uptime: u64) -> Result<(), String> {
        let mut child = Command::new("sh")
            .args([
                "-c",
                &format!("printf {name} > /proc/$$/comm; echo; read -r line"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut String::new())
            .unwrap();
        let opened = open(child.id(), Some(uptime)).map(drop);
        drop(child.stdin.take());
        child.wait().unwrap();
        opened
    }

    #[test]
    fn a_process_is_followed_if_it_is_called_as_haproxy_is_and_as_old() {
        for name in ["haproxy", "haproxy-3.2", "hapee-lb"] {
            assert_eq!(opened(name, 0), Ok(()));
        }
        let stranger =
            "the process of this number here is called 'kworker'; HAProxy's is in a container";
        assert_eq!(opened("kworker", 0), Err(stranger.to_owned()));
        let younger = "the process of this number here is younger; HAProxy's is in a container";
        assert_eq!(opened("haproxy", 1000), Err(younger.to_owned()));
        assert_eq!(open(0, None).unwrap_err(), "it tells no number");
        assert_eq!(
            open(i32::MAX.unsigned_abs(), None).unwrap_err(),
            "no such process"
        );
    }

    #[test]
    fn a_process_tells_its_name_and_age() {
        let (name, age) = known(1).unwrap();
        assert!(!name.is_empty() && age < 1 << 32, "{name}, {age}");
    }
}
