//! One run of a hook: started with the facts, heard, waited for, and killed with its children when its time is over.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use std::{io, thread};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use super::account::{Account, End};
use super::said::Said;
use crate::config::Hook;
use crate::report::status::Transition;

/// What is read of it once it has ended, in portions.
const LAST_READS: u32 = 32;
/// For the last children of a hook that was killed.
const LAST_BREATH: Duration = Duration::from_secs(1);
/// Between two looks at a hook that runs.
const PAUSE: Duration = Duration::from_millis(20);

/// Runs it to its end. Absent: nothing is to be started any more.
pub(super) fn run(
    rule: &Hook,
    transition: &Transition,
    account: &Account,
    said: &mut Said,
) -> Option<io::Result<End>> {
    let is_over = || account.over.load(Ordering::SeqCst);
    if is_over() {
        return None;
    }
    let mut child = match command(rule, transition).spawn() {
        Ok(child) => child,
        Err(error) => return Some(Err(error)),
    };
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    account
        .running
        .store(group.map_or(0, Pid::as_raw_pid), Ordering::SeqCst);
    if is_over() {
        // Whoever said so may not have seen it yet.
        kill(group);
    }
    let ended = watch(&mut child, group, Instant::now() + rule.timeout, said);
    account.running.store(0, Ordering::SeqCst);
    Some(ended)
}

/// Kills what runs, and what it started.
pub(super) fn kill(group: Option<Pid>) {
    if let Some(group) = group {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// The program with the facts in its environment, in a process group of its own, so that its children end with it.
fn command(rule: &Hook, transition: &Transition) -> Command {
    let Transition {
        at,
        service,
        from,
        to,
        why,
        prefixes,
    } = transition;
    let mut command = Command::new(rule.argv.program());
    command
        .args(rule.argv.arguments())
        .env("HAPROXY_RHI_SERVICE", service)
        .env("HAPROXY_RHI_FROM", from)
        .env("HAPROXY_RHI_TO", to)
        // A NUL would keep the program from being started.
        .env("HAPROXY_RHI_WHY", why.replace('\0', " "))
        .env("HAPROXY_RHI_PREFIXES", prefixes.join(" "))
        .env("HAPROXY_RHI_TIME", at.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0);
    command
}

/// Reads what it says, and waits for it and for its children; whatever is left of them at the deadline is killed.
fn watch(
    child: &mut Child,
    group: Option<Pid>,
    deadline: Instant,
    said: &mut Said,
) -> io::Result<End> {
    let mut stderr = child.stderr.take();
    let mut status = None;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            kill(group);
            if status.is_none() {
                let _ = child.wait();
            }
            // What is being killed still holds what it held: the next run must not find it.
            let end = Instant::now() + LAST_BREATH;
            while !is_gone(group) && Instant::now() < end {
                thread::sleep(PAUSE / 4);
            }
            return Ok(End::Killed);
        }
        if !hear(&mut stderr, left.min(PAUSE), said) {
            stderr = None;
        }
        if status.is_none() {
            status = child.try_wait()?;
        }
        if let Some(status) = status.filter(|_| is_gone(group)) {
            // What it said last; somebody who left the group may go on for ever.
            let _ = (0..LAST_READS)
                .all(|_| stderr.is_some() && hear(&mut stderr, Duration::ZERO, said));
            return Ok(End::Status(status));
        }
    }
}

/// Nobody of the group is left.
fn is_gone(group: Option<Pid>) -> bool {
    group.is_none_or(|group| test_kill_process_group(group) == Err(Errno::SRCH))
}

/// Takes what can be read within a time. False when there was nothing.
fn hear(stderr: &mut Option<ChildStderr>, time: Duration, said: &mut Said) -> bool {
    let Some(pipe) = stderr else {
        thread::sleep(time);
        return true;
    };
    let timeout = Timespec::try_from(time).ok();
    match poll(&mut [PollFd::new(pipe, PollFlags::IN)], timeout.as_ref()) {
        Ok(0) => !time.is_zero(),
        Ok(_) => {
            let mut buffer = [0; 8192];
            let count = pipe.read(&mut buffer).unwrap_or(0);
            said.take(buffer.get(..count).unwrap_or_default());
            count > 0
        }
        Err(_) => false,
    }
}
