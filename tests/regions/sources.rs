//! Where HAProxy's state comes from, and one service from flags alone.

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, LabBuilder, Region, eventually};

use crate::busy::does;
use crate::far_end::{NE, PATIENCE, WE, announced_by, logged, regions};

crate::stories! {
    flags_alone_give_a_route_all_its_attributes,
    a_drain_of_all_waits_for_a_service_of_flags,
    the_documentations_stats_page_serves_as_it_stands,
    a_stats_page_with_a_password_serves,
    a_stats_socket_over_tcp_serves,
}

/// The repository's exabgp.conf with another `run` line.
fn with_run(builder: LabBuilder, region: Region, arguments: &str) -> LabBuilder {
    let path = format!(
        "{}/exabgp/{}/exabgp.conf",
        env!("CARGO_MANIFEST_DIR"),
        region.folder()
    );
    let shipped = std::fs::read_to_string(path).unwrap();
    let line = "run /usr/bin/haproxy-rhi run;";
    assert!(shipped.contains(line));
    builder.file(
        region,
        "/etc/exabgp/exabgp.conf",
        &shipped.replace(line, &format!("run /usr/bin/haproxy-rhi run {arguments};")),
    )
}

/// The repository's haproxy.cfg with another text in place of one.
fn with_haproxy(builder: LabBuilder, region: Region, old: &str, new: &str) -> LabBuilder {
    let path = format!(
        "{}/haproxy/{}.cfg",
        env!("CARGO_MANIFEST_DIR"),
        region.folder()
    );
    let shipped = std::fs::read_to_string(path).unwrap();
    assert!(shipped.contains(old));
    builder.file(
        region,
        "/etc/haproxy/haproxy.cfg",
        &shipped.replace(old, new),
    )
}

/// HAProxy's end is not seen at once, which was said once, and why.
fn is_polled(lab: &Lab, why: &str) -> Result<()> {
    let log = lab.nva(NE).exabgp().log();
    let said =
        format!("HAProxy's process is not followed ({why}): its end is seen by the next poll");
    ensure!(log.matches(&said).count() == 1, "{log}");
    let told = lab
        .nva(NE)
        .command("haproxy-rhi")
        .args(["status", "--json"])
        .output()?;
    let told: serde_json::Value = serde_json::from_slice(&told.stdout)?;
    let haproxy = &told["processes"][0]["status"]["haproxy"];
    ensure!(
        haproxy["followed"] == false && haproxy["not_followed_why"] == why,
        "{haproxy}"
    );
    Ok(())
}

fn moves_and_returns(lab: &Lab) -> Result<()> {
    announced_by(lab, &[NE, WE])?;
    lab.backend(NE).kill()?;
    announced_by(lab, &[WE])?;
    lab.backend(NE).start()?;
    announced_by(lab, &[NE, WE])
}

fn flags_alone_give_a_route_all_its_attributes(version: ExaBgp) {
    let flags = "--stats /run/haproxy/watch.sock --frontend http_front --backend http_back --prefix 9.9.9.9/32 --next-hop 172.16.156.70 \
                 --as-path \"65010 65020\" --med 50 --local-preference 200 --origin egp --community 65010:1 --community no-advertise \
                 --large-community 65010:1:2 --extended-community target:65010:7 --neighbor 172.16.159.4 --neighbor 172.16.159.5 \
                 --min-active 1 --min-percent 100 --rise 1 --fall 1 --hold 5s --interval 500ms --fast-interval 50ms --timeout 400ms \
                 --events 127.0.0.1:30514";
    let lab = with_run(regions(&version), NE, flags).start().unwrap();
    lab.run(|lab| {
        for instance in lab.route_servers(NE) {
            eventually(PATIENCE, "the route with its attributes", || {
                let rows = instance.rows(ANYCAST)?;
                let [row] = rows.as_slice() else {
                    anyhow::bail!("{rows:?}")
                };
                ensure!(
                    row.as_path == [65010, 65020] && row.med == Some(50) && row.origin == "EGP",
                    "{row:?}"
                );
                ensure!(row.communities == [(65010, 1), (65535, 65282)], "{row:?}");
                ensure!(row.large_communities == [(65010, 1, 2)], "{row:?}");
                ensure!(row.extended_communities.contains("rt, 65010, 7"), "{row:?}");
                Ok(())
            })?;
        }
        lab.backend(NE).kill()?;
        lab.msee().await_region(ANYCAST, Some(WE), PATIENCE)
    })
    .unwrap();
}

