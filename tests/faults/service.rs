//! The services that the faults happen to, the switches that change their state, and the checker of the far end.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, LabBuilder, Region, RouteServer, eventually, holds};

/// The region in which everything happens.
pub const NE: Region = Region::NorthEurope;
/// For what others do in their own time: ExaBGP 4.2 waits longer after every attempt to connect.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// After the end of a fault, or the return of the sessions that it cost.
pub const CONVERGENCE: Duration = Duration::from_secs(2);
/// For this long nothing may move any more.
const CALM: Duration = Duration::from_secs(1);

pub const CONFIG: &str = "/etc/haproxy-rhi/config.json";
pub const STANZA: &str = "/etc/exabgp/exabgp.conf";
const SWITCHES: &str = "/etc/haproxy-rhi/switch";

/// The level of the service `main`, 9.9.9.9/32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Gold,
    Silver,
    Down,
}

/// The state of all three services. `still` is always up: whatever moves it is a fault of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub main: Level,
    /// Whether `side`, 198.51.100.0/24, is up.
    pub side: bool,
}

/// Before each story.
pub const START: State = State {
    main: Level::Gold,
    side: true,
};
pub const SILVER: State = State {
    main: Level::Silver,
    ..START
};
pub const DOWN: State = State {
    main: Level::Down,
    side: false,
};

/// `main` has two levels that differ in every attribute; files are its conditions, each change is that of one file.
pub fn config() -> String {
    let file = |name: &str| format!("{{\"file\": {{\"path\": \"{SWITCHES}-{name}\"}}}}");
    let (on, gold, side, still) = (file("on"), file("gold"), file("side"), file("still"));
    let common = "\"require_address\": false, \"rise\": 1, \"fall\": 1";
    format!(
        r#"{{
  "haproxy": {{"interval": "50ms", "fast_interval": "20ms"}},
  "services": {{
    "main": {{
      "prefixes": ["9.9.9.9/32"], "next_hop": "172.16.156.70", {common},
      "levels": [
        {{"name": "gold", "when": {{"all": [{on}, {gold}]}},
         "as_path": [65010], "med": 10, "community": ["65010:1"]}},
        {{"name": "silver", "when": {on},
         "as_path": [65010, 65010, 65010], "med": 20, "community": ["65010:2", "65010:22"],
         "large_community": ["65010:2:2"]}}
      ]
    }},
    "side": {{
      "prefixes": ["198.51.100.0/24"], "next_hop": "172.16.156.71", {common},
      "levels": [{{"name": "up", "when": {side}, "as_path": [65010, 65020], "community": ["65010:3"]}}]
    }},
    "still": {{
      "prefixes": ["203.0.113.7/32"], "next_hop": "172.16.156.70", {common},
      "levels": [{{"name": "up", "when": {still}, "as_path": [65010]}}]
    }}
  }}
}}
"#
    )
}

/// What both Route Servers must hold.
pub fn expected(state: State) -> Vec<String> {
    let main = match state.main {
        Level::Gold => {
            "9.9.9.9/32 via 172.16.156.70 path [65010] med Some(10) communities [(65010, 1)] []"
        }
        Level::Silver => {
            "9.9.9.9/32 via 172.16.156.70 path [65010, 65010, 65010] med Some(20) \
             communities [(65010, 2), (65010, 22)] [(65010, 2, 2)]"
        }
        Level::Down => "",
    };
    let side = "198.51.100.0/24 via 172.16.156.71 path [65010, 65020] med None communities [(65010, 3)] []";
    let still = "203.0.113.7/32 via 172.16.156.70 path [65010] med None communities [] []";
    let side = if state.side { side } else { "" };
    sorted(
        [main, side, still]
            .into_iter()
            .filter(|row| !row.is_empty())
            .map(str::to_owned),
    )
}

fn sorted(rows: impl Iterator<Item = String>) -> Vec<String> {
    let mut rows: Vec<String> = rows.collect();
    rows.sort();
    rows
}

/// Everything that a Route Server has from the NVA.
pub fn table(instance: &RouteServer) -> Result<Vec<String>> {
    let rows = instance.rows("protocol nva")?;
    Ok(sorted(rows.iter().map(|row| {
        let next_hop = row.next_hop.map(|hop| hop.to_string()).unwrap_or_default();
        let (prefix, path, med) = (&row.prefix, &row.as_path, row.med);
        let communities = (&row.communities, &row.large_communities);
        format!(
            "{prefix} via {next_hop} path {path:?} med {med:?} communities {:?} {:?}",
            communities.0, communities.1
        )
    })))
}

/// Both Route Servers hold exactly these routes, now.
pub fn hold(lab: &Lab, rows: &[String]) -> Result<()> {
    for instance in lab.route_servers(NE) {
        let found = table(instance)?;
        ensure!(
            found == rows,
            "{} holds {found:#?}\ninstead of {rows:#?}",
            instance.address()
        );
    }
    Ok(())
}

/// They do within two seconds of `ended`, and nothing moves for a second more. How long it took.
pub fn converges(lab: &Lab, state: State, ended: Instant) -> Result<Duration> {
    converges_within(lab, state, ended, CONVERGENCE)
}

