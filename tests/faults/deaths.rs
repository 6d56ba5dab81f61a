//! haproxy-rhi dies, or is kept from living.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, RouteServer, Signal, eventually, holds};

use crate::fault::{killed, seen};
use crate::service::{
    CONFIG, CONVERGENCE, DOWN, NE, PATIENCE, RUN, SILVER, STANZA, START, State, config, expected,
    hold, lab, logged, sessions, set, stanza, started,
};

crate::stories! {
    five_kills_in_a_row_leave_no_stale_route_whatever_changed_meanwhile,
    no_signal_file_or_silence_ends_it,
    a_system_that_gives_no_threads_or_files_makes_no_crash_loop,
}

/// Five starts within 64 s are what ExaBGP takes.
const SPREAD: Duration = Duration::from_secs(13);

fn five_kills_in_a_row_leave_no_stale_route_whatever_changed_meanwhile(version: ExaBgp) {
    let lab = started(&version, 30).unwrap();
    lab.run(|lab| {
        let rows = |state: State| move || hold(lab, &expected(state));
        let rest = |since: Instant, state: State| {
            holds(
                SPREAD.saturating_sub(since.elapsed()),
                "the routes until the next kill",
                rows(state),
            )
        };
        let sessions_before = sessions(lab);
        // Nothing changed: what is said again is what is out, and the peers hear nothing.
        rest(Instant::now(), START)?;
        let start = Instant::now();
        let healthy = killed(lab, START)?;
        rest(start, START)?;
        ensure!(
            healthy.updates == [0, 0] && healthy.took < CONVERGENCE,
            "{healthy:?}"
        );
        for to in [SILVER, DOWN, START, SILVER] {
            let start = Instant::now();
            let changed = killed(lab, to)?;
            let [first, second] = changed.updates;
            // One for each of the two services that may have changed.
            ensure!(
                (1..=2).contains(&first) && (1..=2).contains(&second),
                "{to:?}: {changed:?}"
            );
            rest(start, to)?;
        }
        ensure!(
            sessions(lab) == sessions_before,
            "{sessions_before:?}, {:?}",
            sessions(lab)
        );
        // Every one of them came to life and stated everything.
        logged(
            lab,
            "configuration '/etc/haproxy-rhi/config.json' in force",
            6,
        )
    })
    .unwrap();
}

/// Only the end of ExaBGP, TERM and INT do.
fn no_signal_file_or_silence_ends_it(version: ExaBgp) {
    let lab = started(&version, 30).unwrap();
    lab.run(|lab| {
        let exabgp = lab.nva(NE).exabgp();
        let helper = exabgp.helper_pid()?;
        let calm = |what: &str| {
            holds(Duration::from_millis(300), what, || {
                ensure!(exabgp.helper_pid()? == helper, "it was started again");
                hold(lab, &expected(START))
            })
        };
        for _ in 0..10 {
            for signal in [Signal::Hup, Signal::Usr1, Signal::Usr2, Signal::Alrm] {
                exabgp.signal_helper(signal)?;
            }
        }
        calm("after signals")?;
        let kept = "keeping the configuration that is in force";
        for (count, text) in ["", "\u{0}\u{1}", "{\"services\": {\"main\": 1}}"]
            .into_iter()
            .enumerate()
        {
            lab.nva(NE).write(CONFIG, text)?;
            logged(lab, kept, count + 1)?;
            calm(text)?;
        }
        // Not there, and not a file.
        let path = lab.nva(NE).path(CONFIG);
        std::fs::remove_file(&path)?;
        logged(lab, kept, 4)?;
        calm("without a file")?;
        std::fs::create_dir(&path)?;
        logged(lab, kept, 5)?;
        calm("with a folder")?;
        std::fs::remove_dir(&path)?;
        lab.nva(NE).write(CONFIG, &config())?;
        // And it still does its work.
        seen(lab, SILVER, || {
            set(lab, SILVER)?;
            Ok(Instant::now())
        })?;
        ensure!(exabgp.helper_pid()? == helper, "it was started again");
        Ok(())
    })
    .unwrap();
}

/// Six starts in 64 s would end ExaBGP: where haproxy-rhi cannot start, it leaves after 15 s and not before.
fn a_system_that_gives_no_threads_or_files_makes_no_crash_loop(version: ExaBgp) {
    // Four files: its libraries can be opened, copies of stdin and stdout cannot.
    thread::scope(|scope| {
        for limits in ["ulimit -u 1", "ulimit -n 4"] {
            scope.spawn(|| cannot_start(&version, limits));
        }
    });
}

fn cannot_start(version: &ExaBgp, limits: &str) {
    let run = format!("/bin/bash -c \"{limits}; exec {RUN}\"");
    let lab = lab(version, &run, 30).unwrap().start().unwrap();
    lab.run(|lab| {
        let exabgp = lab.nva(NE).exabgp();
        logged(lab, "trying again in 15 s", 1)?;
        let (first, sessions_before) = (exabgp.helper()?, sessions(lab));
        crate::service::replaced(lab, first.pid)?;
        // By the kernel's clock, and not by when this test came to look.
        let pause = exabgp.helper()?.started.saturating_sub(first.started);
        ensure!(pause > Duration::from_secs(14), "{limits}: {pause:?}");
        let nothing_happened = || {
            let now = sessions(lab);
            ensure!(now == sessions_before, "{sessions_before:?}, {now:?}");
            established(lab).and_then(|()| hold(lab, &[]))
        };
        holds(CONVERGENCE, "the sessions", nothing_happened)?;
        // What ends the trouble is the end of the limit: no restart of ExaBGP is needed.
        lab.nva(NE).write(STANZA, &stanza(RUN, 30)?)?;
        exabgp.signal(Signal::Usr2)?;
        eventually(PATIENCE, "the routes", || hold(lab, &expected(START)))
    })
    .unwrap();
}

fn established(lab: &Lab) -> Result<()> {
    let is_up = |instance: &RouteServer| {
        let session = instance.session()?;
        ensure!(
            session == "Established",
            "{} is {session}",
            instance.address()
        );
        Ok(())
    };
    lab.route_servers(NE).iter().try_for_each(is_up)
}
