//! Neighbors that exabgp.conf does not have, has no more, or has again.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, Signal, eventually};

use crate::fault::reloaded;
use crate::service::{
    CONFIG, NE, PATIENCE, RUN, STANZA, START, config, expected, hold, lab, logged, stanza, table,
};

crate::stories! {
    a_neighbor_that_comes_back_gets_nothing_that_was_withdrawn_meanwhile,
    a_neighbor_that_is_put_back_while_it_is_away_gets_its_routes,
    a_neighbor_whose_api_lines_come_with_a_reload_gets_its_routes,
}

/// The second instance of the Route Server.
const SECOND: &str = "172.16.159.5";
const ONLY: &str = "198.18.0.1/32";
/// ExaBGP has read its file by then.
const RELOAD: Duration = Duration::from_secs(3);
/// What a session lacks is read and said by then, on a busy machine too.
const AFTER: Duration = Duration::from_secs(20);

/// The services, and one that only the second instance hears of.
fn with_one_more() -> String {
    let more = format!(
        r#""services": {{
    "only": {{
      "prefixes": ["{ONLY}"], "next_hop": "172.16.156.70", "require_address": false, "neighbors": ["{SECOND}"],
      "levels": [{{"name": "up", "when": {{"file": {{"path": "{CONFIG}"}}}}, "as_path": [65010]}}]
    }},"#
    );
    config().replacen("\"services\": {", &more, 1)
}

/// exabgp.conf without its second neighbor.
fn without_the_second() -> Result<String> {
    let text = stanza(RUN, 30)?;
    let begin = text
        .find(&format!("neighbor {SECOND} {{"))
        .expect("the shipped file has it");
    let length = text[begin..].find("\n}\n").expect("it ends") + 3;
    Ok([&text[..begin], &text[begin + length..]].concat())
}

/// exabgp.conf in which each neighbor lists the process itself, the second one only if `second`.
fn listed(second: bool) -> Result<String> {
    let text = stanza(RUN, 30)?;
    let begin = text.find("\t\tapi {").expect("the template has it");
    let end = begin + text[begin..].find("\n\t\t}\n").expect("it ends") + 5;
    let api = &text[begin..end];
    let inherits = "\tinherit route-server;\n";
    let with_api = format!("{inherits}{api}");
    let rest = [&text[..begin], &text[end..]].concat();
    Ok(rest.replacen(inherits, &with_api, 1 + usize::from(second)))
}

fn second_holds(lab: &Lab, wanted: bool) -> Result<()> {
    let [_, second] = lab.route_servers(NE).each_ref();
    let rows = table(second)?;
    ensure!(
        rows.iter().any(|row| row.starts_with(ONLY)) == wanted,
        "{rows:?}"
    );
    Ok(())
}

