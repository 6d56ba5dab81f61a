//! Who may do what, who may see what, and how little ExaBGP's unit may do.

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Debian, Lab, Machine, eventually};

use crate::site::{NE, PATIENCE, routed, serves, set_up, shorten_drains, tell};

crate::stories!(
    operators_drain_everybody_sees_and_nobody_else_does_anything,
    the_hardest_sandbox_still_lets_everything_work,
);

fn operators_drain_everybody_sees_and_nobody_else_does_anything(debian: Debian) {
    tell(debian, |lab, machine| {
        set_up(machine)?;
        shorten_drains(machine)?;
        serves(lab)?;
        machine.sh("useradd --groups haproxy-rhi alice; useradd bob")?;
        is_as_it_should_be(machine)?;
        everybody_sees(machine)?;
        operators_drain(lab, machine)?;
        haproxy_is_roots(machine)?;
        what_exabgp_may_not_open_is_told(machine)?;
        what_is_away_is_told_with_the_cure(lab, machine)?;
        a_units_drain_is_roots(machine)?;
        nothing_else_is_for_operators(machine)?;
        what_operators_plant_gains_nothing(lab, machine)
    });
}

/// Modes and owners, also of what haproxy-rhi makes under the umask that ExaBGP gives it.
fn is_as_it_should_be(machine: &Machine) -> Result<()> {
    for (path, wanted) in [
        ("/usr/bin/haproxy-rhi", "755 root:root"),
        ("/etc/haproxy-rhi/config.json", "644 root:root"),
        ("/var/lib/haproxy-rhi", "755 root:root"),
        ("/var/lib/haproxy-rhi/drain", "2775 root:haproxy-rhi"),
        ("/var/lib/haproxy-rhi/drain.units", "755 root:root"),
        ("/var/lib/haproxy-rhi/drain.taken-out", "755 root:root"),
        ("/run/exabgp", "755 exabgp:exabgp"),
        ("/run/exabgp/exabgp.in", "640 exabgp:exabgp"),
        ("/run/exabgp/exabgp.out", "640 exabgp:exabgp"),
        (
            "/run/exabgp/haproxy-rhi.etc+haproxy-rhi+config.json.status.json",
            "644 exabgp:exabgp",
        ),
        ("/run/haproxy/watch.sock", "660 exabgp:haproxy-rhi"),
        ("/run/haproxy/control.sock", "600 exabgp:root"),
        ("/run/haproxy/admin.sock", "600 root:root"),
    ] {
        let is = machine.sh(&format!("stat --format '%a %U:%G' {path}"))?;
        ensure!(is == wanted, "{path} is {is}, and should be {wanted}");
    }
    let user = machine.sh(
        "ps -o user= -C haproxy-rhi 2>/dev/null || stat --format %U /proc/$(pidof haproxy-rhi)",
    )?;
    ensure!(user.trim() == "exabgp", "haproxy-rhi runs as {user}");
    Ok(())
}

/// The status is for everybody; a drain and HAProxy's state are not, and it says who may.
fn everybody_sees(machine: &Machine) -> Result<()> {
    let (status, told) = machine.sh_as("bob", "haproxy-rhi status")?;
    ensure!(
        status == Some(0) && told.contains("9.9.9.9/32"),
        "{status:?}: {told}"
    );
    for (command, wanted) in [
        (
            "haproxy-rhi drain web",
            "permission denied; run this as root, or as a member of group haproxy-rhi",
        ),
        (
            "haproxy-rhi check",
            "no permission for /run/haproxy/watch.sock; root, user exabgp, a member of group haproxy-rhi may open it",
        ),
        (
            "haproxy-rhi server list",
            "no permission for /run/haproxy/watch.sock; root, user exabgp, a member of group haproxy-rhi",
        ),
        ("cat /run/exabgp/exabgp.out", "Permission denied"),
        ("echo version >/run/exabgp/exabgp.in", "ermission denied"),
    ] {
        let (status, told) = machine.sh_as(
            "bob",
            &format!("timeout 10 {command}").replace("timeout 10 echo", "echo"),
        )?;
        ensure!(
            status != Some(0) && status != Some(124) && told.contains(wanted),
            "{command}: {status:?}: {told}"
        );
    }
    Ok(())
}

