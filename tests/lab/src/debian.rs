//! Trees of Debian: a release's base and a few packages.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::install::repository;
use crate::namespace::run;

/// `$1` the directory to make, `$2` the release of Debian, `$3` the packages beside the base. The mirror is the one that this machine's apt uses. What
/// debootstrap mounts goes with its mount namespace, however it ends. The rename comes last: what has the name is
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
unshare --mount --propagation private \
    debootstrap --variant=minbase --include="$3" "$2" "$1.new" "$mirror" >"$1.log" 2>&1 \
    || { tail -n 5 "$1.log" >&2; exit 1; }
rm -rf "$1.new/var/cache/apt" "$1.new/var/lib/apt/lists"
mv "$1.new" "$1"
"#;

/// A tree under `target/lab`, made when first wanted. `packages` are parted by commas.
///
/// # Errors
/// If it cannot be made.
pub fn debian_tree(name: &str, release: &str, packages: &str) -> Result<PathBuf> {
    let cache = repository().join("target/lab");
    std::fs::create_dir_all(&cache).with_context(|| format!("failed to create '{}'", cache.display()))?;
    let tree = cache.canonicalize()?.join(name);
    let lock = tree.with_extension("lock");
    run(Command::new("flock")
        .arg(lock)
        .args(["sh", "-c", MAKE, "make"])
        .arg(&tree)
        .args([release, packages]))
    .with_context(|| format!("failed to make '{}' with debootstrap (is it installed?)", tree.display()))?;
    Ok(tree)
}
