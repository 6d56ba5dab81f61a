use super::*;

const CONF: &str = include_str!("../../exabgp/west-europe/exabgp.conf");
const CONFIG: &str = include_str!("../../exabgp/west-europe/config.json");

fn change(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "'{from}' is not there");
        text.replace(from, to)
    })
}

/// Rule, severity, line in its file, with these changes of the shipped files.
fn found(
    conf: &[(&str, &str)],
    config: &[(&str, &str)],
) -> Vec<(&'static str, &'static str, usize)> {
    of(Platform::Azure, &change(CONF, conf), change(CONFIG, config))
}

/// Rule, severity, line in its file.
fn of(platform: Platform, conf: &str, text: String) -> Vec<(&'static str, &'static str, usize)> {
    let config = config::parse(&text).unwrap();
    let ground = Ground {
        config: &config,
        source: Source::File("config.json".to_owned(), text),
        conf: Some(("exabgp.conf".to_owned(), exabgp_conf::parse(conf))),
    };
    let mut all = exabgp::findings(&ground);
    all.extend(platform.findings(&ground));
    all.extend(named::findings(&ground));
    all.iter()
        .filter(|finding| !["AZ012", "AZ013"].contains(&finding.rule.id))
        .map(|finding| {
            (
                finding.rule.id,
                finding.severity.word(),
                finding.at.map_or(0, |at| at.line),
            )
        })
        .collect()
}

fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|line| line.contains(part)).unwrap() + 1
}

/// One change of exabgp.conf, one finding, at the line that was changed.
fn in_conf(from: &str, to: &str) -> (&'static str, &'static str) {
    let all = found(&[(from, to)], &[]);
    let [(rule, severity, line)] = all.as_slice() else {
        panic!("{from} -> {to}: {all:?}")
    };
    let changed = CONF.replacen(from, to, 1);
    let wanted = if to.is_empty() {
        *line
    } else {
        line_of(&changed, to.lines().next().unwrap().trim())
    };
    assert_eq!(*line, wanted, "{from} -> {to}: {all:?}");
    (rule, severity)
}

#[test]
fn the_shipped_files_break_no_rule() {
    assert_eq!(found(&[], &[]), []);
}

#[test]
fn an_asn_that_azure_refuses_is_refused_at_its_line() {
    for asn in [8074, 8075, 12076, 65517, 65520, 64496, 64511, 65536, 65551] {
        let all = found(&[("local-as 65010", &format!("local-as {asn}"))], &[]);
        assert!(
            all.contains(&("AZ001", "error", line_of(CONF, "local-as"))),
            "{asn}: {all:?}"
        );
    }
    for asn in [64512, 65010, 65514, 65516, 65521, 65534, 3333] {
        let all = found(&[("local-as 65010", &format!("local-as {asn}"))], &[]);
        assert!(
            all.iter().all(|(rule, ..)| *rule == "AZ005"),
            "{asn}: {all:?}"
        );
    }
    let wide = found(&[("local-as 65010", "local-as 4200000001")], &[]);
    assert!(
        wide.contains(&("AZ002", "error", line_of(CONF, "local-as"))),
        "{wide:?}"
    );
}

#[test]
fn a_path_with_a_number_that_a_route_server_or_azure_refuses_is_found() {
    let path = |path: &str| found(&[], &[("[65010, 65010, 65010]", path)]);
    let line = line_of(CONFIG, "as_path");
    assert_eq!(path("[65010, 65515]"), [("AZ004", "error", line)]);
    assert_eq!(path("[65010, 64500]"), [("AZ001", "error", line)]);
    assert_eq!(path("[65010, 4200000001]"), [("AZ002", "warning", line)]);
    assert_eq!(path("[65011, 65010]"), [("AZ005", "warning", line)]);
}

