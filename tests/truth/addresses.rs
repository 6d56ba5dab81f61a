//! An address of this host that comes or goes: the kernel tells, where an hour is between two polls and HAProxy logs nothing.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, Haproxy, Lab, holds};

use crate::far_end::{NE, WE, announced_by, is_announced_by, logged};
use crate::stage::{begin, hourly, requests};

/// Changes of a flood, and the looks that it may cause: ten at once, one in 50 ms, and what follows.
const CHANGES: usize = 4000;
const FIRST_LOOKS: u32 = 20;

fn ip(lab: &Lab, arguments: &str) -> Result<()> {
    let status = lab
        .nva(NE)
        .command("ip")
        .args(arguments.split(' '))
        .status()?;
    ensure!(status.success(), "ip {arguments}");
    Ok(())
}

#[test]
fn an_address_that_goes_or_comes_back_is_seen_without_a_poll() {
    let lab = hourly(Haproxy::Debian).start().unwrap();
    lab.run(|lab| {
        begin(lab)?;
        announced_by(lab, &[NE, WE])?;
        for _ in 0..3 {
            lab.nva(NE).remove_address(ANYCAST)?;
            announced_by(lab, &[WE])?;
            logged(
                lab,
                NE,
                "up -> down (address 9.9.9.9 is not on this host), withdrawing 9.9.9.9/32",
            )?;
            lab.nva(NE).add_address(ANYCAST)?;
            announced_by(lab, &[NE, WE])?;
        }
        // On an interface of its own, which goes down and is removed.
        ip(lab, "link add anycast0 type veth peer name anycast1")?;
        ip(lab, "link set anycast0 up")?;
        ip(lab, "address add 9.9.9.9/32 dev anycast0")?;
        lab.nva(NE).remove_address(ANYCAST)?;
        holds(Duration::from_millis(500), "the route", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        // The kernel still takes packets for it, and the client has its page.
        ip(lab, "link set anycast0 down")?;
        holds(Duration::from_millis(500), "the route", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        announced_by(lab, &[NE, WE])?;
        ip(lab, "link del anycast0")?;
        announced_by(lab, &[WE])?;
        lab.nva(NE).add_address(ANYCAST)?;
        announced_by(lab, &[NE, WE])?;
        a_flood_is_a_bounded_number_of_looks(lab)
    })
    .unwrap();
}

/// Of more changes than the kernel keeps messages of.
fn a_flood_is_a_bounded_number_of_looks(lab: &Lab) -> Result<()> {
    let (before, begun) = (requests(lab)?, Instant::now());
    let mut flood = lab
        .nva(NE)
        .command("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .spawn()?;
    let lines = "address add 198.51.100.1/32 dev lo\naddress del 198.51.100.1/32 dev lo\n"
        .repeat(CHANGES / 2);
    flood
        .stdin
        .take()
        .into_iter()
        .try_for_each(|mut stdin| stdin.write_all(lines.as_bytes()))?;
    ensure!(flood.wait()?.success(), "ip -batch");
    std::thread::sleep(Duration::from_millis(300));
    let looks = requests(lab)? - before;
    let most = FIRST_LOOKS + u32::try_from(begun.elapsed().as_millis() / 25)?;
    println!(
        "{CHANGES} changes in {} ms: {looks} looks",
        begun.elapsed().as_millis()
    );
    ensure!(
        (1..=most).contains(&looks),
        "{looks} looks at {CHANGES} changes, {most} at most"
    );
    lab.nva(NE).remove_address(ANYCAST)?;
    announced_by(lab, &[WE])?;
    lab.nva(NE).add_address(ANYCAST)?;
    announced_by(lab, &[NE, WE])
}
