//! The faults themselves. Each begins in some state, ends in another, and says what the peers saw of it.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use haproxy_rhi_lab::{Lab, Signal, eventually};

use crate::service::{
    Level, NE, PATIENCE, STANZA, START, State, converges, replaced, sessions, sessions_are_back,
    sessions_are_up, set, updates,
};

/// What the peers saw of a fault, and how long after its end they were right.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// UPDATEs with routes, at each Route Server; of more than five in a row BIRD's log leaves some out.
    pub updates: [usize; 2],
    /// New sessions, at each.
    pub sessions: [usize; 2],
    pub took: Duration,
}

/// Does something that ends when it says, and waits for the far end. Fails on a stale, missing or wrong route.
pub fn seen(lab: &Lab, to: State, fault: impl FnOnce() -> Result<Instant>) -> Result<Seen> {
    let before = (updates(lab), sessions(lab));
    let ended = fault()?;
    let took = converges(lab, to, ended)?;
    let after = (updates(lab), sessions(lab));
    Ok(Seen {
        updates: new(after.0, before.0),
        sessions: new(after.1, before.1),
        took,
    })
}

/// How many more, at each Route Server.
pub fn new(after: [usize; 2], before: [usize; 2]) -> [usize; 2] {
    let ([first, second], [first_before, second_before]) = (after, before);
    [
        first.saturating_sub(first_before),
        second.saturating_sub(second_before),
    ]
}

/// haproxy-rhi is killed; where `to` is another state, that came while it could not see it.
pub fn killed(lab: &Lab, to: State) -> Result<Seen> {
    let exabgp = lab.nva(NE).exabgp();
    seen(lab, to, || {
        let old = exabgp.helper_pid()?;
        exabgp.signal_helper(Signal::Stop)?;
        set(lab, to)?;
        exabgp.signal_helper(Signal::Kill)?;
        let ended = Instant::now();
        replaced(lab, old)?;
        Ok(ended)
    })
}

/// ExaBGP is killed, and started when the state has changed.
pub fn exabgp_killed(lab: &Lab, to: State) -> Result<Seen> {
    let exabgp = lab.nva(NE).exabgp();
    seen(lab, to, || {
        let (before, orphan) = (sessions(lab), exabgp.helper_pid()?);
        exabgp.kill()?;
        gone(orphan)?;
        set(lab, to)?;
        exabgp.start()?;
        sessions_are_back(lab, before)?;
        Ok(Instant::now())
    })
}

/// ExaBGP is restarted as systemd does.
pub fn exabgp_restarted(lab: &Lab, to: State) -> Result<Seen> {
    let exabgp = lab.nva(NE).exabgp();
    seen(lab, to, || {
        let before = sessions(lab);
        exabgp.stop()?;
        set(lab, to)?;
        exabgp.start()?;
        sessions_are_back(lab, before)?;
        Ok(Instant::now())
    })
}

/// `systemctl reload` with the same exabgp.conf, and a change at the same time.
pub fn reloaded(lab: &Lab, to: State) -> Result<Seen> {
    seen(lab, to, || {
        lab.nva(NE).exabgp().signal(Signal::Usr1)?;
        set(lab, to)?;
        Ok(Instant::now())
    })
}

/// A reload with another exabgp.conf, which costs the sessions.
pub fn reloaded_with(lab: &Lab, stanza: &str, to: State) -> Result<Seen> {
    seen(lab, to, || {
        let before = sessions(lab);
        lab.nva(NE).write(STANZA, stanza)?;
        lab.nva(NE).exabgp().signal(Signal::Usr1)?;
        set(lab, to)?;
        sessions_are_back(lab, before)?;
        Ok(Instant::now())
    })
}

/// SIGUSR2, with another `run` line for the same program: without one ExaBGP 6 keeps the process that it has.
pub fn signal_another_process(lab: &Lab) -> Result<()> {
    let (nva, by_env) = (lab.nva(NE), "run /usr/bin/env /");
    let text = nva.read(STANZA)?;
    let (from, to) = match text.contains(by_env) {
        true => (by_env, "run /"),
        false => ("run /", by_env),
    };
    nva.write(STANZA, &text.replace(from, to))?;
    nva.exabgp().signal(Signal::Usr2)
}

/// haproxy-rhi is another process than `old`. ExaBGP drops some signals, which are sent again: 5.0 while it is at the one before, 6
/// while routes wait to be sent.
pub fn replaced_by_signals(lab: &Lab, old: u32) -> Result<()> {
    let exabgp = lab.nva(NE).exabgp();
    let is_there = || exabgp.helper_pid().unwrap_or(old) == old;
    eventually(PATIENCE, "another haproxy-rhi", || {
        let signalled = Instant::now();
        while is_there() && signalled.elapsed() < Duration::from_secs(5) {
            sleep(Duration::from_millis(50));
        }
        if is_there() {
            exabgp.signal(Signal::Usr2)?;
            bail!("still {old}");
        }
        Ok(())
    })
}

