//! Releases of Debian that a machine can boot.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::install::repository;
use crate::namespace::run;

/// `$1` the directory to make, `$2` the release. The mirror and the proxy are those of this machine's apt. What
/// debootstrap mounts goes with its mount namespace, however it ends. What a machine's apt installs lies in its cache
/// beforehand, with the lists that name it: a machine has no way out. The rename comes last: what has the name is
/// complete.
const MAKE: &str = r#"
set -e
[ ! -e "$1" ] || exit 0
umask 022
rm -rf --one-file-system "$1.new"
mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)"
[ -n "$mirror" ] || { echo "apt knows no mirror of Debian's (apt-get update?)" >&2; exit 1; }
eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
[ -z "$http_proxy" ] || export http_proxy
fill='
    apt-get clean
    apt-get -q -o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false update
    apt-get -q -y --download-only install exabgp haproxy iproute2 nftables
'
unshare --mount --propagation private sh -ec '
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,adduser,procps "$2" "$1" "$3"
    DEBIAN_FRONTEND=noninteractive chroot "$1" sh -ec "$4"
' make "$1.new" "$2" "$mirror" "$fill" >"$1.log" 2>&1 || { tail -n 5 "$1.log" >&2; exit 1; }
# With an identity of its own it is no first boot, at which systemd would ask for one at the console.
chroot "$1.new" systemd-machine-id-setup >>"$1.log" 2>&1
# Nobody needs it after a power cut.
echo force-unsafe-io >"$1.new/etc/dpkg/dpkg.cfg.d/unsafe-io"
rm -f "$1.new/etc/hostname" "$1.new/etc/resolv.conf"
mkdir -p "$1.new/var/log/journal"
mv "$1.new" "$1"
"#;

/// A release of Debian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Debian {
    /// Debian 12: systemd 252, HAProxy 2.6, ExaBGP 4.2.21.
    Bookworm,
    /// Debian 13: systemd 257, HAProxy 3.0, ExaBGP 4.2.25.
    Trixie,
}

impl Debian {
    /// Its tree under `target/lab`, which is made when first wanted: a minute.
    ///
    /// # Errors
    /// If the tree cannot be made.
    pub fn prepare(self) -> Result<PathBuf> {
        let release = match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        };
        let cache = repository().join("target/lab");
        std::fs::create_dir_all(&cache).with_context(|| format!("failed to create '{}'", cache.display()))?;
        let tree = cache.canonicalize()?.join(format!("machine-{release}"));
        let lock = tree.with_extension("lock");
        run(Command::new("flock").arg(lock).args(["sh", "-c", MAKE, "make"]).arg(&tree).arg(release))
            .with_context(|| {
                format!("failed to make '{}' with debootstrap (is it installed?)", tree.display())
            })?;
        Ok(tree)
    }
}
