use super::*;
use crate::config::{Config, ThenUnknown};
use crate::failure::Kind;
use crate::standing::Standing;

fn run(options: &[&str]) -> Result<(Import, Config), Failure> {
    let words: Vec<String> = options.iter().map(|word| (*word).to_owned()).collect();
    let import = translate(&of_words(&words).map_err(failure::usage)?).map_err(failure::usage)?;
    let text = text::text(&import);
    let config = config::parse(&text).map_err(|(line, column, what)| {
        failure::configuration(format!("{line}:{column}: {what}\n{text}"))
    })?;
    Ok((import, config))
}

/// What would be said at each level, best first, and then when none holds.
fn lines(config: &Config) -> Vec<String> {
    config
        .services
        .iter()
        .flat_map(|service| {
            (0..service.levels.len())
                .map(Standing::Level)
                .chain([Standing::Down])
                .flat_map(|standing| crate::announce::lines(service, standing, None))
        })
        .collect()
}

#[test]
fn the_defaults_announce_with_another_med_when_the_check_fails() {
    let (_, config) = run(&["--cmd", "true", "--ip", "10.7.0.1/32"]).unwrap();
    assert_eq!(
        lines(&config),
        [
            "announce route 10.7.0.1/32 next-hop self med 100",
            "announce route 10.7.0.1/32 next-hop self med 1000",
            "withdraw route 10.7.0.1/32",
        ]
    );
    let service = &config.services[0];
    assert_eq!(
        (service.name.as_str(), service.rise, service.fall),
        ("healthcheck", 3, 3)
    );
    assert!(service.require_address && service.then == ThenUnknown::Withdraw);
    assert_eq!(config.haproxy.interval.as_secs(), 5);
    assert_eq!(config.haproxy.fast_interval.as_secs(), 1);
}

#[test]
fn each_state_has_its_metric_path_and_communities() {
    let (import, config) = run(&[
        "--cmd",
        "true",
        "--disable",
        "/run/off",
        "--ip",
        "10.7.0.1",
        "--next-hop",
        "10.0.0.9",
        "--up-metric",
        "10",
        "--disabled-metric",
        "20",
        "--down-metric",
        "30",
        "--as-path",
        "65010",
        "--down-as-path",
        "65010 65010",
        "--disabled-as-path",
        "65010 65010 65010",
        "--community",
        "65010:1 no-export",
        "--disabled-community",
        "65010:9",
        "--large-community",
        "65010:1:2",
        "--extended-community",
        "target:65010:7",
        "--local-preference",
        "50",
        "--path-id",
        "7",
        "--neighbor",
        "10.0.0.1",
        "--neighbor",
        "10.0.0.2",
        "--name",
        "my web",
    ])
    .unwrap();
    let to = "neighbor 10.0.0.1, neighbor 10.0.0.2 ";
    let route = "route 10.7.0.1/32";
    let rest = "large-community [ 65010:1:2 ] extended-community [ 0x0002fdf200000007 ] path-information 7";
    assert_eq!(
        lines(&config),
        [
            format!(
                "{to}announce {route} next-hop 10.0.0.9 as-path [ 65010 ] med 10 local-preference 50 community [ 65010:1 65535:65281 ] {rest}"
            ),
            format!(
                "{to}announce {route} next-hop 10.0.0.9 as-path [ 65010 65010 65010 ] med 20 local-preference 50 community [ 65010:9 ] {rest}"
            ),
            format!(
                "{to}announce {route} next-hop 10.0.0.9 as-path [ 65010 65010 ] med 30 local-preference 50 community [ 65010:9 ] {rest}"
            ),
            format!("{to}withdraw {route} path-information 7"),
        ]
    );
    assert_eq!(config.services[0].name, "my-web");
    let differs: Vec<&str> = import
        .notes
        .iter()
        .filter(|note| note.fate == Fate::Differs)
        .map(|note| note.option.as_str())
        .collect();
    assert_eq!(differs, ["--disable"]);
}

