//! The files of a story.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One file of a story: its time, its kind and its path.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    pub(super) at: u64,
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
}

/// In the order in which they happen at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Restart,
    Refused,
    Config,
    Address,
    Probe,
    ProbeLives,
    Drain,
    Answers,
    ExaBgp,
    ExaBgpGone,
    Control,
    Lives,
    Hangs,
    HaProxy,
    Gone,
    Unreadable,
    Look,
    Leave,
    End,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "restart" => Self::Restart,
            "watch.refused" => Self::Refused,
            "config.json" => Self::Config,
            "address.txt" => Self::Address,
            "probe.txt" => Self::Probe,
            "probe.lives" => Self::ProbeLives,
            "drain.txt" => Self::Drain,
            "exabgp.answers" => Self::Answers,
            "exabgp.txt" => Self::ExaBgp,
            "exabgp.gone" => Self::ExaBgpGone,
            "haproxy.control" => Self::Control,
            "haproxy.lives" => Self::Lives,
            "haproxy.hangs" => Self::Hangs,
            "haproxy.txt" => Self::HaProxy,
            "haproxy.gone" => Self::Gone,
            "haproxy.unreadable" => Self::Unreadable,
            "look" => Self::Look,
            "leave" => Self::Leave,
            "end" => Self::End,
            _ => return None,
        })
    }
}

/// The steps of a story, and the names of the files that hold what is expected.
pub(super) fn read(folder: &Path) -> (Vec<Step>, BTreeSet<String>) {
    let (mut steps, mut expected) = (Vec::new(), BTreeSet::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "config.json" {
            continue;
        }
        let parts = name.split_once("ms-").and_then(|(at, kind)| Some((at.parse().ok()?, kind)));
        match parts {
            Some((_, "says.txt" | "logs.txt" | "tells.txt" | "exits.txt")) => drop(expected.insert(name)),
            Some((at, kind)) if Kind::of(kind).is_some() => {
                steps.push(Step { at, kind: Kind::of(kind).unwrap(), path });
            }
            _ => panic!("'{}' is no file of a story", path.display()),
        }
    }
    steps.sort();
    (steps, expected)
}
