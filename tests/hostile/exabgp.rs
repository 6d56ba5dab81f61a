//! haproxy-rhi as ExaBGP runs it: its process, the pipes, and a sane ExaBGP at their other ends.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::wait::{eventually, within};

/// The most that the process may ever have in memory, with whatever it is sent: VmHWM.
pub const MOST_MEMORY_KB: u64 = 64 * 1024;
/// How much of its log is kept.
const KEPT_LOG: usize = 1 << 20;

/// The process, and what it said to ExaBGP and to its log.
pub struct Service {
    child: Child,
    stdin: Arc<Mutex<Option<File>>>,
    said: Arc<Mutex<Vec<String>>>,
    log: Arc<Mutex<String>>,
    unread: Option<ChildStderr>,
}

/// How the process is started.
pub struct Setup {
    arguments: Vec<String>,
    log_is_read: bool,
    /// A fault of its own, at SIGUSR2.
    fault: Option<&'static str>,
}

impl Setup {
    /// For the service of the examples, with a pace for tests.
    pub fn new(stats: &str) -> Self {
        let fixed = "run --backend http_back --prefix 9.9.9.9/32 --next-hop 192.0.2.1 --no-address-check \
                     --interval 50ms --fast-interval 20ms --timeout 200ms --stats";
        let arguments = fixed
            .split_whitespace()
            .chain([stats])
            .map(str::to_owned)
            .collect();
        Self {
            arguments,
            log_is_read: true,
            fault: None,
        }
    }

    /// For a configuration file.
    pub fn of_file(path: &Path) -> Self {
        let arguments = ["run", "--config", path.to_str().unwrap()]
            .map(str::to_owned)
            .to_vec();
        Self {
            arguments,
            log_is_read: true,
            fault: None,
        }
    }

    /// A flag and its value, in the place of the one that is there.
    pub fn with(mut self, flag: &str, value: &str) -> Self {
        match self.arguments.iter().position(|argument| argument == flag) {
            Some(at) => value.clone_into(&mut self.arguments[at + 1]),
            None => self.arguments.extend([flag, value].map(str::to_owned)),
        }
        self
    }

    /// Nobody reads its log: what it writes to stderr stays in the pipe.
    pub fn without_a_reader_of_its_log(mut self) -> Self {
        self.log_is_read = false;
        self
    }

    /// At SIGUSR2 it is `stuck`, or it panics (`panic`).
    pub fn with_a_fault(mut self, fault: &'static str) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Shows what it would say, and says nothing.
    pub fn dry(mut self) -> Self {
        self.arguments.push("--dry-run".to_owned());
        self
    }

    fn spawn(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"))
            .args(&self.arguments)
            .args(["--status-file", "/dev/null"])
            .env_remove("RUST_LOG")
            .env_remove("JOURNAL_STREAM")
            .envs(self.fault.map(|fault| ("HAPROXY_RHI_FAULT", fault)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Starts it under a sane ExaBGP.
    pub fn start(self) -> Service {
        let (mut service, stdout) = self.start_unheard();
        let (stdin, said) = (Arc::clone(&service.stdin), Arc::clone(&service.said));
        thread::spawn(move || answer(stdout, &stdin, &said));
        let pid = service.child.id();
        eventually("it asks who is there", || {
            assert!(
                service.child.try_wait().unwrap().is_none(),
                "process {pid} left at the start"
            );
            service
                .said()
                .first()
                .is_some_and(|line| line == "system version")
        });
        service
    }

    /// Starts it, and nobody reads what it says but the caller.
    pub fn start_unheard(self) -> (Service, ChildStdout) {
        let mut child = self.spawn();
        let stdin = child
            .stdin
            .take()
            .unwrap()
            .as_fd()
            .try_clone_to_owned()
            .unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let log = Arc::new(Mutex::new(String::new()));
        let unread = if self.log_is_read {
            let written = Arc::clone(&log);
            thread::spawn(move || keep(stderr, &written));
            None
        } else {
            Some(stderr)
        };
        let stdin = Arc::new(Mutex::new(Some(File::from(stdin))));
        (
            Service {
                child,
                stdin,
                said: Arc::default(),
                log,
                unread,
            },
            stdout,
        )
    }
}

/// Keeps the beginning of the log, and reads all of it.
fn keep(mut stderr: ChildStderr, log: &Mutex<String>) {
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut chunk) {
        let mut log = log.lock().unwrap();
        if log.len() < KEPT_LOG {
            log.push_str(&String::from_utf8_lossy(&chunk[..count]));
        }
    }
}

/// A sane ExaBGP: it answers every command.
fn answer(stdout: ChildStdout, stdin: &Mutex<Option<File>>, said: &Mutex<Vec<String>>) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { return };
        let reply = if line == "system version" {
            "exabgp 5.0.15\ndone\n"
        } else {
            "done\n"
        };
        said.lock().unwrap().push(line);
        if let Some(stdin) = &mut *stdin.lock().unwrap() {
            // It may have left: then the test says so.
            let _ = stdin.write_all(reply.as_bytes());
        }
    }
}

impl Service {
    /// Everything that it said so far.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// Begins to read its log, which nobody has read so far.
    pub fn read_its_log(&mut self) {
        let (stderr, log) = (self.unread.take().unwrap(), Arc::clone(&self.log));
        thread::spawn(move || keep(stderr, &log));
    }

