//! Many routes, with a path identifier and for named neighbors, and sessions that flap.

use std::thread::sleep;
use std::time::Duration;

use anyhow::ensure;
use haproxy_rhi_lab::{ExaBgp, eventually};

use crate::service::{CONFIG, Level, NE, RUN, START, State, expected, hold, lab, set};

crate::stories! {
    a_thousand_routes_and_sessions_that_flap_leave_the_newest_state,
}

const PREFIXES: usize = 1000;

fn prefix(index: usize) -> String {
    format!("100.{}.{}.0/24", 64 + index / 250, index % 250)
}

/// Services with many prefixes follow the same switches as `main`: for all, and for named ones with a path identifier.
fn config() -> String {
    let service = |name: &str, numbers: std::ops::Range<usize>, more: &str| {
        let prefixes: Vec<String> = numbers
            .map(|index| format!("\"{}\"", prefix(index)))
            .collect();
        let file =
            |name: &str| format!("{{\"file\": {{\"path\": \"/etc/haproxy-rhi/switch-{name}\"}}}}");
        let (on, gold, prefixes) = (file("on"), file("gold"), prefixes.join(", "));
        format!(
            r#"
    "{name}": {{
      "prefixes": [{prefixes}], "next_hop": "172.16.156.70", "require_address": false, "rise": 1, "fall": 1, {more}
      "levels": [
        {{"name": "gold", "when": {{"all": [{on}, {gold}]}}, "as_path": [65010], "community": ["65010:1"]}},
        {{"name": "silver", "when": {on}, "as_path": [65010, 65010], "community": ["65010:2"]}}
      ]
    }},"#
        )
    };
    let half = PREFIXES / 2;
    let named = r#""path_information": 7, "neighbors": ["172.16.159.4", "172.16.159.5"],"#;
    let many = [
        "\"services\": {".to_owned(),
        service("all", 0..half, ""),
        service("named", half..PREFIXES, named),
    ];
    let text = crate::service::config().replace("\"services\": {", &many.concat());
    text.replacen('{', r#"{"read_back": "5s","#, 1)
}

fn rows(state: State) -> Vec<String> {
    let mut rows = expected(state);
    let attributes = match state.main {
        Level::Gold => "path [65010] med None communities [(65010, 1)] []",
        Level::Silver => "path [65010, 65010] med None communities [(65010, 2)] []",
        Level::Down => return rows,
    };
    rows.extend(
        (0..PREFIXES).map(|index| format!("{} via 172.16.156.70 {attributes}", prefix(index))),
    );
    rows.sort();
    rows
}

fn a_thousand_routes_and_sessions_that_flap_leave_the_newest_state(version: ExaBgp) {
    let lab = lab(&version, RUN, 30)
        .unwrap()
        .file(NE, CONFIG, &config())
        .start()
        .unwrap();
    lab.run(|lab| {
        let patience = Duration::from_secs(90);
        eventually(patience, "the first routes", || hold(lab, &rows(START)))?;
        let [first, second] = lab.route_servers(NE);
        let states = [Level::Silver, Level::Down, Level::Gold, Level::Down];
        for (round, main) in states.into_iter().enumerate() {
            let state = State { main, ..START };
            for (flap, pause) in [300, 900, 2500].into_iter().enumerate() {
                let one = if (round + flap) % 2 == 0 {
                    second
                } else {
                    first
                };
                one.disable_session()?;
                sleep(Duration::from_millis(200));
                if flap == 1 {
                    set(lab, state)?;
                }
                sleep(Duration::from_millis(pause / 2));
                one.enable_session()?;
                one.await_session(patience)?;
                sleep(Duration::from_millis(pause));
            }
            eventually(patience, &format!("all routes of {state:?}"), || {
                hold(lab, &rows(state))
            })?;
            sleep(Duration::from_secs(8));
            hold(lab, &rows(state))?;
        }
        let log = lab.nva(NE).exabgp().log();
        ensure!(!log.contains("panicked"), "a panic");
        Ok(())
    })
    .unwrap();
}
