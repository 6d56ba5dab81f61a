//! Two NVAs in each region, with the files that `init` makes for them.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, LabBuilder, Region};

const PLACES: [&str; 3] = [
    "/etc/exabgp/exabgp.conf",
    "/etc/haproxy/haproxy.cfg",
    "/etc/haproxy-rhi/config.json",
];
const SECOND_CHANCE: &str = "/etc/haproxy-rhi/second-chance.conf";

/// A region's NVAs.
pub fn of(region: Region) -> [Ipv4Addr; 2] {
    [region.nva(), region.second_nva()]
}

/// The lab with a second NVA in each region. `nvas`: all that have a second chance.
pub fn four_nvas(mut lab: LabBuilder, nvas: &[Ipv4Addr]) -> Result<LabBuilder> {
    for region in Region::ALL {
        let [first, second] = made(region, nvas)?;
        for (place, text) in first {
            lab = lab.file(region, place, &text);
        }
        let files: Vec<(&str, &str)> = second
            .iter()
            .map(|(place, text)| (*place, text.as_str()))
            .collect();
        lab = lab.second_nva(region, &files);
    }
    Ok(lab)
}

/// Each place, and its text.
pub type Files = Vec<(&'static str, String)>;

/// What `init` makes for a region's two NVAs, but for `settle`.
pub fn made(region: Region, nvas: &[Ipv4Addr]) -> Result<[Files; 2]> {
    let folder = tempfile::tempdir()?;
    let [first, second] = of(region);
    let one = |own: Ipv4Addr, other| {
        let folder = folder.path().join(own.to_string());
        made_for_one(region, (own, other), nvas, &folder)
    };
    Ok([one(first, second)?, one(second, first)?])
}

fn made_for_one(
    region: Region,
    (own, other): (Ipv4Addr, Ipv4Addr),
    nvas: &[Ipv4Addr],
    folder: &Path,
) -> Result<Files> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    let role = match region {
        Region::NorthEurope => "--primary",
        Region::WestEurope => "--secondary",
    };
    command.args(["init", "--region", region.name(), role, "--takeover"]);
    command.args(["--prefix", ANYCAST, "--address", &own.to_string()]);
    for server in region.route_servers() {
        command.args(["--route-server", &server.to_string()]);
    }
    command.args(["--server", &format!("backend01={}", region.backend())]);
    for sibling in of(region.other()) {
        command.args(["--sibling", &sibling.to_string()]);
    }
    command.args(["--same-region", &other.to_string()]);
    for nva in nvas {
        command.args(["--nva", &nva.to_string()]);
    }
    command.arg("--output-dir").arg(folder);
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "{output:?}");
    let read = |place: &'static str| {
        let path = folder.join(place.trim_start_matches('/'));
        let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        let settled = "\"siblings\": {\n        \"settle\": \"1s\",";
        Ok((place, text.replace("\"siblings\": {", settled)))
    };
    let second_chance = (!nvas.is_empty()).then_some(SECOND_CHANCE);
    PLACES.into_iter().chain(second_chance).map(read).collect()
}
