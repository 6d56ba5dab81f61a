//! Sessions that fall, come back and are healed.

use super::super::adj_rib_out::Peers;
use super::*;
use crate::decide::Intent;
use crate::route::Attributes;

#[test]
fn since_when_a_session_is_up_that_was_up_before_is_not_known() {
    let (mut sessions, notes, now) = (Sessions::default(), &mut Notes::default(), Instant::now());
    let neighbor: Neighbor = "172.16.159.5".parse().unwrap();
    assert!(!sessions.is_older(&neighbor));
    let told = (&AdjRibOut::default(), Dialect::SHOWN);
    sessions.takes_routes(neighbor.clone(), true, told, notes, now);
    assert!(sessions.is_older(&neighbor));
    let none = std::iter::empty;
    sessions.down(
        neighbor.clone(),
        "reset",
        none(),
        Dialect::SHOWN,
        notes,
        now,
    );
    assert!(!sessions.is_older(&neighbor));
    sessions.up(
        neighbor.clone(),
        &AdjRibOut::default(),
        Dialect::SHOWN,
        notes,
        now,
    );
    assert!(!sessions.is_older(&neighbor));
}

#[test]
fn a_day_of_flaps_without_a_session_is_no_day_of_messages() {
    let (mut sessions, notes, now) = (Sessions::default(), &mut Notes::default(), Instant::now());
    let neighbor: Neighbor = "172.16.159.5".parse().unwrap();
    let key = RouteKey {
        prefix: "9.9.9.9/32".parse().unwrap(),
        path_information: None,
        neighbors: Vec::new(),
    };
    let (gone, none) = ("reset", std::iter::empty());
    sessions.down(neighbor.clone(), gone, none, Dialect::SHOWN, notes, now);
    let route = Route {
        next_hop: "172.16.156.70".parse().unwrap(),
        attributes: Attributes::default(),
    };
    for _ in 0..10_000 {
        sessions.said(&key, &Told::Announced(route.clone()));
        sessions.said(&key, &Told::Withdrawn);
    }
    assert_eq!(sessions.held_for(&neighbor, &AdjRibOut::default()), 2);
    // What is for others is nothing to it.
    let others = RouteKey {
        neighbors: vec!["172.16.159.4".parse().unwrap()],
        ..key.clone()
    };
    for origin in [None, Some(Origin::Igp), Some(Origin::Incomplete)] {
        let mut route = route.clone();
        route.attributes.origin = origin;
        sessions.said(&others, &Told::Announced(route));
    }
    assert_eq!(sessions.held_for(&neighbor, &AdjRibOut::default()), 2);
    assert!(!sessions.misses(&others) && sessions.misses(&key));
}

#[test]
fn who_is_up_has_room_however_many_others_were_reported() {
    let (mut sessions, notes, now) = (Sessions::default(), &mut Notes::default(), Instant::now());
    let (rib, none) = (&AdjRibOut::default(), std::iter::empty);
    let neighbor = |number: usize| -> Neighbor {
        let [_, _, high, low] = u32::try_from(number).unwrap().to_be_bytes();
        format!("192.0.{high}.{low}").parse().unwrap()
    };
    sessions.up(neighbor(0), rib, Dialect::SHOWN, notes, now);
    sessions.down(neighbor(0), "reset", none(), Dialect::SHOWN, notes, now);
    for one in 1..2 * NEIGHBORS {
        sessions.down(neighbor(one), "", none(), Dialect::SHOWN, notes, now);
    }
    assert_eq!(sessions.neighbors().len(), NEIGHBORS);
    assert!(sessions.neighbors().contains(&neighbor(0)), "it was up");
    for one in 2 * NEIGHBORS..3 * NEIGHBORS {
        assert!(sessions.up(neighbor(one), rib, Dialect::SHOWN, notes, now));
    }
    let (more, dialect) = (neighbor(0), Dialect::SHOWN);
    assert!(!sessions.up(more, rib, dialect, notes, now), "all are up");
}

