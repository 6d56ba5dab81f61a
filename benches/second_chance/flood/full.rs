//! What it costs to read counters and answers while the sets are full.

use std::fmt::Write;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use haproxy_rhi::route::Family;
use haproxy_rhi_lab::{ANYCAST_ADDRESS, Host};

use super::ears::TABLE;
use crate::netlink::Nftables;
use crate::nvas::{Nvas, joined};

/// The sizes of 'half' and 'before' are 262,144. The last thousand is left: what closes meanwhile is counted too, and what finds no room
/// would undo all of it.
const SIZE: u32 = 261_120;
const BATCH: u32 = 1024;

/// Fills both sets of IPv4 of the first NVA for an hour.
pub fn fill(nvas: &Nvas) -> Result<()> {
    let mut script = String::new();
    for set in ["half", "before"] {
        for batch in 0..SIZE / BATCH {
            let elements: Vec<String> = (0..BATCH)
                .map(|number| element(batch * BATCH + number))
                .collect();
            writeln!(
                script,
                "add element ip {TABLE} {set} {{ {} }}",
                elements.join(", ")
            )?;
        }
    }
    let path = nvas.ring.directory().join("full.nft");
    fs::write(&path, script)?;
    // What is there of the connections before this is over.
    sleep(Duration::from_secs(6));
    nvas.shell(Host::Nva(1), &format!("nft flush set ip {TABLE} half"))?;
    nvas.shell(Host::Nva(1), &format!("nft -f {}", path.display()))
        .map(drop)
}

fn element(number: u32) -> String {
    let from = std::net::Ipv4Addr::from(0x0a80_0000 | (number >> 4));
    format!(
        "{from} . {} . {ANYCAST_ADDRESS} . 80 timeout 1h",
        1024 + (number & 15)
    )
}

/// Prints what each way of reading takes.
pub fn costs(nvas: &Nvas, name: &str, quick: bool) -> Result<()> {
    let times = if quick { 5 } else { 20 };
    println!(
        "| {name}: reading, {SIZE} elements in each set | times | p50 | longest |\n| --- | ---: | ---: | ---: |"
    );
    if name == "after" {
        print(
            "the kernel asked, as the heartbeat does it",
            joined(nvas.ring.on(Host::Nva(1), move || asked(times)))?,
        );
    }
    let status = || nvas.command(1, "status --json").map(drop);
    if name == "before" {
        // It takes its time.
        print("`status --json` as a process", repeated(1, status)?);
    } else {
        print("`status --json` as a process", repeated(times, status)?);
        let list = format!("nft list counters table ip {TABLE}");
        print(
            &format!("`{list}`"),
            repeated(3, || nvas.shell(Host::Nva(1), &list).map(drop))?,
        );
    }
    println!();
    Ok(())
}

/// What the heartbeat asks the kernel of two NVAs.
fn asked(times: usize) -> Result<Vec<Duration>> {
    repeated(times, || {
        let mut nftables = Nftables::open()?;
        for family in [Family::V4, Family::V6] {
            ensure!(
                nftables.packets(family, TABLE)?.is_some(),
                "there are no rules"
            );
            nftables.keys(family, TABLE, "alive_2")?;
            nftables.keys(family, TABLE, "differs")?;
        }
        Ok(())
    })
}

fn repeated(times: usize, mut act: impl FnMut() -> Result<()>) -> Result<Vec<Duration>> {
    let one = |_| {
        let start = Instant::now();
        act().map(|()| start.elapsed())
    };
    (0..times).map(one).collect()
}

fn print(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let ms = |at: usize| {
        took.get(at)
            .map(|time| time.as_secs_f64() * 1000.0)
            .unwrap_or_default()
    };
    println!(
        "| {what} | {} | {:.1} ms | {:.1} ms |",
        took.len(),
        ms(took.len() / 2),
        ms(took.len().saturating_sub(1))
    );
}
