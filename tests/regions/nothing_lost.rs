//! Requests outlive the loss of all servers of a region: the other region's NVA is the backup server until the route
//! has moved. What is lost is what was in flight when the route moved.

mod clients;

use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{
    ANYCAST, ANYCAST_ADDRESS, Connections, ExaBgp, Load, Outcome, Region, Request, Signal,
    eventually, holds,
};

use crate::far_end::{NE, PATIENCE, WE, announced_by, regions, server_is};
use clients::{load, more, moved, ready, sessions, stat};

crate::stories! {
    short_connections_lose_at_most_what_is_in_flight_when_the_route_moves,
    kept_connections_lose_at_most_what_is_in_flight_when_the_route_moves,
    the_sibling_carries_all_requests_while_no_route_moves,
    a_lone_request_gets_past_a_dead_server,
    two_regions_without_servers_answer_at_once_and_ask_each_other_once,
    only_an_idempotent_request_is_sent_twice,
    the_siblings_port_serves_the_sibling_alone,
    a_host_that_vanishes_is_routed_around,
    a_frozen_server_is_found_and_routed_around,
}

fn only_what_is_in_flight_is_lost(version: &ExaBgp, connections: Connections) {
    let lab = regions(version).start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        let load = load(connections);
        let ping = lab.client().ping(Duration::from_millis(10), 30_000)?;
        for to in [WE, NE] {
            let report = moved(lab, &load, to, || match to {
                WE => lab.backend(NE).kill(),
                NE => lab.backend(NE).start(),
            })?;
            // A client has one request under way. No HAProxy answered any with an error.
            let (failed, lost) = (report.failed(), report.lost());
            println!("to {to}: {} requests, lost {lost:?}", report.requests.len());
            ensure!(failed.len() <= load.clients && failed == lost, "{failed:?}");
            ensure!(
                connections == Connections::Short || report.resets() == lost.len(),
                "{lost:?}"
            );
            if to == WE {
                // The backup keeps HAProxy's backend UP, and holds no route.
                let row = |column| stat(lab, NE, "http_back", "BACKEND", column);
                ensure!(
                    (row("status")?, row("act")?, row("bck")?)
                        == ("UP".into(), "0".into(), "1".into())
                );
            }
        }
        let pinged = ping.finish()?;
        println!("{pinged:?}");
        ensure!(pinged.lost() == 0 && pinged.received > 20, "{pinged:?}");
        Ok(())
    })
    .unwrap();
}

fn short_connections_lose_at_most_what_is_in_flight_when_the_route_moves(version: ExaBgp) {
    only_what_is_in_flight_is_lost(&version, Connections::Short);
}

fn kept_connections_lose_at_most_what_is_in_flight_when_the_route_moves(version: ExaBgp) {
    only_what_is_in_flight_is_lost(&version, Connections::Kept);
}

/// haproxy-rhi is stopped: the backup alone is between the clients and nothing.
fn the_sibling_carries_all_requests_while_no_route_moves(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        lab.nva(NE).exabgp().signal_helper(Signal::Stop)?;
        let moves = || -> Result<usize> {
            let changes = lab.msee().route_changes()?;
            Ok(changes
                .iter()
                .filter(|change| change.prefix == ANYCAST_ADDRESS.to_string())
                .count())
        };
        let before = moves()?;
        let servers = |region: Region| -> Result<String> {
            let url = format!("http://{}:8080/health", region.nva());
            let mut curl = lab.nva(region.other()).command("curl");
            let answer = curl
                .args([
                    "-s",
                    "-m",
                    "20",
                    "-o",
                    "/dev/null",
                    "-w",
                    "%{http_code}",
                    &url,
                ])
                .output()?;
            Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
        };
        // Many kept connections, since each may leave one to the dead server behind.
        let many = Load {
            clients: 50,
            per_second: 10,
            ..load(Connections::Kept)
        };
        for load in [load(Connections::Short), many] {
            let clients = lab.client().load(&load)?;
            more(&clients, 20, &Outcome::Page(NE))?;
            lab.backend(NE).kill()?;
            more(&clients, 50, &Outcome::Page(WE))?;
            ensure!(lab.msee().region(ANYCAST)? == Some(NE));
            // The sibling's HAProxy is told of the region's own servers.
            ensure!([servers(NE)?, servers(WE)?] == ["503", "200"]);
            lab.backend(NE).start()?;
            more(&clients, 20, &Outcome::Page(NE))?;
            let report = clients.finish()?;
            let gap = report.longest_gap();
            println!(
                "{:?}: {} requests, longest gap {gap:?}",
                load.connections,
                report.requests.len()
            );
            ensure!(report.failed().is_empty(), "{:?}", report.failed());
        }
        ensure!(moves()? == before, "{:?}", lab.msee().route_changes()?);
        lab.nva(NE).exabgp().signal_helper(Signal::Cont)
    })
    .unwrap();
}