#[test]
fn a_neighbor_that_exabgp_has_no_more_is_forgotten() {
    let (mut sessions, notes, now) = (Sessions::default(), &mut Notes::default(), Instant::now());
    let neighbor: Neighbor = "172.16.159.5".parse().unwrap();
    sessions.up(
        neighbor.clone(),
        &AdjRibOut::default(),
        Dialect::SHOWN,
        notes,
        now,
    );
    sessions.down(
        neighbor.clone(),
        "stop, message [shutting down]",
        std::iter::empty(),
        Dialect::SHOWN,
        notes,
        now,
    );
    assert_eq!(sessions.neighbors(), std::slice::from_ref(&neighbor));
    sessions.down(
        neighbor,
        "stop, message [removed]",
        std::iter::empty(),
        Dialect::SHOWN,
        notes,
        now,
    );
    assert_eq!(sessions.neighbors(), []);
}

#[test]
fn a_session_that_is_lost_again_and_again_is_said_once_with_the_cure() {
    let (mut sessions, notes, mut now) =
        (Sessions::default(), &mut Notes::default(), Instant::now());
    let (neighbor, six): (Neighbor, _) = ("172.16.159.5".parse().unwrap(), Dialect::ALL[3]);
    for _ in 0..50 {
        sessions.up(neighbor.clone(), &AdjRibOut::default(), six, notes, now);
        now += Duration::from_millis(100);
        let none = std::iter::empty();
        sessions.down(
            neighbor.clone(),
            "closing connection",
            none,
            six,
            notes,
            now,
        );
        now += Duration::from_millis(100);
    }
    let said: Vec<String> = notes.take().iter().map(ToString::to_string).collect();
    let shown: Vec<&String> = said
        .iter()
        .filter(|line| !line.starts_with("debug"))
        .collect();
    assert_eq!(shown.len(), 10, "{shown:#?}");
    assert!(
        shown[9].contains("BIRD: 'graceful restart off;'"),
        "{shown:#?}"
    );
}

#[test]
fn a_session_that_was_lost_again_and_again_is_said_once_to_last() {
    let (mut sessions, notes, mut now) =
        (Sessions::default(), &mut Notes::default(), Instant::now());
    let (neighbor, six): (Neighbor, _) = ("172.16.159.5".parse().unwrap(), Dialect::ALL[3]);
    let (rib, millis) = (AdjRibOut::default(), Duration::from_millis(100));
    for count in 1..=7 {
        sessions.up(neighbor.clone(), &rib, six, notes, now);
        now += millis;
        sessions.lasts(notes, now);
        sessions.down(neighbor.clone(), "", std::iter::empty(), six, notes, now);
        assert_eq!(sessions.is_lost_at_once(&neighbor), count >= 5, "{count}");
    }
    // One that lasts for some seconds by chance, and that it is down for long, are no cure.
    sessions.up(neighbor.clone(), &rib, six, notes, now);
    now += AT_ONCE * 3;
    sessions.lasts(notes, now);
    sessions.down(neighbor.clone(), "", std::iter::empty(), six, notes, now);
    now += 1_000 * millis;
    sessions.lasts(notes, now);
    assert!(sessions.is_lost_at_once(&neighbor));
    sessions.up(neighbor.clone(), &rib, six, notes, now);
    assert_eq!(sessions.deadline(), Some(now + LASTING));
    sessions.lasts(notes, now + LASTING - millis);
    assert!(sessions.is_lost_at_once(&neighbor));
    drop(notes.take());
    sessions.lasts(notes, now + LASTING);
    sessions.lasts(notes, now + 2 * LASTING);
    assert!(!sessions.is_lost_at_once(&neighbor));
    assert_eq!(sessions.deadline(), None);
    let said: Vec<String> = notes.take().iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].ends_with("neighbor 172.16.159.5 stays up again"),
        "{said:?}"
    );
}

