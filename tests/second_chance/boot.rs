//! The units, on a Debian that boots: systemd in a container, with a network of its own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use haproxy_rhi_lab::debian_tree;

use crate::pair::PROGRAM;

/// What is there beside the base.
const PACKAGES: &str = "systemd-sysv,iproute2,nftables,libgcc-s1";

/// The network of an NVA, whose sibling is not there.
const WIRE: &str = "[Unit]
DefaultDependencies=no
Before=network-online.target anycast-address@9.9.9.9-32.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ip link add eth0 type veth peer name other && ip link set other up && ip link set eth0 up && \
    ip address add 172.16.156.70/24 dev eth0 && ip route add default via 172.16.156.1'
";

/// In ExaBGP's place: what it finds when it starts.
const EXABGP: &str = "[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'nft list table ip haproxy_rhi_second_chance > /out/at-start && ip link show second-chance >> /out/at-start; \
    systemctl is-active haproxy-rhi-second-chance-heartbeat >> /out/at-start'
";

const STORY: &str = "[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'sh -x /out/story > /out/told 2>&1; touch /out/ended; systemctl poweroff --force'
";

const TOLD: &str = r#"
units='haproxy-rhi-second-chance haproxy-rhi-second-chance-heartbeat'
on() {
    for again in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        nft list table ip haproxy_rhi_second_chance | grep -q 'dup to' && systemctl is-active --quiet $units && break
        sleep 1
    done
    nft list table ip haproxy_rhi_second_chance | grep -q 'dup to' && systemctl is-active --quiet $units && echo "$1: on"
}
on 'after the boot'
haproxy-rhi-second-chance check
pid=$(systemctl show --property MainPID --value haproxy-rhi-second-chance-heartbeat)
echo "the heartbeat's nice value: $(cut -d ' ' -f 19 /proc/$pid/stat)"
for unit in $units; do systemd-analyze security --no-pager $unit.service | sed -n 's/.*Overall exposure/exposure/p'; done
for again in 1 2 3 4 5 6 7 8 9 10; do [ -s /run/haproxy-rhi-second-chance/status.json ] && break; sleep 1; done
setpriv --reuid 65534 --regid 65534 --clear-groups cat /run/haproxy-rhi-second-chance/second-chance.prom
setpriv --reuid 65534 --regid 65534 --clear-groups haproxy-rhi status
ip netns add sibling && ip link set other netns sibling && ip -n sibling link set lo up && ip -n sibling link set other up
ip -n sibling address add 172.16.136.70/24 dev other && ip -n sibling route add 172.16.156.70/32 dev other
ip route add 172.16.136.70/32 dev eth0
nsenter --net=/run/netns/sibling haproxy-rhi-second-chance up --state /run/sibling.json
for again in 1 2 3 4 5 6 7 8 9 10; do
    haproxy-rhi status | grep '172.16.136.70: answers, DOES NOT ASK' && break
    sleep 1
done
nsenter --net=/run/netns/sibling haproxy-rhi-second-chance heartbeat &
for again in 1 2 3 4 5 6 7 8 9 10; do
    haproxy-rhi status | grep '172.16.136.70: answers, handed' && break
    sleep 1
done
systemctl reload nftables; on 'after a reload of nftables'
systemctl restart nftables; on 'after a restart of nftables'
systemctl reload haproxy-rhi-second-chance; on 'after a reload'
kill -KILL "$(systemctl show --property MainPID --value haproxy-rhi-second-chance-heartbeat)"; sleep 1; on 'after a kill'
ip route delete 172.16.136.70/32 && ip route delete default
systemctl restart haproxy-rhi-second-chance || echo 'no way to the sibling'
haproxy-rhi status
ip route add 172.16.136.70/32 dev eth0
on 'after a start that failed'
systemctl stop haproxy-rhi-second-chance
systemctl is-active --quiet haproxy-rhi-second-chance-heartbeat || echo 'the heartbeat ended'
nft list table ip haproxy_rhi_second_chance 2>/dev/null || echo 'the rules are gone'
ip link show second-chance 2>/dev/null || echo 'the tunnel is gone'
[ "$(cat /proc/sys/net/ipv4/tcp_fwmark_accept)" = 0 ] && echo 'the sysctl is back'
echo "failed: $(systemctl --failed --no-legend | wc -l)"
"#;

