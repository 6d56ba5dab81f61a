//! What a process has used, as /proc tells it.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

/// `_SC_CLK_TCK`, which is 100 on every Linux of today's machines.
const TICK: Duration = Duration::from_millis(10);
/// A curl lives for several times as long.
const LOOK: Duration = Duration::from_millis(2);

/// Memory now, and CPU so far.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// KiB of VmRSS.
    pub rss: u64,
    /// KiB of VmHWM.
    pub hwm: u64,
    /// KiB, each shared page divided by those who share it.
    pub pss: u64,
    /// KiB of RssAnon: what it has written, and no other process has. (Private_Dirty has pages of a new binary, too.)
    pub private: u64,
    /// User and system time of its own.
    pub own: Duration,
    /// Of its ended children, and theirs.
    pub children: Duration,
}

impl Usage {
    pub fn of(pid: u32) -> Result<Self> {
        let read = |file: &str| {
            let path = format!("/proc/{pid}/{file}");
            fs::read_to_string(&path).with_context(|| format!("failed to read '{path}'"))
        };
        let (status, rollup, stat) = (read("status")?, read("smaps_rollup")?, read("stat")?);
        let kib = |text: &str, name: &str| -> Result<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let number = line
                .and_then(|line| line.split_whitespace().next())
                .context("no figure")?;
            Ok(number.parse()?)
        };
        // After the name in parentheses: utime, stime, cutime and cstime are fields 14 to 17 of proc_pid_stat(5).
        let fields = stat.rsplit_once(") ").context("not a stat")?.1;
        let ticks: Vec<u32> = fields
            .split(' ')
            .skip(11)
            .take(4)
            .flat_map(str::parse)
            .collect();
        let [user, system, children_user, children_system] = ticks.as_slice() else {
            return Err(anyhow!("not a stat: '{stat}'"));
        };
        Ok(Self {
            rss: kib(&status, "VmRSS:")?,
            hwm: kib(&status, "VmHWM:")?,
            pss: kib(&rollup, "Pss:")?,
            private: kib(&status, "RssAnon:")?,
            own: TICK * (user + system),
            children: TICK * (children_user + children_system),
        })
    }

    /// With the CPU since an earlier look.
    pub fn since(self, before: &Self) -> Self {
        Self {
            own: self.own - before.own,
            children: self.children - before.children,
            ..self
        }
    }
}

/// The children that a process has now, whichever thread started them.
pub fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let lists = tasks.flat_map(|task| fs::read_to_string(task.path().join("children")));
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .flat_map(str::parse)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Counts the processes below one, by looking often.
pub struct Starts {
    stop: Arc<AtomicBool>,
    looker: JoinHandle<usize>,
}

impl Starts {
    pub fn below(pid: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let looker = thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !stopped.load(Ordering::Relaxed) {
                for child in children(pid) {
                    seen.insert(child);
                    seen.extend(children(child));
                }
                sleep(LOOK);
            }
            seen.len()
        });
        Self { stop, looker }
    }

    pub fn finish(self) -> Result<usize> {
        self.stop.store(true, Ordering::Relaxed);
        self.looker.join().map_err(|_| anyhow!("the count is lost"))
    }
}
