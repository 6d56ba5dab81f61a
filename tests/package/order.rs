//! Stopping, restarting, reloading, crashing, rebooting: in which order, and what the Route Servers see of it.

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Debian, Lab, Machine, eventually};

use crate::site::{
    ADDRESS, NE, PATIENCE, WE, answers_from, routed, serves, set_up, shorten_drains, tell,
};

crate::stories!(
    a_stop_drains_first_and_a_crash_does_not,
    a_reboot_and_a_power_off_take_the_route_back_first_and_all_comes_back_by_itself,
);

/// With the longer path that a drain's second stage announces.
const DEPREFERRED: &[u32] = &[65010, 65010, 65010, 65010];

fn a_stop_drains_first_and_a_crash_does_not(debian: Debian) {
    tell(debian, |lab, machine| {
        set_up(machine)?;
        shorten_drains(machine)?;
        serves(lab)?;

        exabgp_stops(lab, machine)?;
        haproxy_restarts(lab, machine)?;
        haproxy_restarts_without_the_drop_in(lab, machine)?;
        reloads(lab, machine)?;
        crashes(lab, machine)
    });
}

/// Longer path, no route, and only then no session.
fn exabgp_stops(lab: &Lab, machine: &Machine) -> Result<()> {
    let mut stop = machine
        .command("systemctl")?
        .args(["stop", "exabgp"])
        .spawn()?;
    routed(lab, Some(DEPREFERRED)).context("while ExaBGP stops")?;
    routed(lab, None)?;
    ensure!(stop.wait()?.success(), "systemctl stop exabgp");
    for instance in lab.route_servers(NE) {
        ensure!(instance.session()? != "Established", "ExaBGP has stopped");
        withdrawn_before_the_session_ended(&instance.log())?;
    }
    answers_from(lab, WE)?;
    // Stopped by itself it stops nothing else, and its drain is over.
    ensure!(machine.sh(&format!("systemctl is-active haproxy '{ADDRESS}'"))? == "active\nactive");
    ensure!(
        machine.sh("ls /var/lib/haproxy-rhi/drain")?.is_empty(),
        "a drain is left"
    );
    says_each_stage_once(machine)?;
    machine.sh("systemctl start exabgp")?;
    serves(lab)?;
    is_drained_already(lab, machine)
}

/// What the units' commands have said, by haproxy-rhi's own name.
fn units_said(machine: &Machine) -> Result<Vec<String>> {
    let told = machine.sh(
        "journalctl --no-pager --output cat --identifier haproxy-rhi --unit exabgp --unit haproxy",
    )?;
    Ok(told.lines().map(str::to_owned).collect())
}

