use super::*;
use crate::drain::Stage;
use crate::report::status::{Patience, Report};

const NORTH: &str = "172.16.156.70";
const WEST: &str = "172.16.136.70";

fn now() -> Moment {
    "2026-11-22T11:00:00.000Z".parse().unwrap()
}

fn at(text: &str) -> Moment {
    format!("2026-11-22T{text}.000Z").parse().unwrap()
}

/// A status as a page has it, of an NVA that is well and sees its sibling so.
fn status(own: &str, length: usize, sibling: &str) -> Report {
    let text = include_str!("../report/status/sample.json");
    let mut report: Report = serde_json::from_str(text).unwrap();
    let status = &mut report.status;
    status.process.pid_namespace = "elsewhere".to_owned();
    status.process.boot_id = Some(own.to_owned());
    status.configuration.fault = None;
    status.exabgp.neighbors[1].up = true;
    status.other_routes.clear();
    status.services.truncate(1);
    let service = &mut status.services[0];
    (service.standing, service.level) = ("up".to_owned(), Some(0));
    (service.pending, service.unknown) = (None, None);
    service.since = at("10:30:00");
    service.siblings[0].sibling = format!("http http://{sibling}/health");
    service.siblings.truncate(1);
    let route = &mut service.routes[0];
    let path = ["65010"].repeat(length).join(" ");
    let command = format!("announce route 9.9.9.9/32 next-hop {own} as-path [ {path} ]");
    (route.wanted, route.acknowledged) = (Some(command.clone()), Some(command));
    (route.refused, route.differs_since, route.holds_otherwise) = (None, None, None);
    route.next_hop = Some(own.to_owned());
    report.means.retain(|means| means.name == "sibling");
    report.means[0].place = service.siblings[0].sibling.clone();
    report
}

fn north() -> Report {
    status(NORTH, 1, WEST)
}

fn west() -> Report {
    status(WEST, 4, NORTH)
}

fn nva(source: &str, answer: Result<Report, &str>) -> Nva {
    let answer = answer.map_err(str::to_owned);
    Nva::new(source.parse().unwrap(), answer, Patience::USUAL, now())
}

fn both(north: Result<Report, &str>, west: Result<Report, &str>) -> Screen {
    let page = |region: &str, host: &str| format!("{region}=http://{host}/haproxy-rhi-status");
    let nvas = vec![
        nva(&page("north", NORTH), north),
        nva(&page("west", WEST), west),
    ];
    Screen::of(nvas, now())
}

fn shown(screen: &Screen) -> String {
    text::text(screen, crate::report::status::Paint(false), now())
}

/// Its servers are gone, and it has withdrawn.
fn down(mut report: Report, since: &str) -> Report {
    let service = &mut report.status.services[0];
    (service.standing, service.level) = ("down".to_owned(), None);
    service.since = at(since);
    service.why = "http_back: 0 of 2 servers up, 1 wanted".to_owned();
    let route = &mut service.routes[0];
    route.wanted = Some("withdraw route 9.9.9.9/32".to_owned());
    route.acknowledged = route.wanted.clone();
    report
}

/// It does not see its sibling healthy.
fn alone(mut report: Report, since: &str) -> Report {
    let sibling = &mut report.status.services[0].siblings[0];
    (sibling.healthy, sibling.why) = (false, "no answer in 1s".to_owned());
    let why = sibling.why.clone();
    report.means[0].fault = Some(crate::report::status::Fault {
        since: at(since),
        why,
    });
    report
}

#[test]
fn two_regions_that_are_well_are_four_lines() {
    let screen = both(Ok(north()), Ok(west()));
    assert_eq!(screen.outcome(), Outcome::Best);
    let expected = "\
9.9.9.9/32: clients reach north (as-path 1), next west (as-path 4)

REGION  NVA            AGE   SERVICE  STANDING   ROUTE      BGP  SEEN  SEES
north   172.16.156.70  2.0s  web      up 30m 0s  as-path 1  2/2  1/1   1/1
west    172.16.136.70  2.0s  web      up 30m 0s  as-path 4  2/2  1/1   1/1

all is as it should be
";
    assert_eq!(shown(&screen), expected);
}

