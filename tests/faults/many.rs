//! A service with many prefixes, and many commands about them.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, eventually};

use crate::service::{CONFIG, Level, NE, START, State, expected, hold, set, started};

/// All of a thousand are out by then, on a busy machine too.
pub const ALL: Duration = Duration::from_secs(90);
/// So many change where commands are counted.
pub const PREFIXES: usize = 200;

/// Services with so many prefixes follow the same switches as `main`: half of them for all, half for named neighbors with a path identifier.
fn config(prefixes: usize) -> String {
    let half = prefixes / 2;
    let named = r#""path_information": 7, "neighbors": ["172.16.159.4", "172.16.159.5"],"#;
    let many = [
        r#""read_back": "3s", "services": {"#.to_owned(),
        service("all", 0..half, ""),
        service("named", half..prefixes, named),
    ];
    crate::service::config().replace("\"services\": {", &many.concat())
}

fn service(name: &str, numbers: Range<usize>, more: &str) -> String {
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
}

fn prefix(index: usize) -> String {
    format!("100.{}.{}.0/24", 64 + index / 256, index % 256)
}

/// What both Route Servers must hold.
pub fn rows(state: State, prefixes: usize) -> Vec<String> {
    let mut rows = expected(state);
    let attributes = match state.main {
        Level::Gold => "path [65010] med None communities [(65010, 1)] []",
        Level::Silver => "path [65010, 65010] med None communities [(65010, 2)] []",
        Level::Down => return rows,
    };
    rows.extend(
        (0..prefixes).map(|index| format!("{} via 172.16.156.70 {attributes}", prefix(index))),
    );
    rows.sort();
    rows
}

/// A lab with them and a short hold time, once all are out.
pub fn many(version: &ExaBgp, prefixes: usize) -> Result<Lab> {
    let lab = started(version, 9)?;
    lab.nva(NE).write(CONFIG, &config(prefixes))?;
    let rows = rows(START, prefixes);
    eventually(ALL, "all routes", || hold(&lab, &rows))?;
    Ok(lab)
}

/// Changes until so many commands were acknowledged: each change is out at both Route Servers before the next one comes.
/// How long it took, and how many ExaBGP says it has taken.
pub fn told(lab: &Lab, commands: usize) -> Result<(Duration, usize)> {
    let taken = || {
        let log = lab.nva(NE).exabgp().log();
        log.matches("route added to").count() + log.matches("route removed from").count()
    };
    let (start, before) = (Instant::now(), taken());
    let mut sent = 0;
    while sent < commands {
        for main in [Level::Silver, Level::Down, Level::Gold] {
            changed(lab, State { main, ..START })?;
            sent += PREFIXES + 1;
        }
    }
    let (took, now) = (start.elapsed(), taken());
    ensure!(
        now >= before + commands,
        "ExaBGP took {now} commands, {before} of them before"
    );
    Ok((took, now - before))
}

fn changed(lab: &Lab, state: State) -> Result<()> {
    set(lab, state)?;
    let rows = rows(state, PREFIXES);
    eventually(
        Duration::from_secs(20),
        &format!("all routes of {state:?}"),
        || hold(lab, &rows),
    )
}
