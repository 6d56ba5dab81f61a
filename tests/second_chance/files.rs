//! The files of the NVAs are not the same: by mistake, or while a region is being added.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Host, eventually};

use crate::attacks::{count_resets, flood, resets};
use crate::corners::is_timeout;
use crate::nvas::{BOTH, Nvas};
use crate::pair::PATIENCE;

const ALL: [&str; 3] = ["nva 172.16.1.70", "nva 172.16.2.70", "nva 172.16.3.70"];
const PREFIXES: [&str; 2] = ["prefix 9.9.9.9/32", "prefix 2001:db8:9::9/128"];
/// Packets that are nobody's, for each NVA where they may arrive.
const PACKETS: u64 = 300;
/// Whoever takes one gives it hops for each NVA, one to come home and one that is not taken.
const MOST_HOPS: u64 = 4;
/// Nothing is under way any more when nothing was counted for so long.
const REST: Duration = Duration::from_millis(50);

/// The lines, by their places, from 1.
fn file(prefixes: &[usize], nvas: &[usize], more: &str) -> String {
    let lines = |of: &[&str], which: &[usize]| -> String {
        which
            .iter()
            .map(|place| format!("{}\n", of[place - 1]))
            .collect()
    };
    format!(
        "{}{}{more}\n",
        lines(&PREFIXES, prefixes),
        lines(&ALL, nvas)
    )
}

/// Three NVAs of which the first and the last two have these files.
fn nvas(files: [&String; 3]) -> Result<Nvas> {
    let mut nvas = Nvas::start(3)?;
    for (nva, text) in (1..).zip(files) {
        nvas.write(nva, text)?;
        nvas.switch_on_one(nva)?;
    }
    Ok(nvas)
}

/// What `check` says of it at an NVA.
fn is_told(nvas: &Nvas, nva: u8, words: &str) -> Result<()> {
    eventually(PATIENCE, words, || {
        let problem = nvas
            .command(nva, "check")
            .err()
            .context("nothing is in the way")?
            .to_string();
        ensure!(problem.contains(words), "{problem}");
        Ok(())
    })
}

/// An NVA that has just been switched on drops what it cannot hand on yet, so that it is sent again: raw packets are not.
fn has_asked(nvas: &Nvas, nva: u8) -> Result<()> {
    eventually(PATIENCE, "the end of the first moments", || {
        let unasked = nvas.shell(
            Host::Nva(nva),
            "for family in ip ip6; do nft list set $family haproxy_rhi_second_chance unasked 2>&1; done",
        )?;
        ensure!(
            unasked.contains("set unasked") && !unasked.contains("elements"),
            "{unasked}"
        );
        Ok(())
    })
}

/// For each way in: nothing that is nobody's goes further than it may, each packet has one answer, and each connection is
/// served by who holds it, or is reset. Whether all were served.
fn nothing_goes_astray(nvas: &Nvas) -> Result<bool> {
    let mut all = true;
    (1..=3).try_for_each(|nva| has_asked(nvas, nva))?;
    for address in BOTH {
        let handed = |nvas: &Nvas| -> Result<u64> {
            (1..=3).map(|nva| Ok(nvas.counted(nva)?.handed_over)).sum()
        };
        for entry in 1..=3 {
            nvas.ring.lead_to(entry)?;
            count_resets(nvas)?;
            let before = handed(nvas)?;
            flood(nvas, address, PACKETS)?;
            let counted = || anyhow::Ok((resets(nvas)?, handed(nvas)? - before));
            let (answers, crossed) = eventually(PATIENCE, "an answer to each, and rest", || {
                // What is still on its way would be answered or counted later.
                let first = counted()?;
                thread::sleep(REST);
                let then = counted()?;
                ensure!(
                    then.0 >= PACKETS && then == first,
                    "{first:?}, {then:?} at {address} by way of {entry}"
                );
                Ok(then)
            })?;
            ensure!(
                answers == PACKETS && crossed <= MOST_HOPS * PACKETS,
                "{answers}, {crossed} by way of {entry}"
            );

            for owner in 1..=3 {
                nvas.ring.lead_to(owner)?;
                let mut client = nvas.connect(address)?;
                ensure!(client.who()? == owner);
                nvas.ring.lead_to(entry)?;
                match client.who() {
                    Ok(who) => ensure!(who == owner, "{who} answers for {owner}"),
                    Err(error) => {
                        ensure!(
                            !is_timeout(&error),
                            "of {owner}, by way of {entry}: {error:?}"
                        );
                        println!("{address}: {owner}'s, by way of {entry}: reset");
                        all = false;
                    }
                }
            }
        }
    }
    Ok(all)
}

#[test]
fn where_an_order_differs_nothing_goes_round_and_it_does_not_answer() {
    let good = file(&[1, 2], &[1, 2, 3], "");
    for order in [[1, 3, 2], [2, 1, 3], [3, 1, 2]] {
        let nvas = nvas([&good, &good, &file(&[1, 2], &order, "")]).unwrap();
        is_told(&nvas, 3, "answers: it does not").unwrap();
        assert!(!nothing_goes_astray(&nvas).unwrap(), "{order:?}");
    }
}