#[test]
fn a_region_without_servers_is_left_and_said_so() {
    let north = down(north(), "10:59:40");
    let screen = both(Ok(north), Ok(alone(west(), "10:59:41")));
    assert_eq!(screen.outcome(), Outcome::Worse);
    let expected = "\
9.9.9.9/32: clients reach west (as-path 4)

REGION  NVA            AGE   SERVICE  STANDING   ROUTE      BGP  SEEN  SEES
north   172.16.156.70  2.0s  web      down 20s   withdrawn  2/2  0/1   1/1
west    172.16.136.70  2.0s  web      up 30m 0s  as-path 4  2/2  1/1   0/1

! north 172.16.156.70: service web is down: http_back: 0 of 2 servers up, 1
  wanted
! west 172.16.136.70: service web: no region would take over, since no sibling
  is healthy: http http://172.16.156.70/health for 19s (no answer in 1s)
";
    assert_eq!(shown(&screen), expected);
}

#[test]
fn regions_that_do_not_see_what_the_other_one_says_are_told_of() {
    let words = "west 172.16.136.70 does not see north 172.16.156.70 healthy for 12s (no answer in 1s), and north \
                 172.16.156.70 says that it serves (web: up for 30m 0s)";
    let screen = both(Ok(north()), Ok(alone(west(), "10:59:48")));
    assert_eq!(screen.seen.problems[0].what, words);
    // A moment later it may be over.
    let screen = both(Ok(north()), Ok(alone(west(), "10:59:58")));
    assert_eq!(screen.seen.problems, []);
    assert_eq!(screen.seen.notes, [words.replace("12s", "2.0s")]);
    assert_eq!(screen.outcome(), Outcome::Best);
    // The other way round: one that is down is seen as if it were well.
    let screen = both(Ok(down(north(), "10:59:00")), Ok(west()));
    assert_eq!(
        screen.seen.problems[0].what,
        "west 172.16.136.70 sees north 172.16.156.70 healthy (status 200), and north 172.16.156.70 says that it does not serve \
         (web: down for 1m 0s)"
    );
}

