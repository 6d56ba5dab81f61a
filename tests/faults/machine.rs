//! The machine runs out of something, or its clock is set. None of it depends on ExaBGP: told to Debian's alone.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, LabBuilder, Signal, eventually, holds};

use crate::fault::seen;
use crate::service::{
    CONFIG, CONVERGENCE, DOWN, NE, PATIENCE, RUN, SILVER, START, converges, expected, hold, lab,
    logged, set, status, updates,
};

fn up(builder: LabBuilder) -> Lab {
    let lab = builder.start().unwrap();
    eventually(PATIENCE, "the first routes", || {
        hold(&lab, &expected(START))
    })
    .unwrap();
    lab
}

fn changes(lab: &Lab) -> Result<()> {
    for to in [SILVER, DOWN, START] {
        set(lab, to)?;
        converges(lab, to, Instant::now())?;
    }
    Ok(())
}

/// /dev/full says "no space left on device" to every write, as a full disk does; a closed file and one that is open for
/// reading only refuse it too.
#[test]
fn a_log_that_cannot_be_written_changes_no_route() {
    for redirection in ["2>/dev/full", "2>&-", "2</dev/null"] {
        let run = format!("/bin/bash -c \"exec {RUN} {redirection}\"");
        let lab = up(lab(&ExaBgp::Debian, &run, 30).unwrap());
        lab.run(|lab| {
            let helper = lab.nva(NE).exabgp().helper_pid()?;
            changes(lab)?;
            ensure!(
                lab.nva(NE).exabgp().helper_pid()? == helper,
                "{redirection}: it was started again"
            );
            ensure!(
                !lab.nva(NE).exabgp().log().contains("haproxy-rhi: "),
                "{redirection}: something was logged"
            );
            Ok(())
        })
        .unwrap();
    }
}

/// Whoever should read the log hangs: what cannot be written is lost, and nothing else.
#[test]
fn a_log_that_nobody_reads_changes_no_route() {
    let run = format!("/bin/bash -c \"exec {RUN} 2<>/run/log.fifo\"");
    let lab = lab(&ExaBgp::Debian, &run, 30)
        .unwrap()
        .without_exabgp()
        .start()
        .unwrap();
    lab.run(|lab| {
        let made = lab
            .nva(NE)
            .command("mkfifo")
            .args(["-m", "0666", "/run/log.fifo"])
            .status()?;
        ensure!(made.success(), "no fifo");
        // Full to the last page from the beginning.
        let fill = "exec 3<>/run/log.fifo; timeout 1 cat /dev/zero >&3; exec sleep 1000";
        let mut holder = lab.nva(NE).command("bash").args(["-c", fill]).spawn()?;
        sleep(Duration::from_millis(1500));
        lab.nva(NE).exabgp().start()?;
        let result = eventually(PATIENCE / 3, "the first routes", || {
            hold(lab, &expected(START))
        })
        .and_then(|()| changes(lab))
        .and_then(|()| crate::fault::reset(lab, &[0, 1], SILVER).map(drop));
        holder.kill()?;
        holder.wait()?;
        result
    })
    .unwrap();
}

#[test]
fn a_configuration_that_may_not_be_read_changes_no_route() {
    let lab = up(lab(&ExaBgp::Debian, RUN, 30).unwrap());
    lab.run(|lab| {
        let exabgp = lab.nva(NE).exabgp();
        let (before, path) = (updates(lab), lab.nva(NE).path(CONFIG));
        fs::set_permissions(&path, Permissions::from_mode(0o000))?;
        exabgp.signal_helper(Signal::Hup)?;
        logged(
            lab,
            "failed to read '/etc/haproxy-rhi/config.json': permission denied; keeping",
            1,
        )?;
        holds(CONVERGENCE, "the routes", || hold(lab, &expected(START)))?;
        ensure!(updates(lab) == before, "{before:?}, {:?}", updates(lab));
        changes(lab)?;
        // A start in that state announces nothing new and says why; the first look that succeeds mends it.
        let old = exabgp.helper_pid()?;
        exabgp.signal_helper(Signal::Kill)?;
        crate::service::replaced(lab, old)?;
        logged(
            lab,
            "permission denied; announcing nothing until the file changes",
            1,
        )?;
        set(lab, SILVER)?;
        seen(lab, SILVER, || {
            fs::set_permissions(&path, Permissions::from_mode(0o644))?;
            Ok(Instant::now())
        })
        .map(drop)
    })
    .unwrap();
}

