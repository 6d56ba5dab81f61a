use super::*;
use crate::failure::{Kind, Outcome};

const NORTH: &str = include_str!("../../tests/verify/north-europe.json");
const WEST: &str = include_str!("../../tests/verify/west-europe.json");
const NORTH_CONFIG: &str = include_str!("../../exabgp/north-europe/config.json");
const WEST_CONFIG: &str = include_str!("../../exabgp/west-europe/config.json");
const EMPTY: &str = r#"{"RouteServiceRole_IN_0": [], "RouteServiceRole_IN_1": []}"#;

fn region(
    name: &str,
    config: Option<&str>,
    level: Option<&str>,
    learned_text: Option<&str>,
) -> Region {
    let intent = config.map(|text| {
        Intent::of_config("config.json", &config::parse(text).unwrap(), level).unwrap()
    });
    Region {
        name: name.to_owned(),
        intent,
        learned: learned_text.map(|text| super::read::read(text).unwrap()),
    }
}

fn north(learned: &str) -> Region {
    region("north", Some(NORTH_CONFIG), None, Some(learned))
}

fn west(learned: &str) -> Region {
    region("west", Some(WEST_CONFIG), None, Some(learned))
}

/// What a process that runs says of service api, which should be announced and is; with this changed.
fn told(learned: Option<&str>, change: fn(&mut status::Status)) -> Comparison {
    told_in(Life::Running, learned, change)
}

fn told_in(life: Life, learned: Option<&str>, change: fn(&mut status::Status)) -> Comparison {
    let mut report: Report =
        serde_json::from_str(include_str!("../report/status/sample.json")).unwrap();
    let status = &mut report.status;
    status.other_routes.clear();
    status.services.remove(0);
    status
        .exabgp
        .neighbors
        .iter_mut()
        .for_each(|one| one.up = true);
    let route = &mut status.services[0].routes[0];
    let command = "announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 ]";
    (route.refused, route.prefix) = (None, "9.9.9.9/32".to_owned());
    (route.wanted, route.neighbors) = (Some(command.to_owned()), Vec::new());
    route.acknowledged.clone_from(&route.wanted);
    change(status);
    compare(&[Region {
        name: "here".to_owned(),
        intent: Some(Intent::of_process(&report, life)),
        learned: learned.map(|text| super::read::read(text).unwrap()),
    }])
}

#[test]
fn what_no_neighbor_has_is_not_as_intended_whatever_exabgp_acknowledged() {
    use Outcome::{Best, Unknown, Worse};
    let of = |change: fn(&mut status::Status)| {
        let found = told(None, change);
        (found.outcome, found.problems.concat())
    };
    let at = |words: &str| format!("here: 9.9.9.9/32 at ExaBGP: {words}");
    assert_eq!(of(|_| ()), (Best, String::new()));
    let all_down = |status: &mut status::Status| {
        let all = status.exabgp.neighbors.iter_mut();
        all.for_each(|one| one.up = false);
    };
    let nobody = (Worse, at("no neighbor is up, so nobody has it"));
    assert_eq!(of(all_down), nobody);
    let one_down = |status: &mut status::Status| status.exabgp.neighbors[1].up = false;
    let down = (Worse, at("neighbor 172.16.159.5 is down"));
    assert_eq!(of(one_down), down);
    let flaps = |status: &mut status::Status| {
        status.exabgp.neighbors[1].lost_at_once = Some(String::new());
    };
    let lost = at("neighbor 172.16.159.5 loses its session as soon as it is up");
    assert_eq!(of(flaps), (Worse, lost));
    let lacking = |status: &mut status::Status| {
        status.exabgp.lacking = vec!["172.16.159.9".to_owned()];
        let both = ["172.16.159.4", "172.16.159.9"].map(str::to_owned);
        status.services[0].routes[0].neighbors = both.to_vec();
    };
    assert_eq!(
        of(lacking),
        (Worse, at("ExaBGP has no neighbor 172.16.159.9"))
    );
    let only_lacking = |status: &mut status::Status| {
        status.exabgp.lacking = vec!["172.16.159.9".to_owned()];
        let route = &mut status.services[0].routes[0];
        (route.neighbors, route.acknowledged) = (status.exabgp.lacking.clone(), None);
    };
    assert_eq!(
        of(only_lacking),
        (Worse, at("ExaBGP has no neighbor 172.16.159.9"))
    );
    let untold = |status: &mut status::Status| {
        status.services[0].routes[0].neighbors = vec!["172.16.159.9".to_owned()];
    };
    assert_eq!(
        of(untold),
        (Unknown, at("ExaBGP has told of no neighbor 172.16.159.9"))
    );
    let silent = |status: &mut status::Status| status.exabgp.neighbors.clear();
    assert_eq!(of(silent), (Unknown, at("ExaBGP has told of no neighbor")));
    let held = |status: &mut status::Status| {
        let route = &mut status.services[0].routes[0];
        route.holds_otherwise = Some("neighbor 172.16.159.4 holds it with med 5".to_owned());
    };
    let words = at("neighbor 172.16.159.4 holds it with med 5");
    assert_eq!(of(held), (Worse, words));
}