/// A member of the group drains and resumes, also what somebody else has drained.
fn operators_drain(lab: &Lab, machine: &Machine) -> Result<()> {
    let (status, told) = machine.sh_as("alice", "haproxy-rhi drain web --reason test --wait")?;
    ensure!(
        status == Some(0) && told.contains("web: drained"),
        "{status:?}: {told}"
    );
    routed(lab, None)?;
    let file = machine.sh("stat --format '%a %U:%G' /var/lib/haproxy-rhi/drain/web")?;
    ensure!(file == "644 alice:haproxy-rhi", "{file}");
    let (_, seen) = machine.sh_as("bob", "haproxy-rhi status")?;
    ensure!(seen.contains("alice") && seen.contains("test"), "{seen}");
    let (status, told) = machine.sh_as("bob", "haproxy-rhi resume web")?;
    ensure!(
        status != Some(0) && told.contains("permission denied"),
        "{status:?}: {told}"
    );
    let (status, told) = machine.sh_as("alice", "haproxy-rhi resume web")?;
    ensure!(status == Some(0), "{status:?}: {told}");
    serves(lab)?;
    machine.sh("haproxy-rhi drain web")?;
    routed(lab, None)?;
    let (status, told) = machine.sh_as("alice", "haproxy-rhi resume web")?;
    ensure!(status == Some(0), "{status:?}: {told}");
    serves(lab)
}

/// Who changes HAProxy itself needs its admin socket, and is told so.
fn haproxy_is_roots(machine: &Machine) -> Result<()> {
    // What is watched may be looked at by whoever may watch.
    for (command, shown) in [
        ("server list", "backend01"),
        ("frontend list", "http_front"),
    ] {
        let (status, told) = machine.sh_as("alice", &format!("haproxy-rhi {command}"))?;
        ensure!(
            status == Some(0) && told.contains(shown),
            "{command}: {status:?}: {told}"
        );
    }
    for command in [
        "server list",
        "server maint http_back/backend01",
        "frontend disable http_front",
    ] {
        let (status, told) = machine.sh_as(
            "alice",
            &format!("haproxy-rhi {command} --stats /run/haproxy/admin.sock"),
        )?;
        ensure!(
            status != Some(0) && told.contains("no permission for /run/haproxy/admin.sock"),
            "{command}: {status:?}: {told}"
        );
    }
    let told = machine.sh("haproxy-rhi server list --stats /run/haproxy/admin.sock")?;
    ensure!(told.contains("backend01"), "{told}");
    Ok(())
}

/// Root sees more than the process does.
fn what_exabgp_may_not_open_is_told(machine: &Machine) -> Result<()> {
    machine.sh("haproxy-rhi validate")?;
    for path in [
        "/etc/exabgp/exabgp.conf",
        "/etc/haproxy-rhi/config.json",
        "/run/haproxy/watch.sock",
    ] {
        let before = machine.sh(&format!(
            "stat --format '%a' {path}; stat --format %U:%G {path}"
        ))?;
        let (mode, owner) = before.split_once('\n').context("a mode and an owner")?;
        machine.sh(&format!("chown root:root {path}; chmod 600 {path}"))?;
        let (status, told) = machine.sh_as("root", "haproxy-rhi validate")?;
        ensure!(
            status == Some(78) && told.contains(&format!("{path}: error EX019")),
            "{status:?}: {told}"
        );
        let (status, told) = machine.sh_as("root", "haproxy-rhi check")?;
        let words = format!("user exabgp may not open {path}");
        ensure!(
            status == Some(2) && told.contains(&words),
            "{status:?}: {told}"
        );
        machine.sh(&format!(
            "chown {owner} {path}; chmod {mode} {path}; haproxy-rhi validate"
        ))?;
    }
    // What init writes does not depend on the umask.
    machine.sh(
        "umask 077; haproxy-rhi init --region R --prefix 9.9.9.9/32 --address 172.16.156.70 --primary --no-sibling \
             --route-server 172.16.159.4 --route-server 172.16.159.5 --server b=172.16.156.69 --output-dir /srv/new
         umask 022; chmod 755 /srv; cd /srv/new/etc
         for file in exabgp/exabgp.conf haproxy/haproxy.cfg haproxy-rhi/config.json; do
             runuser -u exabgp -- cat $file >/dev/null
         done",
    )?;
    Ok(())
}

