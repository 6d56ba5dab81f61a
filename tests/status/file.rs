//! The status file, beside what the Route Servers hold.

use std::os::unix::fs::PermissionsExt;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, Region, eventually};
use serde_json::Value;

use crate::stage::{
    CONFIG, FILE, NE, PATIENCE, becomes, config_with, held, logged, regions, standing, status,
};

crate::stories! {
    it_says_what_the_route_servers_hold,
    a_refused_command_and_a_faulty_file_are_said,
    flags_have_a_file_of_their_own,
    the_stages_of_a_drain_are_among_the_last_changes,
}

/// The route of which the status says that ExaBGP acknowledged it is the one that both instances hold.
fn is_held(lab: &Lab, process: &Value) -> Result<()> {
    let route = &process["status"]["services"][0]["routes"][0];
    let command = route["acknowledged"].as_str().unwrap_or_default();
    for instance in lab.route_servers(NE) {
        let rows = instance.rows(ANYCAST)?;
        let said: Vec<String> = rows
            .iter()
            .map(|row| {
                let path: Vec<String> = row.as_path.iter().map(u32::to_string).collect();
                let hop = row.next_hop.map(|hop| hop.to_string()).unwrap_or_default();
                format!(
                    "announce route {ANYCAST} next-hop {hop} as-path [ {} ]",
                    path.join(" ")
                )
            })
            .collect();
        let expected = if said.is_empty() {
            vec![format!("withdraw route {ANYCAST}")]
        } else {
            said
        };
        ensure!(
            expected == [command],
            "{} holds {rows:?}, told is {command}",
            instance.address()
        );
    }
    Ok(())
}

fn it_says_what_the_route_servers_hold(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        held(lab, Some(0))?;
        let best = becomes(lab, "all is as it should be", |code, process| {
            code == 0 && standing(process) == "up" && is_held(lab, process).is_ok()
        })?;
        ensure!(
            best["problems"] == Value::Array(Vec::new()) && best["state"] == "running",
            "{best:#}"
        );
        let shown = &best["status"];
        ensure!(
            shown["process"]["pid"] == lab.nva(NE).exabgp().helper_pid()?,
            "{shown:#}"
        );
        ensure!(shown["configuration"]["file"] == CONFIG, "{shown:#}");
        ensure!(
            shown["services"][0]["levels"][0]["why"]
                == "http_front: OPEN; http_back: 1 of 1 server up",
            "{shown:#}"
        );
        let info = lab.nva(NE).haproxy().watch("show info")?;
        let pid = info
            .lines()
            .find_map(|line| line.strip_prefix("Pid: ")?.parse::<u32>().ok());
        ensure!(
            pid.is_some_and(|pid| shown["haproxy"]["pid"] == pid),
            "{shown:#}"
        );
        ensure!(
            shown["haproxy"]["started_age_seconds"]
                .as_f64()
                .is_some_and(|age| age < 600.0),
            "{shown:#}"
        );
        let mut neighbors: Vec<_> = lab
            .route_servers(NE)
            .iter()
            .map(|one| one.address().to_string())
            .collect();
        let names = |shown: &Value| -> Vec<String> {
            let list = shown["exabgp"]["neighbors"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            list.iter()
                .filter_map(|one| Some(one["neighbor"].as_str()?.to_owned()))
                .collect()
        };
        neighbors.sort();
        ensure!(names(shown) == neighbors, "{shown:#}");
        let mode = std::fs::metadata(lab.nva(NE).path(FILE))?
            .permissions()
            .mode()
            & 0o777;
        ensure!(mode == 0o644, "{mode:o}");

        // Where the servers die, it is the last resort first, then withdrawn; each time both hold what it says.
        lab.backend(NE).kill()?;
        held(lab, None)?;
        let down = becomes(lab, "down", |code, process| {
            code == 1 && standing(process) == "down" && is_held(lab, process).is_ok()
        })?;
        let moves: Vec<(&str, &str)> = down["status"]["transitions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| Some((one["from"].as_str()?, one["to"].as_str()?)))
            .collect();
        // Before, perhaps a start without servers: HAProxy's first check may come before theirs.
        ensure!(
            moves.ends_with(&[("up", "last standing"), ("last standing", "down")]),
            "{moves:?}"
        );
        ensure!(
            down["status"]["services"][0]["siblings"][0]["healthy"] == true,
            "{down:#}"
        );
        let text = String::from_utf8(status(lab, &[])?.stdout)?;
        ensure!(
            text.contains("! service web is down: http_back: 0 of 1 server up"),
            "{text}"
        );
        ensure!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        ensure!(!text.contains('\u{1b}'), "colours in a pipe: {text}");
        lab.backend(NE).start()?;
        becomes(lab, "back at its best", |code, process| {
            code == 0 && is_held(lab, process).is_ok()
        })?;

        // A session that is away.
        lab.route_servers(NE)[0].disable_session()?;
        let name = lab.route_servers(NE)[0].address().to_string();
        let words = format!("neighbor {name} is down for ");
        becomes(lab, "a neighbor is down", |code, process| {
            code == 1 && process["problems"].to_string().contains(&words)
        })?;
        lab.route_servers(NE)[0].enable_session()?;
        becomes(lab, "it is up again", |code, _| code == 0)?;

        // A reload is counted, and HAProxy away is told from one that reloads.
        lab.nva(NE).haproxy().reload()?;
        becomes(lab, "a reload", |_, process| {
            process["status"]["haproxy"]["reloads"] == 1
        })?;
        lab.nva(NE).haproxy().kill()?;
        becomes(lab, "gone", |code, process| {
            code == 1 && process["status"]["haproxy"]["state"] == "gone"
        })?;
        lab.nva(NE).haproxy().start()?;
        becomes(lab, "a restart", |code, process| {
            code == 0 && process["status"]["haproxy"]["restarts"] == 1
        })?;
        Ok(())
    })
    .unwrap();
}

