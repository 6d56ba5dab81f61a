//! What `check` says of what is in the way, and what the heartbeat tells systemd.

use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Host, Ring, eventually};

use crate::nvas::{Nvas, Running};
use crate::pair::{PATIENCE, PROGRAM};

/// A fault, what undoes it, and what `check` says: all of NVA 1.
const FAULTS: [(&str, &str, &str); 6] = [
    (
        "ip address delete 9.9.9.9/32 dev lo",
        "ip address add 9.9.9.9/32 dev lo",
        "WRONG  9.9.9.9/32 is an address of this host: it is not; put it on lo (anycast-address@.service)\n",
    ),
    (
        "ip -6 address delete 2001:db8:9::9/128 dev lo",
        "ip -6 address add 2001:db8:9::9/128 dev lo nodad",
        "WRONG  2001:db8:9::9/128 is an address of this host: it is not; put it on lo",
    ),
    (
        "nft delete table ip6 haproxy_rhi_second_chance",
        "",
        "WRONG  the rules are there: they are not; run 'haproxy-rhi-second-chance up'\n",
    ),
    (
        "echo 0 > /proc/sys/net/ipv4/tcp_fwmark_accept",
        "",
        "WRONG  connections are marked: net.ipv4.tcp_fwmark_accept is not 1; run 'haproxy-rhi-second-chance up'\n",
    ),
    (
        "ip link delete second-chance",
        "",
        "WRONG  the tunnel 'second-chance' is there: it is not; run",
    ),
    (
        "echo 1 > /proc/sys/net/ipv4/conf/second-chance/rp_filter",
        "",
        "WRONG  the tunnel has no strict reverse path filter: ",
    ),
];

fn problem(nvas: &Nvas) -> Result<String> {
    Ok(nvas
        .command(1, "check")
        .err()
        .context("nothing is in the way")?
        .to_string())
}

#[test]
fn each_thing_in_the_way_is_named_with_its_cure_and_up_mends_it() {
    let nvas = Nvas::switched_on(2).unwrap();
    for (fault, cure, said) in FAULTS {
        nvas.shell(Host::Nva(1), fault).unwrap();
        let problem = problem(&nvas).unwrap();
        assert!(problem.contains(said), "{fault}: {problem}");
        assert!(
            nvas.command(1, "check --json")
                .unwrap_err()
                .to_string()
                .contains("\"ready\": false")
        );
        nvas.shell(Host::Nva(1), cure).unwrap();
        nvas.command(1, "up").unwrap();
        nvas.ready(1).unwrap();
    }
    // The file was changed, and nobody said it.
    let text = nvas.text(1).unwrap();
    nvas.write(1, &format!("{text}limit 5000\n")).unwrap();
    let said = "WRONG  the rules are those of the file: the file, or the way to the siblings, is another since; run 'haproxy-rhi-second-chance up'\n";
    assert!(problem(&nvas).unwrap().contains(said));
    // One that cannot fit.
    nvas.write(1, &format!("{text}mtu 1500\n")).unwrap();
    nvas.command(1, "up").unwrap();
    let said = "WRONG  the tunnel's MTU fits its way: it is 1500, and the way to the siblings leaves 1450; ";
    assert!(
        problem(&nvas).unwrap().contains(said),
        "{}",
        problem(&nvas).unwrap()
    );
    nvas.write(1, &text).unwrap();
    nvas.command(1, "up").unwrap();
    nvas.ready(1).unwrap();
}

/// Large packets get lost on the way, which nothing on the NVA knows.
#[test]
fn a_way_that_loses_large_packets_is_a_sibling_that_does_not_answer() {
    let nvas = Nvas::switched_on(2).unwrap();
    let port = Ring::port(Host::Nva(2));
    let narrow = format!(
        "table inet narrow {{ chain f {{ type filter hook forward priority 0;\noifname {port} meta length > 1400 drop\n}}\n}}\n"
    );
    nvas.ring.nft(Host::Core, &narrow).unwrap();
    eventually(PATIENCE, "a sibling that does not answer", || {
        let problem = problem(&nvas)?;
        ensure!(
            problem.contains("does an MTU of 1450 get through"),
            "{problem}"
        );
        Ok(())
    })
    .unwrap();
    for nva in [1, 2] {
        nvas.write(nva, &(nvas.text(nva).unwrap() + "mtu 1300\n"))
            .unwrap();
        nvas.command(nva, "up").unwrap();
    }
    nvas.ready(1).unwrap();
}

