//! Servers that follow another's checks, which may follow another's.

use super::command::{Said, run};
use super::haproxy::Haproxy;
use std::process::Command;

/// Backends c1 to cN, each of one server: the first follows http_back's, each other one the one before.
fn chain(length: usize) -> String {
    let of = |n: usize| {
        let leader = if n == 1 {
            "http_back/backend01".to_owned()
        } else {
            format!("c{}/s", n - 1)
        };
        format!("backend c{n}\n    server s unix@DIR/backend01.sock track {leader}\n")
    };
    (1..=length).map(of).collect()
}

#[test]
fn a_long_chain_is_followed_to_its_end_at_the_first_look() {
    let haproxy = Haproxy::with("", &chain(40));
    let seen = |backend: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        command.args([
            "check",
            "--stats",
            &haproxy.arg("user.sock"),
            "--backend",
            backend,
        ]);
        command.args([
            "--prefix",
            "192.0.2.9/32",
            "--next-hop",
            "198.51.100.1",
            "--no-address-check",
        ]);
        Said::of(&command.output().unwrap())
    };
    for backend in ["c3", "c4", "c5", "c9", "c40"] {
        seen(backend)
            .ends_with(0)
            .shows(&[&format!("{backend}: 1 of 1 server up")]);
    }
    // All of them are taken along, and none can be ready by itself.
    run(
        &haproxy,
        &["server", "maint", "http_back/backend01", "--force"],
    )
    .ends_with(0);
    seen("c40").ends_with(1).shows(&["c40: 0 of 1 server up"]);
    run(&haproxy, &["server", "ready", "c40/s"])
        .ends_with(1)
        .complains_of(&["it follows c39/s"]);
    run(
        &haproxy,
        &["server", "ready", "http_back/backend01", "--wait"],
    )
    .ends_with(0);
    seen("c40").ends_with(0).shows(&["c40: 1 of 1 server up"]);
}
