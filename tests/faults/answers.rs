//! ExaBGP's answers are lost, late, out of order, somebody else's, or do not come at all.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, eventually, holds};

use crate::fault::{absent, exabgp_restarted, frozen, killed, replaced_by_usr2, reset};
use crate::filter::{filtered, mode};
use crate::service::{
    CONFIG, CONVERGENCE, DOWN, NE, PATIENCE, RUN, SILVER, START, config, converges,
    converges_within, expected, hold, lab, logged, sessions_are_up, set,
};

crate::stories! {
    without_acks_every_fault_ends_with_the_newest_state,
    lost_acks_delay_and_do_no_harm,
    acks_out_of_order_do_no_harm,
    a_predecessors_acks_do_no_harm,
    a_command_that_is_never_answered_holds_up_no_other,
    a_refused_attribute_is_retried_ever_later_and_harms_no_other,
}

/// While answers are lost, this long more: haproxy-rhi waits a second for each before it asks whether ExaBGP is there.
const SILENCE: Duration = Duration::from_secs(3);

fn changes(lab: &Lab, limit: Duration) -> Result<()> {
    for to in [SILVER, START, DOWN, SILVER, DOWN, START] {
        set(lab, to)?;
        converges_within(lab, to, Instant::now(), limit)?;
    }
    Ok(())
}

fn without_acks_every_fault_ends_with_the_newest_state(version: ExaBgp) {
    let lab = lab(&version, RUN, 30)
        .unwrap()
        .without_exabgp()
        .start()
        .unwrap();
    lab.run(|lab| {
        lab.nva(NE).exabgp().set_env("exabgp_api_ack", "false");
        lab.nva(NE).exabgp().start()?;
        sessions_are_up(lab)?;
        eventually(PATIENCE, "the first routes", || hold(lab, &expected(START)))?;
        changes(lab, CONVERGENCE)?;
        killed(lab, SILVER)?;
        exabgp_restarted(lab, DOWN)?;
        replaced_by_usr2(lab, START)?;
        reset(lab, &[0, 1], SILVER)?;
        absent(lab, 0, Duration::from_secs(3), &[START, SILVER, START])?;
        absent(lab, 1, Duration::from_secs(3), &[DOWN, START])?;
        // 6 is told to acknowledge.
        match lab.nva(NE).exabgp().is_six() {
            true => Ok(()),
            false => logged(lab, "ExaBGP acknowledges no commands", 3),
        }
    })
    .unwrap();
}

fn lost_acks_delay_and_do_no_harm(version: ExaBgp) {
    let lab = filtered(&version, "pass", &config()).unwrap();
    lab.run(|lab| {
        let helper = lab.nva(NE).exabgp().helper_pid()?;
        for loss in ["lose", "lose-all"] {
            mode(lab, loss)?;
            changes(lab, CONVERGENCE + SILENCE)?;
            // Lost until just now, while a change waits for its answer.
            set(lab, SILVER)?;
            converges_within(lab, SILVER, Instant::now(), CONVERGENCE + SILENCE)?;
            set(lab, START)?;
            mode(lab, "pass")?;
            converges(lab, START, Instant::now())?;
            changes(lab, CONVERGENCE)?;
        }
        ensure!(
            lab.nva(NE).exabgp().helper_pid()? == helper,
            "it was started again"
        );
        logged(lab, "has not answered", 1)
    })
    .unwrap();
}

/// A service that ExaBGP refuses gives answers of both kinds to confuse.
fn with_a_refused_service() -> String {
    let refused = format!("\"services\": {{\n{}", service("1.2.3.4/32", "192.0.2.1"));
    config().replace("\"services\": {", &refused)
}

/// What the log says of it.
const REFUSED: &str = "ExaBGP refused 'neighbor 192.0.2.1 announce route 1.2.3.4/32";
/// The same, of ExaBGP 6.
const WAITS: &str = "ExaBGP has no neighbor 192.0.2.1, so nothing is said to it";

fn is_refused(lab: &Lab) -> Result<()> {
    logged(
        lab,
        if lab.nva(NE).exabgp().names_neighbors() {
            WAITS
        } else {
            REFUSED
        },
        1,
    )
}

/// Its prefix sorts before all others, and it is for a neighbor that ExaBGP does not have.
fn service(prefix: &str, neighbor: &str) -> String {
    format!(
        r#""first": {{
      "prefixes": ["{prefix}"], "next_hop": "172.16.156.70", "require_address": false, "neighbors": ["{neighbor}"],
      "levels": [{{"name": "up", "when": {{"file": {{"path": "/etc/haproxy-rhi/config.json"}}}}}}]
    }},"#
    )
}

