//! The configuration: any text is read, or refused at a place in it; what is read makes safe lines only.

#![no_main]

use haproxy_rhi::announce::{LONGEST_LINE, lines, longest_line};
use haproxy_rhi::config;
use haproxy_rhi::judge::Standing;
use haproxy_rhi::observe::Plan;
use libfuzzer_sys::fuzz_target;

#[path = "safe.rs"]
mod safe;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match config::parse(text) {
        Err((line, column, what)) => {
            // A line's end counts as a place in it, and so does the end of the text.
            let row = text.split('\n').nth(line.wrapping_sub(1));
            let row = row.unwrap_or_else(|| panic!("no line {line}: {what}"));
            assert!(
                (1..=row.chars().count() + 1).contains(&column),
                "no column {column} in line {line}: {what}"
            );
            assert!(!what.is_empty() && !what.chars().any(char::is_control), "{what:?}");
        }
        Ok(config) => {
            drop(Plan::of(&config));
            for service in &config.services {
                assert!(longest_line(service) <= LONGEST_LINE);
                let levels = (0..service.levels.len()).map(Standing::Level);
                for standing in levels.chain([Standing::Down, Standing::NotYetKnown]) {
                    let lines = lines(service, standing);
                    for line in &lines {
                        safe::check(line);
                        let announces = line.contains("announce route ");
                        assert_eq!(announces, matches!(standing, Standing::Level(_)), "{line}");
                    }
                    let told = standing != Standing::NotYetKnown;
                    assert_eq!(lines.len(), if told { service.prefixes.len() } else { 0 });
                }
            }
        }
    }
});