#[test]
fn one_that_is_not_heard_makes_nothing_sure_and_others_tell_of_it() {
    let screen = both(Err("no answer in 2 s"), Ok(alone(west(), "10:59:48")));
    assert_eq!(screen.outcome(), Outcome::Unknown);
    let text = shown(&screen);
    for line in [
        "9.9.9.9/32: clients reach west (as-path 4)\n  as far as is known, without north 172.16.156.70\n",
        "\nnorth   172.16.156.70  -     -        unreachable  -          -    0/1   -\n",
        "\n! north 172.16.156.70: no status: no answer in 2 s\n  (http://172.16.156.70/haproxy-rhi-status)\n",
        "\n- west 172.16.136.70 sees north 172.16.156.70 not healthy (no answer in 1s)\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let screen = both(Err("refused"), Err("refused"));
    assert!(shown(&screen).starts_with("no status tells of a prefix"));
    assert_eq!(screen.outcome(), Outcome::Unknown);
}

#[test]
fn what_is_old_or_of_the_future_is_not_believed() {
    let mut old = north();
    old.heartbeat = at("10:59:00");
    let mut ahead = north();
    ahead.heartbeat = at("11:03:00");
    let mut left = north();
    left.status.process.left = Some(crate::report::status::Left {
        at: at("10:59:00"),
        why: "told to leave".to_owned(),
    });
    for (report, words) in [
        (old, "is stuck or stopped"),
        (ahead, "its status is dated 3m 0s ahead"),
        (left, "told to leave"),
    ] {
        let screen = both(Ok(report), Ok(west()));
        let text = shown(&screen);
        assert!(text.replace("\n  ", " ").contains(words), "{text}");
        assert!(
            text.starts_with(
                "9.9.9.9/32: clients reach west (as-path 4)\n  as far as is known, without north"
            ),
            "{text}"
        );
        assert_eq!(screen.outcome(), Outcome::Unknown);
    }
}

#[test]
fn what_makes_the_exit_status_unknown_has_its_line() {
    let told = |change: fn(&mut Report)| {
        let mut north = north();
        change(&mut north);
        let screen = both(Ok(north), Ok(west()));
        assert_eq!(screen.outcome(), Outcome::Unknown);
        shown(&screen)
    };
    // A path of 700 numbers is cut, since it is longer than all that ExaBGP is told.
    let long = told(|report| {
        let command = &mut report.status.services[0].routes[0].acknowledged;
        *command = Some(command.take().unwrap().replace(" ]", " 650…"));
    });
    let line = "! north 172.16.156.70: it is not known whether 9.9.9.9/32 is out: what ExaBGP";
    assert!(long.contains(line), "{long}");
    let none = told(|report| report.status.exabgp.neighbors.clear());
    assert!(none.contains("\n! north"), "{none}");
    let nothing = told(|report| report.status.services[0].routes[0].acknowledged = None);
    assert!(nothing.contains("\n! north"), "{nothing}");
}

#[test]
fn paths_as_long_and_none_at_all_are_said() {
    let screen = both(Ok(north()), Ok(status(WEST, 1, NORTH)));
    assert_eq!(
        screen.reaches[0].words(),
        "9.9.9.9/32: clients reach north (as-path 1) or west (as-path 1): paths of equal length, so the network decides"
    );
    let mut cut_off = north();
    let neighbors = cut_off.status.exabgp.neighbors.iter_mut();
    neighbors.for_each(|neighbor| neighbor.up = false);
    let screen = both(Ok(cut_off), Ok(down(west(), "10:00:00")));
    let text = shown(&screen);
    assert!(
        text.starts_with("9.9.9.9/32: no region announces it, so that clients reach nobody\n"),
        "{text}"
    );
    assert!(text.contains("  no session  0/2  "), "{text}");
    assert_eq!(screen.reaches[0].outcome(), Outcome::Worse);
}

#[test]
fn a_drain_a_takeover_and_another_level_stand_beside_the_path() {
    let mut drained = north();
    drained.status.services[0].drain = Some(
        serde_json::from_value(serde_json::json!({
            "stage": Stage::Asking, "since": "2026-11-22T10:59:30.000Z", "by": "alice", "reason": "kernel", "force": false
        }))
        .unwrap(),
    );
    let screen = both(Ok(drained), Ok(west()));
    assert!(
        screen.reaches[0]
            .words()
            .contains("north (as-path 1, drained)")
    );
    let text = shown(&screen);
    assert!(
        text.contains("! north 172.16.156.70: service web is drained by alice: kernel"),
        "{text}"
    );
    assert!(
        screen.seen.problems[0]
            .what
            .ends_with("(web: drained for 30s)")
    );

    let mut taken = status(WEST, 1, NORTH);
    let service = &mut taken.status.services[0];
    (service.standing, service.level) = ("takeover".to_owned(), None);
    let screen = both(Ok(north()), Ok(taken));
    let words: Vec<_> = screen
        .seen
        .problems
        .iter()
        .map(|one| one.what.clone())
        .collect();
    assert!(
        words[0].starts_with("west 172.16.136.70 has taken over for 30m 0s ("),
        "{words:?}"
    );
}

#[test]
fn two_sources_of_one_nva_and_the_anycast_address_are_no_two_regions() {
    let screen = both(Ok(north()), Ok(north()));
    assert!(
        screen.seen.problems[0]
            .what
            .contains("both tell of NVA 172.16.156.70"),
        "{:?}",
        screen.seen.problems
    );
    // Next hops `self`, and a link to a file, say nothing of which NVA it is.
    let own = || {
        let mut status = north();
        let route = &mut status.status.services[0].routes[0];
        let command = "announce route 9.9.9.9/32 next-hop self".to_owned();
        route.next_hop = Some("self".to_owned());
        (route.wanted, route.acknowledged) = (Some(command.clone()), Some(command));
        status
    };
    let nvas = vec![
        nva("north=a.json", Ok(own())),
        nva("west=b.json", Ok(own())),
    ];
    let seen = Screen::of(nvas, now()).seen;
    assert!(
        seen.problems[0]
            .what
            .contains("a.json and b.json both tell of one process"),
        "{:?}",
        seen.problems
    );
    // Behind two tunnels are two NVAs.
    let nvas = vec![
        nva("north=http://127.0.0.1:7802/", Ok(north())),
        nva("west=http://127.0.0.1:7822/", Ok(west())),
    ];
    assert_eq!(nvas[1].name(), "west 172.16.136.70");
    let seen = Screen::of(nvas, now()).seen;
    assert!(seen.problems.is_empty(), "{:?}", seen.problems);
    let anycast = nva("north=http://9.9.9.9/haproxy-rhi-status", Ok(north()));
    let found: Vec<_> = anycast.problems().map(|one| one.what.as_str()).collect();
    assert!(
        found[0].starts_with("9.9.9.9 is the anycast address"),
        "{found:?}"
    );
}

#[test]
fn two_nvas_of_a_region_are_two_rows_and_a_stranger_is_named() {
    let mut west = west();
    let stranger = "http http://172.16.136.99/health".to_owned();
    west.status.services[0].siblings[0].sibling = stranger;
    let second = status("172.16.156.71", 1, WEST);
    let nvas = vec![
        nva("north=http://172.16.156.70/x", Ok(north())),
        nva("north=/run/second.status.json", Ok(second)),
        nva("west=http://172.16.136.70/x", Ok(west)),
    ];
    let screen = Screen::of(nvas, now());
    let text = shown(&screen);
    assert!(
        text.starts_with("9.9.9.9/32: clients reach north (as-path 1), next west (as-path 4)\n"),
        "{text}"
    );
    for line in [
        "\nnorth   172.16.156.71  2.0s  web      up 30m 0s  as-path 1  2/2  -     1/1\n",
        "\n- west 172.16.136.70 asks 172.16.136.99, which is none of these NVAs\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_host_of_many_services_siblings_and_long_words_is_a_screen_all_the_same() {
    let mut report = north();
    let status = &mut report.status;
    status.services[0].why = "x ".repeat(100_000);
    let mut service = status.services[0].clone();
    service.level = None;
    service.name = "n".repeat(5000);
    service.siblings = vec![service.siblings[0].clone(); 500];
    status.services = (0..500)
        .map(|number| {
            let mut service = service.clone();
            service.routes[0].prefix = format!("10.0.{}.{}/32", number / 250, number % 250);
            service
        })
        .collect();
    let text = shown(&both(Ok(report), Ok(west())));
    assert!(text.lines().count() < 250, "{}", text.lines().count());
    assert!(text.len() < 40_000, "{}", text.len());
    assert!(text.contains("… 480 more"), "{text}");
}

#[test]
fn two_processes_of_one_nva_are_no_two_nvas() {
    let mut second = north();
    second.status.services[0].routes[0].prefix = "10.0.0.1/32".to_owned();
    second.status.process.pid += 1;
    let nvas = vec![
        nva("north=/run/one.status.json", Ok(second)),
        nva("north=/run/two.status.json", Ok(north())),
        nva("west=http://172.16.136.70/x", Ok(west())),
    ];
    let screen = Screen::of(nvas, now());
    assert_eq!(screen.seen.problems, []);
    // West Europe's view is of the process that has its service.
    let of_west = screen.views.iter().find(|view| view.from.0 == 2).unwrap();
    assert_eq!(of_west.to, Some(1));
}

#[test]
fn a_status_of_tens_of_thousands_of_services_is_read_in_a_moment() {
    let mut report = north();
    let service = report.status.services[0].clone();
    report.status.services = (0..30_000)
        .map(|number| {
            let mut service = service.clone();
            service.routes[0].prefix = format!("prefix {number}");
            service.siblings[0].sibling = format!("http http://host-{number}/");
            service
        })
        .collect();
    let begun = std::time::Instant::now();
    let text = shown(&both(Ok(report), Ok(west())));
    assert!(text.contains("… 29980 more"), "{text}");
    // Quadratic, it would be minutes.
    let took = begun.elapsed();
    assert!(took.as_secs() < 60, "{took:?}");
}

#[test]
fn a_program_is_told_the_same() {
    let screen = both(Ok(north()), Ok(alone(west(), "10:59:48")));
    let value: serde_json::Value = serde_json::from_str(&json::json(&screen, true, now())).unwrap();
    assert_eq!(value["outcome"], "worse");
    assert_eq!(
        value["prefixes"][0]["reached"],
        serde_json::json!(["north"])
    );
    let west = &value["nvas"][1];
    assert_eq!(west["services"][0]["routes"][0]["as_path_length"], 4);
    assert_eq!(
        west["services"][0]["siblings"][0]["nva"],
        "north 172.16.156.70"
    );
    assert_eq!(
        west["services"][0]["siblings"][0]["unhealthy_for_seconds"],
        12.0
    );
    assert_eq!(value["disagreements"].as_array().unwrap().len(), 1);
    let screen = both(Err("refused"), Ok(self::west()));
    let value: serde_json::Value = serde_json::from_str(&json::json(&screen, true, now())).unwrap();
    assert_eq!(value["nvas"][0]["state"], "unreachable");
}

#[test]
fn a_source_that_is_given_twice_is_refused() {
    let of = |sources: &[&str]| {
        let sources: Vec<Source> = sources.iter().map(|text| text.parse().unwrap()).collect();
        distinct(&sources).map_err(|failure| failure.text)
    };
    assert_eq!(of(&["north=/a", "north=/b", "west=/c"]), Ok(()));
    let why = of(&["north=/a", "west=/a"]).unwrap_err();
    assert!(why.contains("'/a' is there already, as north"), "{why}");
}
