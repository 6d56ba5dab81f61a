//! What an operator meets who does all of it by hand: what is not his is left, what cannot work is said, with the cure.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Host, eventually};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::nvas::{BOTH, Nvas, Running};
use crate::pair::{PATIENCE, PROGRAM};
use crate::switching::picture;

/// The exit status of a command, and what it said.
fn outcome(nvas: &Nvas, nva: u8, words: &str, state: &str) -> Result<(i32, String)> {
    let mut command = nvas.ring.command(Host::Nva(nva), PROGRAM);
    command.args(words.split(' '));
    if !words.starts_with("down") {
        command.arg("--config").arg(nvas.file(nva));
    }
    if !words.starts_with("rules") {
        command
            .arg("--state")
            .arg(nvas.ring.directory().join(state));
    }
    let output = command.output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Ok((output.status.code().context("a signal")?, said))
}

/// It says so, with this exit status.
fn says(nvas: &Nvas, words: &str, status: i32, expected: &str) {
    let (code, said) = outcome(nvas, 1, words, "state-1").unwrap();
    assert!(
        code == status && said.contains(expected),
        "{words}: {code}, not {status}: {said}\nnot: {expected}"
    );
}

/// A heartbeat of the first NVA that logs to a file.
fn logging(nvas: &Nvas, arguments: &[&str]) -> (std::process::Child, PathBuf) {
    let path = nvas.ring.directory().join("log");
    let mut heartbeat = nvas.heartbeat_command(1, arguments);
    let child = heartbeat
        .stdin(Stdio::null())
        .stderr(File::create(&path).unwrap())
        .spawn()
        .unwrap();
    (child, path)
}

fn end(mut child: std::process::Child) -> Option<i32> {
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    child.wait().unwrap().code()
}

fn eventually_says(nvas: &Nvas, word: &str, expected: &str) {
    eventually(PATIENCE, expected, || {
        let (_, said) = outcome(nvas, 1, word, "state-1")?;
        ensure!(said.contains(expected), "{said}");
        Ok(())
    })
    .unwrap();
}

fn eventually_holds(path: &PathBuf, expected: &str) {
    eventually(PATIENCE, expected, || {
        let text = fs::read_to_string(path)?;
        ensure!(text.contains(expected), "{text}");
        Ok(())
    })
    .unwrap();
}