fn acks_out_of_order_do_no_harm(version: ExaBgp) {
    let lab = filtered(&version, "shuffle", &with_a_refused_service()).unwrap();
    lab.run(|lab| {
        is_refused(lab)?;
        changes(lab, CONVERGENCE)?;
        // The one in flight when ExaBGP stopped, and the newest.
        let seen = frozen(lab, Duration::from_secs(4), 20, SILVER)?;
        ensure!(seen.updates.iter().all(|count| *count <= 2), "{seen:?}");
        changes(lab, CONVERGENCE)
    })
    .unwrap();
}

fn a_predecessors_acks_do_no_harm(version: ExaBgp) {
    let lab = filtered(&version, "strange", &with_a_refused_service()).unwrap();
    lab.run(|lab| {
        changes(lab, CONVERGENCE)?;
        for to in [SILVER, DOWN, START] {
            replaced_by_usr2(lab, to)?;
        }
        // The refusal is not taken for another's success.
        is_refused(lab)
    })
    .unwrap();
}

/// ExaBGP 4.2 gives no answer at all to some of what it cannot read.
fn a_command_that_is_never_answered_holds_up_no_other(version: ExaBgp) {
    let lab = filtered(&version, "swallow 1.2.3.4/32", &with_a_refused_service()).unwrap();
    lab.run(|lab| {
        for to in [SILVER, START, DOWN, SILVER, DOWN, START] {
            set(lab, to)?;
            converges_within(lab, to, Instant::now(), CONVERGENCE + SILENCE)?;
        }
        // Once it can be answered it is.
        mode(lab, "pass")?;
        is_refused(lab)?;
        changes(lab, CONVERGENCE)
    })
    .unwrap();
}

/// Beside a neighbor that ExaBGP has, one that it has not: the whole command is refused, or half of it taken.
fn a_refused_attribute_is_retried_ever_later_and_harms_no_other(version: ExaBgp) {
    let lab = filtered(&version, "pass", &with_a_refused_service()).unwrap();
    lab.run(|lab| {
        match lab.nva(NE).exabgp().names_neighbors() {
            true => (0..4).try_for_each(|_| changes_once(lab))?,
            false => is_tried_ever_later(lab)?,
        }
        let line = if lab.nva(NE).exabgp().names_neighbors() {
            WAITS
        } else {
            REFUSED
        };
        ensure!(
            lab.nva(NE).exabgp().log().matches(line).count() == 1,
            "it is told once"
        );
        // What it refused is mended in the file: the next try is that of another command.
        lab.nva(NE).write(CONFIG, &config())?;
        holds(Duration::from_secs(3), "the routes", || {
            hold(lab, &expected(START))
        })?;
        changes(lab, CONVERGENCE)
    })
    .unwrap();
}

fn is_tried_ever_later(lab: &Lab) -> Result<()> {
    let tried = |wanted: u32| {
        eventually(PATIENCE, &format!("{wanted} tries"), || {
            let so_far = tries(lab)?;
            ensure!(so_far >= wanted, "{so_far}");
            Ok(so_far)
        })
    };
    // Try n comes 2^(n-1) - 1 s after the first; how long before `start` the one was that is seen first, nobody knows.
    let (seen, start) = (tried(1)?, Instant::now());
    for wanted in seen..=seen + 3 {
        let so_far = tried(wanted)?;
        let earliest = (1_u64 << (so_far - 1)).saturating_sub(1 << seen);
        ensure!(
            start.elapsed() + Duration::from_secs(1) >= Duration::from_secs(earliest),
            "try {so_far} came early"
        );
        changes_once(lab)?;
    }
    Ok(())
}

/// How often ExaBGP has refused the route of the service `refused`, as the status tells.
fn tries(lab: &Lab) -> Result<u32> {
    let output = lab
        .nva(NE)
        .command("/usr/bin/haproxy-rhi")
        .args(["status", "--json"])
        .output()?;
    let value: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let services = value["processes"][0]["status"]["services"]
        .as_array()
        .context("no services")?;
    let refused = services
        .iter()
        .filter_map(|service| service["routes"][0]["refused"]["tries"].as_u64())
        .max();
    Ok(u32::try_from(refused.unwrap_or(0))?)
}

fn changes_once(lab: &Lab) -> Result<()> {
    for to in [SILVER, START] {
        set(lab, to)?;
        converges(lab, to, Instant::now())?;
    }
    Ok(())
}
