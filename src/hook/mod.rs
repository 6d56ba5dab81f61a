//! Hooks: programs that are told of each move of a service. Nobody waits for them: each has a thread and a short queue
//! of its own, a bounded time, and no way to ExaBGP's pipe.

use std::fmt::Write;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{io, thread};

use log::{error, info, warn};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use crate::config::Hook;
use crate::mailbox::{Mailbox, Reader, mailbox};
use crate::report::status;
use crate::report::status::Transition;

/// Moves that may wait for a hook that is still busy; then the oldest is dropped.
const WAITING: usize = 16;
/// How much of what a hook says at stderr is kept, in octets and in lines of the log.
const KEPT: usize = 2048;
const LINES: usize = 8;
/// What is read of it once it has ended, in portions.
const LAST_READS: u32 = 32;
/// For the last children of a hook that was killed.
const LAST_BREATH: Duration = Duration::from_secs(1);
/// Between two looks at a hook that runs.
const PAUSE: Duration = Duration::from_millis(20);

/// The hooks of the configuration in force.
#[derive(Debug, Default)]
pub struct Hooks(Vec<Runner>);

/// One hook, and its thread.
#[derive(Debug)]
struct Runner {
    rule: Hook,
    moves: Mailbox<Transition>,
    account: Arc<Account>,
}

/// What the thread shares. No lock: to start a program may take long, where the disk hangs.
#[derive(Debug, Default)]
struct Account {
    /// The process group that runs; 0: none.
    running: AtomicI32,
    /// No other is to be started.
    over: AtomicBool,
    runs: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

impl Hooks {
    /// Other hooks are configured. Those that stay go on.
    pub fn apply(&mut self, rules: &[Hook]) {
        self.0.retain(|runner| rules.contains(&runner.rule));
        for rule in rules {
            if !self.0.iter().any(|runner| runner.rule == *rule) {
                match Runner::start(rule.clone()) {
                    Ok(runner) => self.0.push(runner),
                    Err(error) => error!("cannot start a thread for {}: {error}", name(rule)),
                }
            }
        }
    }

