//! What is under way for long: slow answers, downloads and uploads, through the repository's haproxy.cfg.

use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Connections, Lab, LabBuilder, Region, eventually};

use crate::nvas::Running;
use crate::pair::{
    NE, PATIENCE, WE, command, counted, led_to, load, more, nothing_failed, ready, regions,
    switched_on,
};

const HAPROXY: &str = "/etc/haproxy/haproxy.cfg";

/// The regions with server.py for their one server.
fn slow_regions() -> LabBuilder {
    Region::ALL.into_iter().fold(regions(), |lab, region| {
        let path = format!(
            "{}/haproxy/{}.cfg",
            env!("CARGO_MANIFEST_DIR"),
            region.folder()
        );
        let text = std::fs::read_to_string(path).unwrap();
        let server = |port| {
            format!(
                "server backend01 {}:{port}",
                region.nva().to_string().replace(".70", ".69")
            )
        };
        assert_eq!(text.matches(&server(80)).count(), 2, "{text}");
        lab.file(region, HAPROXY, &text.replace(&server(80), &server(8088)))
    })
}

fn serve(lab: &Lab, region: Region) -> Result<Running> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/second_chance/server.py");
    let mut python = lab.backend(region).command("/usr/bin/python3");
    Running::start(python.args([script, "8088", &region.page()]))
}

/// curl, without a second try; what it says goes to a file.
fn ask(lab: &Lab, name: &str, arguments: &[&str]) -> Result<(String, Child)> {
    let mut curl = lab.client().command("curl");
    let output = lab.directory().join(name);
    curl.args([
        "--silent",
        "--show-error",
        "--fail",
        "--max-time",
        "90",
        "--output",
    ])
    .arg(&output);
    let child = curl
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    Ok((output.to_string_lossy().into_owned(), child))
}

fn answer((output, child): (String, Child)) -> Result<Vec<u8>> {
    let ended = child.wait_with_output()?;
    ensure!(
        ended.status.success(),
        "{output}: {}",
        String::from_utf8_lossy(&ended.stderr)
    );
    Ok(std::fs::read(output)?)
}

/// A slow answer, one that comes in drops, an upload and a download, each of ten seconds or more, all begun in this region.
fn under_way(lab: &Lab, region: Region, file: &str) -> Result<[(String, Child); 4]> {
    let ask = |name: &str, arguments: &[&str]| {
        ask(lab, &format!("{name}-{}", region.folder()), arguments)
    };
    let all = [
        ask("slow", &["http://9.9.9.9/wait?10"])?,
        ask("drip", &["http://9.9.9.9/drip?12"])?,
        ask(
            "put",
            &[
                "--limit-rate",
                "2M",
                "--upload-file",
                file,
                "http://9.9.9.9/",
            ],
        )?,
        ask(
            "get",
            &["--limit-rate", "2M", "http://9.9.9.9/give?24000000"],
        )?,
    ];
    std::thread::sleep(Duration::from_millis(500));
    Ok(all)
}