/// The same within another time.
pub fn converges_within(
    lab: &Lab,
    state: State,
    ended: Instant,
    limit: Duration,
) -> Result<Duration> {
    let (rows, what) = (expected(state), format!("the routes of {state:?}"));
    loop {
        let left = limit.saturating_sub(ended.elapsed());
        eventually(left, &what, || hold(lab, &rows))?;
        let took = ended.elapsed();
        match holds(CALM, &what, || hold(lab, &rows)) {
            // A session that comes up may send what ExaBGP remembers after this look, before it is healed.
            Err(_) if ended.elapsed() < limit => {}
            held => return held.map(|()| took),
        }
    }
}

/// Turns the switches. Each service sees one change.
pub fn set(lab: &Lab, state: State) -> Result<()> {
    match state.main {
        Level::Gold => switch(lab, "gold", true).and_then(|()| switch(lab, "on", true)),
        Level::Silver => switch(lab, "gold", false).and_then(|()| switch(lab, "on", true)),
        Level::Down => switch(lab, "on", false),
    }?;
    switch(lab, "side", state.side)
}

fn switch(lab: &Lab, name: &str, on: bool) -> Result<()> {
    let path: PathBuf = lab.nva(NE).path(&format!("{SWITCHES}-{name}"));
    let turned = if on {
        fs::write(&path, "")
    } else {
        fs::remove_file(&path)
    };
    match turned {
        Err(error) if on || error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to turn the switch '{name}'"))
        }
        _ => Ok(()),
    }
}

/// A lab with these services in North Europe, all up, and with this `run` line and hold time.
pub fn lab(version: &ExaBgp, run: &str, hold_time: u32) -> Result<LabBuilder> {
    let mut builder = Lab::builder()
        .exabgp(version.clone())
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .file(NE, CONFIG, &config())
        .file(NE, STANZA, &stanza(run, hold_time)?);
    for name in ["on", "gold", "side", "still"] {
        builder = builder.file(NE, &format!("{SWITCHES}-{name}"), "");
    }
    Ok(builder)
}

/// The repository's exabgp.conf with another `run` line and hold time.
pub fn stanza(run: &str, hold_time: u32) -> Result<String> {
    let path = format!(
        "{}/exabgp/{}/exabgp.conf",
        env!("CARGO_MANIFEST_DIR"),
        NE.folder()
    );
    let mut text = fs::read_to_string(&path).with_context(|| format!("failed to read '{path}'"))?;
    let changes = [
        ("run /usr/bin/haproxy-rhi run;", format!("run {run};")),
        ("hold-time 30;", format!("hold-time {hold_time};")),
    ];
    for (old, new) in changes {
        ensure!(text.contains(old), "'{path}' has no '{old}'");
        text = text.replace(old, &new);
    }
    Ok(text)
}

/// As the repository has it.
pub const RUN: &str = "/usr/bin/haproxy-rhi run";

/// A lab, once the first routes are out.
pub fn started(version: &ExaBgp, hold_time: u32) -> Result<Lab> {
    let lab = lab(version, RUN, hold_time)?.start()?;
    eventually(PATIENCE, "the first routes", || {
        hold(&lab, &expected(START))
    })?;
    Ok(lab)
}

/// UPDATEs with routes that each Route Server has got so far.
pub fn updates(lab: &Lab) -> [usize; 2] {
    lab.route_servers(NE)
        .each_ref()
        .map(|instance| instance.updates())
}

/// Sessions that each Route Server has had so far.
pub fn sessions(lab: &Lab) -> [usize; 2] {
    let count = |instance: &RouteServer| {
        instance
            .log()
            .matches("nva: BGP session established")
            .count()
    };
    lab.route_servers(NE).each_ref().map(count)
}

/// All sessions are established.
pub fn sessions_are_up(lab: &Lab) -> Result<()> {
    lab.route_servers(NE)
        .iter()
        .try_for_each(|instance| instance.await_session(PATIENCE))
}

/// Each session is another than when there were `before` of them.
pub fn sessions_are_back(lab: &Lab, before: [usize; 2]) -> Result<()> {
    eventually(PATIENCE, "new sessions", || {
        let now = sessions(lab);
        ensure!(
            now.iter().zip(before).all(|(now, before)| *now > before),
            "{before:?}, {now:?}"
        );
        Ok(())
    })?;
    sessions_are_up(lab)
}

/// The log of ExaBGP and of haproxy-rhi has this text, so many times.
pub fn logged(lab: &Lab, text: &str, times: usize) -> Result<()> {
    eventually(
        PATIENCE,
        &format!("{times} log line(s) with '{text}'"),
        || {
            let log = lab.nva(NE).exabgp().log();
            ensure!(log.matches(text).count() >= times, "{log}");
            Ok(())
        },
    )
}

/// A number of a process's /proc/…/status, such as `VmRSS` in KiB.
pub fn status(pid: u32, field: &str) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("failed to read '{path}'"))?;
    let words = text.lines().filter_map(|line| line.split_once(':'));
    for (name, value) in words {
        if name == field {
            let number = value.split_whitespace().next().unwrap_or_default();
            return number
                .parse()
                .with_context(|| format!("'{value}' of '{field}' in '{path}'"));
        }
    }
    bail!("no '{field}' in '{path}'")
}

/// haproxy-rhi is another process than `old`.
pub fn replaced(lab: &Lab, old: u32) -> Result<()> {
    eventually(PATIENCE, "another haproxy-rhi", || {
        ensure!(lab.nva(NE).exabgp().helper_pid()? != old, "still {old}");
        Ok(())
    })
}
