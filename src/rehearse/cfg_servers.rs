//! The servers of backends, from a haproxy.cfg.

use std::collections::BTreeSet;

use crate::config::Config;
use crate::haproxy_cfg::{Line, Outline, Section};

use super::servers::{Known, rules};

/// The most servers of a backend.
const MOST: usize = 1000;

/// The names of the servers of watched backends, without disabled ones and backups that no level counts.
///
/// # Errors
/// A backend is not there, or has too many.
pub fn known(config: &Config, texts: &[String]) -> Result<Known, String> {
    let outline = Outline::read(texts.iter().map(String::as_str));
    let rules = rules(config);
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    let mut known = Known::new();
    for name in names {
        let Some(section) = outline.backend(name) else {
            return Err(format!(
                "no backend '{name}', which a level watches; give every file of this HAProxy"
            ));
        };
        let mut of = rules.iter().filter(|rule| rule.name.as_str() == name);
        let names = server_names(section, of.any(|rule| rule.count_backup));
        if names.len() > MOST {
            return Err(format!(
                "backend '{name}' has {} servers, and {MOST} are the most that are played",
                names.len()
            ));
        }
        known.insert(name.to_owned(), names);
    }
    Ok(known)
}

fn server_names(section: &Section, backups: bool) -> Vec<String> {
    let is = |line: &Line, word: &str| line.words.iter().skip(3).any(|own| own == word);
    let lines = section.lines.iter();
    let counts = lines.filter(|line| !is(line, "disabled") && (backups || !is(line, "backup")));
    counts.flat_map(servers).collect()
}

/// The servers of a line: `server a 10.0.0.1:80`, `server-template web 1-3 example.com:80`.
fn servers(line: &Line) -> Vec<String> {
    match line.words.as_slice() {
        [kind, name, ..] if kind == "server" => vec![name.clone()],
        [kind, name, count, ..] if kind == "server-template" => {
            let (first, last) = count.split_once('-').unwrap_or(("1", count));
            let (first, last): (usize, usize) = match (first.parse(), last.parse()) {
                (Ok(first), Ok(last)) => (first, last),
                _ => return Vec::new(),
            };
            // One more than MOST is enough to be refused.
            let numbers = (first..=last).take(MOST + 1);
            numbers.map(|number| format!("{name}{number}")).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn of(rule: &str, text: &str) -> Result<Known, String> {
        let text = [format!(
            "backend other\n server z 10.0.0.9:80\nbackend back\n{text}"
        )];
        let config = config::parse(&format!(
            "{{\"services\": {{\"web\": {{\"prefixes\": [\"9.9.9.9/32\"], \"next_hop\": \"10.0.0.1\", \"levels\": [\
             {{\"name\": \"up\", \"when\": {{\"backend\": {rule}}}}}]}}}}}}"
        ));
        known(&config.unwrap(), &text)
    }

    #[test]
    fn servers_are_those_that_count() {
        let text = " server a 10.0.0.1:80 check\n server backup 10.0.0.2:80\n #server c 10.0.0.3:80\n server d 10.0.0.4:80 backup\n \
                    server e 10.0.0.5:80 disabled\n server-template f 2-3 f.example:80 check\n server-template g 1 g.example:80\n \
                    server-template h x h.example:80\n";
        let active = of("{\"name\": \"back\"}", text).unwrap();
        assert_eq!(active["back"], ["a", "backup", "f2", "f3", "g1"]);
        assert_eq!(active.len(), 1);
        let all = of("{\"name\": \"back\", \"count_backup\": true}", text).unwrap();
        assert_eq!(all["back"], ["a", "backup", "d", "f2", "f3", "g1"]);
        assert!(of("{\"name\": \"back\"}", "").unwrap()["back"].is_empty());
    }

    #[test]
    fn what_cannot_be_played_is_refused() {
        let told = of("{\"name\": \"gone\"}", "").unwrap_err();
        assert!(
            told.starts_with("no backend 'gone', which a level watches"),
            "{told}"
        );
        let told = of(
            "{\"name\": \"back\"}",
            " server-template f 1-18446744073709551615 f:80\n",
        );
        assert!(
            told.unwrap_err()
                .starts_with("backend 'back' has 1001 servers, and 1000")
        );
    }
}
