//! Sessions fall, are missing for a while, or never were.

use std::time::{Duration, Instant};

use anyhow::ensure;
use haproxy_rhi_lab::{ExaBgp, Lab, Signal, eventually};

use crate::fault::{absent, changed_through, partitioned, reset, seen, toggled};
use crate::service::{
    DOWN, NE, PATIENCE, RUN, SILVER, START, State, expected, lab, sessions, sessions_are_back,
    sessions_are_up, set, started, table,
};

crate::stories! {
    a_reset_of_one_session_or_both_leaves_the_newest_state,
    a_route_server_that_was_away_for_a_minute_gets_the_newest_state,
    a_route_server_that_was_never_there_gets_the_newest_state,
    a_partition_that_outlives_the_hold_time_leaves_the_newest_state,
}

/// `main` from A to B and back to A, and `side` away and back.
const THERE_AND_BACK: [State; 3] = [SILVER, DOWN, START];

fn a_reset_of_one_session_or_both_leaves_the_newest_state(version: ExaBgp) {
    let lab = started(&version, 30).unwrap();
    lab.run(|lab| {
        for which in [&[0][..], &[1], &[0, 1]] {
            for to in [START, SILVER, DOWN, START] {
                let seen = reset(lab, which, to)?;
                ensure!(
                    which.iter().all(|index| seen.sessions[*index] >= 1),
                    "{seen:?}"
                );
            }
        }
        Ok(())
    })
    .unwrap();
}

fn a_route_server_that_was_away_for_a_minute_gets_the_newest_state(version: ExaBgp) {
    let lab = started(&version, 30).unwrap();
    lab.run(|lab| {
        // A-B-A in the attributes alone, which ExaBGP by itself ends with B.
        let short = Duration::from_secs(2);
        absent(lab, 0, short, &[SILVER, START])?;
        absent(lab, 1, short, &[SILVER, START, SILVER])?;
        absent(lab, 1, short, &[START])?;
        // A-W-A, which it ends without the route.
        absent(lab, 0, short, &[DOWN, START])?;
        // W-B-W, which 5.0 ends with the route.
        absent(lab, 0, short, &[DOWN])?;
        absent(lab, 0, short, &[SILVER, DOWN])?;
        absent(lab, 0, short, &[START])?;
        let seen = absent(lab, 0, Duration::from_secs(60), &THERE_AND_BACK)?;
        ensure!(seen.sessions == [1, 0], "{seen:?}");
        Ok(())
    })
    .unwrap();
}

fn a_route_server_that_was_never_there_gets_the_newest_state(version: ExaBgp) {
    let lab = lab(&version, RUN, 30)
        .unwrap()
        .without_exabgp()
        .start()
        .unwrap();
    lab.run(|lab| {
        let [first, second] = lab.route_servers(NE);
        first.disable_session()?;
        lab.nva(NE).exabgp().start()?;
        second.await_session(PATIENCE)?;
        eventually(PATIENCE, "the first routes", || {
            let found = table(second)?;
            ensure!(found == expected(START), "{found:?}");
            Ok(())
        })?;
        seen(lab, START, || {
            changed_through(lab, &[SILVER, START, DOWN, START], 1)?;
            first.enable_session()?;
            sessions_are_up(lab)?;
            Ok(Instant::now())
        })
        .map(drop)
    })
    .unwrap();
}

fn a_partition_that_outlives_the_hold_time_leaves_the_newest_state(version: ExaBgp) {
    let lab = started(&version, 6).unwrap();
    lab.run(|lab| {
        let silent = partitioned(lab, &[START])?;
        ensure!(
            silent.sessions.iter().all(|count| *count >= 1),
            "{silent:?}"
        );
        partitioned(lab, &[SILVER])?;
        partitioned(lab, &[START, DOWN, START])?;
        // ExaBGP hangs for longer than the Route Servers wait for it.
        frozen_for_longer(lab)
    })
    .unwrap();
}

fn frozen_for_longer(lab: &Lab) -> anyhow::Result<()> {
    let exabgp = lab.nva(NE).exabgp();
    seen(lab, DOWN, || {
        let before = sessions(lab);
        exabgp.signal(Signal::Stop)?;
        let changed = toggled(lab, 110, Duration::from_millis(100)).and_then(|()| set(lab, DOWN));
        exabgp.signal(Signal::Cont)?;
        changed?;
        sessions_are_back(lab, before)?;
        Ok(Instant::now())
    })
    .map(drop)
}
