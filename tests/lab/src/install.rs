//! An NVA's own view of the file system: the repository's files where an operator installs them.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::namespace::Namespace;
use crate::topology::Region;

/// `$1` an empty directory, `$2` an ExaBGP from pip or nothing, `$3` another release's tree with its HAProxy or
/// nothing, `$4` a folder of programs that are in /usr/bin too, or nothing. Everything is undone with the mount namespace.
const MOUNTS: &str = r#"
set -e
umask 022
mount -t tmpfs -o mode=0755 tmpfs "$1"
for place in etc usr/bin var/lib; do
    mkdir -p "$1/$place/upper" "$1/$place/work"
    lower=/$place
    if [ "$place" = usr/bin ] && [ -n "$4" ]; then lower=$4:$lower; fi
    mount -t overlay -o "lowerdir=$lower,upperdir=$1/$place/upper,workdir=$1/$place/work" overlay "/$place"
done
mount -t tmpfs -o mode=0755 tmpfs /opt
if [ -n "$2" ]; then
    mkdir /opt/exabgp
    mount --bind "$2" /opt/exabgp
fi
if [ -n "$3" ]; then
    mkdir /opt/haproxy
    mount --bind "$3" /opt/haproxy
fi
mount -t tmpfs -o mode=0755 tmpfs /run
# As Debian's tmpfiles.d/haproxy.conf and exabgp.service make them.
install -d -m 2775 -o haproxy -g haproxy /run/haproxy
install -d -m 0750 -o exabgp -g exabgp /run/exabgp
install -d /var/lib/haproxy/dev
mkfifo -m 0600 /run/exabgp/exabgp.in /run/exabgp/exabgp.out
chown exabgp:exabgp /run/exabgp/exabgp.in /run/exabgp/exabgp.out
mkdir -p /etc/exabgp /etc/haproxy /etc/haproxy-rhi
# As the package makes them: the shipped haproxy.cfg names the group.
getent group haproxy-rhi >/dev/null || echo 'haproxy-rhi:x:64990:' >>/etc/group
(cd /var/lib && mkdir -p haproxy-rhi haproxy-rhi/drain haproxy-rhi/drain.units haproxy-rhi/drain.taken-out &&
    chgrp haproxy-rhi haproxy-rhi/drain && chmod 2775 haproxy-rhi/drain)
echo ready
exec sleep infinity
"#;

/// HAProxy, `$@` its arguments, with the tree's libraries in place of the NVA's: of `/usr`, and of nothing else, it has
/// a view of its own. It keeps its name and its path, by which it starts itself anew at a reload.
const FROM_TREE: &str = r#"
mount --bind /opt/haproxy/etc/ld.so.cache /etc/ld.so.cache &&
mount --bind /opt/haproxy/usr /usr &&
exec /usr/sbin/haproxy "$@"
"#;

/// The programs that are not the distribution's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prepared {
    /// A venv with ExaBGP.
    pub(crate) exabgp: Option<PathBuf>,
    /// Another release's tree with HAProxy.
    pub(crate) haproxy: Option<PathBuf>,
}

/// A mount namespace on a host's network. A process that only sleeps holds it.
#[derive(Debug)]
pub(crate) struct Installation {
    holder: Child,
    has_tree: bool,
}

impl Installation {
    pub(crate) fn make(
        network: &Namespace,
        scratch: &Path,
        prepared: &Prepared,
        programs: Option<&Path>,
    ) -> Result<Self> {
        fs::create_dir(scratch)
            .with_context(|| format!("failed to create '{}'", scratch.display()))?;
        let mut command = network.command("unshare");
        command
            .args([
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                MOUNTS,
                "install",
            ])
            .arg(scratch);
        let trees = [&prepared.exabgp, &prepared.haproxy].map(Option::as_deref);
        for tree in trees.into_iter().chain([programs]) {
            command.arg(tree.unwrap_or(Path::new("")));
        }
        let mut holder = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to make a mount namespace")?;
        let mut line = String::new();
        if let Some(stdout) = holder.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let installation = Self {
            holder,
            has_tree: prepared.haproxy.is_some(),
        };
        ensure!(
            line == "ready\n",
            "failed to mount an NVA's file system; is overlayfs there?"
        );
        Ok(installation)
    }

    /// `program` as the NVA sees it: its files and its network.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args([
            "--target",
            &self.holder.id().to_string(),
            "--mount",
            "--net",
            "--wd=/",
            "--",
            program,
        ]);
        command.env_clear().env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        );
        command.env("LANG", "C.UTF-8");
        command
    }

    /// The NVA's HAProxy, in the place of this command: the child's pid is HAProxy's.
    pub(crate) fn haproxy(&self) -> Command {
        if !self.has_tree {
            return self.command("/usr/sbin/haproxy");
        }
        let mut command = self.command("unshare");
        command.args([
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            FROM_TREE,
            "haproxy",
        ]);
        command
    }

    /// Where the lab's own process finds the NVA's `path`.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        Path::new(&format!("/proc/{}/root", self.holder.id())).join(path.trim_start_matches('/'))
    }

    /// Whether some program accepts TCP connections on this port. Asks the kernel, and so disturbs nobody.
    pub(crate) fn listens_on(&self, port: u16) -> Result<bool> {
        let local = format!(":{port:04X}");
        for table in ["tcp", "tcp6"] {
            let path = format!("/proc/{}/net/{table}", self.holder.id());
            let text =
                fs::read_to_string(&path).with_context(|| format!("failed to read '{path}'"))?;
            let mut rows = text
                .lines()
                .skip(1)
                .map(|row| row.split_whitespace().skip(1));
            // Local address, remote address, state; 0A is LISTEN.
            if rows.any(|mut row| {
                row.next().is_some_and(|a| a.ends_with(&local)) && row.nth(1) == Some("0A")
            }) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Puts a file in place in one step, as an editor or a package does.
    pub(crate) fn write(&self, path: &str, content: &[u8], mode: u32) -> Result<()> {
        let target = self.path(path);
        let mut new = target.clone().into_os_string();
        new.push(".new");
        let write = || {
            fs::write(&new, content)?;
            fs::set_permissions(&new, Permissions::from_mode(mode))?;
            fs::rename(&new, &target)
        };
        write().with_context(|| format!("failed to write the NVA's '{path}'"))
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// What this repository gives the operator of a region, and where it belongs.
pub(crate) fn shipped(region: Region) -> Result<Vec<(&'static str, String)>> {
    let folder = region.folder();
    [
        (
            "/etc/exabgp/exabgp.conf",
            format!("exabgp/{folder}/exabgp.conf"),
        ),
        (
            "/etc/haproxy-rhi/config.json",
            format!("exabgp/{folder}/config.json"),
        ),
        ("/etc/haproxy/haproxy.cfg", format!("haproxy/{folder}.cfg")),
    ]
    .into_iter()
    .map(|(place, file)| {
        let file = repository().join(file);
        let text = fs::read_to_string(&file)
            .with_context(|| format!("failed to read '{}'", file.display()))?;
        Ok((place, text))
    })
    .collect()
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
