//! HAProxy's process (`pidfd_open(2)`, Linux 5.3): its end is a reason to look at once, as a line of its log is.
//!
//! The process that is followed is the one that answered last at the stats socket. The end of an older one, which a reload has left
//! to its last clients, is one look at most.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Weak;
use std::thread;
use std::time::{Duration, Instant};

use log::info;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::time::{ClockId, clock_gettime};

use super::look::Looker;
use crate::files::{self, Links};
use crate::observation::{Cause, Process};
use crate::program::Credits;

/// HAProxy counts its uptime from a moment so near to the start of its process: it may read its configuration between. But its clock
/// stands still for as long as it is stopped, or its machine is, so that after months the two may be far apart.
const NEAR: u64 = 60;
/// A process of this name is taken for HAProxy, whatever its age.
const NAME: &str = "haproxy";
/// Of `/proc/PID/stat`, on every Linux (`proc_pid_stat(5)`, starttime).
const TICKS_A_SECOND: u64 = 100;
/// A process's number and uptime, on their way to the thread that follows it.
const MESSAGE: usize = 12;

/// A way to say who answered, and its other end. It ends with the first of them.
pub(super) fn way() -> io::Result<(UnixStream, UnixStream)> {
    let (teller, told) = UnixStream::pair()?;
    teller.set_nonblocking(true)?;
    Ok((teller, told))
}

/// Says that this process answered. (A thread that does not listen any more follows nobody.)
pub(super) fn tell(mut teller: &UnixStream, process: &Process) {
    let uptime = process.uptime.unwrap_or(u64::MAX).to_le_bytes();
    let _ = teller.write_all(&[process.pid.to_le_bytes().as_slice(), &uptime].concat());
}

/// Starts the thread that follows who is told, and has the end of each looked at.
///
/// # Errors
/// The thread cannot be started.
pub(super) fn start(told: UnixStream, looker: Weak<Looker>) -> io::Result<()> {
    let follower =
        Follower { told, looker, followed: None, credits: Credits::new(Instant::now()), complained: false };
    thread::Builder::new().name("process".to_owned()).spawn(|| follower.follow()).map(drop)
}

struct Follower {
    told: UnixStream,
    looker: Weak<Looker>,
    followed: Option<OwnedFd>,
    credits: Credits,
    complained: bool,
}

impl Follower {
    /// Until nobody looks any more.
    fn follow(mut self) {
        while let Ok(has_ended) = self.wait() {
            let went_on = if has_ended { self.look().map(drop) } else { self.take() };
            if went_on.is_none() {
                return;
            }
        }
    }

    /// Waits until the process has ended, or another one answered.
    fn wait(&self) -> io::Result<bool> {
        let mut waited = vec![PollFd::new(&self.told, PollFlags::IN)];
        waited.extend(self.followed.as_ref().map(|process| PollFd::new(process, PollFlags::IN)));
        while let Err(error) = poll(&mut waited, None) {
            if error != Errno::INTR {
                return Err(error.into());
            }
        }
        Ok(waited.first().is_some_and(|told| told.revents().is_empty()))
    }

    /// Follows the process that answered last. Absent: nobody looks any more.
    fn take(&mut self) -> Option<()> {
        let mut message = [0; MESSAGE];
        self.told.read_exact(&mut message).ok()?;
        let (pid, uptime) = message.split_first_chunk().unwrap_or((&[0; 4], &[]));
        let (pid, uptime) =
            (u32::from_le_bytes(*pid), uptime.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)));
        match open(pid, uptime.filter(|uptime| *uptime != u64::MAX)) {
            Ok(process) => self.followed = Some(process),
            Err(why) => {
                self.followed = None;
                // It may have ended since.
                if self.look()? == Some(pid) && !std::mem::replace(&mut self.complained, true) {
                    info!(
                        "HAProxy's process {pid} cannot be followed ({why}): its end is seen by the next poll"
                    );
                }
            }
        }
        Some(())
    }

    /// Looks, a bounded number of times, and returns who answered. Absent: nobody looks any more.
    fn look(&mut self) -> Option<Option<u32>> {
        self.followed = None;
        let now = Instant::now();
        thread::sleep(self.credits.ready(now).saturating_duration_since(now));
        self.credits.ready(Instant::now());
        self.credits.spend();
        Some(self.looker.upgrade()?.look(Cause::End))
    }
}

/// The process of this number, if it is HAProxy's: numbers are used again, and another container has the same ones.
fn open(pid: u32, uptime: Option<u64>) -> Result<OwnedFd, String> {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or("it tells no number")?;
    let process = pidfd_open(number, PidfdFlags::empty()).map_err(|error| files::reason(&error.into()))?;
    // Where /proc hides it, there is nothing to compare.
    match (known(pid), uptime) {
        (Some((name, age)), Some(uptime)) if name != NAME && age.abs_diff(uptime) > NEAR => {
            Err("the process of this number here is another one".to_owned())
        }
        _ => Ok(process),
    }
}

/// How a process is called, and for how many seconds it has run.
fn known(pid: u32) -> Option<(String, u64)> {
    let stat = files::text(Path::new(&format!("/proc/{pid}/stat")), Links::Refused, 4096).ok()?;
    // The name, in brackets, may have any letters; the start is the 20th word after it.
    let (name, rest) = stat.rsplit_once(')')?;
    let ticks: u64 = rest.split_ascii_whitespace().nth(19)?.parse().ok()?;
    let now = Duration::try_from(clock_gettime(ClockId::Boottime)).ok()?;
    Some((name.split_once('(')?.1.to_owned(), now.as_secs().saturating_sub(ticks / TICKS_A_SECOND)))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn haproxys_clock_may_have_stood_still() {
        let mut child = Command::new("sh")
            .args(["-c", "printf haproxy > /proc/$$/comm; echo; read -r line"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        let opened = open(child.id(), Some(1000)).map(drop);
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(opened, Ok(()));
    }

    #[test]
    fn a_process_of_the_same_number_is_followed_only_if_it_is_as_old() {
        let own = std::process::id();
        let (_, age) = known(own).unwrap();
        assert!(open(own, Some(age)).is_ok());
        assert!(open(own, None).is_ok());
        assert_eq!(
            open(own, Some(age + 1000)).unwrap_err(),
            "the process of this number here is another one"
        );
        assert_eq!(open(0, None).unwrap_err(), "it tells no number");
        assert_eq!(open(i32::MAX.unsigned_abs(), None).unwrap_err(), "no such process");
    }
}