/// The kernel of a sibling answers; only its heartbeat makes the sibling hand anything over.
#[test]
fn a_sibling_whose_heartbeat_does_not_run_does_not_ask() {
    let nvas = Nvas::start(2).unwrap();
    nvas.command(1, "up").unwrap();
    nvas.command(2, "up").unwrap();
    let metrics = nvas.ring.directory().join("metrics");
    let (child, log) = logging(&nvas, &["--metrics", metrics.to_str().unwrap()]);
    let sibling = nvas.heartbeat(2, &[]).unwrap();
    nvas.ready(1).unwrap();
    eventually_holds(&metrics, "sibling_asks{nva=\"172.16.2.70\"} 1");

    // The one that is left is what the other is asked by, and no more.
    drop(sibling);
    let silent = "WRONG  sibling 172.16.2.70 asks: it does not: its heartbeat does not run, so it hands nothing over; start";
    eventually_says(&nvas, "check", silent);
    says(&nvas, "check", 1, "ok     sibling 172.16.2.70 answers\n");
    says(
        &nvas,
        "status",
        0,
        "172.16.2.70: answers, DOES NOT ASK, handed to it",
    );
    let (_, said) = outcome(&nvas, 1, "status --json", "state-1").unwrap();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&said["asks"], &said["siblings"][0]["asks"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
    eventually_holds(&metrics, "sibling_asks{nva=\"172.16.2.70\"} 0");
    assert!(
        fs::read_to_string(&metrics)
            .unwrap()
            .contains("sibling_answers{nva=\"172.16.2.70\"} 1")
    );
    eventually_holds(
        &log,
        " haproxy-rhi-second-chance: warning: sibling 172.16.2.70 does not ask: its heartbeat",
    );
    // There, it is the first thing that is in the way.
    let (code, said) = outcome(&nvas, 2, "check", "state-2").unwrap();
    assert!(
        code == 1
            && said.contains(
                "WRONG  the heartbeat runs here: it does not, so nothing is handed over; start"
            ),
        "{said}"
    );
    let (_, said) = outcome(&nvas, 2, "status", "state-2").unwrap();
    assert!(
        said.contains("on, at 172.16.2.70; ITS HEARTBEAT DOES NOT RUN"),
        "{said}"
    );
    let mut client = nvas.connect(BOTH[0]).unwrap();
    client.who().unwrap();
    nvas.ring.lead_to(2).unwrap();
    assert!(client.who().is_err());

    // Nobody's ping is a heartbeat; one of a version without the code and the fingerprint is.
    let ping = |id: &str| {
        format!(
            "ping -c 300 -i 0.1 -e {id} 169.254.92.1; ping -6 -c 300 -i 0.1 -e {id} fe80::5c:1%second-chance"
        )
    };
    let old = |id| {
        Running::start(
            nvas.ring
                .command(Host::Nva(2), "sh")
                .args(["-c", &ping(id).replace(';', " &")]),
        )
    };
    let pings = old("7").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    says(&nvas, "check", 1, silent);
    drop(pings);
    let _old = old("23644").unwrap();
    nvas.ready(1).unwrap();
    eventually_holds(&log, "no longer: sibling 172.16.2.70 does not ask");
    assert_eq!(
        fs::read_to_string(&log).unwrap().matches("warning").count(),
        1
    );
    assert_eq!(end(child), Some(0));
}

/// What it told ends with it; and what is done to the rules and the device under it is logged.
#[test]
fn a_heartbeat_logs_what_is_done_under_it_and_leaves_no_files() {
    let mut nvas = Nvas::start(2).unwrap();
    nvas.command(1, "up").unwrap();
    nvas.switch_on_one(2).unwrap();
    let file = |name: &str| nvas.ring.directory().join(name);
    let (metrics, status) = (file("metrics"), file("status"));
    fs::write(&status, "of before").unwrap();
    let (child, log) = logging(
        &nvas,
        &[
            "--metrics",
            metrics.to_str().unwrap(),
            "--status-file",
            status.to_str().unwrap(),
        ],
    );
    eventually_holds(&metrics, "second_chance_on 1");
    for (fault, said, told) in [
        (
            "nft flush ruleset",
            "warning: off, while its heartbeat runs; run 'haproxy-rhi-second-chance up'",
            "second_chance_on 0",
        ),
        (
            "ip link delete second-chance",
            "warning: the device 'second-chance' is not there, so no packet is handed to anybody; run 'haproxy-rhi-second-chance up'",
            "sibling_answers{nva=\"172.16.2.70\"} 0",
        ),
    ] {
        nvas.shell(Host::Nva(1), fault).unwrap();
        eventually_holds(&log, said);
        eventually_holds(&metrics, told);
        nvas.command(1, "up").unwrap();
        nvas.ready(1).unwrap();
    }
    assert_eq!(end(child), Some(0));
    assert!(!metrics.exists() && !status.exists());
    // A file that it never wrote is not removed: here it has no way to.
    fs::write(&status, "mine").unwrap();
    let (child, _) = logging(
        &nvas,
        &[
            "--status-file",
            status.to_str().unwrap(),
            "--metrics",
            "/proc/none",
        ],
    );
    eventually_holds(&log, "cannot write '/proc/none'");
    assert_eq!(end(child), Some(0));
    assert_eq!(fs::read_to_string(&status).unwrap(), "mine");
}

#[test]
fn a_user_without_rights_is_told_what_a_heartbeat_takes() {
    let nvas = Nvas::start(2).unwrap();
    let mut user = nvas.ring.command(Host::Nva(1), "setpriv");
    user.args([
        "--reuid=nobody",
        "--regid=nogroup",
        "--clear-groups",
        "--inh-caps=-all",
        PROGRAM,
        "heartbeat",
    ]);
    let output = user.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("it takes CAP_NET_RAW (and CAP_NET_ADMIN): run this as root"),
        "{said}"
    );
}