/// No other request helps it to find the server dead: it is tried again until it is, also when it is a POST.
fn a_lone_request_gets_past_a_dead_server(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        lab.nva(NE).exabgp().signal_helper(Signal::Stop)?;
        for method in ["GET", "POST", "GET", "POST"] {
            lab.backend(NE).kill()?;
            let answer = lab.client().request(method, "http://9.9.9.9/", PATIENCE)?;
            ensure!(answer.region == Some(WE), "{method}: {answer:?}");
            lab.backend(NE).start()?;
            server_is(lab, NE, ",UP,")?;
        }
        lab.nva(NE).exabgp().signal_helper(Signal::Cont)
    })
    .unwrap();
}

/// Both haproxy-rhi are stopped, so that the route stays where nobody serves.
fn two_regions_without_servers_answer_at_once_and_ask_each_other_once(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        let helpers = |signal| {
            Region::ALL
                .iter()
                .try_for_each(|region| lab.nva(*region).exabgp().signal_helper(signal))
        };
        helpers(Signal::Stop)?;
        let clients = lab.client().load(&load(Connections::Short))?;
        more(&clients, 20, &Outcome::Page(NE))?;
        lab.backend(NE).kill()?;
        more(&clients, 20, &Outcome::Page(WE))?;
        lab.backend(WE).kill()?;
        more(&clients, 20, &Outcome::Status(503))?;
        eventually(PATIENCE, "the sibling to be DOWN", || {
            let status = stat(lab, NE, "http_back", "sibling", "status")?;
            ensure!(status.starts_with("DOWN"), "{status}");
            Ok(())
        })?;
        // Nobody is asked any more: the answers are North Europe's own.
        more(&clients, 20, &Outcome::Status(503))?;
        let hops = sessions(lab, WE, "http_local")?;
        more(&clients, 50, &Outcome::Status(503))?;
        ensure!(sessions(lab, WE, "http_local")? == hops);

        let report = clients.finish()?;
        let longest = report.requests.iter().map(|request| request.took).max();
        println!(
            "{} requests, {hops} by the sibling, longest {longest:?}",
            report.requests.len()
        );
        let answered = |request: &&Request| {
            !matches!(request.outcome, Outcome::Page(_) | Outcome::Status(503))
        };
        ensure!(
            !report.requests.iter().any(|request| answered(&request)),
            "{:?}",
            report.lost()
        );
        // One hop a request, and none back.
        ensure!(
            (1..=report.requests.len()).contains(&hops),
            "{hops} of {}",
            report.requests.len()
        );
        ensure!(
            (
                sessions(lab, WE, "http_back")?,
                sessions(lab, NE, "http_local")?
            ) == (0, 0)
        );
        for region in Region::ALL {
            for (proxy, row) in [
                ("http_front", "FRONTEND"),
                ("from_sibling", "FRONTEND"),
                ("http_back", "BACKEND"),
                ("http_local", "BACKEND"),
            ] {
                eventually(
                    PATIENCE,
                    &format!("no session of {proxy} in {region}"),
                    || {
                        let now = stat(lab, region, proxy, row, "scur")?;
                        ensure!(now == "0", "{now}");
                        Ok(())
                    },
                )?;
            }
        }
        helpers(Signal::Cont)
    })
    .unwrap();
}

