//! Options that do not concern announcements: commands to execute, and options without a counterpart. Pure.

use serde_json::{Value, json};

use super::{Fate, Translation};

impl Translation<'_> {
    pub(super) fn hooks(&mut self, first: Option<&str>) -> Vec<Value> {
        let mut hooks = Vec::new();
        let disabled = self
            .given
            .value("--disable")
            .map(|path| format!("elif [ -e {} ]; then STATE=DISABLED; ", quoted(path)));
        // With --withdraw-on-down a disabled service is down.
        let state = format!(
            "if [ \"$HAPROXY_RHI_TO\" = up ]; then STATE=UP; elif [ \"$HAPROXY_RHI_TO\" = disabled ]; then STATE=DISABLED; {}else STATE=DOWN; fi; export STATE; ",
            disabled.unwrap_or_default()
        );
        let only = first
            .map(|first| format!("[ \"$HAPROXY_RHI_SERVICE\" = {first} ] || exit 0; "))
            .unwrap_or_default();
        for (option, wanted) in [
            ("--up-execute", "UP"),
            ("--down-execute", "DOWN"),
            ("--disabled-execute", "DISABLED"),
            ("--execute", ""),
        ] {
            for command in self.given.values(option) {
                let guard = if wanted.is_empty() {
                    String::new()
                } else {
                    format!("[ $STATE = {wanted} ] || exit 0; ")
                };
                hooks.push(json!({"argv": ["/bin/sh", "-c", format!("{only}{state}{guard}{command}")], "timeout": "1m"}));
            }
            if self.given.has(option) {
                let words = match wanted {
                    "" => {
                        "a hook; it is told UP, DOWN and DISABLED, and not INIT, RISING and FALLING, runs beside the announcement and not before it, and has a minute"
                    }
                    _ => {
                        "a hook; it runs beside the announcement and not before it, and has a minute"
                    }
                };
                self.note(Fate::Differs, option, words);
            }
        }
        hooks
    }

    /// Notes the options that have no counterpart, or need none.
    pub(super) fn without_counterpart(&mut self) {
        let words = [
            (
                "--silent",
                "the log goes to ExaBGP's journal; RUST_LOG in exabgp.service sets its level",
            ),
            (
                "--syslog-facility",
                "the log goes to stderr, which is ExaBGP's journal",
            ),
            (
                "--no-syslog",
                "the log goes to stderr, which is ExaBGP's journal",
            ),
            ("--debug", "RUST_LOG=debug in exabgp.service"),
            (
                "--no-ack",
                "haproxy-rhi finds out whether ExaBGP acknowledges",
            ),
            ("--sudo", "nothing here changes addresses"),
            ("--config", "read"),
            ("--pid", "haproxy-rhi status names the process"),
            ("--user", "it runs as ExaBGP's user, and so do its checks"),
            (
                "--group",
                "it runs with ExaBGP's groups (SupplementaryGroups= in exabgp.service), and so do its checks",
            ),
            (
                "--dynamic-ip-setup",
                "the address stays while the route is withdrawn: removing it would break connections that still arrive here (clients on this host go on reaching it)",
            ),
            (
                "--label",
                "addresses are named one by one, and need no label",
            ),
            (
                "--label-exact-match",
                "addresses are named one by one, and need no label",
            ),
            (
                "--ip-ifname",
                "the address is put on lo: change dev in anycast-address@.service for another interface",
            ),
            ("--debounce", "only changes are announced, always"),
        ];
        for (option, words) in words {
            if self.given.has(option) {
                self.note(Fate::Dropped, option, words);
            }
        }
        if self.given.has("--name") {
            self.note(Fate::Kept, "--name", "the name of the service");
        }
    }
}

/// A path, quoted for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
