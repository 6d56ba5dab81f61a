//! What is rare: each on NVAs that a test moves the route between by hand.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Host, Ring, eventually};
use rustix::net::sockopt;

use crate::nvas::{BOTH, Http, Nvas, joined};
use crate::pair::PATIENCE;

const DROP_ACKS: &str = "table inet held { chain f { type filter hook forward priority 0; \
    iifname \"p-client\" tcp flags & (syn|ack|psh|fin|rst) == ack drop; }\n}\n";

/// Each family in turn.
fn in_both_families(test: impl Fn(&Nvas, IpAddr) -> Result<()>) {
    let nvas = Nvas::switched_on(2).unwrap();
    for address in BOTH {
        nvas.ring.lead_to(1).unwrap();
        test(&nvas, address)
            .unwrap_or_else(|error| panic!("{address}: {error:?}\n{:?}", nvas.counted(2)));
    }
}

/// How many connections of port 80 a host has, in these states of ss(8).
fn connections(nvas: &Nvas, host: Host, states: &str) -> Result<usize> {
    let filter = if host == Host::Client {
        "dport"
    } else {
        "sport"
    };
    Ok(nvas
        .shell(host, &format!("ss -Htn {states} {filter} = :80"))?
        .lines()
        .count())
}

#[test]
fn a_connection_outlives_each_move_and_a_new_one_is_where_the_route_leads() {
    in_both_families(|nvas, address| {
        let mut first = nvas.connect(address)?;
        ensure!(first.who()? == 1);
        nvas.ring.lead_to(2)?;
        let mut second = nvas.connect(address)?;
        ensure!((first.who()?, second.who()?) == (1, 2));
        // Back, while both live.
        nvas.ring.lead_to(1)?;
        ensure!((first.who()?, second.who()?) == (1, 2));
        let (one, two) = (nvas.counted(1)?, nvas.counted(2)?);
        ensure!(
            one.handed_over > 0 && one.taken > 0 && two.handed_over > 0 && two.taken > 0,
            "{one:?} {two:?}"
        );
        ensure!(one.nobodys + two.nobodys == 0, "{one:?} {two:?}");
        Ok(())
    });
}

/// The client is connected when it has the SYN-ACK; its own last packet finds the route moved.
#[test]
fn a_handshake_is_ended_where_it_was_begun() {
    in_both_families(|nvas, address| {
        nvas.ring.nft(Host::Core, DROP_ACKS)?;
        let mut client = nvas.connect(address)?;
        ensure!(connections(nvas, Host::Nva(1), "state syn-recv")? == 1);
        nvas.ring.lead_to(2)?;
        nvas.ring.nft(Host::Core, "delete table inet held\n")?;
        ensure!(client.who()? == 1);
        Ok(())
    });
}

#[test]
fn a_close_and_a_reset_reach_whoever_holds_the_connection() {
    in_both_families(|nvas, address| {
        for linger in [None, Some(Duration::ZERO)] {
            nvas.ring.lead_to(1)?;
            let mut client = nvas.connect(address)?;
            client.who()?;
            ensure!(connections(nvas, Host::Nva(1), "state established")? == 1);
            nvas.ring.lead_to(2)?;
            // No linger is a FIN; none for zero seconds is a RST.
            sockopt::set_socket_linger(client.stream(), linger)?;
            drop(client);
            eventually(PATIENCE, "the end of the connection", || {
                let (here, there) = (
                    connections(nvas, Host::Nva(1), "exclude listening exclude time-wait")?,
                    connections(nvas, Host::Client, "exclude time-wait")?,
                );
                ensure!(
                    (here, there) == (0, 0),
                    "at the NVA {here}, at the client {there}"
                );
                Ok(())
            })?;
        }
        Ok(())
    });
}