/// SIGUSR2: ExaBGP starts another haproxy-rhi beside the one that it tells to leave.
pub fn replaced_by_usr2(lab: &Lab, to: State) -> Result<Seen> {
    let exabgp = lab.nva(NE).exabgp();
    seen(lab, to, || {
        let old = exabgp.helper_pid()?;
        signal_another_process(lab)?;
        set(lab, to)?;
        replaced_by_signals(lab, old)?;
        let ended = Instant::now();
        gone(old)?;
        Ok(ended)
    })
}

/// ExaBGP is stopped for so long, and `main` changes all the time.
pub fn frozen(lab: &Lab, time: Duration, changes: u32, to: State) -> Result<Seen> {
    let exabgp = lab.nva(NE).exabgp();
    seen(lab, to, || {
        let start = Instant::now();
        exabgp.signal(Signal::Stop)?;
        let done = toggled(lab, changes, Duration::from_millis(100)).and_then(|()| set(lab, to));
        sleep(time.saturating_sub(start.elapsed()));
        exabgp.signal(Signal::Cont)?;
        let ended = Instant::now();
        done.map(|()| ended)
    })
}

/// `main` goes to and fro between its levels.
pub fn toggled(lab: &Lab, changes: u32, pace: Duration) -> Result<()> {
    for change in 0..changes {
        let main = if change % 2 == 0 {
            Level::Silver
        } else {
            Level::Gold
        };
        set(lab, State { main, ..START })?;
        sleep(pace);
    }
    Ok(())
}

/// These Route Servers (0, 1) reset their session, and the state changes at the same time.
pub fn reset(lab: &Lab, which: &[usize], to: State) -> Result<Seen> {
    seen(lab, to, || {
        let before = sessions(lab);
        for instance in chosen(lab, which) {
            instance.reset_session()?;
        }
        set(lab, to)?;
        eventually(PATIENCE, "new sessions", || {
            let now = sessions(lab);
            let other = |index: usize| now.get(index) > before.get(index);
            ensure!(
                which.iter().all(|index| other(*index)),
                "{before:?}, {now:?}"
            );
            Ok(())
        })?;
        sessions_are_up(lab)?;
        Ok(Instant::now())
    })
}

/// One Route Server has no session for so long. Meanwhile `main` goes through these levels and `side` falls and returns.
pub fn absent(lab: &Lab, which: usize, time: Duration, through: &[State]) -> Result<Seen> {
    let to = through.last().copied().unwrap_or(START);
    seen(lab, to, || {
        let start = Instant::now();
        for instance in chosen(lab, &[which]) {
            instance.disable_session()?;
        }
        changed_through(lab, through, 1 - which)?;
        sleep(time.saturating_sub(start.elapsed()));
        for instance in chosen(lab, &[which]) {
            instance.enable_session()?;
        }
        sessions_are_up(lab)?;
        Ok(Instant::now())
    })
}

/// Each state is out at the Route Server that is there before the next one comes.
pub fn changed_through(lab: &Lab, states: &[State], there: usize) -> Result<()> {
    for state in states {
        set(lab, *state)?;
        eventually(
            PATIENCE,
            &format!("{state:?} at the other Route Server"),
            || {
                for instance in chosen(lab, &[there]) {
                    let (found, rows) = (
                        crate::service::table(instance)?,
                        crate::service::expected(*state),
                    );
                    ensure!(found == rows, "{found:?}");
                }
                Ok(())
            },
        )?;
    }
    Ok(())
}

fn chosen<'lab>(
    lab: &'lab Lab,
    which: &[usize],
) -> impl Iterator<Item = &'lab haproxy_rhi_lab::RouteServer> {
    let which = which.to_vec();
    lab.route_servers(NE)
        .iter()
        .enumerate()
        .filter(move |(index, _)| which.contains(index))
        .map(|(_, it)| it)
}

/// The NVA's cable is out until both ends have given up all sessions; the state changes after the cut.
pub fn partitioned(lab: &Lab, through: &[State]) -> Result<Seen> {
    let to = through.last().copied().unwrap_or(START);
    seen(lab, to, || {
        let (before, heard) = (sessions(lab), heard_ends(lab));
        lab.nva(NE).cut_link()?;
        let given_up = (|| {
            for state in through {
                set(lab, *state)?;
                sleep(Duration::from_millis(700));
            }
            eventually(PATIENCE, "the end of all sessions at both ends", || {
                for instance in lab.route_servers(NE) {
                    ensure!(
                        instance.session()? != "Established",
                        "{} has one",
                        instance.address()
                    );
                }
                let now = heard_ends(lab);
                ensure!(
                    now >= heard + 2,
                    "haproxy-rhi heard of {now} ends, and of {heard} before"
                );
                Ok(())
            })
        })();
        lab.nva(NE).join_link()?;
        given_up?;
        sessions_are_back(lab, before)?;
        Ok(Instant::now())
    })
}

/// Sessions that haproxy-rhi has heard the end of.
fn heard_ends(lab: &Lab) -> usize {
    let log = lab.nva(NE).exabgp().log();
    ["neighbor 172.16.159.4 down", "neighbor 172.16.159.5 down"]
        .iter()
        .map(|end| log.matches(end).count())
        .sum()
}

/// A process has ended.
pub fn gone(pid: u32) -> Result<()> {
    eventually(PATIENCE, &format!("the end of process {pid}"), || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        ensure!(state.is_empty() || state.contains(") Z "), "{state}");
        Ok(())
    })
}
