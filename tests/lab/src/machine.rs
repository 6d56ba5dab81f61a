//! A booted Debian in an NVA's place: systemd, and whatever apt installs there.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::debian::Debian;
use crate::directory::LabDirectory;
use crate::namespace::{output, run, said};
use crate::topology::HostPlan;
use crate::wait::eventually;

/// `$1` the tree, `$2` the machine's directory, `$3` its network's namespace, `$4` its name. The tree stays as it is:
/// what the machine writes is beside it. A control group of its own, of the unified kind whatever this machine mounts:
/// systemd 257 knows no other. All of it, but the group, goes with the mount namespace.
const BOOT: &str = r#"
set -e
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p "/sys/fs/cgroup/$4" "$2/upper" "$2/work" "$2/root"
echo $$ >"/sys/fs/cgroup/$4/cgroup.procs"
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
exec systemd-nspawn --quiet --register=no --keep-unit --network-namespace-path="/run/netns/$3" --link-journal=no \
    --capability=CAP_NET_ADMIN --resolv-conf=off --timezone=off --console=pipe --machine="$4" --directory="$2/root" --boot
"#;

/// `$1` the machine's name: its group, which has no processes any more.
const SWEEP: &str = r#"
mount -t cgroup2 cgroup2 /sys/fs/cgroup
[ ! -e "/sys/fs/cgroup/$1" ] || find "/sys/fs/cgroup/$1" -depth -type d -exec rmdir {} \;
"#;

/// A boot takes a second where nothing else runs.
const BOOTED: Duration = Duration::from_secs(90);
/// A shutdown waits for drains.
const OFF: Duration = Duration::from_secs(120);

/// A machine, which has the NVA's network. At its end it is powered off, whatever happened.
#[derive(Debug)]
pub struct Machine {
    name: String,
    tree: PathBuf,
    directory: PathBuf,
    console: PathBuf,
    nspawn: Mutex<Option<Child>>,
}

impl Machine {
    pub(crate) fn new(plan: &HostPlan, debian: Debian, directory: &LabDirectory) -> Result<Self> {
        let own = directory.file(&format!("{}-machine", plan.name));
        fs::create_dir_all(&own)
            .with_context(|| format!("failed to create '{}'", own.display()))?;
        Ok(Self {
            name: format!("{}-{}", directory.name(), plan.name),
            tree: debian.prepare()?,
            directory: own,
            console: directory.file(&format!("{}-console.log", plan.name)),
            nspawn: Mutex::new(None),
        })
    }

    /// Boots, and comes back when systemd has started everything. What was written before is there.
    ///
    /// # Errors
    /// If it runs, or does not come up: what systemd says, and the console.
    pub fn boot(&self) -> Result<()> {
        ensure!(self.nspawn().is_none(), "the machine runs already");
        let console = fs::File::options()
            .create(true)
            .append(true)
            .open(&self.console)?;
        let mut command = Command::new("unshare");
        command
            .args([
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                BOOT,
                "boot",
            ])
            .arg(&self.tree)
            .arg(&self.directory)
            .args([&self.name, &self.name])
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(console.try_clone()?)
            .stderr(console);
        *self.nspawn() = Some(command.spawn().context("failed to run 'unshare'")?);
        self.await_boot()
    }

    /// Waits until systemd has started everything.
    ///
    /// # Errors
    /// If it does not come up: what systemd says, and the console.
    pub fn await_boot(&self) -> Result<()> {
        let attempt = || {
            ensure!(self.is_on()?, "systemd-nspawn has ended");
            let state = said(&output(
                self.command("systemctl")?.arg("is-system-running"),
            )?);
            ensure!(
                ["running", "degraded"].contains(&state.as_str()),
                "systemd says '{state}'"
            );
            Ok(())
        };
        eventually(BOOTED, "the machine's boot", attempt).with_context(|| {
            let console = fs::read(&self.console).unwrap_or_default();
            format!(
                "the console says: {}",
                String::from_utf8_lossy(&console).trim()
            )
        })
    }