#[test]
fn withdraw_on_down_has_one_level_and_so_has_a_service_without_a_check() {
    let (_, config) = run(&[
        "-c",
        "true",
        "--disable",
        "/run/off",
        "--ip",
        "10.7.0.1/32",
        "--withdraw-on-down",
    ])
    .unwrap();
    assert_eq!(
        lines(&config),
        [
            "announce route 10.7.0.1/32 next-hop self med 100",
            "withdraw route 10.7.0.1/32"
        ]
    );
    let (_, config) = run(&["--ip", "10.7.0.1/32"]).unwrap();
    assert_eq!(config.services[0].levels.len(), 1);
    let (_, config) = run(&["--ip", "10.7.0.1/32", "--disable", "/run/off"]).unwrap();
    let names: Vec<&str> = config.services[0]
        .levels
        .iter()
        .map(|level| level.name.as_str())
        .collect();
    assert_eq!(names, ["up", "disabled"]);
}

#[test]
fn metrics_rise_from_address_to_address_from_the_start_ip() {
    let options = [
        "--ip",
        "10.7.0.1",
        "--ip",
        "10.7.0.2",
        "--ip",
        "10.7.0.3",
        "--withdraw-on-down",
    ];
    let (_, config) =
        run(&[options.as_slice(), &["--start-ip", "1", "--increase", "5"]].concat()).unwrap();
    let announced: Vec<String> = lines(&config)
        .into_iter()
        .filter(|line| line.starts_with("announce"))
        .collect();
    assert_eq!(
        announced,
        [
            "announce route 10.7.0.2/32 next-hop self med 100",
            "announce route 10.7.0.3/32 next-hop self med 105",
            "announce route 10.7.0.1/32 next-hop self med 110",
        ]
    );
    let (_, config) = run(&[options.as_slice(), &["--increase", "0"]].concat()).unwrap();
    assert_eq!(
        (config.services.len(), config.services[0].prefixes.len()),
        (1, 3)
    );
}

#[test]
fn networks_are_announced_whole_unless_they_are_deaggregated() {
    let (import, config) = run(&["--ip", "10.7.0.0/30"]).unwrap();
    assert_eq!(config.services[0].prefixes[0].0.to_string(), "10.7.0.0/30");
    assert_eq!(import.addresses.len(), 4);
    let (_, config) = run(&["--ip", "10.7.0.0/30", "--deaggregate-networks"]).unwrap();
    assert_eq!(config.services.len(), 4);
    assert!(matches!(
        run(&["--ip", "10.0.0.0/8", "--deaggregate-networks"]),
        Err(Failure {
            kind: Kind::Usage,
            ..
        })
    ));
    assert!(
        matches!(run(&["--ip", "10.7.0.1/24"]), Err(Failure { kind: Kind::Usage, text: why }) if why.contains("10.7.0.0/24"))
    );
}

#[test]
fn hooks_are_told_the_state_once_a_move() {
    let (import, config) = run(&[
        "--cmd",
        "true",
        "--ip",
        "10.7.0.1",
        "--ip",
        "10.7.0.2",
        "--execute",
        "log $STATE",
        "--up-execute",
        "echo up",
        "--down-execute",
        "echo down",
        "--disabled-execute",
        "echo off",
        "--disable",
        "/run/it's off",
    ])
    .unwrap();
    assert_eq!(config.hooks.len(), 4);
    let states = |to: &str, service: &str, off: bool| -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("off");
        if off {
            std::fs::write(&path, "").unwrap();
        }
        let run = |hook: &serde_json::Value| {
            let script = hook["argv"][2]
                .as_str()
                .unwrap()
                .replace("'/run/it'\\''s off'", &path.display().to_string());
            let script = script.replace("log $STATE", "echo $STATE");
            let output = Command::new("/bin/sh")
                .args(["-c", &script])
                .env("HAPROXY_RHI_TO", to)
                .env("HAPROXY_RHI_SERVICE", service)
                .output()
                .unwrap();
            assert!(output.status.success(), "{script}");
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        import
            .hooks
            .iter()
            .map(run)
            .filter(|said| !said.is_empty())
            .collect()
    };
    assert_eq!(states("up", "healthcheck-1", false), ["up", "UP"]);
    assert_eq!(states("failed", "healthcheck-1", false), ["down", "DOWN"]);
    assert_eq!(
        states("disabled", "healthcheck-1", true),
        ["off", "DISABLED"]
    );
    // Withdrawn because of the file, or because of the check.
    assert_eq!(states("down", "healthcheck-1", true), ["off", "DISABLED"]);
    assert_eq!(states("down", "healthcheck-1", false), ["down", "DOWN"]);
    assert_eq!(states("up", "healthcheck-2", false), Vec::<String>::new());
}

