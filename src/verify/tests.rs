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
        learned: learned_text.map(|text| learned(text).unwrap()),
    }
}

fn north(learned: &str) -> Region {
    region("north", Some(NORTH_CONFIG), None, Some(learned))
}

fn west(learned: &str) -> Region {
    region("west", Some(WEST_CONFIG), None, Some(learned))
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
