//! A day of faults, recorded: the replay says exactly what ExaBGP was told.

use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, Signal, eventually};
use serde_json::Value;

use crate::far_end::{NE, PATIENCE, WE, announced_by, regions, server_is};
use crate::faults::{CONFIG, config};

crate::stories! {
    a_replay_of_a_day_of_faults_says_what_was_said,
}

const RECORD: &str = "/run/exabgp/record.jsonl";
/// What ExaBGP was told, beside the record: whatever a process says goes through `tee`.
const SENT: &str = "/run/exabgp/sent";
const STATUS: &str = "/run/exabgp/haproxy-rhi.etc+haproxy-rhi+config.json.status.json";
const TAPPED: &str = "/etc/exabgp/tapped";
const DRAIN: &str = "/var/lib/haproxy-rhi/drain/@all";

/// Each with what is to be waited for, or a time in which nothing comes.
const FAULTS: [fn(&Lab) -> Result<()>; 8] = [
    servers_die,
    haproxy_dies,
    haproxy_freezes,
    the_address_goes,
    haproxy_reloads,
    haproxy_rhi_is_killed,
    an_edit,
    a_drain,
];

fn servers_die(lab: &Lab) -> Result<()> {
    lab.backend(NE).kill()?;
    announced_by(lab, &[WE])?;
    lab.backend(NE).start()?;
    announced_by(lab, &[NE, WE])
}

fn haproxy_dies(lab: &Lab) -> Result<()> {
    lab.nva(NE).haproxy().kill()?;
    announced_by(lab, &[WE])?;
    lab.nva(NE).haproxy().start()?;
    announced_by(lab, &[NE, WE])
}

fn haproxy_freezes(lab: &Lab) -> Result<()> {
    lab.nva(NE).haproxy().freeze()?;
    sleep(Duration::from_secs(3));
    lab.nva(NE).haproxy().thaw()?;
    announced_by(lab, &[NE, WE])
}

fn the_address_goes(lab: &Lab) -> Result<()> {
    lab.nva(NE).remove_address(ANYCAST)?;
    announced_by(lab, &[WE])?;
    lab.nva(NE).add_address(ANYCAST)?;
    announced_by(lab, &[NE, WE])
}

fn haproxy_reloads(lab: &Lab) -> Result<()> {
    lab.nva(NE).haproxy().reload()?;
    server_is(lab, NE, ",L7OK,")
}

fn an_edit(lab: &Lab) -> Result<()> {
    let edited = recorded_config().replace("\"hold\": \"10s\"", "\"hold\": \"9s\"");
    lab.nva(NE).write(CONFIG, &edited)?;
    sleep(Duration::from_secs(2));
    Ok(())
}

fn a_drain(lab: &Lab) -> Result<()> {
    let path = lab.nva(NE).path(DRAIN);
    fs::create_dir_all(path.parent().context("a folder")?)?;
    lab.nva(NE).write(DRAIN, "")?;
    announced_by(lab, &[WE])?;
    fs::remove_file(path)?;
    announced_by(lab, &[NE, WE])
}

fn haproxy_rhi_is_killed(lab: &Lab) -> Result<()> {
    lab.nva(NE).exabgp().signal_helper(Signal::Kill)?;
    let lives = || {
        let heads = heads(lab)?;
        ensure!(heads == 2, "{heads} heads");
        Ok(())
    };
    eventually(PATIENCE, "another process", lives)?;
    announced_by(lab, &[NE, WE])
}

fn heads(lab: &Lab) -> Result<usize> {
    let record = lab.nva(NE).read(RECORD)?;
    let is_head = |line: &&str| line.starts_with("{\"haproxy_rhi_record\"");
    Ok(record.lines().filter(is_head).count())
}

fn recorded_config() -> String {
    let drain = "\"drain\": {\"ask\": \"0s\", \"for\": \"1s\"},\n      \"rise\"";
    let config = config(NE).replace("\"rise\"", drain);
    config.replacen('{', &format!("{{\"record\": \"{RECORD}\","), 1)
}

