//! A process that is gone, stopped, or left: its file stays, and nobody takes it for the truth.

use anyhow::ensure;
use haproxy_rhi_lab::{ExaBgp, Signal};

use crate::stage::{FILE, NE, becomes, held, regions, standing, status};

crate::stories! {
    a_process_that_is_gone_stopped_or_left_is_said_so,
}

fn a_process_that_is_gone_stopped_or_left_is_said_so(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        held(lab, Some(0))?;
        let exabgp = lab.nva(NE).exabgp();
        becomes(lab, "at its best", |code, process| {
            code == 0 && process["state"] == "running"
        })?;

        // Stopped: the number is there, the heart does not beat. What it wrote is shown, and what that is worth.
        exabgp.signal_helper(Signal::Stop)?;
        let stuck = becomes(lab, "stuck", |code, process| {
            code == 2 && process["state"] == "stuck"
        })?;
        ensure!(standing(&stuck) == "up", "{stuck:#}");
        ensure!(
            stuck["status"]["heartbeat_age_seconds"].as_f64() > Some(10.0),
            "{stuck:#}"
        );
        let text = String::from_utf8(status(lab, &[])?.stdout)?;
        ensure!(
            text.contains("is stuck or stopped: its last sign of life is"),
            "{text}"
        );
        exabgp.signal_helper(Signal::Cont)?;
        becomes(lab, "running again", |code, process| {
            code == 0 && process["state"] == "running"
        })?;

        // Killed, and nobody starts another: gone, at once.
        exabgp.signal(Signal::Stop)?;
        let killed = exabgp.helper_pid()?;
        exabgp.signal_helper(Signal::Kill)?;
        let dead = becomes(lab, "dead", |code, process| {
            code == 2 && process["state"] == "dead"
        })?;
        ensure!(
            dead["problems"][0]
                .as_str()
                .is_some_and(|words| words.contains("dead for at most")),
            "{dead:#}"
        );
        ensure!(dead["status"]["process"]["pid"] == killed, "{dead:#}");
        exabgp.signal(Signal::Cont)?;
        let next = becomes(lab, "the next one", |code, process| {
            code == 0 && process["state"] == "running"
        })?;
        ensure!(
            next["status"]["process"]["pid"] == exabgp.helper_pid()?,
            "{next:#}"
        );

        // Told to leave by a signal, while ExaBGP starts no other: it withdraws, and waits for no answer.
        exabgp.signal(Signal::Stop)?;
        exabgp.signal_helper(Signal::Term)?;
        let left = becomes(lab, "left after a signal", |code, process| {
            code == 2 && process["state"] == "left"
        })?;
        let route = &left["status"]["services"][0]["routes"][0];
        ensure!(
            route["said_leaving"] == "withdraw route 9.9.9.9/32"
                && route["wanted"] == "withdraw route 9.9.9.9/32"
                && route["acknowledged"].is_null(),
            "{left:#}"
        );
        let text = String::from_utf8(status(lab, &[])?.stdout)?;
        ensure!(!text.contains("announce route"), "{text}");
        let verify = lab
            .nva(NE)
            .command("/usr/bin/haproxy-rhi")
            .arg("verify")
            .output()?;
        let text = String::from_utf8(verify.stdout)?;
        ensure!(
            verify.status.code() == Some(2) && !text.contains("as intended"),
            "{text}"
        );
        exabgp.signal(Signal::Cont)?;
        becomes(lab, "the next one after a signal", |code, process| {
            code == 0 && process["state"] == "running"
        })?;

        // Told to leave, together with its ExaBGP.
        exabgp.stop()?;
        let left = becomes(lab, "left", |code, process| {
            code == 2 && process["state"] == "left"
        })?;
        ensure!(
            left["status"]["process"]["left"]["why"].is_string(),
            "{left:#}"
        );
        // Whose file that was is nobody's, and a file that is none.
        lab.nva(NE).write(FILE, "{}")?;
        let none = status(lab, &[])?;
        let said = String::from_utf8(none.stdout)?;
        ensure!(
            none.status.code() == Some(2) && said.contains("it is no status file"),
            "{said}"
        );
        std::fs::remove_file(lab.nva(NE).path(FILE))?;
        let none = status(lab, &[])?;
        let said = String::from_utf8(none.stdout)?;
        ensure!(
            none.status.code() == Some(2) && said.contains("no haproxy-rhi runs here"),
            "{said}"
        );
        Ok(())
    })
    .unwrap();
}