#[test]
fn what_no_router_takes_is_refused() {
    for (options, what) in [
        (
            vec!["--ip", "10.7.0.1", "--as-path", "65010 { 1 }"],
            "AS_SETs",
        ),
        (vec!["--ip", "10.7.0.1", "--interval", "0"], "--interval 0"),
        (vec!["--ip", "10.7.0.1", "--rise", "many"], "--rise 'many'"),
        (
            vec!["--ip", "10.7.0.1", "--up-metric", "-1"],
            "out of range",
        ),
        (vec!["--ip", "10.7.0.1", "--disable", "off"], "relative"),
        (vec!["--ip", "ten"], "--ip 'ten'"),
    ] {
        assert!(
            matches!(run(&options), Err(Failure { kind: Kind::Usage, text: why }) if why.contains(what)),
            "{options:?}"
        );
    }
    for options in [
        vec!["--ip", "10.7.0.1", "--community", "70000:1"],
        vec!["--ip", "10.7.0.1", "--as-path", "4294967296"],
        vec!["--ip", "2001:db8::7/128"],
    ] {
        assert!(
            matches!(
                run(&options),
                Err(Failure {
                    kind: Kind::Configuration,
                    ..
                })
            ),
            "{options:?}"
        );
    }
}

#[test]
fn every_option_of_both_versions_is_spoken_of() {
    for known in options::KNOWN {
        let value = match known.name {
            "--ip" => continue,
            "--disable" | "--config" | "--pid" => "/run/x",
            "--next-hop" | "--neighbor" => "10.0.0.1",
            "--ip-ifname" => "10.7.0.1%eth0",
            "--large-community" => "65010:1:2",
            "--extended-community" => "target:65010:1",
            name if name.ends_with("community") => "65010:1",
            _ => "65010",
        };
        let mut words = vec![
            "--ip".to_owned(),
            "10.7.0.1".to_owned(),
            "--cmd".to_owned(),
            "true".to_owned(),
        ];
        let with = format!("{}={value}", known.name);
        let one = if of_words(std::slice::from_ref(&with)).is_ok() {
            with
        } else {
            known.name.to_owned()
        };
        words.push(one);
        // Per-state attributes are spoken of where that state announces.
        words.push("--disable=/run/y".to_owned());
        let import = translate(&of_words(&words).unwrap()).unwrap();
        let said: Vec<&str> = import
            .notes
            .iter()
            .map(|note| note.option.as_str())
            .collect();
        assert!(said.contains(&known.name), "{}: {said:?}", known.name);
    }
}

#[test]
fn addresses_of_lo_are_taken_as_exabgp_healthcheck_takes_them() {
    let text =
        "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
1: lo    inet 10.7.0.1/32 scope global lo:web1\\       valid_lft forever
1: lo    inet 10.7.0.2/32 scope global lo:dns\\       valid_lft forever
1: lo    inet 10.7.0.3/24 scope global lo\\       valid_lft forever
1: lo    inet6 ::1/128 scope host noprefixroute \\       valid_lft forever
1: lo    inet6 2001:db8::7/128 scope global \\       valid_lft forever\n";
    let found = |label, exact| -> Vec<String> {
        on_loopback(text, label, exact)
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(
        found(None, false),
        ["10.7.0.1/32", "10.7.0.2/32", "2001:db8::7/128"]
    );
    assert_eq!(found(Some("web"), false), ["10.7.0.1/32"]);
    assert_eq!(found(Some("web"), true), Vec::<String>::new());
    assert_eq!(found(Some("dns"), true), ["10.7.0.2/32"]);
}
