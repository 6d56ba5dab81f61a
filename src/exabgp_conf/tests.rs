use super::*;

const NORTH: &str = include_str!("../../exabgp/north-europe/exabgp.conf");

#[test]
fn the_shipped_file_is_read_with_what_its_neighbors_inherit() {
    let conf = parse(NORTH);
    assert_eq!(conf.faults, []);
    assert_eq!(conf.processes[0].argv(), ["/usr/bin/haproxy-rhi", "run"]);
    assert!(conf.processes[0].is_ours());
    assert_eq!(
        conf.processes[0].setting("encoder").unwrap().value(),
        "text"
    );
    let names: Vec<&str> = conf
        .neighbors
        .iter()
        .map(|neighbor| neighbor.name.as_str())
        .collect();
    assert_eq!(names, ["172.16.159.4", "172.16.159.5"]);
    for neighbor in &conf.neighbors {
        assert_eq!(neighbor.value("peer-as").0, Some("65515"));
        assert_eq!(neighbor.value("hold-time").0, Some("30"));
        assert_eq!(neighbor.is_on("capability/route-refresh"), Some(true));
        assert_eq!(neighbor.is_on("capability/graceful-restart"), Some(false));
        assert_eq!(neighbor.is_on("api/neighbor-changes"), Some(true));
        assert_eq!(neighbor.is_on("capability/asn4"), None);
        let lists: Vec<&str> = neighbor
            .all("api/processes")
            .flat_map(Setting::values)
            .collect();
        assert_eq!(lists, ["haproxy-rhi"]);
        assert_eq!(neighbor.setting("family/ipv4").unwrap().value(), "unicast");
        assert!(neighbor.routes.is_empty());
        // The place is in the template.
        assert_eq!(
            neighbor.value("local-as").1,
            At {
                line: 22,
                column: 3
            }
        );
    }
}

#[test]
fn a_template_overrules_its_neighbor_and_lists_add_up() {
    let conf = parse(
        "template { neighbor t { hold-time 30; api { processes [ a ]; } } }
         neighbor 10.0.0.1 { inherit t; hold-time 9; api one { processes [ b, c ]; } operational { x { y 1; } } }
         neighbor 10.0.0.2 { inherit gone; }",
    );
    let first = &conf.neighbors[0];
    assert_eq!(first.value("hold-time").0, Some("30"));
    assert_eq!(
        first.overruled,
        [(
            "hold-time".to_owned(),
            At {
                line: 2,
                column: 41
            }
        )]
    );
    let lists: Vec<&str> = first
        .all("api/processes")
        .flat_map(Setting::values)
        .collect();
    assert_eq!(lists, ["b", "c", "a"]);
    assert_eq!(conf.faults.len(), 1);
    assert!(conf.faults[0].what.contains("'gone'") && conf.faults[0].refused == Refused::ByNone);
}

#[test]
fn a_template_below_its_neighbor_is_not_inherited() {
    let conf = parse("neighbor 10.0.0.1 { inherit t; } template { neighbor t { hold-time 30; } }");
    assert_eq!(conf.neighbors[0].value("hold-time").0, None);
    assert!(
        conf.faults[0].what.contains("stands below"),
        "{:?}",
        conf.faults
    );
}

#[test]
fn static_routes_of_every_shape_are_found() {
    let conf = parse(
        "neighbor 10.0.0.1 {
           static {
             route 9.9.9.9/32 next-hop 10.0.0.2 as-path [ 65010 65010 ];
             route 9.9.9.10/32 { next-hop self; }
             attributes next-hop self nlri 10.1.0.0/16 10.2.0.0/16;
           }
           announce { ipv4 { unicast 10.3.0.0/16 next-hop self; } }
           flow { route x { match { source 10.0.0.1/32; } } }
         }",
    );
    let prefixes: Vec<&str> = conf.neighbors[0]
        .routes
        .iter()
        .map(|route| route.prefix.as_str())
        .collect();
    assert_eq!(
        prefixes,
        [
            "9.9.9.9/32",
            "9.9.9.10/32",
            "10.1.0.0/16",
            "10.2.0.0/16",
            "10.3.0.0/16"
        ]
    );
    assert_eq!(
        conf.neighbors[0].routes[0].at,
        At {
            line: 3,
            column: 20
        }
    );
}

#[test]
fn a_groups_neighbors_have_what_it_says() {
    let conf = parse(
        "group g { peer-as 65515; neighbor 10.0.0.1 { local-as 1; } neighbor 10.0.0.2 { peer-as 2; } }",
    );
    let peers: Vec<_> = conf
        .neighbors
        .iter()
        .map(|neighbor| neighbor.value("peer-as").0)
        .collect();
    assert_eq!(peers, [Some("65515"), Some("2")]);
}