#[test]
fn what_is_wrong_with_a_session_is_found_at_its_line() {
    assert_eq!(in_conf("hold-time 30", "hold-time 0"), ("AZ010", "error"));
    assert_eq!(in_conf("hold-time 30", "hold-time 4"), ("AZ010", "warning"));
    assert_eq!(in_conf("hold-time 30", "hold-time 60"), ("AZ010", "note"));
    assert_eq!(
        in_conf("hold-time 30", "hold-time 180"),
        ("AZ010", "warning")
    );
    assert_eq!(
        in_conf("route-refresh enable", "route-refresh disable"),
        ("AZ009", "warning")
    );
    assert_eq!(
        in_conf("graceful-restart disable", "graceful-restart 120"),
        ("AZ014", "warning")
    );
    assert_eq!(
        in_conf("adj-rib-out true", "adj-rib-out false"),
        ("EX010", "warning")
    );
    assert_eq!(
        in_conf("hold-time 30;", "hold-time 30; outgoing-ttl 1;"),
        ("AZ008", "error")
    );
    assert_eq!(
        in_conf("ipv4 unicast;", "ipv4 unicast; ipv6 unicast;"),
        ("AZ011", "warning")
    );
    assert_eq!(
        in_conf("processes [ haproxy-rhi ]", "processes haproxy-rhi"),
        ("EX003", "error")
    );
    assert_eq!(
        in_conf("\t\t\tneighbor-changes;\n", ""),
        ("EX004", "warning")
    );
    assert_eq!(in_conf("\tencoder text;\n", ""), ("EX005", "error"));
    assert_eq!(
        in_conf("run /usr/bin/haproxy-rhi run;", "run haproxy-rhi run;"),
        ("EX006", "warning")
    );
    assert_eq!(
        in_conf(
            "run /usr/bin/haproxy-rhi run;",
            "run /usr/bin/haproxy-rhi ru;"
        ),
        ("EX008", "error")
    );
    assert_eq!(
        in_conf(
            "run /usr/bin/haproxy-rhi run;",
            "run /usr/bin/haproxy-rhi check;"
        ),
        ("EX008", "error")
    );
    assert_eq!(
        in_conf(
            "run /usr/bin/haproxy-rhi run;",
            "run /usr/bin/haproxy-rhi run --as-path [ 65010 ];"
        ),
        ("EX008", "error")
    );
    assert_eq!(
        in_conf("encoder text;", "encoder text; respawn false;"),
        ("EX009", "error")
    );
}

#[test]
fn processes_that_are_not_listed_or_not_there_are_found() {
    let other = "processes [ watcher ]";
    let all = found(&[("processes [ haproxy-rhi ]", other)], &[]);
    let rules: Vec<&str> = all.iter().map(|(rule, ..)| *rule).collect();
    assert!(
        rules.contains(&"EX003") && all.iter().any(|(_, severity, _)| *severity == "error"),
        "{all:?}"
    );
    let none = found(
        &[("run /usr/bin/haproxy-rhi run;", "run /usr/bin/other;")],
        &[],
    );
    assert_eq!(none, [("EX007", "error", 0)]);
}

#[test]
fn both_instances_are_wanted_and_alike() {
    let second = "neighbor 172.16.139.5 {\n\tinherit route-server;\n\tdescription \"Route Server West Europe, instance 1\";\n}\n";
    assert_eq!(
        found(&[(second, "")], &[]),
        [("AZ006", "error", line_of(CONF, "neighbor 172.16.139.4"))]
    );
    let none = found(&[("peer-as 65515", "peer-as 65001")], &[]);
    assert_eq!(none, [("AZ003", "error", 0)]);
    let one = (
        "\"rise\": 2",
        "\"neighbors\": [\"172.16.139.4\"], \"rise\": 2",
    );
    let line = line_of(CONFIG, "\"rise\"");
    assert_eq!(found(&[], &[one]), [("AZ007", "error", line)]);
    let both = (
        "\"rise\": 2",
        "\"neighbors\": [\"172.16.139.4\", \"172.16.139.5\"], \"rise\": 2",
    );
    assert_eq!(found(&[], &[both]), []);
    let route = "\tstatic { route 10.0.0.0/8 next-hop self; }\n}\n\nneighbor 172.16.139.5";
    let all = found(&[("}\n\nneighbor 172.16.139.5", route)], &[]);
    assert_eq!(
        all,
        [("AZ007", "error", line_of(CONF, "neighbor 172.16.139.5") + 1)]
    );
}