#[test]
fn sessions_that_end_every_30_s_are_said_with_the_cure_until_one_lasts() {
    let (mut sessions, notes, mut now) =
        (Sessions::default(), &mut Notes::default(), Instant::now());
    let neighbor: Neighbor = "172.16.159.5".parse().unwrap();
    let six = Dialect::SHOWN;
    let mut ends_after = |sessions: &mut Sessions, millis: u64| {
        sessions.up(neighbor.clone(), &AdjRibOut::default(), six, notes, now);
        now += Duration::from_millis(millis);
        let young = sessions.refuses_hold_time(&neighbor, now);
        let none = std::iter::empty();
        sessions.down(neighbor.clone(), "hold timer", none, six, notes, now);
        now += Duration::from_secs(5);
        (young, sessions.refuses_hold_time(&neighbor, now))
    };
    // What an operator, a reload or a maintenance ends, says nothing.
    for millis in [
        30_000, 31_000, 26_000, 30_000, 30_500, 41_000, 1_500, 30_000, 30_000,
    ] {
        assert_eq!(
            ends_after(&mut sessions, millis),
            (false, false),
            "{millis}"
        );
    }
    assert_eq!(ends_after(&mut sessions, 30_200), (false, true));
    assert_eq!(ends_after(&mut sessions, 30_200), (true, true));
    // The one that is up now lasts.
    assert_eq!(ends_after(&mut sessions, 180_000), (false, false));
    let said: Vec<String> = notes.take().iter().map(ToString::to_string).collect();
    let said = said
        .iter()
        .filter(|line| line.contains("write hold-time 180;"));
    assert_eq!(said.count(), 1);
}

#[test]
fn a_neighbor_is_sent_one_route_a_prefix_again_and_none_that_another_took_the_place_of() {
    let now = Instant::now();
    let (mut sessions, mut rib, notes) = (
        Sessions::default(),
        AdjRibOut::default(),
        &mut Notes::default(),
    );
    let neighbor: Neighbor = "172.16.159.5".parse().unwrap();
    let key = |neighbors: &[&str]| RouteKey {
        prefix: "9.9.9.9/32".parse().unwrap(),
        path_information: None,
        neighbors: neighbors.iter().map(|name| name.parse().unwrap()).collect(),
    };
    let route = Route {
        next_hop: "172.16.156.70".parse().unwrap(),
        attributes: Attributes::default(),
    };
    // Withdrawn from all, which another neighbor has missed, and announced to this one since.
    for (key, told) in [
        (key(&[]), Told::Withdrawn),
        (key(&["172.16.159.5", "172.16.159.4"]), Told::Withdrawn),
        (key(&["172.16.159.5"]), Told::Announced(route.clone())),
    ] {
        (0..2).for_each(|_| rib.sent(&key));
        rib.accepted(&key, told);
    }
    let desired = Desired::from([(key(&["172.16.159.5"]), Intent::Announce(route))]);
    sessions.up(neighbor, &rib, Dialect::ALL[0], notes, now);
    let (neighbor, first) = sessions
        .step(
            &rib,
            &desired,
            Cure::Restate,
            |_| None,
            now + Dialect::ALL[0].settled,
        )
        .unwrap();
    sessions.stepped(&neighbor, Cure::Restate);
    let (_, second) = sessions
        .step(
            &rib,
            &desired,
            Cure::Restate,
            |_| None,
            now + Dialect::ALL[0].settled,
        )
        .unwrap();
    sessions.stepped(&neighbor, Cure::Restate);
    let said: Vec<String> = first
        .iter()
        .chain(&second)
        .map(ToString::to_string)
        .collect();
    let announced = "neighbor 172.16.159.5 announce route 9.9.9.9/32 next-hop 172.16.156.70";
    assert_eq!(
        said,
        [
            format!("{announced} origin incomplete"),
            announced.to_owned()
        ]
    );
    assert_eq!(
        sessions.step(
            &rib,
            &desired,
            Cure::Restate,
            |_| None,
            now + Dialect::ALL[0].settled
        ),
        None
    );
    assert_eq!(sessions.deadline(), None);
}