/// Beside a configuration without services, as the package installs it.
fn a_drain_of_all_waits_for_a_service_of_flags(version: ExaBgp) {
    let flags = "--stats /run/haproxy/watch.sock --frontend http_front --backend http_back --prefix 9.9.9.9/32 --next-hop 172.16.156.70";
    let builder = with_run(regions(&version), NE, flags);
    let lab = builder
        .file(NE, "/etc/haproxy-rhi/config.json", r#"{"services": {}}"#)
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let drained = does(
            lab.nva(NE),
            &["drain", "--all", "--wait", "--timeout", "2m"],
        )?;
        announced_by(lab, &[WE])?;
        ensure!(
            drained.contains(": drained\n") && !drained.contains("no service"),
            "{drained}"
        );
        does(lab.nva(NE), &["resume", "--all"])?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

/// HAProxy configured as the documentation has it: no socket, the page on the clients' port.
fn the_documentations_stats_page_serves_as_it_stands(version: ExaBgp) {
    let haproxy = "defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend http_front
   bind *:80
   stats uri /haproxy?stats
   default_backend http_back
backend http_back
   balance roundrobin
   server backend01 172.16.156.69:80 check
";
    let flags = "--stats \"http://127.0.0.1/haproxy?stats\" --backend http_back --prefix 9.9.9.9/32 --next-hop 172.16.156.70";
    // The lab itself looks at HAProxy through the socket, which the documentation's file does not have.
    let socket = "global\n    stats socket /run/haproxy/watch.sock\n";
    let builder = with_run(regions(&version), NE, flags).file(
        NE,
        "/etc/haproxy/haproxy.cfg",
        &format!("{socket}{haproxy}"),
    );
    let lab = builder.start().unwrap();
    lab.run(|lab| {
        moves_and_returns(lab)?;
        // The page is served by HAProxy itself: when it is gone, so is the page.
        lab.nva(NE).haproxy().kill()?;
        announced_by(lab, &[WE])?;
        logged(
            lab,
            NE,
            "HAProxy is gone: connection refused at http://127.0.0.1/haproxy?stats",
        )?;
        is_polled(lab, "its stats page does not name it")
    })
    .unwrap();
}

fn a_stats_page_with_a_password_serves(version: ExaBgp) {
    let flags = "--stats \"http://127.0.0.1:8404/haproxy?stats\" --stats-user watch --stats-password-file /etc/haproxy-rhi/password \
                 --backend http_back --prefix 9.9.9.9/32 --next-hop 172.16.156.70";
    let builder = with_run(regions(&version), NE, flags).file(
        NE,
        "/etc/haproxy-rhi/password",
        "quiet please\n",
    );
    let lab = with_haproxy(
        builder,
        NE,
        "    stats enable\n",
        "    stats enable\n    stats auth watch:quiet\\ please\n",
    )
    .start()
    .unwrap();
    lab.run(|lab| {
        moves_and_returns(lab)?;
        // The password is changed on one side only: nothing can be told, and what is announced holds.
        lab.nva(NE).write("/etc/haproxy-rhi/password", "loud\n")?;
        logged(
            lab,
            NE,
            "refuses user 'watch' with the password in '/etc/haproxy-rhi/password' (401)",
        )?;
        announced_by(lab, &[NE, WE])?;
        lab.nva(NE)
            .write("/etc/haproxy-rhi/password", "quiet please\n")?;
        logged(lab, NE, "state known again")
    })
    .unwrap();
}

fn a_stats_socket_over_tcp_serves(version: ExaBgp) {
    let flags =
        "--stats 127.0.0.1:9999 --backend http_back --prefix 9.9.9.9/32 --next-hop 172.16.156.70";
    let builder = with_run(regions(&version), NE, flags);
    let socket = "    stats timeout 30s\n";
    let lab = with_haproxy(
        builder,
        NE,
        socket,
        &format!("    stats socket ipv4@127.0.0.1:9999 level user\n{socket}"),
    )
    .start()
    .unwrap();
    lab.run(|lab| {
        moves_and_returns(lab)?;
        lab.nva(NE).haproxy().kill()?;
        announced_by(lab, &[WE])?;
        is_polled(lab, "it is asked over TCP and may be on another host")
    })
    .unwrap();
}