/// Two hubs' Route Servers: four neighbors of AS 65515, of which two belong together.
#[test]
fn instances_of_two_route_servers_are_told_apart() {
    let other = |addresses: &[&str]| -> String {
        let neighbor = |address| format!("neighbor {address} {{\n\tinherit route-server;\n}}\n");
        addresses.iter().map(neighbor).collect()
    };
    let with = |addresses: &[&str], config: &[(&str, &str)]| {
        let first = "neighbor 172.16.139.4 {";
        found(&[(first, &(other(addresses) + first))], config)
    };
    let both = ["172.16.159.5", "172.16.159.4"];
    let told = |found: Vec<(&'static str, &'static str, usize)>| -> Vec<_> {
        found
            .into_iter()
            .map(|(rule, severity, _)| (rule, severity))
            .collect()
    };
    let several = ("AZ020", "note");
    assert_eq!(told(with(&both, &[])), [several]);
    let to = |addresses: &str| format!("\"neighbors\": [{addresses}], \"rise\": 2");
    let one_hub = to("\"172.16.139.4\", \"172.16.139.5\"");
    assert_eq!(told(with(&both, &[("\"rise\": 2", &one_hub)])), [several]);
    let halves = to("\"172.16.139.4\", \"172.16.159.4\"");
    assert_eq!(
        told(with(&both, &[("\"rise\": 2", &halves)])),
        [several, ("AZ007", "error")]
    );
    assert_eq!(told(with(&both[..1], &[])), [("AZ006", "error"), several]);
    // One instance of each.
    let second = "neighbor 172.16.139.5 {\n\tinherit route-server;";
    let halves = found(
        &[(second, "neighbor 172.16.159.4 {\n\tinherit route-server;")],
        &[],
    );
    let half = ("AZ006", "error");
    assert_eq!(told(halves), [half, half, several]);
}

#[test]
fn a_static_route_of_a_managed_prefix_is_an_error_and_a_covering_one_a_note() {
    let with = |route: &str| {
        let all = found(
            &[(
                "# No static routes",
                &format!("static {{ route {route}; }} #"),
            )],
            &[],
        );
        all.into_iter()
            .map(|(rule, severity, _)| (rule, severity))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        with("9.9.9.9/32 next-hop 172.16.136.70"),
        [("EX001", "error")]
    );
    assert_eq!(with("9.9.9.9 next-hop 172.16.136.70"), [("EX001", "error")]);
    assert_eq!(
        with("9.9.9.0/24 next-hop 172.16.136.70"),
        [("EX001", "note")]
    );
    assert_eq!(
        with("0.0.0.0/0 next-hop 172.16.136.70"),
        [("EX002", "error")]
    );
    assert_eq!(with("10.0.0.0/8 next-hop 172.16.136.70"), []);
    assert_eq!(
        with("10.0.0.0/8 next-hop 172.16.136.70 as-path"),
        [("EX011", "error")]
    );
}

#[test]
fn addresses_families_and_communities_are_judged() {
    let prefix = |text: &str| found(&[], &[("9.9.9.9/32", text)]);
    assert_eq!(
        prefix("10.9.9.9/32"),
        [("AZ017", "note", line_of(CONFIG, "prefixes"))]
    );
    let v6 = found(
        &[],
        &[
            ("9.9.9.9/32", "2001:db8::9/128"),
            (
                "\"next_hop\": \"172.16.136.70\"",
                "\"next_hop\": \"2001:db8::2\"",
            ),
        ],
    );
    let line = line_of(CONFIG, "prefixes");
    assert_eq!(v6, [("AZ011", "error", line), ("EX018", "error", line)]);
    let hop = found(
        &[],
        &[(
            "\"next_hop\": \"172.16.136.70\"",
            "\"next_hop\": \"172.16.136.100\"",
        )],
    );
    assert_eq!(hop, [("AZ018", "note", line_of(CONFIG, "next_hop"))]);
    let quiet = found(
        &[],
        &[(
            "\"rise\": 2",
            "\"community\": [\"no-advertise\"], \"rise\": 2",
        )],
    );
    assert_eq!(quiet, [("AZ016", "warning", line_of(CONFIG, "\"rise\""))]);
    let many: Vec<String> = (0..1100)
        .map(|index| format!("\"9.9.{}.{}/32\"", index / 250, index % 250))
        .collect();
    assert_eq!(
        found(&[], &[("\"9.9.9.9/32\"", &many.join(", "))])[0].0,
        "AZ015"
    );
}