/// By the web servers' own logs.
fn only_an_idempotent_request_is_sent_twice(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        let seen = || -> Result<Vec<String>> {
            Ok([lab.backend(NE).requests()?, lab.backend(WE).requests()?].concat())
        };
        // A server that takes the request and ends without an answer.
        for (method, once) in [
            ("POST", true),
            ("PATCH", true),
            ("GET", false),
            ("PUT", false),
            ("DELETE", false),
        ] {
            let answer = lab
                .client()
                .request(method, "http://9.9.9.9/taken", PATIENCE)?;
            ensure!(answer.status == 502, "{answer:?}");
            let times = || -> Result<usize> {
                let seen = seen()?;
                Ok(seen
                    .iter()
                    .filter(|line| line.starts_with(&format!("{method} /taken")))
                    .count())
            };
            eventually(PATIENCE, &format!("a {method}"), || {
                ensure!(times()? >= if once { 1 } else { 2 }, "{}", times()?);
                Ok(())
            })?;
            if once {
                holds(Duration::from_millis(300), &format!("one {method}"), || {
                    ensure!(times()? == 1, "{}", times()?);
                    Ok(())
                })?;
            }
        }
        // A server that dies under load, and returns. No route moves.
        lab.nva(NE).exabgp().signal_helper(Signal::Stop)?;
        let load = Load {
            method: "POST",
            ..load(Connections::Kept)
        };
        let clients = lab.client().load(&load)?;
        more(&clients, 20, &Outcome::Page(NE))?;
        lab.backend(NE).kill()?;
        more(&clients, 20, &Outcome::Page(WE))?;
        lab.backend(NE).start()?;
        more(&clients, 20, &Outcome::Page(NE))?;
        let report = clients.finish()?;
        println!(
            "{} requests, failed {:?}",
            report.requests.len(),
            report.failed()
        );
        // What a dying server had in its hands is not sent to another: nobody knows what came of it. While it dies, a
        // client may meet it more than once.
        ensure!(
            !report
                .requests
                .iter()
                .any(|request| request.outcome == Outcome::Status(503))
        );
        let mut posts = seen()?;
        posts.retain(|line| line.starts_with("POST /?"));
        let all = posts.len();
        posts.sort();
        posts.dedup();
        ensure!(
            posts.len() == all && all > 60,
            "{all} requests, {} of them different",
            posts.len()
        );
        lab.nva(NE).exabgp().signal_helper(Signal::Cont)
    })
    .unwrap();
}

fn the_siblings_port_serves_the_sibling_alone(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        let url = format!("http://{}:8080/", NE.nva());
        for url in [
            url.clone(),
            format!("{url}health"),
            "http://9.9.9.9:8080/".to_owned(),
        ] {
            let answer = lab.client().get_url(&url);
            ensure!(answer.is_err(), "{url}: {answer:?}");
        }
        let by = |region: Region| {
            lab.nva(region)
                .command("curl")
                .args(["-s", "-m", "20", &url])
                .output()
        };
        let (itself, sibling) = (by(NE)?, by(WE)?);
        ensure!(!itself.status.success(), "{itself:?}");
        ensure!(sibling.stdout == NE.page().as_bytes(), "{sibling:?}");
        ensure!(sessions(lab, NE, "http_local")? == 1);
        Ok(())
    })
    .unwrap();
}

/// It refuses nothing and closes nothing: what was sent to it stays without an answer. No route moves.
fn a_host_that_vanishes_is_routed_around(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        lab.nva(NE).exabgp().signal_helper(Signal::Stop)?;
        for connections in [Connections::Short, Connections::Kept] {
            let clients = lab.client().load(&load(connections))?;
            more(&clients, 20, &Outcome::Page(NE))?;
            lab.backend(NE).cut_link()?;
            more(&clients, 50, &Outcome::Page(WE))?;
            lab.backend(NE).join_link()?;
            more(&clients, 20, &Outcome::Page(NE))?;
            let report = clients.finish()?;
            let longest = report.requests.iter().map(|request| request.took).max();
            println!(
                "{connections:?}: {} requests, longest {longest:?}",
                report.requests.len()
            );
            ensure!(report.failed().is_empty(), "{:?}", report.failed());
        }
        lab.nva(NE).exabgp().signal_helper(Signal::Cont)
    })
    .unwrap();
}

/// It accepts connections and never answers.
fn a_frozen_server_is_found_and_routed_around(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        let load = load(Connections::Short);
        let caught = lab.client().load(&load)?;
        more(&caught, 20, &Outcome::Page(NE))?;
        lab.backend(NE).freeze()?;
        announced_by(lab, &[WE])?;
        server_is(lab, NE, "L7TOUT")?;
        // Who comes now does not notice.
        let later = lab.client().load(&load)?;
        more(&later, 50, &Outcome::Page(WE))?;
        let report = later.finish()?;
        ensure!(report.failed().is_empty(), "{:?}", report.failed());

        lab.backend(NE).thaw()?;
        announced_by(lab, &[NE, WE])?;
        more(&caught, 20, &Outcome::Page(NE))?;
        let report = caught.finish()?;
        println!(
            "{} requests, failed {:?}",
            report.requests.len(),
            report.failed()
        );
        // What it had in its hands, and what was in flight when the route came back.
        ensure!(
            report.failed().len() <= 2 * load.clients,
            "{:?}",
            report.failed()
        );
        Ok(())
    })
    .unwrap();
}