#[test]
fn where_one_knows_fewer_nvas_or_another_port_nothing_goes_round() {
    let good = file(&[1, 2], &[1, 2, 3], "");
    let fewer = nvas([&good, &file(&[1, 2], &[1, 2], ""), &good]).unwrap();
    is_told(
        &fewer,
        1,
        "sibling 172.16.2.70 has the same file: it has another file: ",
    )
    .unwrap();
    is_told(
        &fewer,
        2,
        "sibling 172.16.1.70 has the same file: it has another file: ",
    )
    .unwrap();
    is_told(&fewer, 3, "sibling 172.16.2.70 answers: it does not").unwrap();
    assert!(!nothing_goes_astray(&fewer).unwrap());
    drop(fewer);
    let port = nvas([&good, &good, &file(&[1, 2], &[1, 2, 3], "port 4791")]).unwrap();
    is_told(&port, 1, "sibling 172.16.3.70 answers: it does not").unwrap();
    assert!(!nothing_goes_astray(&port).unwrap());
}

/// What one does not know of it passes on: the connections of the others outlive the move all the same.
#[test]
fn where_one_knows_fewer_prefixes_its_packets_pass_through() {
    let good = file(&[1, 2], &[1, 2, 3], "");
    for one in [
        file(&[2], &[1, 2, 3], ""),
        file(&[2], &[1, 2, 3], "prefix 192.0.2.1/32"),
    ] {
        let nvas = nvas([&good, &one, &good]).unwrap();
        // A sibling that has no prefix of a family does not answer in it.
        let words = if one.contains("192.0.2.1") {
            "has the same file: it has another file: "
        } else {
            "answers: it does not"
        };
        is_told(&nvas, 1, words).unwrap();
        is_told(&nvas, 2, "has the same file: it has another file: ").unwrap();
        assert!(!nothing_goes_astray(&nvas).unwrap());
        for (owner, entry) in [(1, 3), (3, 1)] {
            nvas.ring.lead_to(owner).unwrap();
            let mut client = nvas.connect(BOTH[0]).unwrap();
            assert_eq!(client.who().unwrap(), owner);
            nvas.ring.lead_to(entry).unwrap();
            assert_eq!(
                client.who().unwrap(),
                owner,
                "by way of {entry}, with {one}"
            );
        }
    }
}

/// The files differ while one after the other is changed; whoever is being handed over meanwhile does not notice.
#[test]
fn a_region_and_a_prefix_are_added_while_connections_are_handed_over() {
    let (before, after) = (
        file(&[1], &[1, 2], ""),
        file(&[1, 2], &[1, 2, 3], "limit 100000"),
    );
    let two = file(&[1, 2], &[1, 2], "");
    let mut nvas = Nvas::start(3).unwrap();
    for nva in [1, 2] {
        nvas.write(nva, &before).unwrap();
        nvas.switch_on_one(nva).unwrap();
    }
    // A prefix of another family takes a new tunnel: before anything is handed over.
    for nva in [1, 2] {
        nvas.write(nva, &two).unwrap();
        nvas.command(nva, "up").unwrap();
    }
    for nva in [1, 2] {
        nvas.ready(nva).unwrap();
    }
    let mut clients: Vec<_> = BOTH
        .iter()
        .flat_map(|address| [*address; 4])
        .map(|address| nvas.connect(address).unwrap())
        .collect();
    for client in &mut clients {
        assert_eq!(client.who().unwrap(), 1);
    }
    nvas.ring.lead_to(2).unwrap();
    let end = AtomicBool::new(false);
    let asked = thread::scope(|scope| {
        let asking: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                let end = &end;
                scope.spawn(move || -> Result<u32> {
                    let mut asked = 0;
                    while !end.load(Ordering::Relaxed) {
                        ensure!(client.who()? == 1);
                        asked += 1;
                    }
                    Ok(asked)
                })
            })
            .collect();
        let added = (|| -> Result<()> {
            for nva in [2, 1] {
                nvas.write(nva, &after)?;
                nvas.command(nva, "up")?;
            }
            is_told(&nvas, 2, "172.16.3.70 answers: it does not")?;
            nvas.write(3, &after)?;
            nvas.switch_on_one(3)?;
            (1..=3).try_for_each(|nva| nvas.ready(nva))
        })();
        end.store(true, Ordering::Relaxed);
        let asked: Result<Vec<u32>> = asking
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect();
        added.and(asked)
    });
    let asked = asked.unwrap();
    assert!(asked.iter().all(|count| *count > 10), "{asked:?}");
    // The new one is a sibling like the others.
    nvas.ring.lead_to(3).unwrap();
    for client in &mut clients {
        assert_eq!(client.who().unwrap(), 1);
    }
    assert!(nvas.counted(3).unwrap().handed_over > 0);
}