/// The address is put back by the line that is told.
fn what_is_away_is_told_with_the_cure(lab: &Lab, machine: &Machine) -> Result<()> {
    machine.sh("systemctl stop 'anycast-address@*'")?;
    let line = "systemctl enable --now \"anycast-address@$(systemd-escape 9.9.9.9/32).service\"";
    for command in ["haproxy-rhi check", "haproxy-rhi validate --live"] {
        let (_, told) = machine.sh_as("root", command)?;
        ensure!(told.contains(line), "{command}: {told}");
    }
    machine.sh(line)?;
    serves(lab)
}

/// What root does at every stop of a unit lies where nobody else writes.
fn a_units_drain_is_roots(machine: &Machine) -> Result<()> {
    for who in ["alice", "bob"] {
        let (status, told) =
            machine.sh_as(who, "haproxy-rhi drain --all --on-behalf-of exabgp.service")?;
        ensure!(
            status != Some(0) && told.contains("permission denied"),
            "{who}: {status:?}: {told}"
        );
    }
    machine.sh("haproxy-rhi drain --all --on-behalf-of other.service --until-reboot")?;
    let (status, told) = machine.sh_as(
        "alice",
        "haproxy-rhi resume --all --on-behalf-of other.service",
    )?;
    ensure!(
        status != Some(0) && told.contains("permission denied"),
        "{status:?}: {told}"
    );
    machine.sh("haproxy-rhi resume --all --on-behalf-of other.service")?;
    Ok(())
}

/// The rest of the manual's table: each of these a member of the group may not.
fn nothing_else_is_for_operators(machine: &Machine) -> Result<()> {
    for command in [
        "echo >>/etc/haproxy-rhi/config.json",
        "mv /etc/haproxy-rhi/config.json /tmp",
        "echo >/run/exabgp/exabgp.in",
        "cat /run/exabgp/exabgp.out",
        "rm /run/exabgp/haproxy-rhi.*.routes",
        "echo '[]' >$(ls /run/exabgp/haproxy-rhi.*.routes)",
        "rm /run/exabgp/haproxy-rhi.*.status.json",
        "touch /run/exabgp/x",
        "touch /var/lib/haproxy-rhi/x",
        "mv /var/lib/haproxy-rhi/drain /var/lib/haproxy-rhi/x",
        "touch /var/lib/haproxy-rhi/drain.units/x",
        "touch /var/lib/haproxy-rhi/drain.taken-out/x",
        "mv /var/lib/haproxy-rhi/drain.taken-out /var/lib/haproxy-rhi/x",
        "systemctl --no-ask-password stop exabgp",
        "kill $(pidof haproxy-rhi)",
    ] {
        let (status, told) = machine.sh_as("alice", command)?;
        ensure!(
            status != Some(0) && status != Some(124),
            "{command}: {status:?}: {told}"
        );
    }
    let (status, told) = machine.sh_as("alice", "haproxy-rhi validate; haproxy-rhi check")?;
    ensure!(status == Some(0), "{told}");
    Ok(())
}

/// Links, FIFOs and lists under every name that root's commands and units read and write, and root goes on as ever.
fn what_operators_plant_gains_nothing(lab: &Lab, machine: &Machine) -> Result<()> {
    machine.sh("echo untouched >/etc/prize")?;
    let plant = r#"cd /var/lib/haproxy-rhi/drain
        for name in @exabgp.service @haproxy.service @haproxy-rhi.deb .@all .@all.1 .@exabgp.service .@exabgp.service.1; do
            ln -s /etc/prize $name
        done
        for pid in $(seq 1 4000); do ln -s /etc/prize .@all.$pid; ln -s /etc/prize .web.$pid; done
        mkfifo @all
        echo '{"frontends": ["http_front"], "servers": ["http_back/backend01"]}' >web"#;
    let (_, told) = machine.sh_as("alice", plant)?;
    ensure!(!told.contains("enied"), "{told}");
    routed(lab, None)?;
    machine
        .sh("haproxy-rhi frontend disable http_front --force --stats /run/haproxy/admin.sock")?;
    let told =
        machine.sh("timeout 60 haproxy-rhi resume web --stats /run/haproxy/admin.sock 2>&1")?;
    ensure!(!told.contains("http_front"), "{told}");
    let closed = machine.sh("haproxy-rhi frontend list --stats /run/haproxy/admin.sock")?;
    ensure!(
        closed.contains("PAUSED") || closed.contains("STOP"),
        "{closed}"
    );
    machine.sh("haproxy-rhi frontend enable http_front --stats /run/haproxy/admin.sock")?;
    serves(lab)?;
    // A FIFO is no drain, and becomes one.
    machine.sh("timeout 60 haproxy-rhi drain --all")?;
    routed(lab, None)?;
    machine.sh("timeout 60 haproxy-rhi resume --all")?;
    serves(lab)?;
    machine.sh("timeout 100 systemctl stop exabgp; timeout 100 systemctl start exabgp")?;
    serves(lab)?;
    machine.sh("timeout 100 systemctl restart haproxy")?;
    serves(lab)?;
    let (prize, planted) = (
        machine.sh("cat /etc/prize")?,
        machine.sh("ls /var/lib/haproxy-rhi/drain.units")?,
    );
    ensure!(
        prize.trim() == "untouched" && planted.trim().is_empty(),
        "{prize}, {planted}"
    );
    machine.sh("find /var/lib/haproxy-rhi/drain -mindepth 1 -delete")?;
    Ok(())
}

