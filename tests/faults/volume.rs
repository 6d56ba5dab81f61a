//! Many commands, and many routes.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, eventually};
use serde_json::Value;

use crate::many::{ALL, PREFIXES, many, rows, told};
use crate::service::{
    Level, NE, START, State, hold, logged, sessions, set, status, table, updates,
};

crate::stories! {
    a_thousand_routes_are_healed_and_read_back,
    a_thousand_routes_and_sessions_that_flap_leave_the_newest_state,
    twenty_thousand_commands_stall_nobody,
}

/// More than a pipe of unread answers holds: 65,536 octets of `done` are 13,107.
const COMMANDS: usize = 20_000;
/// Before the memory is measured.
const WARM_UP: usize = 2_000;

fn twenty_thousand_commands_stall_nobody(version: ExaBgp) {
    let lab = many(&version, PREFIXES).unwrap();
    lab.run(|lab| {
        let (helper, exabgp) = (
            lab.nva(NE).exabgp().helper_pid()?,
            lab.nva(NE).exabgp().pid()?,
        );
        // Buffers, the status and its writer have their size after the first ones.
        told(lab, WARM_UP)?;
        let (sessions_before, memory) = (sessions(lab), status(helper, "VmRSS")?);
        let (took, _) = told(lab, COMMANDS)?;
        // ExaBGP 5.0 takes half a minute alone, and its time beside other tests.
        ensure!(
            took < Duration::from_secs(240),
            "{COMMANDS} commands took {took:?}"
        );
        ensure!(sessions(lab) == sessions_before, "{:?}", sessions(lab));
        let grown = status(helper, "VmRSS")?.saturating_sub(memory);
        ensure!(grown <= 1024, "{grown} KiB more memory");
        ensure!(
            lab.nva(NE).exabgp().helper_pid()? == helper,
            "haproxy-rhi was started again"
        );
        ensure!(
            lab.nva(NE).exabgp().pid()? == exabgp,
            "ExaBGP was started again"
        );
        hold(lab, &rows(START, PREFIXES))
    })
    .unwrap();
}

/// Routes of one service.
const ROUTES: usize = 1_000;
/// A session is away for so long before something changes.
const AWAY: Duration = Duration::from_millis(200);
/// Nothing changes any more.
const CALM: Duration = Duration::from_secs(5);
/// ExaBGP is asked once in a hundred times what a reading takes.
const READING: Duration = Duration::from_secs(180);

/// One Route Server is away while all of them change: it has them right, the other one hears nothing of that, and ExaBGP is asked what it
/// holds without a difference.
fn a_thousand_routes_are_healed_and_read_back(version: ExaBgp) {
    let lab = many(&version, ROUTES).unwrap();
    lab.run(|lab| {
        let [first, second] = lab.route_servers(NE);
        second.disable_session()?;
        logged(lab, "neighbor 172.16.159.5 down", 1)?;
        let now = |main| State { main, ..START };
        for main in [Level::Silver, Level::Down, Level::Gold] {
            set(lab, now(main))?;
            eventually(ALL, &format!("{main:?} at the first"), || {
                let (found, wanted) = (table(first)?, rows(now(main), ROUTES));
                ensure!(found == wanted, "{} of {}", found.len(), wanted.len());
                Ok(())
            })?;
        }
        let [before, _] = updates(lab);
        second.enable_session()?;
        let all_hold = |main| {
            let wanted = rows(now(main), ROUTES);
            eventually(ALL, &format!("{main:?} at both"), || hold(lab, &wanted))
        };
        all_hold(Level::Gold)?;
        let uses = readings(lab)?;
        eventually(READING, "one reading more", || {
            ensure!(readings(lab)? > uses);
            Ok(())
        })?;
        all_hold(Level::Gold)?;
        let [after, _] = updates(lab);
        ensure!(
            after == before,
            "the first got {} UPDATEs more",
            after - before
        );
        let log = lab.nva(NE).exabgp().log();
        ensure!(!log.contains("differs in ExaBGP"), "{log}");
        set(lab, now(Level::Down))?;
        all_hold(Level::Down)
    })
    .unwrap();
}

/// Sessions come up before, in the midst of and after what changes all of them.
fn a_thousand_routes_and_sessions_that_flap_leave_the_newest_state(version: ExaBgp) {
    let lab = many(&version, ROUTES).unwrap();
    lab.run(|lab| {
        for (round, main) in [Level::Silver, Level::Down, Level::Gold]
            .into_iter()
            .enumerate()
        {
            let state = State { main, ..START };
            for (flap, pause) in [300, 900, 2500]
                .map(Duration::from_millis)
                .into_iter()
                .enumerate()
            {
                let one = &lab.route_servers(NE)[(round + flap) % 2];
                one.disable_session()?;
                sleep(AWAY);
                if flap == 1 {
                    set(lab, state)?;
                }
                sleep(pause / 2);
                one.enable_session()?;
                one.await_session(ALL)?;
                sleep(pause);
            }
            let wanted = rows(state, ROUTES);
            eventually(ALL, &format!("all routes of {state:?}"), || {
                hold(lab, &wanted)
            })?;
        }
        sleep(CALM);
        hold(lab, &rows(START, ROUTES))
    })
    .unwrap();
}

/// How often ExaBGP has told what it holds.
fn readings(lab: &Lab) -> Result<u64> {
    let nva = lab.nva(NE);
    let output = nva
        .command("/usr/bin/haproxy-rhi")
        .args(["status", "--json"])
        .output()?;
    let status: Value = serde_json::from_slice(&output.stdout)?;
    let means = status.pointer("/processes/0/status/means");
    let means = means.and_then(Value::as_array);
    let mut means = means.context("no means")?.iter();
    let reading = means.find(|means| means["name"] == "read-back");
    let uses = reading.and_then(|means| means["uses"].as_u64());
    uses.with_context(|| format!("no readings in {status}"))
}
