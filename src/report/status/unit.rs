//! What systemd says of a unit, where there is no status file.

use std::path::Path;
use std::process::Command;

use crate::child::printed;

/// Exists where systemd runs (sd_booted(3)).
const BOOTED: &str = "/run/systemd/system";

/// Why there is no status file, as far as systemd knows.
pub fn why_none() -> String {
    words(&shown("exabgp.service"))
}

/// How a unit failed; `None`: it did not, or was not started.
pub fn fault(unit: &str) -> Option<String> {
    fault_in(&shown(unit)).map(|what| format!("{unit} {what}; journalctl -u {unit} says why"))
}

/// A unit's properties; empty without systemd.
fn shown(unit: &str) -> String {
    let asked = [
        "show",
        unit,
        "--property=LoadState,ActiveState,SubState,NRestarts,Result",
    ];
    if !Path::new(BOOTED).exists() {
        return String::new();
    }
    printed(Command::new("systemctl").args(asked)).unwrap_or_default()
}

fn property<'text>(shown: &'text str, name: &str) -> &'text str {
    shown
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_default()
}

fn fault_in(shown: &str) -> Option<String> {
    let result = property(shown, "Result");
    match (property(shown, "ActiveState"), property(shown, "SubState")) {
        ("failed", _) => Some(format!("has failed ({result})")),
        (_, "auto-restart") => Some(format!("fails each time it is started ({result})")),
        _ => None,
    }
}

fn words(shown: &str) -> String {
    let property = |name: &str| property(shown, name);
    let restarts = property("NRestarts");
    let again = |what: &str| match restarts {
        "" | "0" => format!("exabgp.service {what}; journalctl -u exabgp says why"),
        count => format!(
            "exabgp.service {what}, and was started again {count} time(s); journalctl -u exabgp says why"
        ),
    };
    match (property("ActiveState"), property("SubState")) {
        ("active", "running") => {
            "exabgp.service runs, and its haproxy-rhi has not begun yet (ExaBGP takes some seconds: \
                                  status --wait), or exabgp.conf has no process that runs it"
                .to_owned()
        }
        (_, "auto-restart") => again(&format!("ends each time it is started ({})", property("Result"))),
        ("activating" | "reloading", _) => "exabgp.service is being started: status --wait".to_owned(),
        ("failed", _) => again(&format!("failed ({})", property("Result"))),
        ("inactive" | "deactivating", _) if property("LoadState") == "loaded" => {
            "exabgp.service does not run; systemctl start exabgp".to_owned()
        }
        _ => "no haproxy-rhi runs here, or it keeps its file elsewhere (--status-file)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{fault_in, words};

    #[test]
    fn a_unit_that_fails_is_told_from_one_that_nobody_started() {
        let unit = |active: &str, sub: &str| {
            fault_in(&format!(
                "LoadState=loaded\nActiveState={active}\nSubState={sub}\nResult=exit-code\n"
            ))
        };
        assert_eq!(
            unit("failed", "failed").as_deref(),
            Some("has failed (exit-code)")
        );
        assert_eq!(
            unit("activating", "auto-restart").as_deref(),
            Some("fails each time it is started (exit-code)")
        );
        assert_eq!(
            (
                unit("inactive", "dead"),
                unit("active", "exited"),
                fault_in("")
            ),
            (None, None, None)
        );
    }

    #[test]
    fn what_is_starting_stopped_and_failing_again_and_again_is_told_apart() {
        let unit = |active: &str, sub: &str, restarts: &str| {
            words(&format!(
                "LoadState=loaded\nActiveState={active}\nSubState={sub}\nNRestarts={restarts}\nResult=exit-code\n"
            ))
        };
        assert!(unit("active", "running", "0").contains("has not begun yet"));
        assert!(unit("activating", "start-pre", "0").contains("is being started"));
        assert!(unit("inactive", "dead", "0").contains("does not run; systemctl start exabgp"));
        assert_eq!(
            unit("activating", "auto-restart", "7"),
            "exabgp.service ends each time it is started (exit-code), and was started again 7 time(s); journalctl -u exabgp says why"
        );
        assert!(
            unit("failed", "failed", "0")
                .starts_with("exabgp.service failed (exit-code); journalctl")
        );
        for nothing in [
            "",
            "LoadState=not-found\nActiveState=inactive\nSubState=dead\n",
        ] {
            assert!(
                words(nothing).starts_with("no haproxy-rhi runs here"),
                "{nothing}"
            );
        }
    }
}