#[test]
fn of_a_process_that_is_gone_nothing_is_as_intended() {
    let ways = [None, Some(NORTH)];
    for (learned, life) in ways
        .into_iter()
        .flat_map(|one| [Life::Left, Life::Dead(2.0), Life::Stuck(20.0)].map(|life| (one, life)))
    {
        let found = told_in(life, learned, |_| ());
        assert_eq!((found.outcome, found.problems.len()), (Outcome::Unknown, 1));
        let row = &found.rows[1];
        assert_eq!(
            (row.seen_by.as_str(), row.agreement, row.words.as_str()),
            ("ExaBGP", None, "as it was told last")
        );
    }
}

#[test]
fn a_region_that_wants_no_route_needs_no_neighbor() {
    let found = told(None, |status| {
        status.exabgp.neighbors.clear();
        status.exabgp.lacking = vec!["172.16.159.9".to_owned()];
        let route = &mut status.services[0].routes[0];
        route.wanted = Some("withdraw route 9.9.9.9/32".to_owned());
        route.acknowledged.clone_from(&route.wanted);
    });
    assert_eq!((found.outcome, found.problems), (Outcome::Best, Vec::new()));
}

#[test]
fn a_cloud_that_has_the_route_tells_more_than_an_exabgp_that_tells_of_no_neighbor() {
    let found = told(Some(NORTH), |status| status.exabgp.neighbors.clear());
    assert_eq!((found.outcome, found.problems), (Outcome::Best, Vec::new()));
}

#[test]
fn both_regions_of_the_documented_pattern_agree_with_the_shipped_files_and_the_primary_is_preferred()
 {
    let found = compare(&[north(NORTH), west(WEST)]);
    assert_eq!(
        (found.outcome, found.problems),
        (Outcome::Best, Vec::<String>::new())
    );
    assert_eq!(found.rows.len(), 6);
    assert_eq!(
        found.preferences,
        ["9.9.9.9/32: north is preferred: 1 AS number, 3 at west"]
    );
}

#[test]
fn a_withdrawn_region_is_told_from_one_that_lost_its_route() {
    let lost = compare(&[north(EMPTY), west(WEST)]);
    assert_eq!(lost.outcome, Outcome::Worse);
    assert_eq!(
        lost.problems,
        [
            "north: 9.9.9.9/32 at IN_0: not there",
            "north: 9.9.9.9/32 at IN_1: not there"
        ]
    );
    assert_eq!(
        lost.preferences,
        ["9.9.9.9/32: only west announces it, so clients reach that"]
    );
    let down = |text| region("north", Some(NORTH_CONFIG), Some("down"), Some(text));
    assert_eq!(compare(&[down(EMPTY), west(WEST)]).outcome, Outcome::Best);
    let stays = compare(&[down(NORTH), west(WEST)]);
    assert_eq!(
        stays.problems[0],
        "north: 9.9.9.9/32 at IN_0: still there, and should be withdrawn"
    );
    let none = compare(&[
        down(EMPTY),
        region("west", Some(WEST_CONFIG), Some("down"), Some(EMPTY)),
    ]);
    assert_eq!(
        none.preferences,
        ["9.9.9.9/32: no region announces it, so clients do not reach it"]
    );
}