fn the_hardest_sandbox_still_lets_everything_work(debian: Debian) {
    tell(debian, |lab, machine| {
        set_up(machine)?;
        shorten_drains(machine)?;
        serves(lab)?;
        let plain = exposure(machine)?;
        machine.sh(
            "install -D -m 644 -t /etc/systemd/system/exabgp.service.d /usr/share/doc/haproxy-rhi/examples/systemd/haproxy-rhi-hardening.conf
             systemctl daemon-reload
             systemctl restart exabgp",
        )?;
        serves(lab)?;
        let hard = exposure(machine)?;
        println!(
            "systemd-analyze security exabgp.service: {plain} with the package, {hard} with the hardening example"
        );
        ensure!(hard <= 2.0 && hard < plain, "{plain} before, {hard} after");

        lab.backend(NE).kill()?;
        routed(lab, None)?;
        lab.backend(NE).start()?;
        serves(lab)?;
        // ExaBGP's own command line, its reload, the drop-in's drain.
        machine.sh("systemctl reload exabgp")?;
        machine.sh("timeout 20 exabgpcli show neighbor summary | grep -q 172.16.159.4")?;
        serves(lab)?;
        let (status, told) = machine.sh_as("nobody", "haproxy-rhi status")?;
        let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
        ensure!(
            status == Some(0) && words.contains("its end is seen at once"),
            "{told}"
        );
        a_sandbox_without_netlink_is_said_and_addresses_are_polled(lab, machine)?;
        machine.sh("systemctl stop exabgp")?;
        let told = machine.sh("journalctl --no-pager --unit exabgp")?;
        ensure!(told.contains("web: drained"), "{told}");
        machine.sh("systemctl start exabgp")?;
        serves(lab)?;
        eventually(PATIENCE, "no refused system call", || {
            let told = machine.sh("journalctl --no-pager --unit exabgp")?;
            ensure!(
                !told.contains("SIGSYS") && !told.contains("not permitted"),
                "{told}"
            );
            Ok(())
        })
    });
}

fn a_sandbox_without_netlink_is_said_and_addresses_are_polled(
    lab: &Lab,
    machine: &Machine,
) -> Result<()> {
    let file = "/etc/systemd/system/exabgp.service.d/without-netlink.conf";
    machine.write(file, b"[Service]\nRestrictAddressFamilies=~AF_NETLINK\n")?;
    machine.sh("systemctl daemon-reload; systemctl restart exabgp")?;
    serves(lab)?;
    let fault = "addresses at netlink does not work for";
    eventually(PATIENCE, "a status that says it", || {
        let (status, told) = machine.sh_as("nobody", "haproxy-rhi status")?;
        let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
        ensure!(status == Some(1) && words.contains(fault), "{told}");
        Ok(())
    })?;
    machine.sh("ip address del 9.9.9.9/32 dev lo")?;
    routed(lab, None)?;
    machine.sh("ip address add 9.9.9.9/32 dev lo")?;
    serves(lab)?;
    let told = machine.sh("journalctl --no-pager --unit exabgp")?;
    ensure!(
        told.matches("the kernel does not tell of addresses (")
            .count()
            == 1,
        "{told}"
    );
    machine.sh(&format!(
        "rm {file}; systemctl daemon-reload; systemctl restart exabgp"
    ))?;
    serves(lab)
}

/// systemd's own figure, 0 to 10: less is better.
fn exposure(machine: &Machine) -> Result<f64> {
    let told = machine.sh("systemd-analyze security --no-pager exabgp.service | tail -n 1")?;
    let figure = told.split_whitespace().find_map(|word| word.parse().ok());
    figure.with_context(|| format!("no figure in: {told}"))
}
