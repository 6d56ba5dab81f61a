//! Which HAProxy the NVAs run.

use std::path::PathBuf;

use anyhow::Result;

use crate::debian::debian_tree;

/// A HAProxy to run on the NVAs. The web servers always are the distribution's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haproxy {
    /// The distribution's package: `/usr/sbin/haproxy`, 2.6 on Debian 12.
    Debian,
    /// HAProxy 3.0 of Debian 13, with the libraries of that release, in a tree under `target/lab` that is made when
    /// first wanted.
    Debian13,
}

impl Haproxy {
    /// Makes sure that it is there. [`Lab`](crate::Lab) does this by itself; a test may do it before it measures.
    ///
    /// # Errors
    /// If the tree cannot be made.
    pub fn prepare(self) -> Result<Option<PathBuf>> {
        match self {
            Self::Debian => Ok(None),
            Self::Debian13 => debian_tree("haproxy-trixie", "trixie", "haproxy").map(Some),
        }
    }
}
