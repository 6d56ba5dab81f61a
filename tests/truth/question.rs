//! What haproxy-rhi asks of HAProxy: recorded by something that stands before the real stats socket.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Haproxy, Lab, eventually, holds};

use crate::far_end::{NE, PATIENCE, WE, announced_by, server_is};
use crate::stage::{ONE_SERVER, UP, config, haproxy, regions_with};

crate::stories! {
    only_the_named_proxies_are_asked_for_in_one_connection_a_look,
}

/// All bytes of each connection, in the order in which the connections ended.
type Questions = Arc<Mutex<Vec<String>>>;

/// Hands each connection on to the real socket and records what is asked. It ends with the test's process.
fn record(lab: &Lab) -> Result<Questions> {
    let path = |name: &str| lab.nva(NE).path(&format!("/run/haproxy/{name}.sock"));
    let listener = UnixListener::bind(path("recorded"))?;
    fs::set_permissions(path("recorded"), Permissions::from_mode(0o666))?;
    let questions = Questions::default();
    let (sink, real) = (Arc::clone(&questions), path("watch"));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let (sink, real) = (Arc::clone(&sink), real.clone());
            thread::spawn(move || hand_on(connection, real, &sink));
        }
    });
    Ok(questions)
}

fn hand_on(mut asks: UnixStream, real: PathBuf, sink: &Mutex<Vec<String>>) {
    let Ok(mut answers) = UnixStream::connect(real) else {
        return;
    };
    let Ok((mut to, mut from)) = answers
        .try_clone()
        .and_then(|to| Ok((to, asks.try_clone()?)))
    else {
        return;
    };
    let back = thread::spawn(move || {
        drop(std::io::copy(&mut answers, &mut asks));
        drop(asks.shutdown(Shutdown::Write));
    });
    let (mut question, mut chunk) = (Vec::new(), [0; 4096]);
    // Until haproxy-rhi closes: all that it ever says here.
    while let Ok(count @ 1..) = from.read(&mut chunk) {
        question.extend(&chunk[..count]);
        if to.write_all(&chunk[..count]).is_err() {
            break;
        }
    }
    drop(back.join());
    sink.lock()
        .unwrap()
        .push(String::from_utf8_lossy(&question).into_owned());
}

fn only_the_named_proxies_are_asked_for_in_one_connection_a_look(version: Haproxy) {
    let others = "backend other
    server backend01 172.16.156.69:80 no-check track http_back/backend01
backend follower
    server backend01 172.16.156.69:80 no-check track leader/backend01
backend leader
    option httpchk GET /
    server backend01 172.16.156.69:80 check inter 500ms
backend unwanted
    server backend01 172.16.156.69:80
";
    let haproxy_cfg = format!("{}{others}", haproxy("", ONE_SERVER));
    let of = |watch: &str, names: &[&str]| {
        let conditions: Vec<String> = names
            .iter()
            .map(|name| match *name {
                "http_front" => format!(r#"{{"frontend": {{"name": "{name}"}}}}"#),
                name => format!(r#"{{"backend": {{"name": "{name}"}}}}"#),
            })
            .collect();
        let level = UP.replace(
            r#"{"backend": {"name": "http_back"}}"#,
            &format!(r#"{{"all": [{}]}}"#, conditions.join(", ")),
        );
        config(watch, &level).replace("watch.sock", "recorded.sock")
    };
    let watch = r#", "interval": "100ms", "fast_interval": "50ms""#;
    let builder = regions_with(version, &haproxy_cfg, &of(watch, &["http_back"]));
    let lab = builder.without_exabgp().start().unwrap();
    lab.run(|lab| {
        server_is(lab, NE, ",L7OK,")?;
        let questions = record(lab)?;
        for region in [NE, WE] {
            lab.nva(region).exabgp().start()?;
        }
        announced_by(lab, &[NE, WE])?;
        let asked = |wanted: &str, times: usize| {
            eventually(PATIENCE, wanted, || {
                let questions = questions.lock().unwrap();
                let newest = &questions[questions.len().saturating_sub(times)..];
                ensure!(newest.len() == times && newest.iter().all(|question| question == wanted), "{newest:?}");
                Ok(())
            })
        };
        asked("show info;show stat http_back 7 -1\n", 10)?;
        let all = questions.lock().unwrap().clone();
        ensure!(all.iter().all(|question| question == "show info;show stat http_back 7 -1\n"), "{all:?}");

        // All that the conditions name, and those whose checks they follow; each once.
        let names = ["http_back", "http_front", "follower"];
        lab.nva(NE).write(crate::stage::CONFIG, &of(watch, &names))?;
        asked("show info;show stat follower 7 -1;show stat http_back 7 -1;show stat http_front 7 -1;show stat leader 7 -1\n", 10)?;
        announced_by(lab, &[NE, WE])?;

        // A look is one connection: at a slow pace, connections come one at a time.
        let slow = r#", "interval": "1s", "fast_interval": "1s""#;
        lab.nva(NE).write(crate::stage::CONFIG, &of(slow, &["http_back"]))?;
        asked("show info;show stat http_back 7 -1\n", 2)?;
        let before = questions.lock().unwrap().len();
        let begun = Instant::now();
        holds(Duration::from_secs(3), "one connection a second", || {
            let looks = questions.lock().unwrap().len() - before;
            ensure!(looks <= begun.elapsed().as_secs() as usize + 2, "{looks} in {:?}", begun.elapsed());
            Ok(())
        })?;
        let tail = questions.lock().unwrap().split_off(before);
        ensure!(!tail.is_empty(), "no look in three seconds");
        ensure!(tail.iter().all(|question| question == "show info;show stat http_back 7 -1\n"), "{tail:?}");
        Ok(())
    })
    .unwrap();
}