/// What is left of a closed connection is no reason to keep its client's next one, which lives elsewhere.
#[test]
fn a_port_that_is_used_again_in_another_region_is_not_taken_for_the_old_connection() {
    const PORT: u16 = 20_000;
    in_both_families(|nvas, address| {
        let connect = || {
            joined(
                nvas.ring
                    .on(Host::Client, move || Http::connect_from(PORT, address)),
            )
        };
        let mut old = connect()?;
        // The server closes first, and remembers it for a minute.
        old.send("GET / HTTP/1.1\r\nconnection: close\r\nx: GET /", 0)?;
        ensure!(old.answer()? == b"1" && old.answer().is_err());
        drop(old);
        eventually(PATIENCE, "what is left", || {
            let left = connections(nvas, Host::Nva(1), "state time-wait")?;
            ensure!(
                left > 0
                    && connections(nvas, Host::Client, "state connected exclude time-wait")? == 0,
                "{left}"
            );
            Ok(())
        })?;
        // Nobody else was asked about its end.
        ensure!(nvas.counted(1)?.nobodys == 0);
        nvas.ring.lead_to(2)?;
        let mut new = connect()?;
        ensure!(new.who()? == 2);
        nvas.ring.lead_to(1)?;
        ensure!(new.who()? == 2);
        ensure!(new.put(1 << 20)? == 2);
        Ok(())
    });
}

/// The way to the client becomes narrower after the move: who sends must learn of it.
#[test]
fn an_icmp_error_reaches_whoever_holds_the_connection() {
    in_both_families(|nvas, address| {
        nvas.ring.ip(Host::Core, "link set p-client mtu 1500\n")?;
        let mut client = nvas.connect(address)?;
        client.who()?;
        nvas.ring.lead_to(2)?;
        nvas.ring.ip(Host::Core, "link set p-client mtu 1300\n")?;
        client.send("GET /give?300000", 0)?;
        let got = client.answer()?;
        ensure!(got.len() == 300_000);
        let learned = nvas.shell(Host::Nva(1), "ss -Htin state established sport = :80")?;
        ensure!(learned.contains("pmtu:1300"), "{learned}");
        Ok(())
    });
}

#[test]
fn a_large_upload_and_a_large_download_outlive_the_move_there_and_back() {
    in_both_families(|nvas, address| {
        let (mut up, mut down) = (nvas.connect(address)?, nvas.connect(address)?);
        let took = std::thread::spawn(move || up.put(60 << 20));
        let got = std::thread::spawn(move || -> Result<Vec<u8>> {
            down.send("GET /give?100000000", 0)?;
            std::thread::sleep(Duration::from_millis(300));
            down.answer()
        });
        for nva in [2, 1, 2] {
            std::thread::sleep(Duration::from_millis(200));
            nvas.ring.lead_to(nva)?;
        }
        ensure!(joined(took)? == 1);
        let got = joined(got)?;
        let expected = (0..=255).cycle().take(100_000_000);
        ensure!(got.into_iter().eq(expected));
        ensure!(nvas.counted(2)?.handed_over > 100, "{:?}", nvas.counted(2)?);
        Ok(())
    });
}

#[test]
fn five_thousand_connections_outlive_the_move() {
    const COUNT: usize = 5_000;
    let nvas = Nvas::switched_on(2).unwrap();
    // Every one is a file of ours, and one of the server's.
    let limit = rustix::process::Rlimit {
        current: Some(20_000),
        maximum: Some(20_000),
    };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, limit);
    for host in [Host::Client, Host::Nva(1), Host::Nva(2)] {
        nvas.ring
            .set_sysctl(host, "net/core/somaxconn", "8192")
            .unwrap();
    }
    let all = |clients: &mut Vec<Http>| -> Result<()> {
        clients
            .iter_mut()
            .try_for_each(|client| client.send("GET /", 0))?;
        for client in clients {
            ensure!(client.answer()? == b"1");
        }
        Ok(())
    };
    for (turn, address) in (1..).zip(BOTH) {
        let mut clients: Vec<Http> = (0..COUNT).map(|_| nvas.connect(address).unwrap()).collect();
        for nva in [1, 2, 1] {
            nvas.ring.lead_to(nva).unwrap();
            all(&mut clients).unwrap();
        }
        let counted = nvas.counted(2).unwrap();
        assert!(
            counted.handed_over >= turn * 5_000 && counted.nobodys == 0,
            "{counted:?}"
        );
    }
}