/// An ExaBGP that refuses: a neighbor that is not there.
fn a_refused_command_and_a_faulty_file_are_said(version: ExaBgp) {
    let odd = r#""services": {"odd": {"prefixes": ["198.51.100.7/32"], "next_hop": "172.16.156.70", "require_address": false,
        "neighbors": ["192.0.2.99"], "levels": [{"name": "up", "when": {"file": {"path": "/etc/hosts"}}}]},"#;
    let config = config_with("").replace("\"services\": {", odd);
    let lab = regions(&version).file(NE, CONFIG, &config).start().unwrap();
    lab.run(|lab| {
        let refused =
            |process: &Value| process["status"]["services"][0]["routes"][0]["refused"].clone();
        let process = becomes(lab, "a refused command", |code, process| {
            code == 1 && !refused(process).is_null()
        })?;
        let command = "neighbor 192.0.2.99 announce route 198.51.100.7/32 next-hop 172.16.156.70";
        ensure!(refused(&process)["command"] == command, "{process:#}");
        ensure!(
            process["status"]["exabgp"]["refused"].as_u64() >= Some(1),
            "{process:#}"
        );
        // It harms no other.
        held(lab, Some(0))?;

        lab.nva(NE).write(CONFIG, "{")?;
        becomes(lab, "a faulty file", |code, process| {
            code == 1
                && process["problems"]
                    .to_string()
                    .contains("a newer configuration is faulty: /etc/haproxy-rhi/config.json:1:")
        })?;
        lab.nva(NE).write(CONFIG, &config_with(""))?;
        becomes(lab, "a file that can be used", |_, process| {
            let services = process["status"]["services"].as_array().map_or(0, Vec::len);
            process["status"]["configuration"]["fault"].is_null() && services == 1
        })?;
        Ok(())
    })
    .unwrap();
}

/// A process that flags configure, and one that keeps its file elsewhere.
fn flags_have_a_file_of_their_own(version: ExaBgp) {
    let path = format!(
        "{}/exabgp/{}/exabgp.conf",
        env!("CARGO_MANIFEST_DIR"),
        NE.folder()
    );
    let shipped = std::fs::read_to_string(path).unwrap();
    let flags = "haproxy-rhi run --stats /run/haproxy/watch.sock --backend http_back --prefix 9.9.9.9/32 \
                 --next-hop 172.16.156.70 --as-path \"65010\" --metrics /run/exabgp/flags.prom;";
    let stanza = shipped.replace("haproxy-rhi run;", flags);
    assert_ne!(stanza, shipped);
    let lab = regions(&version)
        .file(NE, "/etc/exabgp/exabgp.conf", &stanza)
        .start()
        .unwrap();
    lab.run(|lab| {
        held(lab, Some(0))?;
        let process = becomes(lab, "at its best", |code, _| code == 0)?;
        ensure!(process["file"] == "/run/exabgp/haproxy-rhi.9.9.9.9-32.status.json", "{process:#}");
        ensure!(process["status"]["configuration"]["file"].is_null(), "{process:#}");
        eventually(PATIENCE, "metrics", || {
            let text = lab.nva(NE).read("/run/exabgp/flags.prom")?;
            let series = "haproxy_rhi_service_standing{process=\"9.9.9.9-32\",service=\"http_back\",standing=\"up\"} 1\n";
            ensure!(text.contains(series), "{text}");
            Ok(())
        })?;

        // A folder that nobody made.
        let elsewhere = stanza.replace("haproxy-rhi run ", "haproxy-rhi run --status-file /run/exabgp/no/such.json ");
        lab.nva(Region::NorthEurope).write("/etc/exabgp/exabgp.conf", &elsewhere)?;
        lab.nva(NE).exabgp().restart()?;
        logged(lab, "failed to write '/run/exabgp/no/such.json' (No such file or directory")?;
        held(lab, Some(0))?;
        let absent = status(lab, &["--status-file", "/run/exabgp/no/such.json"])?;
        ensure!(absent.status.code() == Some(2), "{absent:?}");
        Ok(())
    })
    .unwrap();
}

/// They move a route, and the service is as it was.
fn the_stages_of_a_drain_are_among_the_last_changes(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        held(lab, Some(0))?;
        // Who is alone is not drained.
        becomes(lab, "a healthy sibling", |code, process| {
            code == 0 && process["status"]["services"][0]["siblings"][0]["healthy"] == true
        })?;
        let runs = |words: &[&str]| -> Result<()> {
            let output = lab.nva(NE).command("haproxy-rhi").args(words).output()?;
            ensure!(output.status.success(), "{words:?}: {output:?}");
            Ok(())
        };
        runs(&["drain", "web", "--reason", "kernel update", "--wait"])?;
        held(lab, None)?;
        runs(&["resume", "web"])?;
        held(lab, Some(0))?;
        let last = |process: &Value| {
            process["status"]["transitions"]
                .as_array()
                .and_then(|all| all.last().cloned())
        };
        let process = becomes(lab, "the drain's end", |_, process| {
            last(process).is_some_and(|one| {
                one["why"] == "not drained any more, 'up', announcing 9.9.9.9/32"
            })
        })?;
        ensure!(
            last(&process).is_some_and(|one| one["from"] == "up" && one["to"] == "up"),
            "{process:#}"
        );
        let text = String::from_utf8(status(lab, &[])?.stdout)?;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [
            ": kernel update, withdrawing 9.9.9.9/32",
            "web: not drained any more, 'up', announcing 9.9.9.9/32",
        ] {
            ensure!(text.contains(words), "{words}: {text}");
        }
        Ok(())
    })
    .unwrap();
}
