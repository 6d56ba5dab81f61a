//! HAProxy on an NVA, in master-worker mode as Debian's unit runs it.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Output;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::directory::LabDirectory;
use crate::install::Installation;
use crate::journal::Journal;
use crate::log_line::LogLine;
use crate::namespace::output;
use crate::program::{Program, Signal, children};
use crate::wait::eventually;

const CONFIG: &str = "/etc/haproxy/haproxy.cfg";
const PATIENCE: Duration = Duration::from_secs(5);
/// SIGUSR2, signal 12, in a mask of proc_pid_status(5).
const USR2: u64 = 1 << 11;

/// HAProxy on an NVA.
#[derive(Debug)]
pub struct HaproxyProcess {
    installation: Arc<Installation>,
    log: PathBuf,
    program: Mutex<Arc<Program>>,
    /// Those that [`Self::take_over`] replaced.
    leaving: Mutex<Vec<Arc<Program>>>,
    journal: Journal,
}

impl HaproxyProcess {
    pub(crate) fn new(
        installation: Arc<Installation>,
        directory: &LabDirectory,
        host: &str,
    ) -> Result<Self> {
        let log = directory.file(&format!("{host}-haproxy.log"));
        let journal = Journal::open(
            installation.path("/var/lib/haproxy/dev/log"),
            directory.file(&format!("{host}-journal.log")),
        )?;
        let program = Mutex::new(Arc::new(Program::new("haproxy", log.clone())));
        Ok(Self {
            installation,
            log,
            program,
            leaving: Mutex::default(),
            journal,
        })
    }

    /// Starts it and waits until port 80 is open.
    ///
    /// # Errors
    /// If it runs already, or does not come up.
    pub fn start(&self) -> Result<()> {
        self.launch()?;
        self.ready()
    }

    pub(crate) fn launch(&self) -> Result<()> {
        self.program()
            .start(self.installation.haproxy().args(["-W", "-f", CONFIG]))
    }

    pub(crate) fn ready(&self) -> Result<()> {
        eventually(PATIENCE, "HAProxy's port 80", || {
            ensure!(
                self.installation.listens_on(80)?,
                "it is closed; HAProxy said: {}",
                self.log()
            );
            Ok(())
        })
    }

    /// Stops it as systemd does, with SIGTERM, and waits for the end.
    ///
    /// # Errors
    /// If it is not running, or does not end.
    pub fn stop(&self) -> Result<()> {
        self.program().signal(Signal::Term)?;
        self.program().wait(PATIENCE).map(drop)
    }

    /// SIGKILL to the master and its workers at once.
    ///
    /// # Errors
    /// If the signal cannot be sent.
    pub fn kill(&self) -> Result<()> {
        self.program().kill()
    }

    /// SIGUSR2 to the master. Comes back at once: [`Self::workers`] shows when the new one is there, and
    /// [`Self::answering`] when it serves.
    ///
    /// # Errors
    /// If it is not running.
    pub fn reload(&self) -> Result<()> {
        let program = self.program();
        let status = format!("/proc/{}/status", program.pid()?);
        // A master that starts itself anew loses this signal after its new worker serves, and before it is done.
        eventually(PATIENCE, "a HAProxy that takes a reload", || {
            let status = fs::read_to_string(&status)?;
            let mask = |name: &str| {
                status
                    .lines()
                    .find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"))
            };
            let has = |name| {
                mask(name)
                    .and_then(|mask| u64::from_str_radix(mask, 16).ok())
                    .unwrap_or(0)
                    & USR2
                    > 0
            };
            ensure!(has("SigCgt") && !has("SigBlk"), "{status}");
            Ok(())
        })?;
        program.signal(Signal::Usr2)
    }