    /// What it said about routes.
    pub fn routes(&self) -> Vec<String> {
        self.said()
            .into_iter()
            .filter(|line| line.contains(" route "))
            .collect()
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// ExaBGP's end of its stdin, to write what a sane ExaBGP would not. As long as it lives, stdin is not closed.
    pub fn stdin(&self) -> File {
        self.stdin
            .lock()
            .unwrap()
            .as_ref()
            .unwrap()
            .try_clone()
            .unwrap()
    }

    pub fn write(&self, bytes: &[u8]) {
        self.stdin().write_all(bytes).unwrap();
    }

    pub fn close_stdin(&self) {
        drop(self.stdin.lock().unwrap().take());
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// It announces the service, with the last word on it.
    pub fn eventually_announces(&self) {
        eventually("it announces the service", || {
            self.routes().last().is_some_and(|line| announces(line))
        });
    }

    pub fn eventually_withdraws(&self) {
        eventually("it withdraws the service", || {
            self.routes().last().is_some_and(|line| !announces(line))
        });
    }

    pub fn has_announced_nothing(&self) {
        let announced: Vec<String> = self
            .said()
            .into_iter()
            .filter(|line| line.contains("announce"))
            .collect();
        assert!(announced.is_empty(), "{announced:?}");
    }

    /// It runs, it did not fail, and it never took more memory than it may.
    pub fn is_well(&mut self) {
        self.did_not_fail();
        assert_eq!(
            self.child.try_wait().unwrap(),
            None,
            "it left: {}",
            self.log()
        );
        let most = self.most_memory_kb();
        assert!(
            most <= MOST_MEMORY_KB,
            "{most} kB were in memory, and {MOST_MEMORY_KB} kB are the most"
        );
    }

    fn did_not_fail(&self) {
        let log = self.log();
        assert!(
            !log.contains("internal error") && !log.contains("panicked"),
            "{log}"
        );
    }

    /// VmHWM of proc_pid_status(5).
    pub fn most_memory_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// The processor time it took: utime and stime of proc_pid_stat(5), of which 100 are a second on Linux.
    pub fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// It ends in this time, with this status.
    pub fn ends_within(&mut self, limit: Duration, code: i32) {
        let mut status: Option<ExitStatus> = None;
        within(limit, "it ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert_eq!(status.unwrap().code(), Some(code), "{}", self.log());
    }

    /// It leaves in this time, in peace.
    pub fn leaves_within(&mut self, limit: Duration) {
        let mut status: Option<ExitStatus> = None;
        within(limit, "it leaves", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        self.did_not_fail();
        assert_eq!(status.unwrap().code(), Some(0), "{}", self.log());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = self.log.lock().map(|log| log.clone()).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            println!("the end of its log:\n{}", tail.join("\n"));
        }
    }
}

/// The service's announcement, and nothing else that a line may be.
pub fn announces(line: &str) -> bool {
    line.starts_with("announce route 9.9.9.9/32 next-hop 192.0.2.1")
}