#[test]
fn a_value_that_a_template_overrules_is_told() {
    let own = (
        "neighbor 172.16.139.4 {",
        "neighbor 172.16.139.4 {\n\thold-time 90;",
    );
    assert_eq!(
        found(&[own], &[]),
        [(
            "EX012",
            "warning",
            line_of(CONF, "neighbor 172.16.139.4") + 1
        )]
    );
}

#[test]
fn what_exabgp_4_2_does_not_find_out_by_itself_is_a_warning() {
    for (old, new) in [
        ("local-address 172.16.136.70", "local-address auto"),
        ("peer-as 65515", "peer-as auto"),
    ] {
        let found = found(&[(old, new)], &[]);
        assert!(
            found.contains(&("EX020", "warning", line_of(CONF, old))),
            "{found:?}"
        );
    }
    // Without peer-as neither version starts.
    let without = found(&[("peer-as 65515;", "")], &[]);
    assert!(
        without
            .iter()
            .any(|(rule, severity, _)| (*rule, *severity) == ("EX011", "error")),
        "{without:?}"
    );
}

#[test]
fn a_broken_file_and_a_word_that_no_exabgp_knows_are_errors() {
    let unended = found(&[("neighbor-changes;", "neighbor-changes")], &[]);
    assert_eq!(
        unended[0],
        ("EX011", "error", line_of(CONF, "neighbor-changes"))
    );
    let lost = found(&[("# No static routes", "} #")], &[]);
    assert!(
        lost.iter()
            .any(|(rule, severity, _)| (*rule, *severity) == ("EX015", "error")),
        "{lost:?}"
    );
    let unknown = found(
        &[(
            "# No static routes",
            "mystery { of { the { future 1; } } } #",
        )],
        &[],
    );
    assert_eq!(
        unknown,
        [("EX011", "error", line_of(CONF, "# No static routes"))]
    );
}

#[test]
fn private_as_numbers_are_a_note_only_where_something_prepends_them() {
    let notes = |text: String| -> Vec<String> {
        let config = config::parse(&text).unwrap();
        let ground = Ground {
            config: &config,
            source: Source::File("config.json".to_owned(), text),
            conf: None,
        };
        let all = azure::findings(&ground).into_iter();
        all.filter(|one| one.rule.id == "AZ012")
            .map(|one| one.what)
            .collect()
    };
    let one = CONFIG.replace("[65010, 65010, 65010]", "[65010]");
    assert_eq!(
        notes(CONFIG.to_owned()),
        ["service web prepends private AS numbers"]
    );
    assert_eq!(
        notes(one.clone()),
        ["service web prepends private AS numbers, in a drain or as the last resort"]
    );
    let (head, rest) = one.split_once(",\n      \"siblings\"").unwrap();
    let (_, tail) = rest.split_once("\n      }").unwrap();
    assert_eq!(notes(format!("{head}{tail}")), Vec::<String>::new());
}

