//! The configuration: any text is read, or refused at a place in it; what is read makes safe lines only.

#![no_main]

use haproxy_rhi::announce::lines;
use haproxy_rhi::config;
use haproxy_rhi::drain::Stage;
use haproxy_rhi::exabgp::LONGEST_LINE;
use haproxy_rhi::glance::Standing;
use haproxy_rhi::program::Plan;
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
                let levels = (0..service.levels.len()).map(Standing::Level);
                let others =
                    [Standing::Takeover, Standing::LastStanding, Standing::Down, Standing::NotYetKnown];
                let standings = levels.chain(others).map(|standing| (standing, None));
                let drained = (Standing::Level(0), Some(Stage::Depreferred));
                for (standing, stage) in standings.chain([drained]) {
                    let lines = lines(service, standing, stage);
                    for line in &lines {
                        assert!(line.len() <= LONGEST_LINE, "{line}");
                        safe::check(line);
                        let announces = line.contains("announce route ");
                        let out = match standing {
                            Standing::LastStanding => service.siblings.is_some(),
                            standing => matches!(standing, Standing::Level(_)),
                        };
                        assert_eq!(announces, out, "{line}");
                    }
                    let told = standing != Standing::NotYetKnown;
                    assert_eq!(lines.len(), if told { service.prefixes.len() } else { 0 });
                }
            }
        }
    }
});