/// Only where other rules of the host track connections there is anything to say.
#[test]
fn connection_tracking_that_is_nearly_full_is_told() {
    let nvas = Nvas::switched_on(2).unwrap();
    nvas.ring
        .nft(
            Host::Nva(1),
            "table inet own { chain i { type filter hook input priority 0; ct state new accept; }\n}\n",
        )
        .unwrap();
    let mut clients: Vec<_> = (0..19)
        .map(|_| nvas.connect(crate::nvas::BOTH[0]).unwrap())
        .collect();
    for client in &mut clients {
        client.who().unwrap();
    }
    let said = nvas.command(1, "check").unwrap();
    assert!(
        said.contains("ok     connection tracking has room ("),
        "{said}"
    );
    // The limit is the machine's; the check is shown another.
    let most = nvas.ring.write("most", "20\n").unwrap();
    let mut check = nvas.ring.command(Host::Nva(1), "unshare");
    check.args(["--mount", "sh", "-c"]);
    check
        .arg("mount --bind \"$0\" /proc/sys/net/netfilter/nf_conntrack_max && exec \"$@\"")
        .arg(most);
    check.arg(PROGRAM).args(["check", "--config"]);
    check
        .arg(nvas.file(1))
        .arg("--state")
        .arg(nvas.ring.directory().join("state-1"));
    let output = check.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains(
            " of 20): it is nearly full, and full it drops packets; raise net.netfilter.nf_conntrack_max"
        ),
        "{said}"
    );
}

/// Whoever starts after it may announce: packets of the siblings' connections are handed over by then.
#[test]
fn who_waits_for_the_heartbeat_is_told_when_the_siblings_have_answered() {
    let nvas = Nvas::start(2).unwrap();
    let told = |nva: u8| -> Result<(Running, UnixDatagram)> {
        let path = nvas.ring.directory().join(format!("notify-{nva}"));
        let socket = UnixDatagram::bind(&path)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut heartbeat = nvas.heartbeat_command(nva, &[]);
        Ok((
            Running::start(heartbeat.env("NOTIFY_SOCKET", path))?,
            socket,
        ))
    };
    let ready = |socket: &UnixDatagram| -> Result<()> {
        let mut said = [0; 100];
        // A wait that has an end is interrupted when the process is stopped and goes on (signal(7)).
        let count = loop {
            match socket.recv(&mut said) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other.context("no word of the heartbeat")?,
            }
        };
        ensure!(said.get(..count) == Some(b"READY=1"), "{said:?}");
        Ok(())
    };
    // Two at a time, one of each family.
    let asked = || -> Result<u64> {
        let text = nvas.shell(Host::Core, "nft list counter inet asked asks")?;
        let packets = text
            .split("packets ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        Ok(packets.unwrap_or_default().parse()?)
    };
    let port = Ring::port(Host::Nva(2));
    let counters = format!(
        "table inet asked {{ counter asks {{ }}\nchain f {{ type filter hook forward priority 0;\n\
         iifname {port} udp dport 4790 counter name asks\n}}\n}}\n"
    );
    nvas.ring.nft(Host::Core, &counters).unwrap();
    nvas.command(1, "up").unwrap();
    nvas.command(2, "up").unwrap();
    // The sibling's kernel answers, whether its own heartbeat runs or not.
    let (first, socket) = told(1).unwrap();
    ready(&socket).unwrap();
    assert!(
        nvas.command(1, "status")
            .unwrap()
            .contains("172.16.2.70: answers")
    );
    let before = asked().unwrap();
    drop(first);
    // One that is dead keeps nobody waiting, nor does a heartbeat that finds no tunnel.
    nvas.command(1, "down").unwrap();
    std::fs::remove_file(nvas.ring.directory().join("notify-1")).unwrap();
    let start = Instant::now();
    for nva in [1, 2] {
        let (_heartbeat, socket) = told(nva).unwrap();
        ready(&socket).unwrap();
    }
    assert!(
        nvas.command(2, "status")
            .unwrap()
            .contains("172.16.1.70: DOES NOT ANSWER")
    );
    // It had its time: ten times it was asked in each family, or as often as a busy machine let it be.
    let asks = asked().unwrap() - before;
    assert!(
        asks >= 10 || start.elapsed() >= Duration::from_secs(10),
        "{asks}"
    );
}