#[test]
fn instances_that_differ_are_found_with_and_without_an_intent() {
    let one = NORTH.replacen("\"asPath\": \"65010\"", "\"asPath\": \"65010-65010\"", 1);
    let found = compare(&[north(&one)]);
    assert_eq!(
        found.problems,
        ["north: 9.9.9.9/32 at IN_0: the AS path should be 65010"]
    );
    let blind = compare(&[region("north", None, None, Some(&one)), west(WEST)]);
    assert_eq!(blind.outcome, Outcome::Worse);
    assert!(
        blind
            .problems
            .iter()
            .all(|problem| problem.ends_with("the instances differ")),
        "{blind:?}"
    );
    // Where nobody says what is intended, that they agree is not enough.
    let blind = compare(&[region("north", None, None, Some(NORTH))]);
    assert_eq!(blind.outcome, Outcome::Unknown);
}

#[test]
fn another_next_hop_a_second_route_and_a_missing_instance_are_found() {
    let other = NORTH.replace(
        "\"nextHop\": \"172.16.156.70\"",
        "\"nextHop\": \"172.16.156.71\"",
    );
    assert!(
        compare(&[north(&other)]).problems[0].ends_with("the next hop should be 172.16.156.70")
    );
    let row = r#"{"network": "9.9.9.9/32", "asPath": "65010", "nextHop": "172.16.156.70"}"#;
    let two = format!(
        "{{\"RouteServiceRole_IN_0\": [{row}, {row}], \"RouteServiceRole_IN_1\": [{row}]}}"
    );
    assert!(compare(&[north(&two)]).problems[0].ends_with("2 routes, and one is intended"));
    let half = compare(&[north(&format!("{{\"RouteServiceRole_IN_0\": [{row}]}}"))]);
    assert_eq!(half.outcome, Outcome::Unknown);
    assert_eq!(
        half.problems,
        ["north: only IN_0 is there, and a Route Server has two instances"]
    );
}

#[test]
fn equal_paths_are_ecmp_and_foreign_routes_are_named() {
    let equal = WEST.replace("65010-65010-65010", "65010");
    let found = compare(&[north(NORTH), region("west", None, None, Some(&equal))]);
    assert_eq!(
        found.preferences,
        [
            "9.9.9.9/32: north and west have equal AS paths (1 AS number), so clients are spread over them (ECMP)"
        ]
    );
    let more = NORTH.replacen("9.9.9.9/32", "10.7.0.0/16", 1);
    assert_eq!(
        compare(&[north(&more)]).notes,
        ["also learned, and of no service: 10.7.0.0/16"]
    );
}

#[test]
fn next_hop_self_and_a_path_left_to_exabgp_are_compared_by_what_azure_tells() {
    let config = NORTH_CONFIG
        .replace("\"next_hop\": \"172.16.156.70\"", "\"next_hop\": \"self\"")
        .replace("      \"as_path\": [65010],\n", "")
        .replace(
            "\"last_standing\": {\"prepend\": 6}",
            "\"last_standing\": {\"as_path\": [65010, 65010]}",
        );
    let is = |text: &str| compare(&[region("north", Some(&config), None, Some(text))]).outcome;
    assert_eq!(is(NORTH), Outcome::Best);
    assert_eq!(
        is(&NORTH.replace("\"65010\"", "\"65010-65010\"")),
        Outcome::Worse
    );
    assert_eq!(
        is(&NORTH.replace(
            "\"nextHop\": \"172.16.156.70\"",
            "\"nextHop\": \"10.0.0.1\""
        )),
        Outcome::Worse
    );
}