#[test]
fn a_word_that_no_exabgp_knows_is_told_with_the_one_that_was_meant() {
    let told = |text: &str| -> Vec<String> {
        let faults = parse(text)
            .faults
            .into_iter()
            .filter(|fault| fault.refused == Refused::ByBoth);
        faults
            .map(|fault| format!("{}:{} {}", fault.at.line, fault.at.column, fault.what))
            .collect()
    };
    assert_eq!(
        told("neighbor 10.0.0.1 { hold-tme 30; capability { asn5; } }\ngroup g { }"),
        [
            "1:21 ExaBGP 4.2, 5.0 and 6 know no 'hold-tme' in 'neighbor'; did you mean 'hold-time'?",
            "1:47 ExaBGP 4.2, 5.0 and 6 know no 'asn5' in 'capability'; did you mean 'asn4'?",
            "2:1 ExaBGP 4.2, 5.0 and 6 know no 'group' at the top of the file",
        ]
    );
    // What 6 knows alone.
    assert_eq!(
        told(
            "neighbor 10.0.0.1 { tcp-ao { } capability { link-local-prefer; } family { ipv4 sr-policy; } }"
        ),
        [
            "1:21 ExaBGP 4.2 and 5.0 know no 'tcp-ao' in 'neighbor', 6 does",
            "1:45 ExaBGP 4.2 and 5.0 know no 'link-local-prefer' in 'capability', 6 does",
            "1:75 ExaBGP 4.2 and 5.0 know no 'sr-policy' in 'family', 6 does",
        ]
    );
    // A name is free, and 6 has these families of IPv4 and IPv6 alone.
    assert!(told("neighbor 10.0.0.1 { description tcp-ao; inherit tcp-ao; }").is_empty());
    for family in [
        "l2vpn sr-policy;",
        "ipv9 sr-policy;",
        "sr-policy;",
        "ipv4 sr-policy { }",
    ] {
        let told = told(&format!("neighbor 10.0.0.1 {{ family {{ {family} }} }}"));
        assert_eq!(told.len(), 1, "{family}");
        assert!(!told[0].ends_with("6 does"), "{told:?}");
    }
}

/// tests/operator/forms.rs asks ExaBGP 4.2 and 5.0 about the same forms.
#[test]
fn a_fault_is_told_with_its_cause_and_the_cure() {
    let told = |text: &str| -> Vec<String> {
        let faults = parse(text).faults.into_iter();
        faults
            .map(|fault| format!("{}:{} {}", fault.at.line, fault.at.column, fault.what))
            .collect()
    };
    let one = |text: &str, what: &str| assert_eq!(told(text), [what], "{text}");
    one(
        "neighbor 10.0.0.1 {\n hold-time 30;;\n}",
        "2:15 a ';' with no statement before it; remove it",
    );
    one(
        "neighbor 10.0.0.1 { hold-time { 30; } }",
        "1:21 'hold-time' in 'neighbor': it is no section; write its value and a ';' in place of the braces",
    );
    one(
        "neighbor 10.0.0.1 { family; }",
        "1:21 'family' in 'neighbor': it is a section; write its statements between { and }",
    );
    one(
        "neighbor 10.0.0.1 { family { ipv4; } }",
        "1:30 'ipv4' in 'family': no value; write one before the ';', or remove it",
    );
    one(
        "process p { encoder yaml; }",
        "1:13 'encoder' in 'process': 'yaml' is none of its values; write text, json",
    );
    one(
        "neighbor 10.0.0.1\n{\n}",
        "1:1 'neighbor' and its '{' in line 2 are not in one line; join the lines, or end each but the last with a '\\'",
    );
    for (second, sign) in [("local-as 65010;", ';'), ("family { ipv4 unicast; }", '{')] {
        let text = format!("neighbor 10.0.0.1 {{\n hold-time 30\n {second}\n}}");
        let what = format!(
            "2:2 'hold-time' has no ';' in its line, and ExaBGP reads on to the '{sign}' in line 3; end it with a ';', or, where the lines are one statement, join the lines, or end each but the last with a '\\'"
        );
        assert_eq!(told(&text).first(), Some(&what), "{text}");
    }
    one(
        "neighbor { }",
        "1:1 'neighbor' at the top of the file: it has no name; write one before the '{'",
    );
    one(
        "neighbor 10.0.0.1 {\n hold-time\u{a0}30;\n}",
        "2:2 in 'hold-time 30' is a U+00A0, which ExaBGP takes for a letter; write a space",
    );
    one(
        "neighbor 10.0.0.1 {\n description \"it's\";\n}",
        "2:14 a quote that is not closed in its line; close it with the same one, and have no other kind inside",
    );
    one(
        "neighbor 10.0.0.1 { nexthop { ipv4 unicast; } }",
        "1:31 'ipv4' in 'nexthop': it wants a kind and the next hop's family; write ipv4 unicast ipv6",
    );
    one(
        "neighbor 10.0.0.1 { hold-time 2; }",
        "1:21 'hold-time' in 'neighbor': '2' is none of its values; write 3 to 65535, 0",
    );
    one(
        "neighbor 10.0.0.1 { local-address ::1; }",
        "1:21 local-address ::1 and neighbor 10.0.0.1 are not of one family",
    );
    one("# nothing\n", "1:1 the file has no statement");
    one(
        "neighbor 10.0.0.1 { } \\\n\n",
        "1:23 a '\\' at the end of a line, and the next line is empty; remove the '\\'",
    );
    one(
        "neighbor 10.0.0.1 { family { all; } }",
        "1:30 ExaBGP 4.2 knows no 'all' in 'family', 5.0 does",
    );
}

#[test]
fn a_byte_order_mark_and_a_second_program_are_told_and_the_rest_is_read() {
    let conf = parse("\u{feff}process a {\n run /bin/a;\n encoder text;\n run /bin/b;\n}");
    let told: Vec<_> = conf
        .faults
        .iter()
        .map(|fault| (fault.at.line, fault.refused == Refused::ByBoth))
        .collect();
    assert_eq!(told, [(1, true), (2, false)], "{:?}", conf.faults);
    assert_eq!(
        (conf.processes[0].name.as_str(), conf.processes[0].argv()),
        ("a", vec!["/bin/b".to_owned()])
    );
}

proptest::proptest! {
    /// Any text is read, and every place is inside it.
    #[test]
    fn any_text_is_read(text in "(neighbor|template|static|inherit|route|t|\\{|\\}|;|\\[|\\]|,|\"|'|#|\\\\|\n| |\\PC){0,60}") {
        let lines = text.split('\n').count();
        let conf = parse(&text);
        for Fault { at, .. } in conf.faults {
            proptest::prop_assert!(at.line <= lines && at.column > 0 || at == At::default());
        }
    }
}