#[test]
fn of_a_file_that_does_not_parse_only_its_form_is_told() {
    let config = config::parse(CONFIG).unwrap();
    let told = |conf: &str| -> Vec<(&'static str, &'static str, usize)> {
        let file = ("config.json".to_owned(), CONFIG.to_owned());
        let conf = ("exabgp.conf".to_owned(), exabgp_conf::parse(conf));
        let all = azure_findings(&config, file, conf).into_iter();
        let of_conf = all.filter(|one| one.path == "exabgp.conf");
        of_conf
            .map(|one| {
                (
                    one.rule.id,
                    one.severity.word(),
                    one.at.map_or(0, |at| at.line),
                )
            })
            .collect()
    };
    let without = |from: &str, to: &str| {
        assert_eq!(
            told(&CONF.replace(from, to)),
            [("EX011", "error", line_of(CONF, from))],
            "{from}"
        );
    };
    without(
        "run /usr/bin/haproxy-rhi run;",
        "run /usr/bin/haproxy-rhi run",
    );
    without("encoder text;", "encoder text");
    without("peer-as 65515;", "peer-as 65515");
    without("process haproxy-rhi {", "process haproxy-rhi");
    without("processes [ haproxy-rhi ];", "processes [ haproxy-rhi ]");
    let line = |neighbor: &str| {
        let process = "process haproxy-rhi { run /usr/bin/haproxy-rhi run; encoder text; }";
        told(&format!(
            "{process}\nneighbor 10.0.0.1 {{ router-id 1.2.3.4; local-address 1.2.3.4; local-as 65010; {neighbor} }}"
        ))
    };
    let api = "api { processes [ haproxy-rhi ]; neighbor-changes; }";
    assert_eq!(
        line(&format!("peer-as 65515 {api}")),
        [("EX011", "error", 2)]
    );
    assert_eq!(
        line(&format!("{api} hold-time 30 peer-as 65515;")),
        [("EX015", "error", 2)]
    );
    assert_eq!(
        line("peer-as 65515; api { processes [ haproxy-rhi ] neighbor-changes; }"),
        [("EX015", "error", 2)]
    );
    assert_eq!(
        line(&format!("{api} peer-as 65515")),
        [("EX015", "error", 2)]
    );
    assert_eq!(told(CONFIG), [("EX011", "error", 1)]);
    let open = CONF.replacen("}\n", "\n", 1);
    assert_eq!(
        told(&open),
        [("EX015", "error", line_of(CONF, "process haproxy-rhi"))]
    );
}

#[test]
fn a_run_line_with_flags_is_judged_in_place_of_a_file() {
    let line = CONF.replace("run /usr/bin/haproxy-rhi run;", "run /usr/bin/haproxy-rhi run --stats /run/haproxy/watch.sock --frontend http_front --backend http_back --prefix 9.9.9.9/32 --next-hop 172.16.136.70 --as-path \"65010 65010 65010\" --events 127.0.0.1:30514;");
    let conf = exabgp_conf::parse(&line);
    let (config, source) = of_run_line("exabgp.conf", &conf).unwrap();
    assert_eq!(
        config.services[0].levels[0]
            .attributes
            .as_path
            .as_ref()
            .unwrap()
            .len(),
        3
    );
    assert!(
        matches!(source, Source::RunLine(path, at) if path == "exabgp.conf" && at.line == line_of(&line, "run --stats"))
    );
    assert!(of_run_line("exabgp.conf", &exabgp_conf::parse(CONF)).is_none());
}

#[test]
fn a_dry_run_as_exabgps_process_is_found() {
    let all = found(
        &[(
            "run /usr/bin/haproxy-rhi run;",
            "run /usr/bin/haproxy-rhi run --dry-run;",
        )],
        &[],
    );
    let rules: Vec<_> = all
        .iter()
        .map(|(rule, severity, _)| (*rule, *severity))
        .collect();
    assert_eq!(rules, [("EX017", "error")]);
}

#[test]
fn two_processes_with_one_configuration_are_one_too_many() {
    let second = |run: &str| {
        let section =
            format!("process second {{\n\trun {run};\n\tencoder text;\n}}\n\ntemplate {{");
        found(&[("template {", &section)], &[])
            .into_iter()
            .map(|(rule, severity, _)| (rule, severity))
            .collect::<Vec<_>>()
    };
    assert_eq!(second("/usr/bin/haproxy-rhi run"), [("EX016", "error")]);
    assert_eq!(
        second("/usr/bin/haproxy-rhi run --config /etc/haproxy-rhi/other.json"),
        []
    );
}