/// Seed 340570907 of the simulator. Nobody who holds the route is to be told, so that no command is left of it.
#[test]
fn a_neighbor_that_is_away_is_told_what_went_to_another_one_meanwhile() {
    let now = Instant::now();
    let (there, away): (Neighbor, Neighbor) = (
        "172.16.159.5".parse().unwrap(),
        "172.16.159.4".parse().unwrap(),
    );
    let of = |neighbors: &[&Neighbor]| RouteKey {
        prefix: "9.9.9.9/32".parse().unwrap(),
        path_information: None,
        neighbors: neighbors.iter().map(|name| (*name).clone()).collect(),
    };
    let (all, one) = (of(&[]), of(&[&there]));
    let route = Route {
        next_hop: "172.16.156.70".parse().unwrap(),
        attributes: Attributes::default(),
    };
    for was_there in [false, true] {
        let (mut sessions, mut rib) = (Sessions::default(), AdjRibOut::default());
        let (dialect, notes) = (Dialect::ALL[3], &mut Notes::default());
        if was_there {
            let none = std::iter::empty();
            sessions.up(away.clone(), &rib, dialect, notes, now);
            sessions.down(away.clone(), "hold timer", none, dialect, notes, now);
        }
        for key in [&all, &all, &one] {
            rib.sent(key);
            sessions.said(key, &Told::Announced(route.clone()));
            rib.accepted(key, Told::Announced(route.clone()));
        }
        let desired = Desired::from([(one.clone(), Intent::Announce(route.clone()))]);
        let peers = Peers {
            holders: Some([there.clone()].into()),
            sessions: [(there.clone(), true)].into(),
            ..Peers::default()
        };
        rib.hand_over(&desired, &peers);
        assert!(rib.keys().all(|key| *key != all));

        sessions.up(away.clone(), &rib, dialect, notes, now);
        let then = now + dialect.settled;
        let step = sessions.step(&rib, &desired, Cure::Restate, |_| None, then);
        let said: Vec<String> = step.unwrap().1.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["neighbor 172.16.159.4 withdraw route 9.9.9.9/32"],
            "{was_there}"
        );
    }
}

#[test]
fn a_session_that_is_lost_again_and_again_after_changes_is_said_no_oftener() {
    let (mut sessions, notes, mut now) =
        (Sessions::default(), &mut Notes::default(), Instant::now());
    let (neighbor, six): (Neighbor, _) = ("172.16.159.5".parse().unwrap(), Dialect::ALL[3]);
    for _ in 0..50 {
        sessions.up(neighbor.clone(), &AdjRibOut::default(), six, notes, now);
        now += Duration::from_millis(100);
        let (gone, none) = ("closing connection", std::iter::empty());
        sessions.down(neighbor.clone(), gone, none, six, notes, now);
        sessions.said(&key(), &Told::Announced(route()));
        sessions.said(&key(), &Told::Withdrawn);
        now += Duration::from_millis(100);
    }
    let said = notes.take().into_iter();
    let said = said.filter(|note| note.level < log::Level::Debug);
    let said: Vec<String> = said.map(|note| note.text).collect();
    assert_eq!(said.len(), 14, "{said:#?}");
}

/// ExaBGP 4.2 and 5.0 say `down` at each attempt to connect.
#[test]
fn attempts_of_more_neighbors_than_there_is_room_for_are_no_news() {
    let (mut sessions, notes, now) = (Sessions::default(), &mut Notes::default(), Instant::now());
    for attempt in 0..5 {
        for one in 0..NEIGHBORS + 2 {
            let [high, low] = u16::try_from(one).unwrap().to_be_bytes();
            let neighbor = format!("192.0.{high}.{low}").parse().unwrap();
            let none = std::iter::empty();
            sessions.down(neighbor, "", none, Dialect::SHOWN, notes, now);
        }
        let lines = notes.take().len();
        assert!(
            attempt == 0 || lines == 0,
            "{lines} lines at attempt {attempt}"
        );
    }
}

#[test]
fn a_route_that_is_in_doubt_when_its_portion_is_due_is_sent_again_later() {
    let now = Instant::now();
    let (mut sessions, mut rib, notes) = (
        Sessions::default(),
        AdjRibOut::default(),
        &mut Notes::default(),
    );
    let (neighbor, six): (Neighbor, _) = ("172.16.159.5".parse().unwrap(), Dialect::ALL[3]);
    (0..2).for_each(|_| rib.sent(&key()));
    rib.accepted(&key(), Told::Announced(route()));
    let desired = Desired::from([(key(), Intent::Announce(route()))]);
    sessions.up(neighbor.clone(), &rib, six, notes, now);
    let due = now + six.settled;
    // ExaBGP has not sent it yet.
    let unsent = |_: &RouteKey| Some(due + six.settled);
    let cure = Cure::Restate;
    assert_eq!(sessions.step(&rib, &desired, cure, unsent, due), None);
    rib.doubt(&key());
    let later = due + six.settled;
    assert_eq!(sessions.step(&rib, &desired, cure, |_| None, later), None);
    rib.accepted(&key(), Told::Announced(route()));
    let step = sessions.step(&rib, &desired, cure, |_| None, later + RETRY);
    assert_eq!(step.map(|(_, commands)| commands.len()), Some(1));
}

