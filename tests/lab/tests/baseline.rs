//! The lab itself, before haproxy-rhi: the documentation's static announcements behave as the documentation shows.

#![cfg(test)]

use std::time::{Duration, Instant};

use anyhow::ensure;
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, Load, Region, eventually, holds};

const PATIENCE: Duration = Duration::from_secs(30);

/// The documentation's own configuration. The `as-path` without a value in its first neighbor is left out: no
/// ExaBGP accepts it.
fn static_announcements(region: Region) -> String {
    let nva = region.nva();
    let as_path = match region {
        Region::NorthEurope => "",
        Region::WestEurope => " as-path [ 65010 65010 65010 ]",
    };
    region
        .route_servers()
        .map(|instance| {
            format!(
                "neighbor {instance} {{
    router-id {nva};
    local-address {nva};
    local-as 65010;
    peer-as 65515;
    static {{
        route 9.9.9.9/32 next-hop {nva}{as_path};
    }}
}}
"
            )
        })
        .concat()
}

fn the_baseline_holds_with(version: ExaBgp) {
    version.prepare().unwrap();
    let begin = Instant::now();
    let mut builder = Lab::builder().exabgp(version.clone());
    for region in Region::ALL {
        builder = builder.file(
            region,
            "/etc/exabgp/exabgp.conf",
            &static_announcements(region),
        );
    }
    let lab = builder.start().unwrap();
    println!("{version:?}: up after {:?}", begin.elapsed());

    let four_rows = || {
        let rows = lab.msee().rows(ANYCAST)?;
        let mut seen: Vec<_> = rows
            .iter()
            .map(|row| (row.from.unwrap(), row.as_path.clone()))
            .collect();
        seen.sort();
        let mut expected: Vec<_> = Region::ALL
            .into_iter()
            .flat_map(|region| {
                region
                    .route_servers()
                    .map(|from| (from, [&[65515], region.as_path()].concat()))
            })
            .collect();
        expected.sort();
        ensure!(seen == expected, "{rows:?}");
        let best: Vec<_> = rows.iter().filter(|row| row.best).collect();
        ensure!(
            best.len() == 1 && best[0].next_hop == Some(Region::NorthEurope.nva().into()),
            "{rows:?}"
        );
        Ok(())
    };
    eventually(PATIENCE, "the four rows", four_rows).unwrap();
    println!("{version:?}: converged after {:?}", begin.elapsed());
    for row in lab.msee().rows(ANYCAST).unwrap() {
        println!("{row}");
    }
    lab.msee()
        .await_region(ANYCAST, Some(Region::NorthEurope), PATIENCE)
        .unwrap();
    served_from(&lab, Region::NorthEurope);

    let ping = lab.client().ping(Duration::from_millis(10), 6000).unwrap();
    let load = lab.client().load(&Load::default()).unwrap();
    let north_europe = lab.nva(Region::NorthEurope).exabgp();
    north_europe.stop().unwrap();
    lab.msee()
        .await_region(ANYCAST, Some(Region::WestEurope), PATIENCE)
        .unwrap();
    served_from(&lab, Region::WestEurope);
    assert_eq!(lab.msee().rows(ANYCAST).unwrap().len(), 2);

    north_europe.start().unwrap();
    lab.msee()
        .await_region(ANYCAST, Some(Region::NorthEurope), PATIENCE)
        .unwrap();
    eventually(PATIENCE, "the four rows", four_rows).unwrap();
    served_from(&lab, Region::NorthEurope);

    let updates = || {
        lab.route_servers(Region::NorthEurope)
            .each_ref()
            .map(|instance| instance.updates())
    };
    let before = updates();
    holds(Duration::from_millis(500), "calm", || {
        ensure!(updates() == before, "{:?}", updates());
        Ok(())
    })
    .unwrap();

    let (pinged, report) = (ping.finish().unwrap(), load.finish().unwrap());
    println!(
        "{pinged:?}, {} requests, {:?}",
        report.requests.len(),
        report.failed()
    );
    assert!(
        pinged.received > 0
            && report.pages(Region::NorthEurope) > 0
            && report.pages(Region::WestEurope) > 0
    );
    let moves: Vec<_> = lab
        .msee()
        .route_changes()
        .unwrap()
        .into_iter()
        .filter(|change| change.prefix == "9.9.9.9")
        .collect();
    println!("{moves:?}");
    assert!(moves.len() >= 3, "{moves:?}");
    let begin = Instant::now();
    drop(lab);
    println!("{version:?}: gone after {:?}", begin.elapsed());
}

fn served_from(lab: &Lab, region: Region) {
    eventually(PATIENCE, &format!("the page of {region}"), || {
        let answer = lab.client().get()?;
        ensure!(
            answer.status == 200 && answer.region == Some(region),
            "{answer:?}"
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_documentations_baseline_holds_with_the_distributions_exabgp() {
    the_baseline_holds_with(ExaBgp::Debian);
}

#[test]
fn the_documentations_baseline_holds_with_exabgp_5() {
    the_baseline_holds_with(ExaBgp::Pip("5.0.15"));
}
