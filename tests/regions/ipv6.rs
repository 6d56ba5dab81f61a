//! A service of both families, over the same sessions.

use std::net::IpAddr;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, Region, eventually};

use crate::far_end::{NE, PATIENCE, logged, regions, server_is};

crate::stories! {
    both_families_follow_the_servers,
}

const ANYCAST_V6: &str = "2001:db8:9::9/128";

/// Whether both instances of North Europe's Route Server hold both prefixes, each with the next hop of its family.
fn both_are(lab: &Lab, announced: bool) -> Result<()> {
    let next_hops = [
        (ANYCAST, IpAddr::from(NE.nva())),
        (ANYCAST_V6, IpAddr::from(NE.nva_v6())),
    ];
    eventually(
        PATIENCE,
        &format!("both prefixes announced: {announced}"),
        || {
            for instance in lab.route_servers(NE) {
                for (prefix, next_hop) in next_hops {
                    let rows = instance.rows(prefix)?;
                    let as_wanted = match rows.as_slice() {
                        [] => !announced,
                        [row] => {
                            announced
                                && row.next_hop == Some(next_hop)
                                && row.as_path == NE.as_path()
                        }
                        _ => false,
                    };
                    ensure!(as_wanted, "{prefix} at {}: {rows:?}", instance.address());
                }
            }
            Ok(())
        },
    )
}

fn shipped(file: &str) -> String {
    let path = format!(
        "{}/exabgp/{}/{file}",
        env!("CARGO_MANIFEST_DIR"),
        NE.folder()
    );
    std::fs::read_to_string(path).unwrap()
}

fn with(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "no {old} in {text}");
    text.replace(old, new)
}

fn ip(lab: &Lab, arguments: &str) -> Result<()> {
    let status = lab
        .nva(NE)
        .command("ip")
        .args(arguments.split(' '))
        .status()?;
    ensure!(status.success(), "ip {arguments}");
    Ok(())
}

fn both_families_follow_the_servers(version: ExaBgp) {
    let config = with(
        &shipped("config.json"),
        "[\"9.9.9.9/32\"]",
        "[\"9.9.9.9/32\", \"2001:db8:9::9/128\"]",
    );
    let config = with(
        &config,
        "\"172.16.156.70\"",
        "[\"172.16.156.70\", \"fd00:156::70\"]",
    );
    let config = with(&config, "\"interval\": \"1s\"", "\"interval\": \"1h\"");
    let exabgp = with(
        &shipped("exabgp.conf"),
        "ipv4 unicast;",
        "ipv4 unicast;\n\t\t\tipv6 unicast;",
    );
    let lab = regions(&version)
        .file(NE, "/etc/haproxy-rhi/config.json", &config)
        .file(NE, "/etc/exabgp/exabgp.conf", &exabgp)
        .start()
        .unwrap();
    lab.run(|lab| {
        // One of its addresses is not there: the service is not.
        logged(lab, NE, "address 2001:db8:9::9 is not on this host")?;
        both_are(lab, false)?;
        lab.nva(NE).add_address(ANYCAST_V6)?;
        both_are(lab, true)?;

        lab.backend(NE).kill()?;
        both_are(lab, false)?;
        logged(lab, NE, "withdrawing 9.9.9.9/32, 2001:db8:9::9/128")?;
        lab.backend(NE).start()?;
        server_is(lab, NE, ",UP,")?;
        both_are(lab, true)?;

        // The service is one: without one address it is down.
        lab.nva(NE).remove_address(ANYCAST_V6)?;
        both_are(lab, false)?;
        lab.nva(NE).add_address(ANYCAST_V6)?;
        both_are(lab, true)?;

        // An interface that goes down takes its addresses of IPv6 along. An hour is between two polls.
        for line in [
            "link add anycast0 type veth peer name anycast1",
            "link set anycast0 up",
        ] {
            ip(lab, line)?;
        }
        ip(lab, &format!("address add {ANYCAST_V6} dev anycast0 nodad"))?;
        lab.nva(NE).remove_address(ANYCAST_V6)?;
        both_are(lab, true)?;
        ip(lab, "link set anycast0 down")?;
        both_are(lab, false)?;
        lab.nva(NE).add_address(ANYCAST_V6)?;
        both_are(lab, true)?;

        // The region beside it, without IPv6, saw nothing of this.
        for instance in lab.route_servers(Region::WestEurope) {
            ensure!(instance.updates() == 1, "{}", instance.updates());
        }
        Ok(())
    })
    .unwrap();
}
