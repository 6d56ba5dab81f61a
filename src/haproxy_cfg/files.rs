//! The files of the running HAProxy, and their texts.
//!
//! The master's command line comes before its worker's: the worker runs as another user, who could change its own.

use std::fs;
use std::io::Read;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::ways::Ways;
use crate::condition::Url;
use crate::config::Socket;
use crate::files::{self, Links, reason};

/// haproxy.cfg, unless the running HAProxy's command line names another.
pub const DEFAULT_PATH: &str = "/etc/haproxy/haproxy.cfg";

/// The longest text that is read, in bytes, of all files together.
const LONGEST: usize = 16 << 20;
/// The most files of a HAProxy.
const MOST_FILES: usize = 1000;

/// Where HAProxy runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// On this host.
    This,
    /// Perhaps on another host: this host's files may not be its.
    Another,
}

impl Host {
    /// The host of a stats socket.
    pub fn of(socket: &Socket) -> Self {
        match socket {
            Socket::Unix(_) => Self::This,
            Socket::Tcp(address) => {
                let parts = address.as_str().rsplit_once(':');
                Self::named(parts.map_or("", |(host, _)| host))
            }
        }
    }

    /// The host of a stats page.
    pub fn of_page(url: &Url) -> Self {
        let rest = url.as_str().split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let port = authority
            .rsplit_once(':')
            .filter(|(_, port)| !port.contains(']'));
        Self::named(port.map_or(authority, |(host, _)| host))
    }

    /// By a host's name or address, IPv6 in brackets.
    fn named(host: &str) -> Self {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        if is_loopback {
            Self::This
        } else {
            Self::Another
        }
    }
}

/// Where the frontends of a HAProxy lead. `process`: HAProxy's PID, where it is known.
///
/// # Errors
/// Why its files cannot be read.
pub fn ways(host: Host, process: Option<u32>) -> Result<Ways, String> {
    Ok(Ways::read(
        texts_of(host, process)?.iter().map(String::as_str),
    ))
}

/// The texts of a HAProxy's files, in its order.
///
/// # Errors
/// Why they cannot be read.
pub fn texts_of(host: Host, process: Option<u32>) -> Result<Vec<String>, String> {
    if host == Host::Another {
        return Err(
            "HAProxy is not asked on this host, and its haproxy.cfg is not looked for".to_owned(),
        );
    }
    let files = match process.and_then(launched) {
        Some((process, arguments)) => arguments.files(|| folder(process))?,
        None => vec![DEFAULT_PATH.into()],
    };
    texts(&files)
}

/// The arguments of HAProxy's command line that name its files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Arguments {
    /// `-f`, and what follows `--`.
    files: Vec<String>,
    /// `-C`.
    folder: Option<String>,
}

impl Arguments {
    /// HAProxy looks at a flag's first letter only. `None`: it is not HAProxy's command line, or names no file.
    fn of(words: &[String]) -> Option<Self> {
        let (program, mut rest) = words.split_first()?;
        Path::new(program)
            .file_name()?
            .to_str()?
            .strip_prefix("haproxy")?;
        let mut arguments = Self::default();
        loop {
            rest = match rest {
                [] => break,
                [word, files @ ..] if word == "--" => {
                    arguments.files.extend_from_slice(files);
                    break;
                }
                [flag, value, rest @ ..] if flag.starts_with("-f") => {
                    arguments.files.push(value.clone());
                    rest
                }
                [flag, value, rest @ ..] if flag.starts_with("-C") => {
                    arguments.folder = Some(value.clone());
                    rest
                }
                [_, rest @ ..] => rest,
            };
        }
        (!arguments.files.is_empty()).then_some(arguments)
    }

    /// The paths; relative ones from an absolute `-C`, or from `folder`, HAProxy's working directory.
    fn files(&self, folder: impl Fn() -> Result<PathBuf, String>) -> Result<Vec<PathBuf>, String> {
        let absolute = self
            .folder
            .as_ref()
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute());
        let path = |file: &String| match Path::new(file) {
            path if path.is_absolute() => Ok(path.to_owned()),
            path => absolute
                .clone()
                .map_or_else(&folder, Ok)
                .map(|folder| folder.join(path)),
        };
        self.files.iter().map(path).collect()
    }
}

/// HAProxy's first process and its arguments: the master, where there is one.
fn launched(process: u32) -> Option<(u32, Arguments)> {
    let own = Arguments::of(&command_line(process)?)?;
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let parent = status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
    let master = parent.and_then(|parent| Some((parent, Arguments::of(&command_line(parent)?)?)));
    Some(master.unwrap_or((process, own)))
}

fn command_line(process: u32) -> Option<Vec<String>> {
    let mut bytes = Vec::new();
    let file = fs::File::open(format!("/proc/{process}/cmdline")).ok()?;
    file.take(1 << 20).read_to_end(&mut bytes).ok()?;
    let words = bytes.split(|byte| *byte == 0);
    Some(
        words
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect(),
    )
}

/// The working directory of a process that is in no chroot.
fn folder(process: u32) -> Result<PathBuf, String> {
    let link = |name: &str| fs::read_link(format!("/proc/{process}/{name}"));
    match (link("root"), link("cwd")) {
        (Ok(root), Ok(folder)) if root == Path::new("/") => Ok(folder),
        _ => Err(
            "its path is relative, and the folder of HAProxy's process cannot be read".to_owned(),
        ),
    }
}

/// The texts of files, and of the .cfg files in folders, in HAProxy's order.
fn texts(paths: &[PathBuf]) -> Result<Vec<String>, String> {
    let mut files = Vec::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(data) if data.is_dir() => files.extend(listed(path)?),
            _ => files.push(path.clone()),
        }
    }
    if files.len() > MOST_FILES {
        return Err(format!(
            "HAProxy has {} files, and {MOST_FILES} are the most that are read",
            files.len()
        ));
    }
    let mut left = LONGEST;
    files.iter().map(|file| text(file, &mut left)).collect()
}

/// The .cfg files of a folder, in the order of their names' bytes, without hidden ones.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| {
        format!("failed to list '{}': {}", folder.display(), reason(&error))
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)?.take(100 * MOST_FILES) {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().as_bytes();
        if name.ends_with(b".cfg")
            && !name.starts_with(b".")
            && fs::metadata(&path).is_ok_and(|data| data.is_file())
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A regular file's text. `left` are the bytes that may still be read.
fn text(path: &Path, left: &mut usize) -> Result<String, String> {
    let failed = |why: String| format!("failed to read '{}': {why}", path.display());
    let failed_to = |error: std::io::Error| failed(reason(&error));
    let (file, _) = files::open(path, Links::Followed).map_err(failed_to)?;
    let mut bytes = Vec::new();
    file.take(*left as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed_to)?;
    *left = left.checked_sub(bytes.len()).ok_or_else(|| {
        failed(format!(
            "over {LONGEST} bytes, which are the most that are read"
        ))
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