/// Also where it counts down.
fn says_each_stage_once(machine: &Machine) -> Result<()> {
    let said = units_said(machine)?;
    let is_count = |word: &&str| word.parse::<u32>().is_err();
    let stages = said.iter().filter(|line| line.starts_with("waiting: "));
    let mut stages: Vec<String> = stages
        .map(|line| {
            line.split(' ')
                .filter(is_count)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let count = stages.len();
    stages.sort();
    stages.dedup();
    ensure!(stages.len() == count, "a stage is said again: {said:?}");
    ensure!(
        stages.iter().any(|stage| stage.contains("web depreferred")),
        "{said:?}"
    );
    ensure!(
        said.iter().all(|line| !line.ends_with("not drained")),
        "{said:?}"
    );
    Ok(())
}

/// A unit that stops waits for nothing where an operator has drained before.
fn is_drained_already(lab: &Lab, machine: &Machine) -> Result<()> {
    machine.sh("haproxy-rhi drain web --reason test --wait")?;
    let before = units_said(machine)?.len();
    machine.sh("systemctl stop exabgp")?;
    let said = units_said(machine)?.split_off(before);
    ensure!(
        said.iter().any(|line| line.contains("web: drained")),
        "{said:?}"
    );
    ensure!(
        said.iter().all(|line| !line.starts_with("waiting: ")),
        "{said:?}"
    );
    machine.sh("systemctl start exabgp")?;
    machine.sh("haproxy-rhi resume web")?;
    serves(lab)
}

/// In BIRD's log: the UPDATE that took the route back, and the end of the session after it.
fn withdrawn_before_the_session_ended(log: &str) -> Result<()> {
    let of = |what: &str| {
        log.lines()
            .enumerate()
            .filter(|(_, line)| line.contains(what))
            .last()
    };
    let withdrawn = of("nva.ipv4 > removed").context("no withdrawal")?;
    let ended = of("nva: Connection closed").or_else(|| of("nva: BGP session closed"));
    let ended = ended.with_context(|| format!("no end of a session in {log}"))?;
    ensure!(withdrawn.0 < ended.0, "the session ended first: {log}");
    Ok(())
}

/// Drained before, and back when the servers are checked: not for a moment while HAProxy takes dead ones for live.
fn haproxy_restarts(lab: &Lab, machine: &Machine) -> Result<()> {
    let mut restart = machine
        .command("systemctl")?
        .args(["restart", "haproxy"])
        .spawn()?;
    routed(lab, Some(DEPREFERRED)).context("while HAProxy stops")?;
    routed(lab, None)?;
    ensure!(restart.wait()?.success(), "systemctl restart haproxy");
    serves(lab)?;

    let mut stop = machine
        .command("systemctl")?
        .args(["stop", "haproxy"])
        .spawn()?;
    ensure!(stop.wait()?.success(), "systemctl stop haproxy");
    routed(lab, None)?;
    lab.backend(NE).kill()?;
    let before = machine
        .sh("journalctl --no-pager --output cat --unit exabgp")?
        .lines()
        .count();
    machine.sh("systemctl start haproxy")?;
    // Checked, and found dead.
    eventually(PATIENCE, "HAProxy's checks", || {
        let told = machine.sh("haproxy-rhi check || true")?;
        ensure!(told.contains("backend01 DOWN"), "{told}");
        Ok(())
    })?;
    machine.sh("! ls /var/lib/haproxy-rhi/drain | grep .")?;
    routed(lab, None)?;
    let told = machine.sh("journalctl --no-pager --output cat --unit exabgp")?;
    let told: Vec<&str> = told
        .lines()
        .skip(before)
        .filter(|line| line.contains("not drained any more"))
        .collect();
    ensure!(
        told.len() == 1 && told.iter().all(|line| !line.contains("'up'")),
        "announced for dead servers: {told:?}"
    );
    lab.backend(NE).start()?;
    serves(lab)
}

/// HAProxy is gone for a moment: its end is seen, and its return, with an hour between two polls and no events.
fn haproxy_restarts_without_the_drop_in(lab: &Lab, machine: &Machine) -> Result<()> {
    let config = machine.sh("cat /etc/haproxy-rhi/config.json")?;
    let hourly = config.replace("\"events\": \"127.0.0.1:30514\",", "");
    let hourly = hourly.replace("\"interval\": \"1s\"", "\"interval\": \"1h\"");
    ensure!(
        hourly.contains("1h") && !hourly.contains("events"),
        "{config}"
    );
    let empty = "/etc/systemd/system/haproxy.service.d/haproxy-rhi.conf";
    machine.sh(&format!(
        "mkdir -p $(dirname {empty}); : >{empty}; systemctl daemon-reload"
    ))?;
    machine.write("/etc/haproxy-rhi/config.json", hourly.as_bytes())?;
    eventually(PATIENCE, "the configuration in force", || {
        let told = machine.sh("haproxy-rhi status || true")?;
        let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
        ensure!(
            words.contains("its end is seen at once") && !told.contains("  events "),
            "{told}"
        );
        Ok(())
    })?;
    for round in 0..3 {
        let (removals, lines) = (removals(lab), journal(machine)?.len());
        // systemd starts a unit only so often.
        machine.sh("systemctl reset-failed haproxy; systemctl restart haproxy")?;
        serves(lab)?;
        // A HAProxy that is back before it was missed moves nothing.
        let away = self::removals(lab) - removals;
        let told = journal(machine)?.split_off(lines).join("\n");
        let withdrawn = told.contains("HAProxy is gone") && told.contains("withdrawing 9.9.9.9/32");
        ensure!(
            away <= 2 && withdrawn == (away > 0),
            "round {round}, {away} removals: {told}"
        );
        ensure!(!told.contains("drain"), "round {round}: {told}");
    }
    machine.sh("systemctl stop haproxy")?;
    routed(lab, None)?;
    let (ended, withdrawn) = (
        stamped(machine, "haproxy", "Stopped haproxy")?,
        stamped(machine, "exabgp", "withdrawing 9.9.9.9/32")?,
    );
    println!(
        "systemctl stop haproxy without the drop-in: withdrawn {:.1} ms before systemd calls it stopped",
        (ended - withdrawn) * 1000.0
    );
    machine.sh("systemctl reset-failed haproxy; systemctl start haproxy")?;
    serves(lab)?;
    machine.write("/etc/haproxy-rhi/config.json", config.as_bytes())?;
    machine.sh(&format!("rm {empty}; systemctl daemon-reload"))?;
    serves(lab)
}

fn journal(machine: &Machine) -> Result<Vec<String>> {
    let told = machine.sh("journalctl --no-pager --output cat --unit exabgp")?;
    Ok(told.lines().map(str::to_owned).collect())
}

/// When the last such line of a unit's journal was written.
fn stamped(machine: &Machine, unit: &str, what: &str) -> Result<f64> {
    let told = machine.sh(&format!(
        "journalctl --no-pager --output short-unix --unit {unit} | grep '{what}' | tail -n 1"
    ))?;
    told.split(' ')
        .next()
        .and_then(|at| at.parse().ok())
        .with_context(|| format!("no '{what}' of {unit}: {told}"))
}

fn removals(lab: &Lab) -> usize {
    heard(lab)
        .concat()
        .iter()
        .filter(|text| text.starts_with("removed"))
        .count()
}

/// What both instances were told of routes so far.
fn heard(lab: &Lab) -> Vec<Vec<String>> {
    let texts = lab
        .route_servers(NE)
        .iter()
        .map(|instance| instance.heard());
    texts
        .map(|lines| lines.into_iter().map(|line| line.text).collect())
        .collect()
}

/// A reload moves nothing, and one with a faulty file is refused.
fn reloads(lab: &Lab, machine: &Machine) -> Result<()> {
    let before = removals(lab);
    machine.sh("systemctl reload haproxy exabgp")?;
    machine.sh("echo 'neighbor {' >>/etc/exabgp/exabgp.conf; ! systemctl reload exabgp")?;
    machine.sh("sed -i '$d' /etc/exabgp/exabgp.conf; systemctl reload exabgp")?;
    serves(lab)?;
    ensure!(removals(lab) == before, "the route was away");
    a_faulty_file_is_said_and_waited_for(lab, machine)
}

/// A reload with it is refused, and a restart waits before anything drains; both in ExaBGP's own words.
fn a_faulty_file_is_said_and_waited_for(lab: &Lab, machine: &Machine) -> Result<()> {
    let conf = machine.sh("cat /etc/exabgp/exabgp.conf")?;
    let faulty = conf.replacen("hold-time 30;", "hold-tme 30;", 1);
    ensure!(faulty != conf, "{conf}");
    machine.write("/etc/exabgp/exabgp.conf", faulty.as_bytes())?;
    let (status, told) = machine.sh_as(
        "root",
        "haproxy-rhi validate --exabgp-conf /etc/exabgp/exabgp.conf",
    )?;
    ensure!(
        status == Some(78) && told.contains("did you mean 'hold-time'?"),
        "{status:?}: {told}"
    );
    let refusal = "ExaBGP refuses it: invalid keyword \"hold-tme\"";
    let said = || machine.sh("journalctl --no-pager --output cat --unit exabgp");
    machine.sh("! systemctl reload exabgp")?;
    ensure!(said()?.matches(refusal).count() == 1, "{}", said()?);

    let seen = heard(lab).concat().len();
    let mut restart = machine
        .command("systemctl")?
        .args(["restart", "exabgp"])
        .spawn()?;
    eventually(PATIENCE, "the restart that waits", || {
        let said = said()?;
        ensure!(
            said.matches(refusal).count() == 2 && said.contains("correct it within 60 s"),
            "{said}"
        );
        Ok(())
    })?;
    ensure!(heard(lab).concat().len() == seen, "the route has moved");
    ensure!(
        machine
            .sh("ls /var/lib/haproxy-rhi/drain.units")?
            .is_empty(),
        "a drain is declared"
    );
    machine.write("/etc/exabgp/exabgp.conf", format!("{conf}\n").as_bytes())?;
    ensure!(restart.wait()?.success(), "systemctl restart exabgp");
    serves(lab)
}

/// What died must be back soon: nobody waits for a drain.
fn crashes(lab: &Lab, machine: &Machine) -> Result<()> {
    for unit in ["haproxy", "exabgp"] {
        let before = machine
            .sh("journalctl --no-pager --unit exabgp --unit haproxy")?
            .lines()
            .count();
        machine.sh(&format!("systemctl kill --signal KILL {unit}"))?;
        eventually(PATIENCE, &format!("the return of {unit}"), || {
            let restarts = machine.sh(&format!(
                "systemctl show --value --property NRestarts {unit}"
            ))?;
            let state = machine.sh(&format!("systemctl is-active {unit} || true"))?;
            ensure!(
                restarts != "0" && state == "active",
                "{state}, {restarts} restarts"
            );
            Ok(())
        })?;
        serves(lab)?;
        let told = machine.sh("journalctl --no-pager --unit exabgp --unit haproxy")?;
        let told = told.lines().skip(before).collect::<Vec<_>>().join("\n");
        ensure!(
            !told.contains("drain by"),
            "{unit} was drained after its death: {told}"
        );
    }
    Ok(())
}

fn a_reboot_and_a_power_off_take_the_route_back_first_and_all_comes_back_by_itself(debian: Debian) {
    tell(debian, |lab, machine| {
        set_up(machine)?;
        shorten_drains(machine)?;
        serves(lab)?;
        machine.reboot()?;
        went_down_in_order(lab, machine)?;
        serves(lab)?;
        machine.power_off()?;
        routed(lab, None)?;
        answers_from(lab, WE)?;
        machine.boot()?;
        went_down_in_order(lab, machine)?;
        serves(lab)
    });
}

/// By the journal of the boot before: the drain, ExaBGP, HAProxy, the address; and by the Route Servers' logs, the
/// route before HAProxy.
fn went_down_in_order(lab: &Lab, machine: &Machine) -> Result<()> {
    let journal = machine.sh(&format!(
        "journalctl --no-pager --boot -1 --output short-unix --unit exabgp --unit haproxy --unit '{ADDRESS}'"
    ))?;
    let mut last = 0.0;
    for what in [
        "web: drained",
        "Stopped exabgp.service",
        "Stopping haproxy.service",
        "nothing to drain: no haproxy-rhi runs here",
        "Stopped haproxy.service",
        "Stopping anycast-address@9.9.9.9-32.service",
        "Stopped anycast-address@9.9.9.9-32.service",
    ] {
        let line = journal.lines().rfind(|line| line.contains(what));
        let at = line.and_then(|line| line.split(' ').next()?.parse::<f64>().ok());
        let at = at.with_context(|| format!("no '{what}' in {journal}"))?;
        ensure!(at >= last, "'{what}' came too early: {journal}");
        if what == "Stopping haproxy.service" {
            for instance in lab.route_servers(NE) {
                let removed = instance
                    .heard()
                    .into_iter()
                    .filter(|line| line.text.starts_with("removed"));
                let removed = removed.map(|line| line.at).collect::<Vec<_>>();
                let first = removed.first().context("never withdrawn")?;
                let first = first.duration_since(std::time::UNIX_EPOCH)?.as_secs_f64();
                ensure!(first < at, "HAProxy stopped before the route was gone");
            }
        }
        // What a program prints has the time at which the journal reads it, which may be a moment later.
        let is_systemds = what.starts_with("Stop");
        last = if is_systemds { at } else { last.max(at - 0.5) };
    }
    Ok(())
}