/// The clock of haproxy-rhi alone: libfaketime (Debian's) gives it another one, and leaves the monotonic one.
#[test]
fn a_clock_that_is_set_by_an_hour_changes_no_route() {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    assert!(
        Path::new(library).exists(),
        "the test needs Debian's package libfaketime"
    );
    let run = format!(
        "/usr/bin/env LD_PRELOAD={library} FAKETIME_TIMESTAMP_FILE=/etc/haproxy-rhi/clock FAKETIME_NO_CACHE=1 \
         FAKETIME_DONT_FAKE_MONOTONIC=1 {RUN}"
    );
    let lab =
        up(lab(&ExaBgp::Debian, &run, 30)
            .unwrap()
            .file(NE, "/etc/haproxy-rhi/clock", "+0\n"));
    lab.run(|lab| {
        let hours = |lab: &Lab| {
            let log = lab.nva(NE).exabgp().log();
            let stamps = log.lines().filter(|line| line.contains(" haproxy-rhi: "));
            let hours: Vec<u32> = stamps
                .filter_map(|line| line.get(11..13).and_then(|hour| hour.parse().ok()))
                .collect();
            hours
        };
        for step in ["+3600", "-3600", "+0"] {
            let before = updates(lab);
            lab.nva(NE)
                .write("/etc/haproxy-rhi/clock", &format!("{step}\n"))?;
            holds(CONVERGENCE, "the routes", || hold(lab, &expected(START)))?;
            ensure!(
                updates(lab) == before,
                "{step}: {before:?}, {:?}",
                updates(lab)
            );
            changes(lab)?;
            crate::fault::reset(lab, &[0], START)?;
        }
        // The stamps of the log show that the clock was set: three different hours, two steps from the first to the last.
        let mut hours = hours(lab);
        hours.sort_unstable();
        hours.dedup();
        ensure!(hours.len() >= 3, "the clock was not set: {hours:?}");
        Ok(())
    })
    .unwrap();
}

/// The shipped service, which looks at HAProxy's socket and at the address of its prefix: both take a file each time.
fn watching_haproxy(interval: &str, hold: &str) -> Result<LabBuilder> {
    let path = format!(
        "{}/exabgp/{}/config.json",
        env!("CARGO_MANIFEST_DIR"),
        NE.folder()
    );
    let shipped = fs::read_to_string(&path).with_context(|| format!("failed to read '{path}'"))?;
    let config = shipped
        .replace(
            "\"interval\": \"1s\"",
            &format!("\"interval\": \"{interval}\""),
        )
        .replace(
            "\"fast_interval\": \"100ms\"",
            "\"fast_interval\": \"10ms\"",
        )
        .replace("\"hold\": \"10s\"", &format!("\"hold\": \"{hold}\""));
    Ok(lab(&ExaBgp::Debian, RUN, 30)?.file(NE, CONFIG, &config))
}

fn anycast(lab: &Lab, there: bool) -> Result<()> {
    for instance in lab.route_servers(NE) {
        let rows = instance.rows(ANYCAST)?;
        ensure!(
            rows.len() == usize::from(there),
            "{} has {rows:?}",
            instance.address()
        );
    }
    Ok(())
}

/// How many files haproxy-rhi may have open. Its own user may say so.
fn limit(lab: &Lab, files: &str) -> Result<()> {
    let helper = lab.nva(NE).exabgp().helper_pid()?;
    let limit = format!("--nofile={files}:");
    let set = lab
        .nva(NE)
        .command_as_exabgp("prlimit")
        .args(["--pid", &helper.to_string(), &limit])
        .status()?;
    ensure!(set.success(), "prlimit refused");
    Ok(())
}