#[test]
fn a_neighbor_that_a_service_names_must_be_one_of_exabgp_conf() {
    let found = |conf: &str, neighbor: &str| -> Vec<(&'static str, String)> {
        let key = "\"prefixes\"";
        let text = CONFIG.replacen(
            key,
            &format!("\"neighbors\": [\"{neighbor}\"],\n      {key}"),
            1,
        );
        let ground = Ground {
            config: &config::parse(&text).unwrap(),
            source: Source::File("config.json".to_owned(), text.clone()),
            conf: Some(("exabgp.conf".to_owned(), exabgp_conf::parse(conf))),
        };
        let all = named::findings(&ground);
        let at = Some(line_of(&text, "\"neighbors\""));
        assert!(
            all.iter()
                .all(|finding| finding.at.map(|at| at.line) == at && finding.rule.id == "EX014")
        );
        all.into_iter()
            .map(|finding| (finding.severity.word(), finding.what))
            .collect()
    };
    assert_eq!(
        found("neighbor 192.0.2.1 { } neighbor 192.0.2.2 { }", "192.0.2.2"),
        []
    );
    assert_eq!(found("neighbor 192.0.2.0/24 { }", "192.0.2.2"), []);
    assert_eq!(
        found("neighbor 2001:db8:0::2 { }", "2001:db8::2")[0].0,
        "warning"
    );
    let missing = found("neighbor 192.0.2.1 { }", "192.0.2.2");
    assert_eq!(
        missing,
        [(
            "error",
            "service web names neighbor 192.0.2.2, which exabgp.conf does not have".to_owned()
        )]
    );
}

#[test]
fn siblings_want_a_control_socket_in_every_service_that_has_them() {
    let found = |text: &str| -> Vec<(&'static str, &'static str, usize)> {
        let config = config::parse(text).unwrap();
        let source = Source::File("config.json".to_owned(), text.to_owned());
        let all = siblings::findings(&Ground {
            config: &config,
            source,
            conf: None,
        });
        let line = |finding: &Finding| finding.at.map_or(0, |at| at.line);
        all.iter()
            .map(|finding| (finding.rule.id, finding.severity.word(), line(finding)))
            .collect()
    };
    let (control, siblings) = (
        "    \"control\": \"/run/haproxy/control.sock\",\n",
        "\"siblings\": {",
    );
    let without = CONFIG.replacen(control, "", 1);
    assert_eq!(found(CONFIG), []);
    assert_eq!(
        found(&without),
        [("HA001", "warning", line_of(&without, siblings))]
    );
    let (before, _) = without.split_once(&format!(",\n      {siblings}")).unwrap();
    assert_eq!(found(&format!("{before}\n    }}\n  }}\n}}\n")), []);
}

/// The rules of a platform that a change of the shipped files brings in or takes away: `+` and `-` before the rule.
fn brings(platform: Platform, conf: &[(&str, &str)], config: &[(&str, &str)]) -> Vec<String> {
    let rules = |conf: &str, config: String| -> Vec<String> {
        let found = of(platform, conf, config).into_iter();
        found
            .map(|(rule, severity, _)| format!("{severity} {rule}"))
            .collect()
    };
    let before = rules(CONF, CONFIG.to_owned());
    let after = rules(&change(CONF, conf), change(CONFIG, config));
    // A template's value is found once, a neighbor's default with each neighbor.
    let only = |one: &[String], other: &[String], sign: &str| -> Vec<String> {
        let only = one.iter().filter(|rule| !other.contains(rule));
        let mut only: Vec<String> = only.map(|rule| format!("{sign}{rule}")).collect();
        only.dedup();
        only
    };
    [only(&after, &before, "+"), only(&before, &after, "-")].concat()
}

const SECOND: &str = "neighbor 172.16.139.5 {";