    /// `program` on the machine, as root.
    ///
    /// # Errors
    /// If the machine is not on.
    pub fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new("nsenter");
        command.args([
            "--target",
            &self.first_process()?.to_string(),
            "--mount",
            "--uts",
            "--ipc",
            "--net",
        ]);
        // With its root, a program also gets that for its working directory.
        command.args(["--pid", "--root", "--", program]);
        command.env_clear().env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        );
        command
            .env("LANG", "C.UTF-8")
            .env("DEBIAN_FRONTEND", "noninteractive");
        Ok(command)
    }

    /// Runs a shell's script on the machine, as root, and gives what it said.
    ///
    /// # Errors
    /// If it fails: its status and what it said.
    pub fn sh(&self, script: &str) -> Result<String> {
        let output = output(self.command("sh")?.args(["-ec", script]))?;
        let text = said(&output);
        ensure!(
            output.status.success(),
            "on the machine, '{script}': {}: {text}",
            output.status
        );
        Ok(text)
    }

    /// Runs a script as another user, with the groups that the machine's files give it: its status and what it said.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn sh_as(&self, user: &str, script: &str) -> Result<(Option<i32>, String)> {
        let output = output(
            self.command("runuser")?
                .args(["-u", user, "--", "sh", "-c", script]),
        )?;
        Ok((output.status.code(), said(&output)))
    }

    /// Puts a file on the machine.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &str, content: &[u8]) -> Result<()> {
        let path = self.path(path)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, content).with_context(|| format!("failed to write '{}'", path.display()))
    }

    /// Where the test's own process finds the machine's `path`.
    ///
    /// # Errors
    /// If the machine is not on.
    pub fn path(&self, path: &str) -> Result<PathBuf> {
        let root = format!("/proc/{}/root", self.first_process()?);
        Ok(Path::new(&root).join(path.trim_start_matches('/')))
    }

    /// Shuts down as an operator does, and comes back when the machine is off.
    ///
    /// # Errors
    /// If it does not go off.
    pub fn power_off(&self) -> Result<()> {
        self.go_down("systemctl poweroff --no-block")
    }

    fn go_down(&self, order: &str) -> Result<()> {
        self.sh(order)?;
        eventually(OFF, "the machine's shutdown", || {
            ensure!(!self.is_on()?, "it is on");
            Ok(())
        })?;
        *self.nspawn() = None;
        Ok(())
    }

    /// Reboots as an operator does, and comes back when systemd has started everything again.
    ///
    /// # Errors
    /// If it does not go down or come back.
    pub fn reboot(&self) -> Result<()> {
        // systemd-nspawn leaves it to whoever keeps its unit to start it again.
        self.go_down("systemctl reboot --no-block")?;
        self.boot()
    }

    fn is_on(&self) -> Result<bool> {
        Ok(match self.nspawn().as_mut() {
            Some(child) => child.try_wait()?.is_none(),
            None => false,
        })
    }

    /// systemd, by the number that it has here: the one process on this network that is another namespace's first.
    fn first_process(&self) -> Result<u32> {
        let list = said(&output(
            Command::new("ip").args(["netns", "pids", &self.name]),
        )?);
        let is_first = |pid: &&str| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let ids = status
                .lines()
                .find_map(|line| line.strip_prefix("NSpid:"))
                .unwrap_or_default();
            let ids: Vec<&str> = ids.split_whitespace().collect();
            ids.len() > 1 && ids.last() == Some(&"1")
        };
        let first = list
            .lines()
            .find(is_first)
            .context("the machine is not on")?;
        Ok(first.parse()?)
    }

    fn nspawn(&self) -> MutexGuard<'_, Option<Child>> {
        self.nspawn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Ok(pid) = self.first_process() {
            let _ = output(Command::new("kill").args(["-KILL", &pid.to_string()]));
        }
        if let Some(mut child) = self.nspawn().take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let mut sweep = Command::new("unshare");
        sweep.args([
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            SWEEP,
            "sweep",
            &self.name,
        ]);
        // A group that stays is in nobody's way: its name is this process's.
        let _ = run(&mut sweep);
    }
}
