//! ExaBGP dies, restarts, reloads or hangs.

use std::time::Duration;

use anyhow::ensure;
use haproxy_rhi_lab::{ExaBgp, Signal};

use crate::fault::{
    exabgp_killed, exabgp_restarted, frozen, reloaded, reloaded_with, replaced_by_signals,
    replaced_by_usr2, seen, signal_another_process,
};
use crate::service::{DOWN, NE, RUN, SILVER, STANZA, START, logged, stanza, started, status};

crate::stories! {
    an_exabgp_that_was_killed_or_restarted_is_told_the_newest_state,
    a_reload_of_exabgp_loses_no_route,
    an_old_and_a_new_haproxy_rhi_side_by_side_leave_the_newest_state,
    an_exabgp_that_hangs_for_30_s_is_told_the_newest_state_only,
}

fn an_exabgp_that_was_killed_or_restarted_is_told_the_newest_state(version: ExaBgp) {
    let lab = started(&version, 30).unwrap();
    lab.run(|lab| {
        for to in [START, SILVER] {
            let killed = exabgp_killed(lab, to)?;
            ensure!(killed.sessions == [1, 1], "{killed:?}");
            let restarted = exabgp_restarted(lab, to)?;
            ensure!(restarted.sessions == [1, 1], "{restarted:?}");
        }
        exabgp_killed(lab, DOWN)?;
        exabgp_restarted(lab, START)?;
        exabgp_restarted(lab, DOWN)?;
        exabgp_killed(lab, START).map(drop)
    })
    .unwrap();
}

fn a_reload_of_exabgp_loses_no_route(version: ExaBgp) {
    let lab = started(&version, 30).unwrap();
    lab.run(|lab| {
        let helper = lab.nva(NE).exabgp().helper_pid()?;
        for to in [START, SILVER, DOWN, START] {
            let seen = reloaded(lab, to)?;
            ensure!(seen.sessions == [0, 0], "{seen:?}");
        }
        for (hold_time, to) in [(40, START), (50, SILVER), (40, DOWN), (30, START)] {
            let seen = reloaded_with(lab, &stanza(RUN, hold_time)?, to)?;
            ensure!(seen.sessions.iter().all(|count| *count >= 1), "{seen:?}");
        }
        ensure!(
            lab.nva(NE).exabgp().helper_pid()? == helper,
            "it was started again"
        );
        // ExaBGP 4.2 refuses a faulty file, and ends its processes all the same: the next reload starts one.
        lab.nva(NE).write(STANZA, "neighbor {")?;
        lab.nva(NE).exabgp().signal(Signal::Usr1)?;
        logged(lab, "syntax error in section neighbor", 1)?;
        lab.nva(NE).write(STANZA, &stanza(RUN, 30)?)?;
        let mended = reloaded(lab, SILVER)?;
        ensure!(mended.sessions == [0, 0], "{mended:?}");
        Ok(())
    })
    .unwrap();
}

fn an_old_and_a_new_haproxy_rhi_side_by_side_leave_the_newest_state(version: ExaBgp) {
    let lab = started(&version, 30).unwrap();
    lab.run(|lab| {
        let unchanged = replaced_by_usr2(lab, START)?;
        // ExaBGP 4.2 itself sends every route again at each reload.
        if version == ExaBgp::Pip("5.0.15") {
            ensure!(unchanged.updates == [0, 0], "{unchanged:?}");
        }
        replaced_by_usr2(lab, SILVER)?;
        // Twice in a row: the second comes while the first is under way.
        let exabgp = lab.nva(NE).exabgp();
        let twice = seen(lab, DOWN, || {
            let old = exabgp.helper_pid()?;
            signal_another_process(lab)?;
            replaced_by_signals(lab, old)?;
            let between = exabgp.helper_pid()?;
            crate::service::set(lab, DOWN)?;
            signal_another_process(lab)?;
            replaced_by_signals(lab, between)?;
            crate::fault::gone(old)?;
            crate::fault::gone(between)?;
            Ok(std::time::Instant::now())
        })?;
        ensure!(twice.sessions == [0, 0], "{twice:?}");
        crate::service::set(lab, START)?;
        crate::service::converges(lab, START, std::time::Instant::now()).map(drop)
    })
    .unwrap();
}

/// The hold time outlasts it: what the peers see is what was sent, not what a new session brings.
fn an_exabgp_that_hangs_for_30_s_is_told_the_newest_state_only(version: ExaBgp) {
    let lab = started(&version, 120).unwrap();
    lab.run(|lab| {
        let exabgp = lab.nva(NE).exabgp();
        let helper = exabgp.helper_pid()?;
        // Once around, so that what is allocated once is.
        crate::fault::toggled(lab, 10, Duration::from_millis(100))?;
        crate::service::set(lab, START)?;
        crate::service::converges(lab, START, std::time::Instant::now())?;
        let before = (status(helper, "VmRSS")?, moves(lab));
        let seen = frozen(lab, Duration::from_secs(30), 200, SILVER)?;
        let after = (status(helper, "VmRSS")?, moves(lab));
        // The watch went on: each change was seen and logged, but those that a busy machine was late for.
        ensure!(
            after.1 - before.1 >= 100,
            "{} changes were seen",
            after.1 - before.1
        );
        ensure!(
            after.0 <= before.0 + 1024,
            "{} KiB of memory, {} KiB before",
            after.0,
            before.0
        );
        // The command that was on its way, and the newest state.
        ensure!(
            seen.updates.iter().all(|count| (1..=2).contains(count)),
            "{seen:?}"
        );
        ensure!(seen.sessions == [0, 0], "{seen:?}");
        ensure!(exabgp.helper_pid()? == helper, "it was started again");
        logged(lab, "has not answered", 1)
    })
    .unwrap();
}

/// Changes of `main` that haproxy-rhi has logged.
fn moves(lab: &haproxy_rhi_lab::Lab) -> usize {
    let log = lab.nva(NE).exabgp().log();
    log.matches("service main: gold -> silver").count()
        + log.matches("service main: silver -> gold").count()
}