#[test]
fn what_aws_asks_of_a_session_and_what_no_file_says_is_found() {
    let of_shipped = of(Platform::Aws, CONF, CONFIG.to_owned());
    let mut rules: Vec<_> = of_shipped
        .iter()
        .map(|(rule, severity, _)| (*rule, *severity))
        .collect();
    rules.dedup();
    let notes = ["AW001", "AW009", "AW006", "AW005", "AW010"].map(|rule| (rule, "note"));
    // The Amazon side's AS number may be any; 65515 is private.
    assert_eq!(rules, notes[1..], "{of_shipped:?}");
    let found = |from: &str, to: &str| brings(Platform::Aws, &[(from, to)], &[]);
    for (from, to, wanted) in [
        ("local-as 65010;", "local-as 3320;", "+note AW001"),
        ("peer-as 65515;", "peer-as 0;", "+error AW001"),
        ("hold-time 30;", "hold-time 0;", "+error AW004"),
        ("hold-time 30;", "hold-time 8;", "+warning AW004"),
        ("hold-time 30;", "hold-time 60;", "+note AW004"),
        ("hold-time 30;", "", "+warning AW004"),
        (
            "hold-time 30;",
            "hold-time 30; passive true;",
            "+error AW003",
        ),
        ("hold-time 30;", "hold-time 30; passive false;", ""),
        (
            SECOND,
            "neighbor 2001:db8::5 {",
            "+error EX011|+error AW008",
        ),
    ] {
        let wanted: Vec<&str> = wanted.split_terminator('|').collect();
        assert_eq!(found(from, to), wanted, "{to}");
    }
    let one = CONF.split(SECOND).next().unwrap();
    let of_one = of(Platform::Aws, one, CONFIG.to_owned());
    assert!(
        of_one
            .iter()
            .any(|(rule, severity, _)| (*rule, *severity) == ("AW002", "warning"))
    );
    let of_none = of(Platform::Aws, "", CONFIG.to_owned());
    assert!(of_none.contains(&("AW002", "error", 0)), "{of_none:?}");
}