#[test]
fn a_route_for_other_neighbors_is_not_expected_at_the_route_server() {
    let config = NORTH_CONFIG.replace("\"rise\": 2", "\"neighbors\": [\"10.0.0.1\"], \"rise\": 2");
    let found = compare(&[region("north", Some(&config), None, Some(NORTH))]);
    assert!(
        found.problems[0].ends_with("not meant for this neighbor"),
        "{found:?}"
    );
    let v6 = NORTH_CONFIG
        .replace("9.9.9.9/32", "2001:db8::9/128")
        .replace(
            "\"next_hop\": \"172.16.156.70\"",
            "\"next_hop\": \"2001:db8::2\"",
        );
    let found = compare(&[region("north", Some(&v6), None, Some(EMPTY))]);
    assert_eq!(found.outcome, Outcome::Best, "{found:?}");
}

#[test]
fn an_intent_finds_its_region_by_name_or_by_its_next_hop() {
    let intent = || north(NORTH).intent.unwrap();
    let both = || {
        vec![
            region("w", None, None, Some(WEST)),
            region("n", None, None, Some(NORTH)),
        ]
    };
    let placed = |name: Option<&str>, mut regions: Vec<Region>| {
        place(&mut regions, name.map(str::to_owned), intent())?;
        Ok::<_, Failure>(
            regions
                .into_iter()
                .filter(|region| region.intent.is_some())
                .map(|region| region.name)
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(placed(None, both()).unwrap(), ["n"]);
    assert_eq!(placed(Some("w"), both()).unwrap(), ["w"]);
    assert_eq!(placed(None, Vec::new()).unwrap(), ["here"]);
    let withdrawn = || {
        vec![
            region("w", None, None, Some(WEST)),
            region("n", None, None, Some(EMPTY)),
        ]
    };
    assert!(
        matches!(placed(None, withdrawn()), Err(Failure { kind: Kind::Usage, text: why }) if why.contains("--region"))
    );
    assert!(
        matches!(placed(Some("e"), both()), Err(Failure { kind: Kind::Usage, text: why }) if why.contains("w, n"))
    );
}

/// North Europe's NVA is a neighbor of both hubs' Route Servers, and so is West Europe's.
#[test]
fn an_nva_at_two_route_servers_is_one_that_announces() {
    let other = |text: &str| {
        text.replace("172.16.159.", "172.16.99.")
            .replace("172.16.139.", "172.16.99.")
    };
    let (north_other, west_other) = (other(NORTH), other(WEST));
    let mut regions = vec![
        region("n", None, None, Some(NORTH)),
        region("n-other", None, None, Some(&north_other)),
    ];
    place(&mut regions, None, north(NORTH).intent.unwrap()).unwrap();
    let alone = compare(&regions);
    assert_eq!((alone.outcome, alone.preferences), (Outcome::Best, vec![]));
    regions.push(region("w", Some(WEST_CONFIG), None, Some(WEST)));
    regions.push(region(
        "w-other",
        Some(WEST_CONFIG),
        None,
        Some(&west_other),
    ));
    let all = compare(&regions);
    assert_eq!(all.outcome, Outcome::Best, "{:?}", all.problems);
    assert_eq!(
        all.preferences,
        ["9.9.9.9/32: n/n-other is preferred: 1 AS number, 3 at w/w-other"]
    );
}

#[test]
fn a_region_of_which_nobody_said_what_is_intended_agrees_with_nothing() {
    let comparison = compare(&[north(NORTH), region("west", None, None, Some(WEST))]);
    assert_eq!(comparison.outcome, Outcome::Unknown);
    assert_eq!(
        comparison.problems,
        ["west: it is not known what is intended there; add --config west=FILE"]
    );
}

#[test]
fn what_powershell_writes_is_read() {
    let text = "{\"é\": 1}";
    let little: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let big: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    for bytes in [
        little,
        big,
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        text.as_bytes().to_vec(),
    ] {
        assert_eq!(super::decoded(&bytes).trim_start_matches('\u{feff}'), text);
    }
}

const AWS: &str = include_str!("../../tests/verify/aws.json");
const GOOGLE: &str = include_str!("../../tests/verify/google.json");

/// The problems of North Europe's files beside this output.
fn problems(level: Option<&str>, text: &str) -> (Outcome, Vec<String>) {
    let found = compare(&[region("x", Some(NORTH_CONFIG), level, Some(text))]);
    (found.outcome, found.problems)
}

#[test]
fn a_route_that_aws_has_in_the_rib_only_is_in_no_route_table() {
    let (outcome, problems) = problems(None, &AWS.replace("in-fib", "in-rib"));
    assert_eq!((outcome, problems.len()), (Outcome::Worse, 2));
    assert!(problems[0].ends_with("in the RIB and not in the FIB, so in no route table"));
}

#[test]
fn a_route_that_google_does_not_use_and_a_session_that_is_down_are_faults() {
    let dropped = GOOGLE.replacen(
        "\"priority\"",
        "\"routeStatus\": \"DROPPED\", \"priority\"",
        1,
    );
    assert_eq!(
        problems(None, &dropped),
        (
            Outcome::Worse,
            vec!["x: 9.9.9.9/32 at network: its status is DROPPED".to_owned()],
        )
    );
    let down = GOOGLE.replacen("\"UP\"", "\"DOWN\"", 1);
    assert_eq!(
        problems(None, &down),
        (
            Outcome::Worse,
            vec!["x: session nva-a-0 is DOWN (Established)".to_owned()],
        )
    );
}

#[test]
fn rows_that_are_there_twice_count_once_and_null_is_no_list() {
    let mut value: serde_json::Value = serde_json::from_str(AWS).unwrap();
    let routes = value["Routes"].as_array().unwrap().clone();
    value["Routes"].as_array_mut().unwrap().extend(routes);
    assert_eq!(
        problems(None, &value.to_string()),
        (Outcome::Best, Vec::new())
    );
    for null in [
        r#"{"AreRoutesPersisted": null, "Routes": null, "NextToken": null}"#,
        r#"{"kind": "compute#routerStatusResponse", "result": null}"#,
        r#"{"result": {"bestRoutes": null, "bestRoutesForRouter": null, "bgpPeerStatus": null}}"#,
        r#"{"kind": "compute#routersListBgpRoutes", "result": null, "nextPageToken": null}"#,
    ] {
        assert_eq!(
            problems(Some("down"), null),
            (Outcome::Best, Vec::new()),
            "{null}"
        );
        assert_eq!(problems(None, null).0, Outcome::Worse, "{null}");
    }
    let cut_off = r#"{"kind": "compute#routersListBgpRoutes", "nextPageToken": "x"}"#;
    assert_eq!(problems(Some("down"), cut_off).0, Outcome::Unknown);
}

#[test]
fn a_withdrawal_is_not_judged_by_routes_that_may_be_another_nvas() {
    let mut intent = north(NORTH).intent.unwrap();
    let route = &mut intent.routes[0];
    (route.next_hop, route.wanted) = (None, Some(Out::Withdrawn));
    for text in [AWS, GOOGLE] {
        let region = Region {
            intent: Some(intent.clone()),
            ..north(text)
        };
        assert_eq!(compare(&[region]).outcome, Outcome::Unknown);
    }
}

#[test]
fn as_numbers_are_read_in_each_clouds_spelling() {
    let paths = |text: &str| -> Vec<Vec<u32>> {
        let output = super::read::read(text).unwrap();
        output
            .learned
            .into_values()
            .flatten()
            .map(|route| route.as_path)
            .collect()
    };
    for (path, wanted) in [
        (r#"["65010 65010"]"#, vec![65010, 65010]),
        (r#"["65010", "4200000001"]"#, vec![65010, 4_200_000_001]),
        // A set counts as one (RFC 4271, 9.1.2.2).
        (r#"["65010 {3320,3321}"]"#, vec![65010, 3320]),
        (r#"["{65010 65011}"]"#, vec![65010]),
        (r#"["1.10 0.65010"]"#, vec![65546, 65010]),
        ("[]", vec![]),
        ("null", vec![]),
    ] {
        let text = format!(r#"{{"Routes": [{{"Prefix": "9.9.9.9/32", "AsPaths": {path}}}]}}"#);
        assert_eq!(paths(&text), [wanted], "{path}");
    }
    let wraps =
        r#"[{"destination": {"prefix": "9.9.9.9/32"}, "asPaths": [{"asns": [-94967295, 65010]}]}]"#;
    assert_eq!(paths(wraps), [[4_200_000_001, 65010]]);
    let set = r#"[{"destination": {"prefix": "9.9.9.9/32"}, "asPaths": [{"type": "AS_PATH_TYPE_SET", "asns32": [65010, 65011]}]}]"#;
    assert_eq!(paths(set), [[65010]]);
}

#[test]
fn a_path_with_a_set_is_no_path_of_an_nva() {
    let set = [
        r#"{"Routes": [{"Prefix": "9.9.9.9/32", "RouteStatus": "in-fib", "AsPaths": ["{65010 65011}"]}]}"#,
        r#"{"result": {"bestRoutes": [{"destRange": "9.9.9.9/32", "asPaths": [{"pathSegmentType": "AS_SET", "asLists": [65010, 65011]}]}]}}"#,
    ];
    for text in set {
        let output = super::read::read(text).unwrap();
        let routes: Vec<learned::LearnedRoute> = output.learned.into_values().flatten().collect();
        let fault = routes[0].fault.clone().unwrap_or_default();
        assert!(fault.contains("{65010 65011} has a set"), "{text}: {fault}");
    }
}

#[test]
fn of_many_strange_prefixes_the_first_are_named_and_all_counted() {
    let row = |n: u32| format!(r#"{{"network": "10.{}.{}.0/24"}}"#, n / 256, n % 256);
    let rows: Vec<String> = (0..50_000).map(row).collect();
    let list = format!("[{}]", rows.join(", "));
    let text = format!(r#"{{"RouteServiceRole_IN_0": {list}, "RouteServiceRole_IN_1": []}}"#);
    let notes = compare(&[north(&text)]).notes;
    let [note] = notes.as_slice() else {
        panic!("{} notes", notes.len())
    };
    assert!(note.starts_with("also learned, and of no service: 10.0.0.0/24, 10.0.1.0/24, "));
    assert!(note.ends_with(", … (50000 prefixes)"), "{note:.300}");
    assert!(note.len() < 300, "{}", note.len());
}

#[test]
fn what_is_no_answer_of_these_tools_is_refused_at_its_place() {
    let deep = "[".repeat(100_000);
    for (text, wanted) in [
        (r#"{"Routes": {}}"#, "1:12: Routes: a list belongs here"),
        (
            r#"{"Routes": [7]}"#,
            "1:13: Routes[0]: a route belongs here, such as {\"Prefix\": \"9.9.9.9/32\", ...}",
        ),
        (
            r#"{"Routes": [{"Prefix": 7}]}"#,
            "1:24: Routes[0].Prefix: a text belongs here",
        ),
        (
            r#"{"Routes": [{"Prefix": "\u001b[2J"}]}"#,
            "1:24: Routes[0].Prefix: '\\u{1b}[2J' is not a prefix",
        ),
        (
            r#"{"Routes": [{"Prefix": "9.9.9.9/32", "NextHopIp": "nva"}]}"#,
            "1:51: Routes[0].NextHopIp: 'nva' is not an address",
        ),
        (
            r#"{"Routes": [{"Prefix": "9.9.9.9/32", "AsPaths": ["99999999999"]}]}"#,
            "1:50: Routes[0].AsPaths[0]: '99999999999' is no AS path",
        ),
        (
            r#"{"Routes": [{"Prefix": "9.9.9.9/32", "AsPaths": ["65010 {65011"]}]}"#,
            "1:50: Routes[0].AsPaths[0]: '65010 {65011' is no AS path",
        ),
        (
            r#"{"AreRoutesPersisted": "no"}"#,
            "1:24: AreRoutesPersisted: true or false belongs here",
        ),
        (
            r#"{"result": {"bestRoutes": [{}]}}"#,
            "1:28: result.bestRoutes[0]: a route without 'destRange'",
        ),
        (
            r#"[{"destination": {"prefix": "9.9.9.9/32"}, "asPaths": [{}]}]"#,
            "1:56: [0].asPaths[0].asns32: a list of AS numbers belongs here",
        ),
        (
            r#"[{"destination": "9.9.9.9/32"}]"#,
            "1:18: [0].destination: a route without 'prefix'",
        ),
        ("[]", "an empty list"),
        (
            r#"{"RouteServerPeers": []}"#,
            "aws ec2 get-route-server-routing-database",
        ),
        ("", "printed nothing; its error stands above"),
        ("{", "cut off?"),
        (&deep, "not JSON"),
        (
            "-----\n|  GetRouteServerRoutingDatabase  |\n",
            "aws prints for people; ask it with '--output json'",
        ),
        ("ROUTES\trse-0a\trsp-0a\n", "'--output json'"),
        (
            "kind: compute#routerStatusResponse\nresult:\n",
            "gcloud prints for people; ask it with '--format=json'",
        ),
        (
            "\nAn error occurred (UnauthorizedOperation) when calling",
            "aws says 'An error occurred (UnauthorizedOperation)",
        ),
        (
            "ERROR: (gcloud.compute.routers.get-status) Could not fetch",
            "gcloud says 'ERROR: (gcloud",
        ),
    ] {
        let (line, column, what) = super::read::read(text).unwrap_err();
        let said = format!("{line}:{column}: {what}");
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

#[test]
fn a_huge_answer_is_read() {
    let row = r#"{"Prefix": "9.9.9.9/32", "NextHopIp": "172.16.156.70", "AsPaths": ["65010"], "RouteStatus": "in-fib"}"#;
    let other = row.replace("9.9.9.9", "10.0.0.0").replace(".70", ".71");
    let rows: Vec<String> = (0..50_000)
        .map(|at: u32| other.replace(".0.0/", &format!(".{}.{}/", at / 256, at % 256)))
        .collect();
    let text = format!(r#"{{"Routes": [{row}, {}]}}"#, rows.join(", "));
    assert_eq!(problems(None, &text), (Outcome::Best, Vec::new()));
}

#[test]
fn a_default_route_of_the_nvas_is_wrong() {
    let more = r#"{"network": "0.0.0.0/0", "nextHop": "172.16.156.70", "asPath": "65010", "sourcePeer": "172.16.156.70"}, "#;
    let text = NORTH.replace("_IN_0\": [", &format!("_IN_0\": [{more}"));
    let found = compare(&[north(&text)]);
    assert_eq!(found.outcome, Outcome::Worse);
    assert!(
        found.problems[0].starts_with("north: 0.0.0.0/0 at IN_0: a default route"),
        "{found:?}"
    );
    assert_eq!(found.notes, Vec::<String>::new());
}

#[test]
fn what_az_prints_is_read_past_its_warnings_or_called_by_its_name() {
    let warned = format!("WARNING: This command is in preview.\n{NORTH}");
    assert_eq!(compare(&[north(&warned)]).outcome, Outcome::Best);
    let why = |text: &str| super::read::read(text).unwrap_err();
    let broken = why(&format!(
        "WARNING: x\n{}",
        NORTH.replace("\"9.9.9.9/32\"", "\"x\"")
    ));
    let known = why(&NORTH.replace("\"9.9.9.9/32\"", "\"x\""));
    assert_eq!((broken.0, broken.2), (known.0 + 1, known.2));
    for (text, words) in [
        ("", "printed nothing; its error stands above"),
        ("\n", "printed nothing; its error stands above"),
        ("WARNING: x\nERROR: y\n", "az says 'WARNING: x'"),
        (
            "10.60.9.4\t10.99.99.1/32\t10.60.1.12\tEBgp\n",
            "TSV, which az prints for people; ask it with '-o json'",
        ),
        (
            "RouteServiceRole_IN_0:\n- asPath: 1\n",
            "YAML, which az prints for people; ask it with '-o json'",
        ),
        (
            r#"{"error": {"code": "AuthorizationFailed", "message": "no right"}}"#,
            "Azure says 'AuthorizationFailed: no right'",
        ),
    ] {
        assert!(why(text).2.contains(words), "{text:?}: {:?}", why(text));
    }
}
