//! HAProxy before 2.5 may run as several processes (`nbproc`), each with checks, variables and stats of its own. Pure.

use super::ground::Ground;
use super::rule::*;
use crate::config::Place;

/// `info`: the answer to `show info`.
pub(super) fn finding(ground: &Ground<'_>, info: &[u8]) -> Option<Finding> {
    let info = String::from_utf8_lossy(info);
    let count: u32 = info
        .lines()
        .find_map(|line| line.strip_prefix("Nbproc: ")?.trim().parse().ok())?;
    let what = format!(
        "HAProxy runs as {count} processes (nbproc), and each has servers and checks of its own"
    );
    let cure = "replace nbproc by nbthread in haproxy.cfg; or bind the stats sockets, and what the conditions name, to one process";
    let at = Place::default().key("haproxy").key("stats");
    (count > 1).then(|| ground.in_config(&at, error(&SEVERAL_PROCESSES, what, cure)))
}

#[cfg(test)]
mod tests {
    use super::super::ground::Source;
    use super::*;
    use crate::config;

    /// HAProxy 2.0's own answer, and as it is with two processes.
    #[test]
    fn more_processes_than_one_are_found_at_the_stats_socket() {
        let text = r#"{"haproxy": {"stats": "/run/haproxy/watch.sock"}, "services": {}}"#;
        let config = config::parse(text).unwrap();
        let source = Source::File("config.json".to_owned(), text.to_owned());
        let ground = Ground {
            config: &config,
            source,
            conf: None,
        };
        let one = include_str!("../../tests/captures/2.0.0/show_info.txt");
        assert!(finding(&ground, one.as_bytes()).is_none());
        assert!(finding(&ground, b"Name: HAProxy\n").is_none());
        let found = finding(&ground, one.replace("Nbproc: 1", "Nbproc: 2").as_bytes()).unwrap();
        assert_eq!(
            (found.rule.id, found.at.map(|at| at.column)),
            ("LV010", Some(23))
        );
        assert!(
            found
                .what
                .starts_with("HAProxy runs as 2 processes (nbproc)"),
            "{}",
            found.what
        );
    }
}
