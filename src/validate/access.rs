//! What ExaBGP's user may not open, where root asks: ExaBGP and haproxy-rhi run as that user.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::rule::*;
use super::user;
use crate::child::printed;
use crate::config::{self, Config, Socket, Stats};
use crate::exabgp_conf;
use crate::program::Plan;

/// Arguments: a test (`-r`, `-w`) and a path, repeated. Prints each path that fails, then an empty line, which shows that it ran.
const TRY: &str = r#"while [ $# -gt 0 ]; do test "$1" "$2" || echo "$2"; shift 2; done; echo"#;

/// The text where ExaBGP's user is not known.
pub const NOT_TOLD: &str =
    "which user ExaBGP runs as could not be told, so that its rights were not looked at";

/// What ExaBGP's user may open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rights {
    /// Somebody else than root asks, or there is nothing to open.
    NotAsked,
    /// ExaBGP's user is not known.
    NotTold,
    /// What the user may not open; perhaps nothing.
    Closed {
        /// The user's name.
        user: String,
        /// Paths that exist and that the user may not open.
        paths: Vec<PathBuf>,
    },
}

/// An error for each file or socket of the system's own configuration.
pub fn findings(config: &Config) -> Vec<Finding> {
    let (user, paths) = match rights(config) {
        Rights::NotAsked => return Vec::new(),
        Rights::NotTold => return vec![not_told()],
        Rights::Closed { user, paths } => (user, paths),
    };
    let finding = |path: PathBuf| Finding {
        rule: &NOT_FOR_EXABGP,
        severity: Severity::Error,
        cure: cure(config, &path, &user),
        what: format!("user {user} may not open it"),
        path: path.display().to_string(),
        at: None,
    };
    paths.into_iter().map(finding).collect()
}

fn not_told() -> Finding {
    let cure = "start exabgp.service, or try what it opens as its user";
    note(&NOT_FOR_EXABGP, NOT_TOLD, cure).at(exabgp_conf::DEFAULT_PATH.to_owned(), None)
}

/// Tests the paths that exist as ExaBGP's user.
pub fn rights(config: &Config) -> Rights {
    let mut arguments = Vec::new();
    for (test, path) in opened(config).into_iter().filter(|(_, path)| path.exists()) {
        arguments.extend([Path::new(test).to_owned(), path]);
    }
    if arguments.is_empty() || !rustix::process::geteuid().is_root() {
        return Rights::NotAsked;
    }
    let closed = user::of_exabgp().and_then(|user| {
        let paths = closed(&user, &arguments)?;
        Some(Rights::Closed { user, paths })
    });
    closed.unwrap_or(Rights::NotTold)
}

/// The paths that `user` may not open; `None`: they could not be tested.
fn closed(user: &str, arguments: &[PathBuf]) -> Option<Vec<PathBuf>> {
    let mut command = Command::new("runuser");
    command
        .args(["-u", user, "--", "sh", "-c", TRY, "try"])
        .args(arguments)
        .current_dir("/");
    let text = printed(&mut command).ok()?;
    let text = text.strip_suffix('\n')?;
    Some(text.lines().map(PathBuf::from).collect())
}

/// What the user must open: `-r` for a file, `-w` for a socket.
fn opened(config: &Config) -> Vec<(&'static str, PathBuf)> {
    let mut all = vec![
        ("-r", config::DEFAULT_PATH.into()),
        ("-r", exabgp_conf::DEFAULT_PATH.into()),
    ];
    all.extend(sockets(config).map(|path| ("-w", path.clone())));
    if let Some(Stats::Page { login, .. }) = asked(config) {
        all.extend(login.iter().map(|(_, path)| ("-r", path.clone())));
    }
    all
}

/// `haproxy.stats`, if any condition is about HAProxy.
fn asked(config: &Config) -> Option<&Stats> {
    (!Plan::of(config).proxies.is_empty()).then_some(&config.haproxy.stats)
}

/// The Unix sockets of `haproxy.stats` and `haproxy.control`.
fn sockets(config: &Config) -> impl Iterator<Item = &PathBuf> {
    let stats = asked(config).and_then(Stats::socket);
    let sockets = stats.into_iter().chain(&config.haproxy.control);
    sockets.filter_map(|socket| match socket {
        Socket::Unix(path) => Some(path),
        Socket::Tcp(_) => None,
    })
}

fn cure(config: &Config, path: &Path, user: &str) -> String {
    match sockets(config).any(|socket| socket == path) {
        true => format!(
            "write user {user} in its 'stats socket' line of haproxy.cfg, and reload HAProxy"
        ),
        false => format!(
            "chown root:{user} and chmod 640, or chmod 644; and look at the folders above it"
        ),
    }
}