    /// A service moved.
    pub fn tell(&self, transition: &Transition) {
        for runner in &self.0 {
            if let Some(Transition { service, from, to, at, .. }) = runner.moves.put(transition.clone()) {
                let name = name(&runner.rule);
                warn!("{name} is still busy: it is not told of service {service}: {from} -> {to} at {at}");
                runner.account.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// For reports.
    pub fn account(&self) -> Vec<status::Hook> {
        self.0.iter().map(Runner::account).collect()
    }

    /// Ends what runs: nobody would bound its time any more.
    pub fn end(&self) {
        for runner in &self.0 {
            runner.account.over.store(true, Ordering::SeqCst);
            kill(Pid::from_raw(runner.account.running.load(Ordering::SeqCst)));
        }
    }
}

impl Runner {
    fn start(rule: Hook) -> io::Result<Self> {
        let (moves, letters) = mailbox(WAITING);
        let account = Arc::new(Account::default());
        let (own, shared) = (rule.clone(), Arc::clone(&account));
        thread::Builder::new().name("hook".to_owned()).spawn(move || serve(&own, &letters, &shared))?;
        Ok(Self { rule, moves, account })
    }

    fn account(&self) -> status::Hook {
        let program = self.rule.argv.program().display().to_string();
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        status::Hook {
            argv: [program].into_iter().chain(self.rule.argv.arguments().iter().cloned()).collect(),
            running: self.account.running.load(Ordering::SeqCst) != 0,
            waiting: self.moves.waiting(),
            runs: number(&self.account.runs),
            failed: number(&self.account.failed),
            dropped: number(&self.account.dropped),
        }
    }
}

fn name(rule: &Hook) -> String {
    format!("hook '{}'", rule.argv.program().display())
}

/// How a run ended.
#[derive(Debug)]
enum End {
    Status(ExitStatus),
    /// It, or what it left behind, was killed at the end of its time.
    Killed,
}

fn serve(rule: &Hook, letters: &Reader<Transition>, account: &Account) {
    while let Some(transition) = letters.take() {
        let mut said = Said::default();
        let Some(ended) = run(rule, &transition, account, &mut said) else { return };
        account.runs.fetch_add(1, Ordering::Relaxed);
        let name = name(rule);
        said.log(&name);
        let what =
            format!("{name} for service {}: {} -> {}", transition.service, transition.from, transition.to);
        let failure = match ended {
            Ok(End::Status(status)) if status.success() => continue,
            Ok(End::Status(status)) => match status.code() {
                Some(code) => format!("ended with exit status {code}"),
                None => "was ended by a signal".to_owned(),
            },
            Ok(End::Killed) => format!("was not done in {}, killed", crate::config::Span::from(rule.timeout)),
            Err(error) => format!("cannot be run: {error}"),
        };
        account.failed.fetch_add(1, Ordering::Relaxed);
        warn!("{what} {failure}");
    }
}

/// Runs it to its end. Absent: nothing is to be started any more.
fn run(rule: &Hook, transition: &Transition, account: &Account, said: &mut Said) -> Option<io::Result<End>> {
    let is_over = || account.over.load(Ordering::SeqCst);
    if is_over() {
        return None;
    }
    let mut child = match command(rule, transition).spawn() {
        Ok(child) => child,
        Err(error) => return Some(Err(error)),
    };
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    account.running.store(group.map_or(0, Pid::as_raw_pid), Ordering::SeqCst);
    if is_over() {
        // Whoever said so may not have seen it yet.
        kill(group);
    }
    let ended = watch(&mut child, group, Instant::now() + rule.timeout, said);
    account.running.store(0, Ordering::SeqCst);
    Some(ended)
}

fn kill(group: Option<Pid>) {
    if let Some(group) = group {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// The program with the facts in its environment, in a process group of its own, so that its children end with it.
fn command(rule: &Hook, transition: &Transition) -> Command {
    let Transition { at, service, from, to, why, prefixes } = transition;
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
fn watch(child: &mut Child, group: Option<Pid>, deadline: Instant, said: &mut Said) -> io::Result<End> {
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
            let _ = (0..LAST_READS).all(|_| stderr.is_some() && hear(&mut stderr, Duration::ZERO, said));
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

/// What a hook said at stderr: its beginning, and how much it was.
#[derive(Debug, Default)]
struct Said {
    kept: Vec<u8>,
    more: usize,
}

impl Said {
    fn take(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.kept.len()).min(bytes.len());
        let (kept, more) = bytes.split_at_checked(room).unwrap_or_default();
        self.kept.extend(kept);
        self.more += more.len();
    }

    fn log(&self, name: &str) {
        let text = String::from_utf8_lossy(&self.kept);
        let shown = |letter: char| if letter.is_control() { ' ' } else { letter };
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        for line in lines.by_ref().take(LINES) {
            info!("{name} says: {}", line.chars().map(shown).collect::<String>());
        }
        let mut rest = String::new();
        let count = lines.count();
        if count > 0 {
            let _ = write!(rest, "{count} more line(s)");
        }
        if self.more > 0 {
            let _ = write!(rest, "{}{} more octets", if rest.is_empty() { "" } else { ", " }, self.more);
        }
        if !rest.is_empty() {
            info!("{name} says {rest}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transition(to: &str) -> Transition {
        let words = |text: &str| text.to_owned();
        Transition {
            at: crate::report::moment::Moment::now(),
            service: words("web"),
            from: words("up"),
            to: words(to),
            why: words("a NUL \0 and\na line"),
            prefixes: vec![words("9.9.9.9/32")],
        }
    }

    fn hooks(argv: &[&str], timeout: u64) -> Hooks {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let mut hooks = Hooks::default();
        hooks.apply(&[Hook { argv: argv.try_into().unwrap(), timeout: Duration::from_secs(timeout) }]);
        hooks
    }

    fn eventually(hooks: &Hooks, is: impl Fn(&status::Hook) -> bool) -> status::Hook {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let account = hooks.account().remove(0);
            if is(&account) || Instant::now() > end {
                assert!(is(&account), "{account:?}");
                return account;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn of_what_waits_too_long_the_oldest_is_dropped() {
        let hooks = hooks(&["/bin/sleep", "600"], 3600);
        hooks.tell(&transition("down"));
        eventually(&hooks, |account| account.running);
        for _ in 0..WAITING + 3 {
            hooks.tell(&transition("down"));
        }
        let account = eventually(&hooks, |account| account.running);
        assert_eq!((account.waiting, account.dropped, account.runs), (WAITING, 3, 0));
        // Whoever leaves ends what runs, and starts no other.
        hooks.end();
        let account = eventually(&hooks, |account| !account.running && account.runs == 1);
        assert_eq!(account.failed, 1);
    }

    #[test]
    fn hooks_that_stay_go_on_and_others_end() {
        let mut hooks = hooks(&["/bin/true"], 10);
        hooks.tell(&transition("down"));
        eventually(&hooks, |account| account.runs == 1 && account.failed == 0);
        let rules: Vec<Hook> = hooks.0.iter().map(|runner| runner.rule.clone()).collect();
        let other =
            Hook { argv: vec!["/no/such/program".to_owned()].try_into().unwrap(), ..rules[0].clone() };
        hooks.apply(&[other.clone(), rules[0].clone()]);
        let names: Vec<String> = hooks.account().iter().map(|hook| hook.argv.join(" ")).collect();
        assert_eq!(names, ["/bin/true", "/no/such/program"]);
        assert_eq!(hooks.account()[0].runs, 1);
        hooks.apply(&[other]);
        hooks.tell(&transition("down"));
        eventually(&hooks, |account| account.runs == 1 && account.failed == 1);
    }

    #[test]
    fn what_it_says_is_kept_up_to_a_bound() {
        let mut said = Said::default();
        for _ in 0..100 {
            said.take(&[b'x'; 1000]);
        }
        assert_eq!((said.kept.len(), said.more), (KEPT, 100_000 - KEPT));
    }
}
