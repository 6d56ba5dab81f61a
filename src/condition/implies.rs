//! Which conditions follow from others, whatever is seen. Pure.

use super::{BackendRule, Condition, Count};

impl Condition {
    /// Where it holds, the other does. False: perhaps not.
    pub fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Backend(one), Self::Backend(other)) => asks_for_no_less(one, other),
            (Self::Not(one), Self::Not(other)) => other.implies(one),
            _ if self == other => true,
            (_, Self::All(list)) => list.iter().all(|part| self.implies(part)),
            (Self::Any(list), _) => list.iter().all(|part| part.implies(other)),
            (Self::All(list), _) if list.iter().any(|part| part.implies(other)) => true,
            (_, Self::Any(list)) => list.iter().any(|part| self.implies(part)),
            _ => false,
        }
    }

    /// It wants something and its opposite. False: perhaps not.
    pub fn never_holds(&self) -> bool {
        match self {
            Self::All(list) => {
                let opposites = list.iter().filter_map(|inner| match inner {
                    Self::Not(inner) => Some(inner.as_ref()),
                    _ => None,
                });
                let is_wanted = |not: &Self| list.iter().any(|inner| inner.implies(not));
                opposites.into_iter().any(is_wanted) || list.iter().any(Self::never_holds)
            }
            Self::Any(list) => list.iter().all(Self::never_holds),
            _ => false,
        }
    }
}

/// `one` asks for the same servers, and in each measure for no fewer. Without `min_active`, one server is enough.
fn asks_for_no_less(one: &BackendRule, other: &BackendRule) -> bool {
    let active = |rule: &BackendRule| rule.min_active.unwrap_or(Count::ONE);
    (&one.name, &one.servers, one.count_backup) == (&other.name, &other.servers, other.count_backup)
        && active(one) >= active(other)
        && one.min_percent >= other.min_percent
        && one.min_weight >= other.min_weight
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str) -> Condition {
        serde_json::from_str(text).unwrap()
    }

    fn backend(measure: &str) -> String {
        format!(r#"{{"backend": {{"name": "be"{measure}}}}}"#)
    }

    #[test]
    fn more_of_a_backend_implies_less_of_it() {
        let (one, two) = (backend(""), backend(r#", "min_active": 2"#));
        let (half, most) = (
            backend(r#", "min_percent": 50"#),
            backend(r#", "min_percent": 80"#),
        );
        for (first, second, expected) in [
            (&two, &one, true),
            (&one, &two, false),
            (&one, &backend(r#", "min_active": 1"#), true),
            (&most, &half, true),
            (&half, &most, false),
            (&most, &one, true),
            (&one, &half, false),
            (&backend(r#", "min_weight": 9"#), &one, true),
            (&two, &backend(r#", "servers": ["s1"]"#), false),
            (
                &format!(r#"{{"not": {one}}}"#),
                &format!(r#"{{"not": {two}}}"#),
                true,
            ),
            (
                &format!(r#"{{"not": {two}}}"#),
                &format!(r#"{{"not": {one}}}"#),
                false,
            ),
            (&two, &r#"{"backend": {"name": "other"}}"#.to_owned(), false),
        ] {
            let found = condition(first).implies(&condition(second));
            assert_eq!(found, expected, "{first} => {second}");
        }
    }

    #[test]
    fn joined_conditions_imply_what_their_parts_do() {
        let front = r#"{"frontend": {"name": "fe"}}"#;
        let (one, two) = (backend(""), backend(r#", "min_active": 2"#));
        let (all, any) = (
            format!(r#"{{"all": [{front}, {two}]}}"#),
            format!(r#"{{"any": [{front}, {one}]}}"#),
        );
        for (first, second, expected) in [
            (&all, &any, true),
            (&all, &one, true),
            (&any, &one, false),
            (&any, &all, false),
            (&two, &any, true),
            (&all, &format!(r#"{{"all": [{one}, {front}]}}"#), true),
        ] {
            let found = condition(first).implies(&condition(second));
            assert_eq!(found, expected, "{first} => {second}");
        }
    }

    #[test]
    fn a_condition_and_its_opposite_never_hold() {
        let (one, two) = (backend(""), backend(r#", "min_active": 2"#));
        for (text, expected) in [
            (format!(r#"{{"all": [{two}, {{"not": {one}}}]}}"#), true),
            (format!(r#"{{"all": [{one}, {{"not": {two}}}]}}"#), false),
            (format!(r#"{{"any": [{two}, {{"not": {one}}}]}}"#), false),
        ] {
            assert_eq!(condition(&text).never_holds(), expected, "{text}");
        }
    }
}