/// What was before is known by one file alone.
#[test]
fn what_cannot_be_put_back_is_named() {
    let nvas = Nvas::start(2).unwrap();
    nvas.ring
        .set_sysctl(Host::Nva(1), "net/ipv4/conf/all/rp_filter", "1")
        .unwrap();
    let before = picture(&nvas, 1).unwrap();
    nvas.command(1, "up").unwrap();
    // Another file than that of 'up'.
    let (code, said) = outcome(&nvas, 1, "down", "other").unwrap();
    let left = "net.ipv4.tcp_fwmark_accept = 1, net.ipv4.conf.all.rp_filter = 0, ";
    let expected = format!(
        "/other' is not there; the rules and the tunnel are gone, and these sysctls are left as they are: {left}"
    );
    assert!(
        code == 2 && said.contains(&expected) && said.contains("net.ipv4.conf.eth0.rp_filter = 1"),
        "{code}: {said}"
    );
    assert!(
        nvas.shell(Host::Nva(1), "ip link show second-chance")
            .is_err()
    );
    // With the right one it is put back after all.
    assert_eq!(nvas.command(1, "down").unwrap(), "second chance: off\n");
    assert_eq!(picture(&nvas, 1).unwrap(), before);
    assert_eq!(nvas.command(1, "down").unwrap(), "second chance: off\n");
    // One that was lost, or is broken: what is now is not taken for what was before.
    let state = nvas.ring.directory().join("state-1");
    for (broken, why) in [
        (None, "is not there"),
        (Some("{\"sysctls\":"), "is no state of it"),
    ] {
        nvas.command(1, "up").unwrap();
        match broken {
            None => fs::remove_file(&state).unwrap(),
            Some(text) => fs::write(&state, text).unwrap(),
        }
        says(
            &nvas,
            "up",
            0,
            &format!(
                "/state-1' {why}; what the sysctls were before is not known, and 'down' will leave them: net"
            ),
        );
        says(
            &nvas,
            "up",
            0,
            "/state-1' does not say it; what the sysctls were before is not known",
        );
        says(
            &nvas,
            "down",
            2,
            "these sysctls are left as they are: net.ipv4.tcp_fwmark_accept = 1, ",
        );
        assert!(!state.exists());
        nvas.shell(
            Host::Nva(1),
            "cd /proc/sys/net/ipv4; echo 0 > tcp_fwmark_accept; echo 1 > conf/all/rp_filter",
        )
        .unwrap();
    }
}

/// Others may have had the name before.
#[test]
fn a_device_and_a_table_of_somebody_elses_are_left() {
    let nvas = Nvas::start(2).unwrap();
    for (kind, of) in [
        ("bridge", "bridge"),
        ("veth", "veth"),
        (
            "vxlan id 93 dstport 4790 local 172.16.1.70",
            "another vxlan",
        ),
        (
            "vxlan id 92 dstport 4790 local 172.16.1.70",
            "another vxlan",
        ),
    ] {
        nvas.ring
            .ip(
                Host::Nva(1),
                &format!("link add second-chance type {kind}\n"),
            )
            .unwrap();
        let before = picture(&nvas, 1).unwrap();
        let foreign = format!(
            "the device 'second-chance' is not this program's ({of}), and is left; give it another name (ip link set"
        );
        says(&nvas, "up", 1, &foreign);
        says(&nvas, "check", 1, &foreign);
        says(&nvas, "down", 0, &format!("second chance: off; {foreign}"));
        assert_eq!(picture(&nvas, 1).unwrap(), before);
        nvas.ring
            .ip(Host::Nva(1), "link delete second-chance\n")
            .unwrap();
    }
    // Nor is one that took the place of the tunnel.
    nvas.command(1, "up").unwrap();
    nvas.ring
        .ip(
            Host::Nva(1),
            "link delete second-chance\nlink add second-chance type bridge\n",
        )
        .unwrap();
    says(
        &nvas,
        "down",
        0,
        "second chance: off; the device 'second-chance' is not this program's (bridge)",
    );
    nvas.ring
        .ip(Host::Nva(1), "link delete second-chance\n")
        .unwrap();
    nvas.ring
        .nft(
            Host::Nva(1),
            "table ip haproxy_rhi_second_chance { chain mine { }\n}\n",
        )
        .unwrap();
    let before = picture(&nvas, 1).unwrap();
    let foreign = "the table 'ip haproxy_rhi_second_chance' is not this program's, and is left; give it another name, or remove it (nft";
    says(&nvas, "up", 1, foreign);
    says(&nvas, "down", 1, foreign);
    assert_eq!(picture(&nvas, 1).unwrap(), before);
}

