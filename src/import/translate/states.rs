//! Translates exabgp-healthcheck's states that announce into levels. Pure.

use std::time::Duration;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::{Fate, Keys, Translation, as_path, several};
use crate::config::Span;

/// A state that announces.
pub(super) struct LevelPlan {
    name: &'static str,
    when: Value,
    med: i64,
    attributes: Keys,
}

impl LevelPlan {
    pub(super) fn json(&self, step: i64) -> Result<Value, String> {
        let med = self.med + step;
        let med = u32::try_from(med)
            .map_err(|_| format!("a metric of {med} is out of range; 4294967295 is the highest"))?;
        let mut level = json!({"name": self.name, "when": self.when, "med": med});
        if let Some(object) = level.as_object_mut() {
            object.extend(
                self.attributes
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), value.clone())),
            );
        }
        Ok(level)
    }
}

impl Translation<'_> {
    /// The check as a condition.
    fn check(&mut self) -> Result<Option<Value>, String> {
        let Some(command) = self.given.value("--command").map(str::to_owned) else {
            return Ok(None);
        };
        let timeout: u64 = self.number("--timeout", 5)?;
        let span = if timeout == 0 {
            "1h".to_owned()
        } else {
            Span::from(Duration::from_secs(timeout)).to_string()
        };
        if timeout == 0 {
            self.note(
                Fate::Differs,
                "--timeout",
                "1h: a check always has a time here",
            );
        } else if self.given.has("--timeout") {
            self.note(Fate::Kept, "--timeout", span.clone());
        }
        self.note(
            Fate::Kept,
            "--command",
            "a command condition, by way of /bin/sh",
        );
        if let Some(url) = command
            .split_ascii_whitespace()
            .find(|word| word.starts_with("http"))
            .filter(|_| command.starts_with("curl") && !command.contains(['|', '&', ';']))
        {
            let url = url.trim_matches(['"', '\'']);
            self.note(
                Fate::Kept,
                "--command",
                format!("perhaps better without a process each time: {{\"http\": {{\"url\": \"{url}\"}}}}, or HAProxy's own check: {{\"backend\": {{\"name\": ...}}}}"),
            );
        }
        Ok(Some(
            json!({"command": {"argv": ["/bin/sh", "-c", command], "timeout": span}}),
        ))
    }

    pub(super) fn levels(&mut self) -> Result<Vec<LevelPlan>, String> {
        let check = self.check()?;
        let disable = self.given.value("--disable").map(str::to_owned);
        if let Some(path) = disable.as_ref().filter(|path| !path.starts_with('/')) {
            return Err(format!(
                "--disable '{path}' is relative, and ExaBGP starts its processes in /; write it from the root"
            ));
        }
        let file = disable.map(|path| json!({"file": {"path": path}}));
        if file.is_some() {
            self.note(Fate::Differs, "--disable", "it takes effect after as many readings as --fall says, where exabgp-healthcheck acts at once; haproxy-rhi drain acts at once, in stages");
        }
        let enabled = file.as_ref().map(|file| json!({"not": file}));
        let up = self.up(check.as_ref(), enabled.as_ref());
        let mut levels = vec![self.level("up", up, ("--up-metric", 100), "up")?];
        let withdraws = self.given.has("--withdraw-on-down");
        if withdraws {
            let what = if file.is_some() {
                "one level only: withdrawn when the check fails, and while the file is there"
            } else {
                "one level only: withdrawn when the check fails"
            };
            self.note(Fate::Kept, "--withdraw-on-down", what);
        } else {
            if let Some(file) = file {
                let metric = ("--disabled-metric", 500);
                levels.push(self.level("disabled", file, metric, "disabled")?);
            }
            if let Some(check) = check {
                let (when, metric) = (json!({"not": check}), ("--down-metric", 1000));
                levels.push(self.level("failed", when, metric, "down")?);
                self.note(Fate::Kept, "DOWN", "level failed: announced with another MED, not withdrawn; with HAProxy behind it, think of --withdraw-on-down");
            }
        }
        for (name, level, withdrawn) in [
            ("--up-metric", "up", false),
            ("--disabled-metric", "disabled", withdraws),
            ("--down-metric", "failed", withdraws),
        ] {
            if self.given.has(name) && (withdrawn || !levels.iter().any(|plan| plan.name == level))
            {
                self.note(Fate::Dropped, name, "nothing is announced then");
            } else if self.given.has(name) {
                self.note(Fate::Kept, name, format!("the MED of level {level}"));
            }
        }
        Ok(levels)
    }

    fn level(
        &mut self,
        name: &'static str,
        when: Value,
        (metric, by_default): (&str, i64),
        state: &str,
    ) -> Result<LevelPlan, String> {
        Ok(LevelPlan {
            name,
            when,
            med: self.number(metric, by_default)?,
            attributes: self.attributes(state)?,
        })
    }

    /// The condition of the best level.
    fn up(&mut self, check: Option<&Value>, enabled: Option<&Value>) -> Value {
        match (check, enabled) {
            (Some(check), Some(enabled)) => json!({"all": [check, enabled]}),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => {
                let words = "a file that always exists: announced as long as the process runs";
                self.note(Fate::Kept, "no --command", words);
                json!({"file": {"path": "/"}})
            }
        }
    }

    /// One service for all addresses, or one for each address where their MEDs differ (`--increase`).
    pub(super) fn services(
        &mut self,
        addresses: &[IpNet],
        levels: &[LevelPlan],
        common: &Keys,
        name: &str,
        increase: i64,
    ) -> Result<Vec<(String, Keys)>, String> {
        let groups: Vec<&[IpNet]> = match increase {
            0 => vec![addresses],
            _ => addresses.chunks(1).collect(),
        };
        let count = groups.len();
        if count > 1 {
            let words = format!(
                "{count} services, one an address, since each has a MED of its own; they share one check"
            );
            self.note(Fate::Kept, "--increase", words);
        } else if self.given.has("--increase") {
            self.note(Fate::Kept, "--increase", "one service for all addresses");
        }
        let mut services = Vec::new();
        for (index, group) in groups.iter().enumerate() {
            let step = increase * i64::try_from(index).unwrap_or(i64::MAX);
            let service = match count {
                1 => name.to_owned(),
                _ => format!("{name}-{}", index + 1),
            };
            let prefixes: Vec<String> = group.iter().map(ToString::to_string).collect();
            let mut keys = vec![("prefixes", json!(prefixes))];
            keys.extend(common.clone());
            let levels: Vec<Value> = levels
                .iter()
                .map(|level| level.json(step))
                .collect::<Result<_, _>>()?;
            keys.insert(2, ("levels", Value::Array(levels)));
            services.push((service, keys));
        }
        Ok(services)
    }

    /// The attributes of a state that differ from the service's.
    fn attributes(&mut self, state: &str) -> Result<Keys, String> {
        let mut found = Vec::new();
        let option = format!("--{state}-as-path");
        if let Some(text) = self.given.value(&option).map(str::to_owned) {
            found.push(("as_path", json!(as_path(&option, &text)?)));
            self.note(Fate::Kept, &option, "the AS path of that level");
        }
        if state != "up"
            && let Some(text) = self.given.value("--disabled-community").map(str::to_owned)
        {
            found.push(("community", json!(several(&text))));
            if state == "down" {
                self.note(
                    Fate::Kept,
                    "--disabled-community",
                    "the communities of levels disabled and failed",
                );
            }
        }
        Ok(found)
    }
}