/// No file can be opened any more: the state cannot be told. What is out holds for the hold time, and all returns with
/// the files.
#[test]
fn a_process_that_may_open_no_more_files_holds_and_recovers() {
    let lab = watching_haproxy("200ms", "6s").unwrap().start().unwrap();
    lab.run(|lab| {
        let there = || anycast(lab, true);
        eventually(PATIENCE, "the route", there)?;
        let helper = lab.nva(NE).exabgp().helper_pid()?;
        // Long enough for what was in use to be in use again.
        sleep(Duration::from_secs(1));
        let (before, open) = (
            updates(lab),
            fs::read_dir(format!("/proc/{helper}/fd"))?.count(),
        );
        limit(lab, "0")?;
        logged(lab, "state unknown (", 1)?;
        holds(Duration::from_secs(4), "the route", there)?;
        limit(lab, "1024")?;
        logged(lab, "state known again", 1)?;
        holds(Duration::from_secs(4), "the route", there)?;
        ensure!(updates(lab) == before, "{before:?}, {:?}", updates(lab));
        // For longer than the hold time: what may be a lie is withdrawn.
        limit(lab, "0")?;
        eventually(PATIENCE, "no route", || anycast(lab, false))?;
        limit(lab, "1024")?;
        eventually(CONVERGENCE, "the route", there)?;
        ensure!(
            lab.nva(NE).exabgp().helper_pid()? == helper,
            "it was started again"
        );
        eventually(CONVERGENCE, "no more open files than before", || {
            let now = fs::read_dir(format!("/proc/{helper}/fd"))?.count();
            ensure!(now <= open + 1, "{now} files, and {open} before");
            Ok(())
        })
    })
    .unwrap();
}

/// Each poll is a connection to HAProxy, which counts them.
#[test]
fn thousands_of_polls_take_no_more_memory() {
    let lab = watching_haproxy("10ms", "10s").unwrap().start().unwrap();
    lab.run(|lab| {
        eventually(PATIENCE, "the route", || anycast(lab, true))?;
        let helper = lab.nva(NE).exabgp().helper_pid()?;
        sleep(Duration::from_secs(5));
        let (before, updates_before) = ((polls(lab)?, status(helper, "VmRSS")?), updates(lab));
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(60) && polls(lab)? < before.0 + 6_000 {
            sleep(Duration::from_millis(500));
            anycast(lab, true)?;
        }
        let after = (polls(lab)?, status(helper, "VmRSS")?);
        ensure!(
            after.0 >= before.0 + 2_000,
            "only {} polls",
            after.0 - before.0
        );
        ensure!(
            after.1 <= before.1 + 512,
            "{} KiB after {} polls, {} KiB before",
            after.1,
            after.0,
            before.1
        );
        ensure!(
            updates(lab) == updates_before,
            "{updates_before:?}, {:?}",
            updates(lab)
        );
        Ok(())
    })
    .unwrap();
}

/// Connections that HAProxy has taken: those of clients (there are none), its own checks' excluded, and each poll's.
fn polls(lab: &Lab) -> Result<u64> {
    let info = lab.nva(NE).haproxy().watch("show info")?;
    let count = info
        .lines()
        .find_map(|line| line.strip_prefix("CumConns: "));
    count
        .context("no CumConns")?
        .trim()
        .parse()
        .context("CumConns")
}

#[test]
fn no_decision_reads_the_wall_clock() {
    // A drain's age as it is read, which goes on by the loop's clock; its declaration; times that people read; and until
    // when HAProxy's page may say that the route is out, which HAProxy reads off the wall's clock.
    let told = ["observe/orders/date.rs", "report/moment.rs", "switch.rs"];
    let mut found = Vec::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let told = told.map(|file| source.join(file));
    let mut folders = vec![source];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !told.contains(&path)
                && fs::read_to_string(&path)
                    .unwrap()
                    .contains("SystemTime::now")
            {
                found.push(path);
            }
        }
    }
    assert!(found.is_empty(), "{found:?}");
}
