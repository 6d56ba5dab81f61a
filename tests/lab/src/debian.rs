//! Releases of Debian in trees of their own: a base with a few packages, and one that a machine can boot.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::install::repository;
use crate::namespace::run;

/// `$1` the directory to make, `$2` the release of Debian, `$3` the packages beside the base, `$4` what else is done
/// to it. The mirror and the proxy are those of this machine's apt. What debootstrap mounts goes with its mount
/// namespace, however it ends. The rename comes last: what has the name is complete.
const MAKE: &str = r#"
set -e
[ ! -e "$1" ] || exit 0
umask 022
rm -rf --one-file-system "$1.new"
mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)"
[ -n "$mirror" ] || { echo "apt knows no mirror of Debian's (apt-get update?)" >&2; exit 1; }
eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
[ -z "$http_proxy" ] || export http_proxy
unshare --mount --propagation private sh -ec '
    debootstrap --variant=minbase --include="$3" "$2" "$1" "$5"
    exec sh -ec "$4" finish "$1"
' make "$1.new" "$2" "$3" "$4" "$mirror" >"$1.log" 2>&1 || { tail -n 5 "$1.log" >&2; exit 1; }
mv "$1.new" "$1"
"#;

/// Nothing is installed later.
const FINISH_TREE: &str = r#"
rm -rf "$1/var/cache/apt" "$1/var/lib/apt/lists"
"#;

/// What a machine's apt installs lies in its cache beforehand, with the lists that name it: a machine has no way out.
const FINISH_MACHINE: &str = r#"
DEBIAN_FRONTEND=noninteractive chroot "$1" sh -ec '
    apt-get clean
    apt-get -q -o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false update
    apt-get -q -y --download-only install exabgp haproxy iproute2 nftables
    apt-get -q -y --download-only --no-install-recommends install cloud-init
'
# With an identity of its own it is no first boot, at which systemd would ask for one at the console.
chroot "$1" systemd-machine-id-setup
# Nobody needs it after a power cut.
echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/unsafe-io"
rm -f "$1/etc/hostname" "$1/etc/resolv.conf"
mkdir -p "$1/var/log/journal"
"#;

/// A tree under `target/lab`, made when first wanted. `packages` are parted by commas.
///
/// # Errors
/// If it cannot be made.
pub fn debian_tree(name: &str, release: &str, packages: &str) -> Result<PathBuf> {
    make(name, release, packages, FINISH_TREE)
}

/// A release of Debian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Debian {
    /// Debian 12: systemd 252, HAProxy 2.6, ExaBGP 4.2.21.
    Bookworm,
    /// Debian 13: systemd 257, HAProxy 3.0, ExaBGP 4.2.25.
    Trixie,
}

impl Debian {
    /// Its tree under `target/lab` that a machine can boot, made when first wanted: a minute.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn prepare(self) -> Result<PathBuf> {
        let release = match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        };
        let packages = "systemd,systemd-sysv,dbus,adduser,procps";
        // What is in a tree of this name never changes: another list, another name.
        make(&format!("nva-{release}"), release, packages, FINISH_MACHINE)
    }
}

fn make(name: &str, release: &str, packages: &str, finish: &str) -> Result<PathBuf> {
    let cache = repository().join("target/lab");
    std::fs::create_dir_all(&cache)
        .with_context(|| format!("failed to create '{}'", cache.display()))?;
    let tree = cache.canonicalize()?.join(name);
    let lock = tree.with_extension("lock");
    run(Command::new("flock")
        .arg(lock)
        .args(["sh", "-c", MAKE, "make"])
        .arg(&tree)
        .args([release, packages, finish]))
    .with_context(|| {
        format!(
            "failed to make '{}' with debootstrap (is it installed?)",
            tree.display()
        )
    })?;
    Ok(tree)
}