#[test]
fn aws_takes_a_hundred_routes_of_a_peer() {
    let prefixes = |count: u8| -> String {
        (0..count)
            .map(|last| format!("\"10.9.9.{last}/32\""))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let found = |count: u8| brings(Platform::Aws, &[], &[("\"9.9.9.9/32\"", &prefixes(count))]);
    assert_eq!(found(100), Vec::<String>::new());
    assert_eq!(found(101), ["+error AW007"]);
}

#[test]
fn what_google_asks_of_a_session_and_what_no_file_says_is_found() {
    let of_shipped = of(Platform::Google, CONF, CONFIG.to_owned());
    let rules: Vec<_> = of_shipped
        .iter()
        .map(|(rule, severity, _)| (*rule, *severity))
        .collect();
    let wanted = [
        ("GC003", "warning"),
        ("GC006", "note"),
        ("GC007", "note"),
        ("GC004", "note"),
        ("GC008", "note"),
    ];
    assert_eq!(rules, wanted);
    let found = |from: &str, to: &str| brings(Platform::Google, &[(from, to)], &[]);
    for (from, to, wanted) in [
        ("hold-time 30;", "hold-time 59;", ""),
        ("hold-time 30;", "hold-time 60;", "-warning GC003"),
        (
            "hold-time 30;",
            "hold-time 61;",
            "+note GC003|-warning GC003",
        ),
        (
            "hold-time 30;",
            "hold-time 0;",
            "+error GC003|-warning GC003",
        ),
        (
            "peer-as 65515;",
            "peer-as 3320;",
            "+error GC001|-warning GC003",
        ),
        ("peer-as 65515;", "peer-as 4200000001;", ""),
    ] {
        let wanted: Vec<&str> = wanted.split_terminator('|').collect();
        assert_eq!(found(from, to), wanted, "{to}");
    }
    let med = ("\"as_path\": [65010, 65010, 65010]", "\"med\": 5");
    let last = ("{\"prepend\": 6}", "{\"med\": 9}");
    assert_eq!(
        brings(Platform::Google, &[], &[med, last]),
        ["+note GC005", "-note GC006"]
    );
    let one = CONF.split(SECOND).next().unwrap();
    let of_one = of(Platform::Google, one, CONFIG.to_owned());
    assert!(
        of_one
            .iter()
            .any(|(rule, severity, _)| (*rule, *severity) == ("GC002", "warning"))
    );
}

/// A level that is served by another region must be the less preferred one.
#[test]
fn a_region_that_passes_clients_on_has_the_longer_path() {
    const NORTH: &str = include_str!("../../exabgp/north-europe/config.json");
    let level = |when: &str, prepend: u8| {
        let through = format!(
            "min_active\": 1}}}}]}}}},\n        {{\"name\": \"through\", \"prepend\": {prepend}, \"when\": {{\"backend\": {{\"name\": \"{when}\"}}}}}}"
        );
        let text = NORTH.replace("min_active\": 1}}]}}", &through);
        assert_ne!(text, NORTH);
        text
    };
    let judged = |text: String| -> Vec<_> {
        let config = config::parse(&text).unwrap();
        let ground = Ground {
            config: &config,
            source: Source::File("config.json".to_owned(), text.clone()),
            conf: None,
        };
        let west = [("west.json".to_owned(), config::parse(CONFIG).unwrap())];
        let all = through::findings(&ground, &west);
        let of = |finding: &Finding| (finding.rule.id, finding.at.map_or(0, |at| at.line));
        all.iter().map(of).collect()
    };
    let short = level("sibling_check", 2);
    let line = line_of(&short, "through");
    // The path decides before the MED does.
    let med = short.replace("\"prepend\": 2", "\"prepend\": 2, \"med\": 100");
    assert_eq!(judged(med), []);
    let shorter = short.replace("\"prepend\": 2", "\"prepend\": 1, \"med\": 100");
    assert_eq!(judged(shorter), [("HA006", line)]);
    let preferred = short.replace(
        "\"prepend\": 2",
        "\"prepend\": 3, \"local_preference\": 200",
    );
    assert_eq!(judged(preferred), [("HA006", line)]);
    assert_eq!(judged(short), [("HA006", line)]);
    assert_eq!(judged(level("sibling_check", 3)), []);
    // A level with fewer of its own servers is not served elsewhere.
    assert_eq!(judged(level("http_back", 1)), []);
    assert_eq!(judged(NORTH.to_owned()), []);
}

#[test]
fn a_sibling_that_is_this_host_is_found_at_its_line() {
    let judged = |url: &str| -> Vec<_> {
        let text = CONFIG.replace("http://172.16.156.70/health", url);
        assert!(text.contains(url), "{text}");
        let config = config::parse(&text).unwrap();
        let line = line_of(&text, url);
        let ground = Ground {
            config: &config,
            source: Source::File("config.json".to_owned(), text),
            conf: None,
        };
        let all = siblings::findings(&ground);
        let of = |finding: &Finding| (finding.rule.id, finding.at.map(|at| at.line) == Some(line));
        all.iter().map(of).collect()
    };
    for url in [
        "http://127.0.0.1/health",
        "http://127.7.0.1:8080/health",
        "http://[::1]/health",
        "http://localhost/health",
        "http://LocalHost./health",
        "http://[::ffff:127.0.0.1]/health",
        "http://0.0.0.0/health",
        // Forms of inet_aton(3), which the resolver takes.
        "http://127.1/health",
        "http://127.0.1/health",
        "http://2130706433/health",
        "http://0x7f.1/health",
        "http://0177.0.0.1/health",
        "http://0/health",
    ] {
        assert_eq!(judged(url), [("HA008", true)], "{url}");
    }
    for url in [
        "http://172.16.156.71/health",
        "http://localhost.example/health",
        "http://172.1/health",
        "http://127.0.0.0.1/health",
        "http://0x/health",
    ] {
        assert_eq!(judged(url), [], "{url}");
    }
}
