//! Which ExaBGP the NVAs run.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::install::repository;
use crate::namespace::run;

/// `$1` the directory to make, `$2` the version. The rename comes last: what has the name is complete.
const MAKE: &str = r#"
set -e
[ ! -e "$1" ] || exit 0
umask 022
rm -rf "$1.new"
/usr/bin/python3 -m venv "$1.new"
"$1.new/bin/python3" -m pip install --quiet --disable-pip-version-check "exabgp==$2"
mv "$1.new" "$1"
"#;

/// An ExaBGP to run on the NVAs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExaBgp {
    /// The distribution's package: `/usr/sbin/exabgp`.
    Debian,
    /// This version from PyPI, in a venv under `target/lab` that is made when first wanted. 5 and later: the one of the venv that
    /// `LAB_EXABGP` names, if it names one, such as a version that is in no index.
    Pip(&'static str),
}

impl ExaBgp {
    /// Makes sure that it is there. [`Lab`](crate::Lab) does this by itself; a test may do it before it measures.
    ///
    /// # Errors
    /// If the venv cannot be made.
    pub fn prepare(&self) -> Result<Option<PathBuf>> {
        let Self::Pip(version) = self else {
            return Ok(None);
        };
        let other = std::env::var_os("LAB_EXABGP").filter(|_| self.has_subcommands());
        if let Some(venv) = other {
            return Ok(Some(PathBuf::from(venv)));
        }
        let cache = repository().join("target/lab");
        std::fs::create_dir_all(&cache)
            .with_context(|| format!("failed to create '{}'", cache.display()))?;
        let venv = cache.canonicalize()?.join(format!("exabgp-{version}"));
        let lock = venv.with_file_name(format!("exabgp-{version}.lock"));
        run(Command::new("flock")
            .arg(lock)
            .args(["sh", "-c", MAKE, "make"])
            .arg(&venv)
            .arg(version))
        .with_context(|| {
            format!("failed to install ExaBGP {version} with pip (is python3-venv there?)")
        })?;
        Ok(Some(venv))
    }

    /// The words before the configuration's path.
    pub(crate) fn server(&self) -> Vec<&'static str> {
        self.words("server")
    }

    pub(crate) fn validate(&self) -> Vec<&'static str> {
        match self.has_subcommands() {
            true => self.words("validate"),
            false => [self.words(""), vec!["--validate"]].concat(),
        }
    }

    fn words(&self, subcommand: &'static str) -> Vec<&'static str> {
        let mut words = match self {
            Self::Debian => vec!["/usr/sbin/exabgp"],
            // By way of the interpreter: the script's first line names a path that user exabgp may not reach.
            Self::Pip(_) => vec!["/opt/exabgp/bin/python3", "/opt/exabgp/bin/exabgp"],
        };
        if self.has_subcommands() {
            words.push(subcommand);
        }
        words
    }

    /// Since 5.0 the command line begins with one.
    fn has_subcommands(&self) -> bool {
        matches!(self, Self::Pip(version) if !version.starts_with("4.") && !version.starts_with("3."))
    }
}
