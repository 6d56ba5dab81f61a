//! One screen for all regions, from the page that each NVA's HAProxy serves: what it says while all is well, while a region's
//! servers are dead, while the regions do not see each other, and while one NVA cannot be reached.
//!
//! Told to HAProxy 2.6 (Debian 12's) and 3.0 (Debian 13's): the page is HAProxy's.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Haproxy, Lab, LabBuilder, Region, eventually};
use serde_json::Value;

use crate::far_end::{NE, PATIENCE, WE, announced_by, regions};
use crate::faults::CONFIG;
use crate::pictured::draw;
use crate::siblings::part;

haproxy_rhi_lab::stories_of_haproxy! {
    the_screen_says_which_region_clients_reach_and_where_the_regions_disagree,
    the_page_is_for_who_is_named_and_outlives_no_haproxy_and_no_haproxy_rhi,
}

const HAPROXY: &str = "/etc/haproxy/haproxy.cfg";
/// The client, on premises: the operator's host here.
const OPERATOR: &str = "10.1.0.10";

fn shipped(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

fn replaced(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "{old}");
    text.replace(old, new)
}

/// The shipped files with the page switched on, for the operator.
fn with_page(mut builder: LabBuilder) -> LabBuilder {
    for region in Region::ALL {
        let folder = region.folder();
        let control = "\"control\": \"/run/haproxy/control.sock\",";
        let variable = format!("{control}\n    \"status_variable\": \"proc.haproxy_rhi_status\",");
        let config = replaced(
            &shipped(&format!("exabgp/{folder}/config.json")),
            control,
            &variable,
        );
        let haproxy = shipped(&format!("haproxy/{folder}.cfg"));
        let haproxy = replaced(&haproxy, "#http-request return", "http-request return");
        let sibling = region.other().nva();
        let haproxy = replaced(
            &haproxy,
            &format!("{{ path /haproxy-rhi-status }} {{ src {sibling} }}"),
            &format!("{{ path /haproxy-rhi-status }} {{ src {sibling} {OPERATOR} }}"),
        );
        builder = builder
            .file(region, CONFIG, &config)
            .file(region, HAPROXY, &haproxy);
    }
    builder
}

fn url(region: Region) -> String {
    format!("http://{}/haproxy-rhi-status", region.nva())
}

/// The screen as the operator has it: its exit status, and its text.
fn screen(lab: &Lab) -> Result<(Option<i32>, String)> {
    let mut command = lab.client().command(env!("CARGO_BIN_EXE_haproxy-rhi"));
    let sources = [format!("north={}", url(NE)), format!("west={}", url(WE))];
    command.arg("status");
    for source in &sources {
        command.args(["--region", source]);
    }
    let output = command.output().context("haproxy-rhi status")?;
    Ok((output.status.code(), String::from_utf8(output.stdout)?))
}

/// The screen comes to have all of this in it, folded sentences on one line.
fn shows(lab: &Lab, status: i32, wanted: &[&str]) -> Result<String> {
    eventually(PATIENCE, &format!("{status}, {wanted:?}"), || {
        let (code, folded) = screen(lab)?;
        let text = folded.replace("\n  ", " ");
        let missing: Vec<_> = wanted
            .iter()
            .filter(|words| !text.contains(**words))
            .collect();
        ensure!(
            missing.is_empty() && code == Some(status),
            "{code:?}, no {missing:?}:\n{text}"
        );
        Ok(folded)
    })
}

const WELL: &str = "9.9.9.9/32: clients reach north (as-path 1), next west (as-path 3)\n";

fn the_screen_says_which_region_clients_reach_and_where_the_regions_disagree(version: Haproxy) {
    let lab = with_page(regions(&ExaBgp::Debian))
        .haproxy(version)
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let rows = ["  as-path 1  2/2  1/1   1/1\n", "  as-path 3  2/2  1/1   1/1\n"];
        let well = shows(lab, 0, &[WELL, rows[0], rows[1], "\nall is as it should be\n"])?;

        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])?;
        let dead = shows(lab, 1, &[
            "9.9.9.9/32: clients reach west (as-path 3)\n",
            "  withdrawn  2/2  0/1   1/1\n",
            "\n! north 172.16.156.70: service web is down: ",
        ])?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])?;
        shows(lab, 0, &[WELL])?;

        // The operator reaches both, and they do not reach each other.
        part(lab, NE, "add")?;
        part(lab, WE, "add")?;
        shows(lab, 1, &[
            WELL,
            "\n! west 172.16.136.70 does not see north 172.16.156.70 healthy for ",
            "\n! north 172.16.156.70 does not see west 172.16.136.70 healthy for ",
            ", and west 172.16.136.70 says that it serves (web: up for ",
        ])?;
        part(lab, NE, "del")?;
        part(lab, WE, "del")?;
        shows(lab, 0, &[WELL])?;

        lab.nva(NE).cut_link()?;
        let gone = shows(lab, 2, &[
            "9.9.9.9/32: clients reach west (as-path 3) as far as is known, without north 172.16.156.70",
            "\nnorth   172.16.156.70  -     -        unreachable  ",
            "\n! north 172.16.156.70: no status: ",
            "\n- west 172.16.136.70 sees north 172.16.156.70 not healthy (",
        ])?;
        draw(&[
            ("All is well", well),
            ("All servers of north are dead", dead),
            ("Nobody reaches north", gone),
        ])?;
        lab.nva(NE).join_link()?;
        shows(lab, 0, &[WELL])?;
        Ok(())
    })
    .unwrap();
}

fn the_page_is_for_who_is_named_and_outlives_no_haproxy_and_no_haproxy_rhi(version: Haproxy) {
    let lab = with_page(regions(&ExaBgp::Debian))
        .haproxy(version)
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        shows(lab, 0, &[WELL])?;
        // Clients of the region's own network are not named.
        let asked = lab.nva(NE).command("curl").args(["-s", &url(NE)]).output()?;
        let text = String::from_utf8_lossy(&asked.stdout).into_owned();
        ensure!(asked.status.success() && !text.contains("heartbeat"), "{text}");
        // A new process of HAProxy's has forgotten it, and is told.
        let own = || {
            let answer = lab.client().get_url(&url(NE))?;
            serde_json::from_slice::<Value>(answer.body.as_bytes()).context(answer.body)
        };
        let before = own()?["haproxy"]["pid"].clone();
        ensure!(before.is_u64(), "{before}");
        lab.nva(NE).haproxy().reload()?;
        eventually(PATIENCE, "the new process", || {
            let status = own()?;
            ensure!(status["haproxy"]["pid"] != before, "{status}");
            Ok(())
        })?;
        shows(lab, 0, &[WELL])?;
        // A haproxy-rhi that leaves says so; nothing of what it said last is taken for now. Its sessions may have ended before.
        lab.nva(NE).exabgp().stop()?;
        shows(lab, 2, &[
            "9.9.9.9/32: clients reach west (as-path 3) as far as is known, without north 172.16.156.70",
            "  was up ",
            "\n! north 172.16.156.70: process ",
            " left at ",
        ])?;
        // Without the key the page is empty.
        lab.nva(WE).write(CONFIG, &shipped("exabgp/west-europe/config.json"))?;
        shows(lab, 2, &["west 172.16.136.70: no status: its page is empty"])?;
        Ok(())
    })
    .unwrap();
}