/// A path of its own was sent again, over a session that has just come up, right before the route is announced otherwise.
#[test]
fn what_is_announced_otherwise_after_a_flush_is_flushed_once_more_and_not_too_early() {
    let now = Instant::now();
    let (mut sessions, mut rib, notes) = (
        Sessions::default(),
        AdjRibOut::default(),
        &mut Notes::default(),
    );
    let (neighbor, five): (Neighbor, _) = ("172.16.159.5".parse().unwrap(), Dialect::ALL[1]);
    rib.sent(&key());
    rib.accepted(&key(), Told::Announced(route()));
    let desired = Desired::from([(key(), Intent::Announce(route()))]);
    sessions.up(neighbor.clone(), &rib, five, notes, now);
    sessions.send_again(&[key()], now);
    let flush = Some((neighbor.clone(), vec![Command::Flush(neighbor.clone())]));
    let cure = Cure::Flush;
    let step = |sessions: &mut Sessions, at| sessions.step(&rib, &desired, cure, |_| None, at);
    assert_eq!(step(&mut sessions, now), flush);
    sessions.stepped(&neighbor, cure);
    sessions.overtakes(&key(), five.settled, now);
    assert_eq!(step(&mut sessions, now), None, "it is too early");
    assert_eq!(step(&mut sessions, now + five.settled), flush);
    sessions.stepped(&neighbor, cure);
    assert_eq!(step(&mut sessions, now + five.settled), None);
    assert_eq!(sessions.deadline(), None);
}

/// An edit gives it to this neighbor alone while its cure waits: to ExaBGP that is nothing new, so that it sends nothing.
#[test]
fn what_takes_the_place_of_a_route_that_is_to_be_sent_again_is_sent_again_instead() {
    let now = Instant::now();
    let (mut sessions, mut rib, notes) = (
        Sessions::default(),
        AdjRibOut::default(),
        &mut Notes::default(),
    );
    let (neighbor, four): (Neighbor, _) = ("172.16.159.5".parse().unwrap(), Dialect::ALL[0]);
    sessions.up(neighbor.clone(), &rib, four, notes, now);
    sessions.overtakes(&key(), four.settled, now);
    let alone = RouteKey {
        neighbors: vec![neighbor],
        ..key()
    };
    for key in [key(), alone.clone()] {
        rib.sent(&key);
        rib.accepted(&key, Told::Announced(route()));
    }
    let desired = Desired::from([(alone, Intent::Announce(route()))]);
    let due = now + four.settled;
    let step = sessions.step(&rib, &desired, Cure::Restate, |_| None, due);
    assert_eq!(step.map(|(_, commands)| commands.len()), Some(1));
}

/// ExaBGP holds it for the neighbor, whoever else it was for.
#[test]
fn what_is_announced_otherwise_under_another_selection_differs() {
    let mut rib = AdjRibOut::default();
    rib.sent(&key());
    rib.accepted(&key(), Told::Announced(route()));
    let alone = RouteKey {
        neighbors: vec!["172.16.159.5".parse().unwrap()],
        ..key()
    };
    rib.sent(&alone);
    assert!(rib.may_differ(&alone, &Told::Announced(otherwise(route()))));
    assert!(!rib.may_differ(&alone, &Told::Announced(route())));
}

fn key() -> RouteKey {
    RouteKey {
        prefix: "9.9.9.9/32".parse().unwrap(),
        path_information: None,
        neighbors: Vec::new(),
    }
}

fn route() -> Route {
    Route {
        next_hop: "172.16.156.70".parse().unwrap(),
        attributes: Attributes::default(),
    }
}

#[test]
fn a_neighbor_that_is_put_back_and_stays_away_is_not_taken_out_any_more() {
    let (mut sessions, notes, now) = (Sessions::default(), &mut Notes::default(), Instant::now());
    let (neighbor, six): (Neighbor, _) = ("172.16.159.5".parse().unwrap(), Dialect::ALL[3]);
    let removed = "stop, message [removed]";
    let nothing = std::iter::empty();
    sessions.down(neighbor.clone(), removed, nothing, six, notes, now);
    assert!(sessions.is_removed(&neighbor));
    sessions.is_away(neighbor.clone(), notes);
    assert!(!sessions.is_removed(&neighbor));
}