/// A connection that is reset, and how soon after it was written to.
fn reset_after(client: &mut Http) -> Result<Duration> {
    let start = Instant::now();
    let error = client.who().err().context("it was answered")?;
    match error
        .downcast_ref::<std::io::Error>()
        .map(std::io::Error::kind)
    {
        Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => Ok(start.elapsed()),
        _ => Err(error),
    }
}

#[test]
fn connections_of_a_dead_sibling_are_reset_and_new_ones_are_served() {
    in_both_families(|nvas, address| {
        let (mut client, mut early) = (nvas.connect(address)?, nvas.connect(address)?);
        client.who()?;
        early.who()?;
        let port = Ring::port(Host::Nva(1));
        let silent = format!(
            "table inet dead {{ chain f {{ type filter hook forward priority 0;\niifname {port} drop\noifname {port} drop\n}}\n}}\n"
        );
        nvas.ring.nft(Host::Core, &silent)?;
        nvas.ring.lead_to(2)?;
        // Who writes before anybody knows is handed to a dead one for a second at most, and tries again himself, as TCP does.
        let early = reset_after(&mut early)?;
        eventually(PATIENCE, "a sibling that is known to be dead", || {
            let status = nvas.command(2, "status")?;
            ensure!(status.contains("DOES NOT ANSWER"), "{status}");
            Ok(())
        })?;
        let took = reset_after(&mut client)?;
        println!("{address}: reset after {took:?}, before it was known after {early:?}");
        ensure!(nvas.connect(address)?.who()? == 2);
        nvas.ring.nft(Host::Core, "delete table inet dead\n")?;
        eventually(PATIENCE, "the sibling's return", || {
            nvas.command(2, "check")
        })
        .map(drop)
    });
}

#[test]
fn a_tunnel_that_is_cut_harms_no_connection_that_stays() {
    in_both_families(|nvas, address| {
        let mut client = nvas.connect(address)?;
        nvas.ring.nft(
            Host::Core,
            "table inet cut { chain f { type filter hook forward priority 0; udp dport 4790 drop; }\n}\n",
        )?;
        eventually(PATIENCE, "a sibling that does not answer", || {
            let status = nvas.command(2, "status")?;
            ensure!(status.contains("DOES NOT ANSWER"), "{status}");
            Ok(())
        })?;
        // That it asks is forgotten after the answers, not with them.
        eventually(PATIENCE, "a cure that names the port", || {
            let problem = nvas
                .command(2, "check")
                .err()
                .context("it is in order")?
                .to_string();
            ensure!(problem.contains("is UDP 4790 open both ways"), "{problem}");
            Ok(())
        })?;
        ensure!(client.who()? == 1 && nvas.connect(address)?.who()? == 1);
        nvas.ring.lead_to(2)?;
        ensure!(nvas.connect(address)?.who()? == 2);
        reset_after(&mut client)?;
        nvas.ring.nft(Host::Core, "delete table inet cut\n")?;
        eventually(PATIENCE, "a tunnel again", || nvas.command(2, "check")).map(drop)
    });
}

#[test]
fn where_the_owners_server_died_the_client_is_told_at_once() {
    for address in BOTH {
        let mut nvas = Nvas::switched_on(2).unwrap();
        let mut client = nvas.connect(address).unwrap();
        client.who().unwrap();
        nvas.ring.lead_to(2).unwrap();
        let mut other = nvas.connect(address).unwrap();
        nvas.kill_server(1);
        // By its owner, although the route leads elsewhere: closed or reset.
        assert!(!is_timeout(&client.who().unwrap_err()));
        // Whoever has no listener hands over what is others'.
        nvas.ring.lead_to(1).unwrap();
        assert_eq!(other.who().unwrap(), 2);
        // What is nobody's comes back: here, the answer to a client of the dead one.
        let counted = nvas.counted(1).unwrap();
        assert!(counted.handed_over > 0, "{counted:?}");
    }
}

/// Nobody said anything, for longer than anybody waits.
pub fn is_timeout(error: &anyhow::Error) -> bool {
    let kind = error
        .downcast_ref::<std::io::Error>()
        .map(std::io::Error::kind);
    matches!(kind, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut))
}