    /// A second master takes over the listening sockets (`-x`) and has the first one leave when its connections are
    /// done (`-sf`). Comes back at once: [`Self::answering`] shows when the new one serves.
    ///
    /// # Errors
    /// If it is not running.
    pub fn take_over(&self) -> Result<()> {
        let pid = self.program().pid()?.to_string();
        let new = Program::new("haproxy", self.log.clone());
        let takes = ["-x", "/run/haproxy/admin.sock", "-sf", &pid];
        new.start(
            self.installation
                .haproxy()
                .args(["-W", "-f", CONFIG])
                .args(takes),
        )?;
        let old = std::mem::replace(&mut *locked(&self.program), Arc::new(new));
        locked(&self.leaving).push(old);
        Ok(())
    }

    /// SIGSTOP to the master and its workers: connections are accepted by the kernel and never answered.
    ///
    /// # Errors
    /// If it is not running.
    pub fn freeze(&self) -> Result<()> {
        self.program().signal_group(Signal::Stop)
    }

    /// SIGCONT to the master and its workers.
    ///
    /// # Errors
    /// If it is not running.
    pub fn thaw(&self) -> Result<()> {
        self.program().signal_group(Signal::Cont)
    }

    /// Any signal, to the master alone.
    ///
    /// # Errors
    /// If it is not running.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.program().signal(signal)
    }

    /// Whether the master lives.
    ///
    /// # Errors
    /// If that cannot be found out.
    pub fn is_running(&self) -> Result<bool> {
        self.program().is_running()
    }

    /// The process ids of the workers; after a reload, of the old one too for as long as it lives.
    ///
    /// # Errors
    /// If HAProxy is not running.
    pub fn workers(&self) -> Result<Vec<u32>> {
        Ok(children(self.program().pid()?)?
            .into_iter()
            .map(|child| child.pid)
            .collect())
    }

    /// The process id of the worker that answers on `/run/haproxy/watch.sock`.
    ///
    /// # Errors
    /// If none does.
    pub fn answering(&self) -> Result<u32> {
        self.info("Pid")
    }

    /// A number of `show info`, from `/run/haproxy/watch.sock`.
    ///
    /// # Errors
    /// If nobody answers, or the answer has no such number.
    pub fn info(&self, name: &str) -> Result<u32> {
        let info = self.watch("show info")?;
        let value = info
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let value = value.with_context(|| format!("no {name} in '{info}'"))?;
        value
            .parse()
            .with_context(|| format!("{name} is '{value}'"))
    }

    /// A command on `/run/haproxy/watch.sock`, and its answer.
    ///
    /// # Errors
    /// If the socket does not answer within a second.
    pub fn watch(&self, command: &str) -> Result<String> {
        self.ask("/run/haproxy/watch.sock", command)
    }

    /// A command on `/run/haproxy/admin.sock`, and its answer.
    ///
    /// # Errors
    /// If the socket does not answer within a second.
    pub fn admin(&self, command: &str) -> Result<String> {
        self.ask("/run/haproxy/admin.sock", command)
    }

    /// A command on `/run/haproxy/control.sock`, and its answer.
    ///
    /// # Errors
    /// If the socket does not answer within a second.
    pub fn control(&self, command: &str) -> Result<String> {
        self.ask("/run/haproxy/control.sock", command)
    }

    fn ask(&self, socket: &str, command: &str) -> Result<String> {
        let ask = || -> Result<String> {
            let mut stream = UnixStream::connect(self.installation.path(socket))?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            stream.write_all(format!("{command}\n").as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().with_context(|| format!("failed to ask '{command}' on '{socket}'"))
    }

    /// `haproxy -c -f /etc/haproxy/haproxy.cfg`
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn check_config(&self) -> Result<Output> {
        output(self.installation.haproxy().args(["-c", "-f", CONFIG]))
    }

    fn program(&self) -> Arc<Program> {
        Arc::clone(&locked(&self.program))
    }

    /// What it logged to the journal so far: notices and worse, `Server … is DOWN`.
    pub fn journal(&self) -> Vec<LogLine> {
        self.journal.lines()
    }

    /// What it wrote to the terminal so far.
    pub fn log(&self) -> String {
        self.program().log()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