#[test]
fn what_the_system_refuses_is_said_with_the_place_and_the_cure() {
    let nvas = Nvas::start(2).unwrap();
    let text = nvas.text(1).unwrap();
    // Another program has the port.
    let taken = Running::start(nvas.ring.command(Host::Nva(1), "/usr/bin/python3").args([
        "-c",
        "import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 4790)); time.sleep(600)",
    ]))
    .unwrap();
    eventually(PATIENCE, "a taken port", || {
        nvas.shell(Host::Nva(1), "ss -Hlun sport = :4790 | grep .")
    })
    .unwrap();
    says(
        &nvas,
        "up",
        2,
        "cannot make the tunnel 'second-chance': UDP port 4790 is another program's here (ss -lunp); end that, or choose",
    );
    drop(taken);
    nvas.ring
        .set_sysctl(Host::Nva(1), "net/ipv6/conf/default/disable_ipv6", "1")
        .unwrap();
    says(
        &nvas,
        "up",
        2,
        "a 'prefix' is of IPv6, which is disabled here; set net.ipv6.conf.default.disable_ipv6 to 0, or remove the line",
    );
    nvas.ring
        .set_sysctl(Host::Nva(1), "net/ipv6/conf/default/disable_ipv6", "0")
        .unwrap();
    // As in a container.
    let read_only =
        "mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec \"$@\"";
    let mut up = nvas.ring.command(Host::Nva(1), "unshare");
    up.args([
        "--mount", "sh", "-ec", read_only, "up", PROGRAM, "up", "--config",
    ])
    .arg(nvas.file(1));
    let output = up
        .arg("--state")
        .arg(nvas.ring.directory().join("state-1"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(2) && said.contains("; /proc/sys is read-only here, as in a"),
        "{said}"
    );
    // No way, neither before nor while it is on.
    nvas.ring
        .ip(Host::Nva(1), "route delete default\n")
        .unwrap();
    let no_way = format!(
        "no route to sibling 172.16.2.70 ({}:4); add one",
        nvas.file(1).display()
    );
    says(&nvas, "up", 2, &no_way);
    nvas.ring
        .ip(Host::Nva(1), "route add default via 172.16.1.1\n")
        .unwrap();
    nvas.command(1, "up").unwrap();
    nvas.ring
        .ip(Host::Nva(1), "route delete default\n")
        .unwrap();
    let (code, said) = outcome(&nvas, 1, "check", "state-1").unwrap();
    assert!(
        code == 1
            && said.contains(&format!(
                "WRONG  there is a way to each sibling: {no_way}\n"
            )),
        "{said}"
    );
    assert!(
        said.contains("ok     the rules are those of the file\n") && !said.contains("'mtu'"),
        "{said}"
    );
    nvas.ring
        .ip(
            Host::Nva(1),
            "route add default via 172.16.1.1\nlink set eth0 mtu 1300\n",
        )
        .unwrap();
    says(
        &nvas,
        "check",
        1,
        "WRONG  the tunnel's MTU fits its way: the way to the siblings takes packets of 1300 bytes, which leaves 1250 in",
    );
    assert!(
        !outcome(&nvas, 1, "check", "state-1")
            .unwrap()
            .1
            .contains("'mtu'")
    );
    nvas.ring
        .ip(Host::Nva(1), "link set eth0 mtu 1500\n")
        .unwrap();
    // It is on, and of no use.
    nvas.ring
        .ip(Host::Nva(1), "address delete 9.9.9.9/32 dev lo\n")
        .unwrap();
    nvas.write(1, &format!("{text}mtu 9000\n")).unwrap();
    says(
        &nvas,
        "up",
        0,
        "warning: 9.9.9.9/32 is an address of this host: it is not; put it on lo",
    );
    says(
        &nvas,
        "up",
        0,
        "warning: the tunnel's MTU: it is 9000, and the way to the siblings leaves 1450; ",
    );
    // Not an NVA: another machine, or another number.
    nvas.write(1, &text.replace("172.16.1.70", "172.16.1.71"))
        .unwrap();
    let none = format!(
        "error: {}:3: this host is no NVA of the file (172.16.1.71, 172.16.2.70): it has 172.16.1.70",
        nvas.file(1).display()
    );
    says(&nvas, "up", 78, &none);
    says(&nvas, "rules", 78, &none);
}

/// What is in the way of a sibling's answer is not the same each time.
#[test]
fn a_sibling_that_does_not_answer_is_told_by_what_comes_of_it() {
    let mut nvas = Nvas::switched_on(2).unwrap();
    nvas.ring
        .nft(Host::Nva(2), "table inet own { chain i { type filter hook input priority 0; iifname second-chance icmp type echo-request drop; }\n}\n")
        .unwrap();
    eventually_says(
        &nvas,
        "check",
        "172.16.2.70 answers: it does not; it asks: does its firewall, or this one's, drop ICMP on 'second-chance'",
    );
    nvas.command(2, "down").unwrap();
    eventually_says(
        &nvas,
        "check",
        "172.16.2.70 answers: it does not, and no packet of it arrives: is it switched on there, is UDP 4790 open both ways",
    );
    nvas.end_heartbeat(1);
    eventually_says(
        &nvas,
        "check",
        "172.16.2.70 answers: it does not; no heartbeat of this NVA asks it",
    );
}
