//! Programs that are run: hooks, probes, tools of the system.
//! In come a command, and the time that it may take.
//! Out goes how it ended; no process of its group is left.

use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid,
};

/// Between two looks at a program that runs: the first and the longest pause.
const PAUSES: (Duration, Duration) = (Duration::from_micros(500), Duration::from_millis(20));
/// The most reads of a program's output once it has ended.
const LAST_READS: u32 = 32;
/// How long the children of a program that was killed may take to end.
const LAST_BREATH: Duration = Duration::from_secs(1);
/// How long a tool of the system may take.
const ANSWER: Duration = Duration::from_secs(10);

/// Which processes are waited for. Those that are left then are killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The one that is started.
    ForTheFirst,
    /// Its children, too.
    ForAll,
}

/// How a run ended.
#[derive(Debug)]
pub enum End {
    /// By itself.
    Status(ExitStatus),
    /// It, or what it left behind, was killed at the end of its time.
    Killed,
    /// The group had been ended before.
    NotBegun,
}

/// The process group of a program that may run now, which another thread may end.
#[derive(Debug, Default)]
pub struct Group(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    over: bool,
    /// Until the program is reaped: its number is no other group's till then.
    running: Option<Pid>,
}

impl Group {
    /// Ends what runs, and what would still begin.
    pub fn end(&self) {
        let mut state = self.state();
        state.over = true;
        kill(state.running);
    }

    /// A program of it runs.
    pub fn is_running(&self) -> bool {
        self.state().running.is_some()
    }

    fn begin(&self, group: Option<Pid>) {
        let mut state = self.state();
        state.running = group;
        if state.over {
            kill(group);
        }
    }

    fn finish(&self, is_left: bool) {
        let running = self.state().running.take();
        kill(running.filter(|_| is_left));
    }

    // Never held while a program is started: that may take long, where the disk hangs.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a program in a process group of its own. `heard` takes what it says at stdout, or else at stderr, where that is piped.
///
/// # Errors
/// It cannot be started or waited for.
pub fn run(
    command: &mut Command,
    within: Duration,
    wait: Wait,
    group: &Group,
    mut heard: impl FnMut(&[u8]),
) -> io::Result<End> {
    if group.state().over {
        return Ok(End::NotBegun);
    }
    let mut child = command.process_group(0).spawn()?;
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    group.begin(id);
    let in_time = watch(&mut child, id, Instant::now() + within, wait, &mut heard);
    let is_left = wait == Wait::ForTheFirst || !matches!(in_time, Ok(true));
    group.finish(is_left);
    let status = child.wait()?;
    if in_time? {
        return Ok(End::Status(status));
    }
    // Until it is gone, a killed program still holds what it held, which the next run must not find.
    let end = Instant::now() + LAST_BREATH;
    while wait == Wait::ForAll && !is_gone(id) && Instant::now() < end {
        thread::sleep(PAUSES.1 / 4);
    }
    Ok(End::Killed)
}

/// What a tool of the system prints.
///
/// # Errors
/// It cannot be run, or its time is over.
pub fn printed(command: &mut Command) -> io::Result<String> {
    let mut text = Vec::new();
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let heard = |bytes: &[u8]| text.extend_from_slice(bytes);
    match run(
        command.stdout(Stdio::piped()),
        ANSWER,
        Wait::ForTheFirst,
        &Group::default(),
        heard,
    )? {
        End::Status(_) => Ok(String::from_utf8_lossy(&text).into_owned()),
        End::Killed | End::NotBegun => Err(ErrorKind::TimedOut.into()),
    }
}

/// Waits for the end, and takes the output. False: the time is over.
fn watch(
    child: &mut Child,
    group: Option<Pid>,
    deadline: Instant,
    wait: Wait,
    heard: &mut impl FnMut(&[u8]),
) -> io::Result<bool> {
    let stdout = child.stdout.take().map(OwnedFd::from);
    let mut pipe = stdout.or_else(|| child.stderr.take().map(OwnedFd::from));
    let mut pause = PAUSES.0;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        hear(&mut pipe, pause.min(left), heard);
        pause = (pause * 2).min(PAUSES.1);
        let is_over = match wait {
            Wait::ForTheFirst => has_ended(child)?,
            Wait::ForAll => child.try_wait()?.is_some() && is_gone(group),
        };
        if is_over {
            // The last output; a process that left the group may write for ever.
            let _ = (0..LAST_READS).all(|_| hear(&mut pipe, Duration::ZERO, heard));
            return Ok(true);
        }
    }
}

/// Takes what can be read within a time. False: there was nothing.
fn hear(pipe: &mut Option<OwnedFd>, time: Duration, heard: &mut impl FnMut(&[u8])) -> bool {
    let Some(open) = pipe else {
        thread::sleep(time);
        return false;
    };
    let timeout = Timespec::try_from(time).ok();
    let is_ready = poll(&mut [PollFd::new(open, PollFlags::IN)], timeout.as_ref());
    if is_ready == Ok(0) {
        return false;
    }
    let mut buffer = [0; 8192];
    let count = is_ready.and_then(|_| rustix::io::read(open, &mut buffer));
    match count {
        Ok(count) if count > 0 => heard(buffer.get(..count).unwrap_or_default()),
        Err(Errno::INTR) => {}
        _ => *pipe = None,
    }
    pipe.is_some()
}

/// It has ended, and is left unreaped.
fn has_ended(child: &Child) -> io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    match i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        Some(pid) => Ok(waitid(WaitId::Pid(pid), options)?.is_some()),
        None => Ok(false),
    }
}

fn kill(group: Option<Pid>) {
    if let Some(group) = group {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn is_gone(group: Option<Pid>) -> bool {
    group.is_none_or(|group| test_kill_process_group(group) == Err(Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_leaves_behind_is_waited_for_and_killed() {
        let ended = |within, wait| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", "sleep 600 &"]);
            let within = Duration::from_millis(within);
            run(&mut command, within, wait, &Group::default(), |_| {}).unwrap()
        };
        let first = ended(600_000, Wait::ForTheFirst);
        assert!(matches!(first, End::Status(status) if status.success()));
        assert!(matches!(ended(300, Wait::ForAll), End::Killed));
    }

    #[test]
    fn what_is_printed_is_taken_whole() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "head -c 1000000 /dev/zero | tr '\\0' x; exit 3"]);
        assert_eq!(printed(&mut command).unwrap().len(), 1_000_000);
    }

    #[test]
    fn a_group_that_was_ended_starts_nothing() {
        let group = Group::default();
        group.end();
        let ended = run(
            &mut Command::new("/bin/true"),
            ANSWER,
            Wait::ForAll,
            &group,
            |_| {},
        );
        assert!(matches!(ended, Ok(End::NotBegun)) && !group.is_running());
    }
}