/// A planned move and the return, with everything under way: nothing is cut.
fn all_outlive(go: impl Fn(&Lab) -> Result<()>, come_back: impl Fn(&Lab) -> Result<()>) {
    let lab = slow_regions().start().unwrap();
    lab.run(|lab| {
        let _servers = [serve(lab, NE)?, serve(lab, WE)?];
        ready(lab)?;
        let _heartbeats = switched_on(lab)?;
        let file = lab.directory().join("upload");
        std::fs::write(&file, vec![b'u'; 24 << 20])?;
        let file = file.to_string_lossy().into_owned();
        let clients = lab.client().load(&load(Connections::Kept))?;
        more(&clients, 50, NE)?;

        let ours = under_way(lab, NE, &file)?;
        go(lab)?;
        led_to(lab, WE)?;
        more(&clients, 100, WE)?;
        // The return is a move like the other, for those who came meanwhile.
        let theirs = under_way(lab, WE, &file)?;
        come_back(lab)?;
        led_to(lab, NE)?;
        // Whoever was asked to come anew, and did, stays with the region that it came to.
        let seen = clients.so_far().requests.len();
        eventually(PATIENCE, "100 more requests", || {
            let now = clients.so_far().requests.len();
            ensure!(now >= seen + 100, "{now} after {seen}");
            Ok(())
        })?;
        ensure!(lab.client().get()?.region == Some(NE));

        for (region, [slow, drip, put, get]) in [(NE, ours), (WE, theirs)] {
            ensure!(answer(slow)? == region.page().as_bytes());
            ensure!(answer(drip)?.len() == 120);
            let took = format!("{} took {}", region.page(), 24 << 20);
            ensure!(answer(put)? == took.as_bytes());
            let got = answer(get)?;
            ensure!(got.into_iter().eq((0..=255).cycle().take(24_000_000)));
        }
        nothing_failed(&clients.finish()?)?;
        for region in Region::ALL {
            ensure!(
                counted(lab, region, "handed_to")? > 0,
                "{}",
                command(lab, region, &["status"])?
            );
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn everything_under_way_outlives_a_withdrawal_and_a_return() {
    let set = |lab: &Lab, state: &str| {
        let answer = lab
            .nva(NE)
            .haproxy()
            .admin(&format!("set server http_back/backend01 state {state}"))?;
        ensure!(answer.trim().is_empty(), "{answer}");
        Ok(())
    };
    all_outlive(|lab| set(lab, "maint"), |lab| set(lab, "ready"));
}

#[test]
fn everything_under_way_outlives_a_drain_and_its_end() {
    let operator = |lab: &Lab, arguments: &[&str]| {
        let output = lab
            .nva(NE)
            .command("haproxy-rhi")
            .args(arguments)
            .output()?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    };
    all_outlive(
        |lab| {
            let folder = lab.nva(NE).path("/var/lib/haproxy-rhi/drain");
            std::fs::create_dir_all(folder)?;
            operator(lab, &["drain", "web", "--reason", "test"])
        },
        |lab| operator(lab, &["resume", "web"]),
    );
}

/// All servers die: who waits for their answer to a GET, or to a PUT that HAProxy still has, gets it from the other region, over the
/// connection it has.
/// What they had begun to say, and what they had been given of an upload, dies with them: whether it may be said again nobody knows.
#[test]
fn who_waits_for_a_server_that_dies_is_answered_by_the_other_region() {
    let lab = slow_regions().start().unwrap();
    lab.run(|lab| {
        let mut servers = vec![serve(lab, WE)?, serve(lab, NE)?];
        ready(lab)?;
        let _heartbeats = switched_on(lab)?;
        let kept = lab.client().load(&load(Connections::Kept))?;
        let short = lab.client().load(&load(Connections::Short))?;
        more(&kept, 50, NE)?;
        let slow: Vec<_> = (0..5)
            .map(|n| ask(lab, &format!("slow{n}"), &["http://9.9.9.9/wait?10"]))
            .collect::<Result<_>>()?;
        let small = lab.directory().join("small");
        std::fs::write(&small, [b'u'; 1000])?;
        // In one segment with its head, so that HAProxy has it whole before it passes any of it on.
        let body = format!("@{}", small.display());
        let small = [
            "--request",
            "PUT",
            "--data-binary",
            &body,
            "http://9.9.9.9/wait?10",
        ];
        let put = ask(lab, "small-put", &small)?;
        std::thread::sleep(Duration::from_millis(500));
        servers.pop();
        led_to(lab, WE)?;
        more(&kept, 100, WE)?;
        servers.push(serve(lab, NE)?);
        led_to(lab, NE)?;
        more(&kept, 100, NE)?;
        for slow in slow {
            let page = answer(slow)?;
            ensure!(
                page == WE.page().as_bytes(),
                "{}",
                String::from_utf8_lossy(&page)
            );
        }
        ensure!(answer(put)? == format!("{} took 1000", WE.page()).as_bytes());
        nothing_failed(&kept.finish()?)?;
        nothing_failed(&short.finish()?)
    })
    .unwrap();
}
