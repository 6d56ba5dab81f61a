//! What user exabgp may not open, where root asks: ExaBGP reads its file as that user, and haproxy-rhi runs as it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::rule::*;
use crate::child::printed;
use crate::config::{self, Config, Socket, Stats};
use crate::exabgp_conf;
use crate::program::Plan;

/// Debian's unit runs ExaBGP as this user.
const USER: &str = "exabgp";
/// `$0`, `$1`: what to test, and of what; and so on. Says what it may not open.
const TRY: &str = r#"while [ $# -gt 0 ]; do test "$1" "$2" || echo "$2"; shift 2; done"#;

/// An error for each file or socket of the system's own configuration.
pub fn findings(config: &Config) -> Vec<Finding> {
    let finding = |path: PathBuf| Finding {
        rule: &NOT_FOR_EXABGP,
        severity: Severity::Error,
        cure: cure(config, &path),
        what: format!("user {USER} may not open it"),
        path: path.display().to_string(),
        at: None,
    };
    closed_to_exabgp(config).into_iter().map(finding).collect()
}

/// The paths that are there, and that user exabgp may not open; none, where somebody else than root asks.
pub fn closed_to_exabgp(config: &Config) -> Vec<PathBuf> {
    let mut arguments = Vec::new();
    for (test, path) in opened(config).into_iter().filter(|(_, path)| path.exists()) {
        arguments.extend([Path::new(test).to_owned(), path]);
    }
    if arguments.is_empty() || !rustix::process::geteuid().is_root() || !is_the_units_user() {
        return Vec::new();
    }
    let mut command = Command::new("runuser");
    command
        .args(["-u", USER, "--", "sh", "-c", TRY, "try"])
        .args(arguments)
        .current_dir("/");
    // Where there is no such user, nothing is said.
    let text = printed(&mut command).unwrap_or_default();
    text.lines().map(PathBuf::from).collect()
}

/// exabgp.service runs ExaBGP as this user, with the groups that the user has.
fn is_the_units_user() -> bool {
    let mut command = Command::new("systemctl");
    command.args([
        "show",
        "exabgp.service",
        "--property=User,SupplementaryGroups",
    ]);
    let text = printed(&mut command).unwrap_or_default();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines == ["SupplementaryGroups=", &format!("User={USER}")]
}

/// Files are read, and a socket is written to.
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

/// Where HAProxy is asked, where any condition is about it.
fn asked(config: &Config) -> Option<&Stats> {
    (!Plan::of(config).proxies.is_empty()).then_some(&config.haproxy.stats)
}

/// Where HAProxy is asked and told, by a path.
fn sockets(config: &Config) -> impl Iterator<Item = &PathBuf> {
    let stats = asked(config).and_then(Stats::socket);
    let sockets = stats.into_iter().chain(&config.haproxy.control);
    sockets.filter_map(|socket| match socket {
        Socket::Unix(path) => Some(path),
        Socket::Tcp(_) => None,
    })
}

fn cure(config: &Config, path: &Path) -> String {
    match sockets(config).any(|socket| socket == path) {
        true => format!(
            "write user {USER} in its 'stats socket' line of haproxy.cfg, and reload HAProxy"
        ),
        false => format!(
            "chown root:{USER} and chmod 640, or chmod 644; and look at the folders above it"
        ),
    }
}