/// What `haproxy-rhi status` says on the NVA.
fn status(lab: &Lab) -> Result<String> {
    let output = lab
        .nva(NE)
        .command("/usr/bin/haproxy-rhi")
        .arg("status")
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// ExaBGP forgets nothing of a neighbor that is taken out of its file: with the neighbor comes what it held. Meanwhile
/// nobody can withdraw it.
fn a_neighbor_that_comes_back_gets_nothing_that_was_withdrawn_meanwhile(version: ExaBgp) {
    let lab = lab(&version, RUN, 30)
        .unwrap()
        .file(NE, CONFIG, &with_one_more())
        .start()
        .unwrap();
    lab.run(|lab| {
        eventually(PATIENCE, "the route", || second_holds(lab, true))?;
        let exabgp = lab.nva(NE).exabgp();
        lab.nva(NE).write(STANZA, &without_the_second()?)?;
        exabgp.signal(Signal::Usr1)?;
        eventually(PATIENCE, "the session's end", || {
            let [_, second] = lab.route_servers(NE).each_ref();
            ensure!(table(second)?.is_empty(), "it holds routes");
            Ok(())
        })?;
        // Refused: nobody is there, and nobody wants it any more.
        lab.nva(NE).write(CONFIG, &config())?;
        // ExaBGP 6 would take it away from the other one: it is not told.
        let refused = match exabgp.names_neighbors() {
            true => format!("ExaBGP has no neighbor {SECOND}, so nothing is said to it"),
            false => format!(
                "ExaBGP refused 'neighbor {SECOND} withdraw route {ONLY}' (it has no neighbor {SECOND}"
            ),
        };
        logged(lab, &refused, 1)?;
        eventually(PATIENCE, "its place in the status", || {
            let status = status(lab)?;
            ensure!(status.contains("routes of no service"), "{status}");
            // A neighbor that was taken out of both files is no fault.
            ensure!(status.contains("all is as it should be"), "{status}");
            ensure!(
                !status.contains(&format!("\n  neighbor {SECOND} ")),
                "{status}"
            );
            Ok(())
        })?;
        logged(
            lab,
            &format!("neighbor {SECOND} is not in exabgp.conf any more"),
            1,
        )?;
        // There again.
        lab.nva(NE).write(STANZA, &stanza(RUN, 30)?)?;
        exabgp.signal(Signal::Usr1)?;
        if !exabgp.names_neighbors() {
            let taken =
                format!("ExaBGP accepted 'neighbor {SECOND} withdraw route {ONLY}' at last");
            logged(lab, &taken, 1)?;
        }
        eventually(PATIENCE, "the other routes, and not that one", || {
            hold(lab, &expected(START))
        })?;
        ensure!(
            exabgp.log().matches("ExaBGP refused").count() == usize::from(!exabgp.names_neighbors()),
            "{}",
            exabgp.log()
        );
        reloaded(lab, START).map(drop)
    })
    .unwrap();
}

/// ExaBGP 5.0 and 6 forget what they held for a neighbor that is taken out of their file, and tell nobody of one that is away meanwhile.
fn a_neighbor_that_is_put_back_while_it_is_away_gets_its_routes(version: ExaBgp) {
    let seldom = config().replacen('{', r#"{"read_back": "1h","#, 1);
    let lab = lab(&version, RUN, 30)
        .unwrap()
        .file(NE, CONFIG, &seldom)
        .start()
        .unwrap();
    lab.run(|lab| {
        eventually(PATIENCE, "the routes", || hold(lab, &expected(START)))?;
        let ([_, second], exabgp) = (lab.route_servers(NE), lab.nva(NE).exabgp());
        second.disable_session()?;
        logged(lab, &format!("neighbor {SECOND} down"), 1)?;
        for stanza in [without_the_second()?, stanza(RUN, 30)?] {
            lab.nva(NE).write(STANZA, &stanza)?;
            exabgp.signal(Signal::Usr1)?;
            // A reload that changes nothing for a session is told to nobody.
            sleep(RELOAD);
        }
        second.enable_session()?;
        second.await_session(PATIENCE)?;
        eventually(AFTER, "the routes at both", || hold(lab, &expected(START)))
    })
    .unwrap();
}

/// ExaBGP keeps the session, and reports nothing; 4.2 takes the lines with the next session.
fn a_neighbor_whose_api_lines_come_with_a_reload_gets_its_routes(version: ExaBgp) {
    let often = config().replacen('{', r#"{"read_back": "5s","#, 1);
    let lab = lab(&version, RUN, 30)
        .unwrap()
        .file(NE, CONFIG, &often)
        .start()
        .unwrap();
    lab.run(|lab| {
        eventually(PATIENCE, "the routes", || hold(lab, &expected(START)))?;
        let ([_, second], exabgp) = (lab.route_servers(NE), lab.nva(NE).exabgp());
        lab.nva(NE).write(STANZA, &listed(false)?)?;
        exabgp.restart()?;
        second.await_session(PATIENCE)?;
        sleep(AFTER);
        ensure!(table(second)?.is_empty(), "{:?}", table(second)?);
        lab.nva(NE).write(STANZA, &listed(true)?)?;
        exabgp.signal(Signal::Usr1)?;
        if version == ExaBgp::Pip("5.0.15") {
            eventually(AFTER, "the routes at both", || hold(lab, &expected(START)))?;
        } else {
            sleep(AFTER);
            second.disable_session()?;
            second.enable_session()?;
            eventually(PATIENCE, "the routes at both", || {
                hold(lab, &expected(START))
            })?;
        }
        logged(lab, &format!("neighbor {SECOND}"), 1)
    })
    .unwrap();
}
