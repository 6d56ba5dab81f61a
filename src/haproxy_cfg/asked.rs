//! What a level's condition asks of HAProxy and of its frontends, and the level that would ask for a frontend too. Pure.

use std::collections::BTreeSet;

use crate::condition::{BackendRule, Condition};

/// What a condition asks for. What stands under `not` is not asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asked<'level> {
    /// Backends by name.
    pub backends: BTreeSet<&'level str>,
    /// Frontends by name.
    pub frontends: BTreeSet<&'level str>,
    /// There is a network probe, which may go through a frontend.
    pub probes: bool,
}

impl<'level> Asked<'level> {
    /// What a level's condition asks for.
    pub fn of(condition: &'level Condition) -> Self {
        let mut asked = Self::default();
        asked.add(condition);
        asked
    }

    fn add(&mut self, condition: &'level Condition) {
        match condition {
            Condition::All(list) | Condition::Any(list) => {
                list.iter().for_each(|inner| self.add(inner))
            }
            Condition::AtLeast(rule) => rule.of.iter().for_each(|inner| self.add(inner)),
            Condition::Backend(rule) => drop(self.backends.insert(rule.name.as_str())),
            Condition::Frontend(rule) => drop(self.frontends.insert(rule.name.as_str())),
            Condition::Http(_) | Condition::Tcp(_) => self.probes = true,
            Condition::Not(_) | Condition::File(_) | Condition::Command(_) => {}
        }
    }
}

/// The condition with one of these frontends added, as JSON; `…` stands for what is in the file already.
pub fn with_frontends(condition: &Condition, frontends: &[&str]) -> String {
    let name = |name: &&str| format!(r#"{{"frontend": {{"name": "{name}"}}}}"#);
    let names: Vec<String> = frontends.iter().map(name).collect();
    let open = match names.as_slice() {
        [one] => one.clone(),
        several => format!(r#"{{"any": [{}]}}"#, several.join(", ")),
    };
    format!(r#"{{"all": [{open}, {}]}}"#, written(condition))
}

fn written(condition: &Condition) -> String {
    let Condition::Backend(rule) = condition else {
        return "…".to_owned();
    };
    let BackendRule {
        name,
        min_active,
        min_percent,
        min_weight,
        count_backup,
        servers,
    } = rule;
    let plain = min_active.is_none() && min_percent.is_none() && min_weight.is_none();
    let more = if plain && !count_backup && servers.is_empty() {
        ""
    } else {
        ", …"
    };
    format!(r#"{{"backend": {{"name": "{name}"{more}}}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str) -> Condition {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_stands_under_not_is_not_asked_for() {
        let text = r#"{"all": [{"backend": {"name": "a"}}, {"any": [{"frontend": {"name": "f"}}, {"tcp": {"address": "[::1]:80"}}]},
            {"not": {"backend": {"name": "b"}}}, {"at_least": {"count": 1, "of": [{"backend": {"name": "c"}}]}}]}"#;
        let condition = condition(text);
        let expected = Asked {
            backends: ["a", "c"].into(),
            frontends: ["f"].into(),
            probes: true,
        };
        assert_eq!(Asked::of(&condition), expected);
    }

    #[test]
    fn the_level_to_write_is_a_condition() {
        let plain = condition(r#"{"backend": {"name": "b"}}"#);
        let one = with_frontends(&plain, &["f"]);
        assert_eq!(
            one,
            r#"{"all": [{"frontend": {"name": "f"}}, {"backend": {"name": "b"}}]}"#
        );
        let two = with_frontends(&plain, &["f", "g"]);
        assert_eq!(
            two,
            r#"{"all": [{"any": [{"frontend": {"name": "f"}}, {"frontend": {"name": "g"}}]}, {"backend": {"name": "b"}}]}"#
        );
        for text in [one, two] {
            assert_eq!(Asked::of(&condition(&text)).backends, ["b"].into());
        }
        let more = condition(r#"{"backend": {"name": "b", "min_active": 2}}"#);
        assert!(with_frontends(&more, &["f"]).ends_with(r#", {"backend": {"name": "b", …}}]}"#));
        let other = condition(r#"{"any": [{"backend": {"name": "b"}}]}"#);
        assert!(with_frontends(&other, &["f"]).ends_with("}, …]}"));
    }
}