fn replay(lab: &Lab, config: Option<&str>) -> Result<Value> {
    let record = lab.nva(NE).path(RECORD);
    let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    command.args(["replay", "--json"]).arg(record);
    if let Some(config) = config {
        let path = lab.directory().join("new.json");
        fs::write(&path, config)?;
        command.arg("--config").arg(path);
    }
    let output = command.output()?;
    let words = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{words}{output:?}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The lines of the record, as it has them itself.
fn recorded(lab: &Lab) -> Result<Vec<String>> {
    let mut said = Vec::new();
    for line in lab
        .nva(NE)
        .read(RECORD)?
        .lines()
        .filter(|line| !line.is_empty())
    {
        let line: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
        let lines = line["say"].as_array().into_iter().flatten();
        said.extend(lines.filter_map(Value::as_str).map(str::to_owned));
    }
    Ok(said)
}

fn a_replay_of_a_day_of_faults_says_what_was_said(version: ExaBgp) {
    let folder = env!("CARGO_MANIFEST_DIR");
    let conf = format!("{folder}/exabgp/{}/exabgp.conf", NE.folder());
    let conf = fs::read_to_string(conf).unwrap();
    let conf = conf.replace(
        "run /usr/bin/haproxy-rhi run;",
        &format!("run /bin/bash {TAPPED};"),
    );
    let tapped = format!("exec /usr/bin/haproxy-rhi run > >(exec tee -a {SENT})\n");
    let lab = regions(&version)
        .file(NE, "/etc/exabgp/exabgp.conf", &conf)
        .file(NE, TAPPED, &tapped)
        .file(NE, CONFIG, &recorded_config())
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        FAULTS.iter().try_for_each(|fault| fault(lab))?;
        eventually(PATIENCE, "a recorder that works", || {
            let status: Value = serde_json::from_str(&lab.nva(NE).read(STATUS)?)?;
            let means = status["means"].as_array().context("means")?;
            let recorder = means.iter().find(|means| means["name"] == "recorder");
            let recorder = recorder.context("no recorder")?;
            ensure!(
                recorder["place"] == RECORD && recorder["fault"].is_null(),
                "{recorder}"
            );
            Ok(())
        })?;
        lab.nva(NE).exabgp().stop()?;
        announced_by(lab, &[WE])?;
        let sent = lab.nva(NE).read(SENT)?;
        let sent: Vec<&str> = sent.lines().collect();
        ensure!(sent.len() > 12, "{sent:?}");
        // What is recorded is what was sent, and what is said again is what is recorded.
        let recorded = recorded(lab)?;
        ensure!(
            recorded == sent,
            "{recorded:#?} are recorded, {sent:#?} were sent"
        );
        let replayed = replay(lab, None)?;
        ensure!(replayed["outcome"] == "best", "{replayed:#}");
        for life in replayed["lives"].as_array().context("lives")? {
            ensure!(life["whole"] == true && life["differs"].is_null(), "{life}");
        }
        let events = replayed["recorded"]["events"]
            .as_array()
            .context("events")?;
        let said = events.iter().filter_map(|event| event["exabgp"].as_str());
        let said: Vec<&str> = said.collect();
        let is_of_a_route = |line: &&&str| line.contains(" route ") || line.contains(" flush ");
        let of_routes: Vec<&str> = sent.iter().filter(is_of_a_route).copied().collect();
        ensure!(said == of_routes, "{said:#?}, and sent was {of_routes:#?}");
        another_configuration(lab, &replayed)
    })
    .unwrap();
}

/// The configuration that was in force makes about the same moves; one that waits longer for its servers makes fewer.
fn another_configuration(lab: &Lab, replayed: &Value) -> Result<()> {
    let moves = |tally: &Value| tally["services"][0]["moves"].as_u64().context("moves");
    let was = moves(&replayed["recorded"])?;
    let same = replay(lab, Some(&recorded_config()))?;
    // Where the machine stands still, another one sees what is in between, or does not.
    ensure!(moves(&same["new"])?.abs_diff(was) <= 2, "{same:#}");
    let slow = recorded_config().replace("\"fall\": 1", "\"fall\": 100");
    ensure!(slow != recorded_config(), "{slow}");
    let slow = replay(lab, Some(&slow))?;
    ensure!(
        moves(&slow["recorded"])? == was && moves(&slow["new"])? < was,
        "{slow:#}"
    );
    Ok(())
}