/// What systemd finds in `/etc/systemd/system`.
fn units(folder: &Path) -> Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    for file in [
        "anycast-address@.service",
        "second-chance/haproxy-rhi-second-chance.service",
        "second-chance/haproxy-rhi-second-chance-heartbeat.service",
    ] {
        let path = repository.join(file);
        fs::copy(&path, folder.join(path.file_name().context("a name")?))?;
    }
    for (name, text) in [
        ("wire.service", WIRE),
        ("exabgp.service", EXABGP),
        ("story.service", STORY),
    ] {
        fs::write(folder.join(name), text)?;
    }
    for (target, unit, of) in [
        ("sysinit.target", "wire.service", "wire.service"),
        (
            "sysinit.target",
            "nftables.service",
            "/lib/systemd/system/nftables.service",
        ),
        (
            "multi-user.target",
            "anycast-address@9.9.9.9-32.service",
            "anycast-address@.service",
        ),
        ("multi-user.target", "exabgp.service", "exabgp.service"),
        (
            "multi-user.target",
            "haproxy-rhi-second-chance.service",
            "haproxy-rhi-second-chance.service",
        ),
        (
            "multi-user.target",
            "haproxy-rhi-second-chance-heartbeat.service",
            "haproxy-rhi-second-chance-heartbeat.service",
        ),
        ("graphical.target", "story.service", "story.service"),
    ] {
        let wants = folder.join(format!("{target}.wants"));
        fs::create_dir_all(&wants)?;
        let of = if of.starts_with('/') {
            of.to_owned()
        } else {
            format!("/etc/systemd/system/{of}")
        };
        symlink(of, wants.join(unit))?;
    }
    Ok(())
}

#[test]
fn the_units_are_complete_before_exabgp_starts_and_outlive_what_is_done_to_nftables() {
    let tree = debian_tree("booting-bookworm", "bookworm", PACKAGES).unwrap();
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let path = place.path().join(name);
        fs::create_dir(&path).unwrap();
        path
    };
    let (out, system, config) = (folder("out"), folder("system"), folder("config"));
    units(&system).unwrap();
    fs::write(out.join("story"), TOLD).unwrap();
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/second-chance/second-chance.conf");
    fs::copy(file, config.join("second-chance.conf")).unwrap();
    let bind = |option: &str, from: &Path, to: &str| format!("--{option}={}:{to}", from.display());
    let mut nspawn = Command::new("timeout");
    nspawn.args([
        "--kill-after=10",
        "180",
        "systemd-nspawn",
        "--quiet",
        "--register=no",
        "--keep-unit",
    ]);
    nspawn.args(["--private-network", "--volatile=overlay", "--boot"]);
    nspawn
        .arg(format!("--machine=rhi-{}", std::process::id()))
        .arg("--directory")
        .arg(tree);
    nspawn.args([
        bind("bind", &out, "/out"),
        bind("bind-ro", &system, "/etc/systemd/system"),
        bind("bind-ro", &config, "/etc/haproxy-rhi"),
        bind(
            "bind-ro",
            Path::new(env!("CARGO_BIN_EXE_haproxy-rhi")),
            "/usr/bin/haproxy-rhi",
        ),
        bind(
            "bind-ro",
            Path::new(PROGRAM),
            "/usr/bin/haproxy-rhi-second-chance",
        ),
    ]);
    let output = nspawn.output().unwrap();
    let console = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap_or_default();
    let told = read("told");
    assert!(out.join("ended").exists(), "{told}\n{console}");
    let at_start = read("at-start");
    assert!(
        at_start.contains("dup to 169.254.92.2") && at_start.contains("mtu 1450"),
        "{at_start}\n{told}"
    );
    // It is active when the siblings have answered, or have had their time.
    assert!(at_start.ends_with("\nactive\n"), "{at_start}\n{told}");
    for line in [
        "after the boot: on",
        "after a reload of nftables: on",
        "after a restart of nftables: on",
        "after a reload: on",
        "after a kill: on",
        "no way to the sibling",
        "! second chance: haproxy-rhi-second-chance.service fails each time it is started (exit-code); journalctl -u haproxy-rhi-second-chance.service says why",
        "after a start that failed: on",
        "ok     9.9.9.9/32 is an address of this host",
        // Whoever asks is nobody in particular, and the sibling is not there.
        "! second chance: sibling 172.16.136.70 does not answer",
        "second chance: on, at 172.16.156.70",
        // And when it is there, it is heard through the heartbeat's sandbox.
        "  sibling 172.16.136.70: answers, DOES NOT ASK, handed to it: 0 packets",
        "  sibling 172.16.136.70: answers, handed to it: 0 packets",
        "haproxy_rhi_second_chance_on 1",
        "the heartbeat's nice value: -10",
        "the heartbeat ended",
        "the rules are gone",
        "the tunnel is gone",
        "the sysctl is back",
        "failed: 0",
    ] {
        assert!(
            told.lines().any(|row| row == line),
            "no '{line}' in:\n{told}\n{console}"
        );
    }
    // systemd's own figure, 0 to 10: less is better.
    for (unit, most) in [
        ("haproxy-rhi-second-chance.service", 2.0),
        ("haproxy-rhi-second-chance-heartbeat.service", 2.0),
    ] {
        let line = format!("exposure level for {unit}: ");
        let figure = told.lines().find_map(|row| {
            row.strip_prefix(&line)?
                .split(' ')
                .next()?
                .parse::<f64>()
                .ok()
        });
        println!("{unit}: {figure:?}");
        assert!(
            figure.is_some_and(|figure| figure <= most),
            "{unit}: {figure:?}\n{told}"
        );
    }
}
