//! One long-running program of a host: started, signalled, and gone at the end.

use std::fs::{self, OpenOptions};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::namespace::run;
use crate::wait::eventually;

/// The signals that a test has a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Signal {
    Alrm,
    Cont,
    Hup,
    Int,
    Kill,
    Stop,
    Term,
    Usr1,
    Usr2,
}

impl Signal {
    fn name(self) -> String {
        format!("{self:?}").to_uppercase()
    }
}

/// Sends a signal to one process.
pub(crate) fn send(signal: Signal, pid: u32) -> Result<()> {
    kill(signal, &[pid.to_string()])
}

/// In one call: the processes get it at the same time, as from systemd.
pub(crate) fn send_all(signal: Signal, pids: &[u32]) -> Result<()> {
    kill(signal, &pids.iter().map(u32::to_string).collect::<Vec<_>>())
}

fn kill(signal: Signal, targets: &[String]) -> Result<()> {
    run(Command::new("kill")
        .args(["-s", &signal.name(), "--"])
        .args(targets))
    .with_context(|| {
        format!(
            "failed to send SIG{} to {}",
            signal.name(),
            targets.join(" ")
        )
    })
}

/// A program that is the leader of a process group of its own. Its output goes to a log of its name.
#[derive(Debug)]
pub(crate) struct Program {
    name: String,
    log: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Program {
    pub(crate) fn new(name: &str, log: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            log,
            child: Mutex::new(None),
        }
    }

    /// Starts it; the log continues.
    pub(crate) fn start(&self, command: &mut Command) -> Result<()> {
        let mut child = self.child();
        if let Some(running) = child.as_mut() {
            ensure!(
                running.try_wait()?.is_some(),
                "{} is running already",
                self.name
            );
        }
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| format!("failed to open '{}'", self.log.display()))?;
        let started = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("failed to start {}", self.name))?;
        *child = Some(started);
        Ok(())
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> Result<u32> {
        match self.running()? {
            Some(pid) => Ok(pid),
            None => bail!("{} is not running", self.name),
        }
    }

    pub(crate) fn is_running(&self) -> Result<bool> {
        Ok(self.running()?.is_some())
    }

    /// To the program alone.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        send(signal, self.pid()?)
    }

    /// To its whole process group.
    pub(crate) fn signal_group(&self, signal: Signal) -> Result<()> {
        kill(signal, &[format!("-{}", self.pid()?)])
    }

    /// SIGKILL to the group, and wait. A program that is not running is left so.
    pub(crate) fn kill(&self) -> Result<()> {
        if self.is_running()? {
            self.signal_group(Signal::Kill)?;
            self.wait(Duration::from_secs(5))?;
        }
        Ok(())
    }

    /// Waits for its end, and says how it ended: an exit code, or a signal as a negative number.
    pub(crate) fn wait(&self, timeout: Duration) -> Result<i32> {
        eventually(timeout, &format!("the end of {}", self.name), || {
            let mut child = self.child();
            let Some(child) = child.as_mut() else {
                bail!("{} was never started", self.name)
            };
            let Some(status) = child.try_wait()? else {
                bail!("it is still running")
            };
            Ok(status
                .code()
                .or_else(|| status.signal().map(|signal| -signal))
                .unwrap_or_default())
        })
    }

    pub(crate) fn log_path(&self) -> &Path {
        &self.log
    }

    pub(crate) fn log(&self) -> String {
        fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    fn running(&self) -> Result<Option<u32>> {
        let mut child = self.child();
        let Some(child) = child.as_mut() else {
            return Ok(None);
        };
        Ok(match child.try_wait()? {
            Some(_) => None,
            None => Some(child.id()),
        })
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The reaper takes what this leaves.
        let _ = self.kill();
    }
}

/// The unit of times in /proc (proc(5)): `USER_HZ` is 100 everywhere.
const TICK: Duration = Duration::from_millis(10);

/// A child of some process.
#[derive(Debug)]
pub struct ChildProcess {
    /// Its process id.
    pub pid: u32,
    pub(crate) arguments: Vec<String>,
    /// After the boot, by the kernel's clock.
    pub started: Duration,
}

/// The children that `parent` has now.
pub(crate) fn children(parent: u32) -> Result<Vec<ChildProcess>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")
        .context("failed to read '/proc'")?
        .flatten()
    {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // A process may end while it is looked at.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // The name in parentheses may hold anything; after it come state and parent, and the start is field 22.
        let Some((_, fields)) = stat.rsplit_once(") ") else {
            continue;
        };
        let fields: Vec<&str> = fields.split(' ').collect();
        let number = |index: usize| {
            fields
                .get(index)
                .and_then(|field| field.parse::<u64>().ok())
        };
        if number(1) != Some(u64::from(parent)) || fields.first() == Some(&"Z") {
            continue;
        }
        let arguments = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        found.push(ChildProcess {
            pid,
            arguments: String::from_utf8_lossy(&arguments)
                .split('\0')
                .map(str::to_owned)
                .collect(),
            started: TICK
                * number(19)
                    .and_then(|ticks| u32::try_from(ticks).ok())
                    .unwrap_or_default(),
        });
    }
    Ok(found)
}
