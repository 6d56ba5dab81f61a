//! Log lines: one a transition, with the reason and the consequence.

use std::time::Duration;

use log::Level;

use crate::change::Change;
use crate::config::{Service, Span};
use crate::decide::{Intent, intents, is_announced};
use crate::drain::{Order, Stage};
use crate::health::Health;
use crate::standing::Standing;
use crate::value::Joined;

/// The name of a standing in a service.
pub fn standing(service: &Service, standing: Standing) -> &str {
    match standing {
        Standing::NotYetKnown => "not known yet",
        Standing::Takeover => "takeover",
        Standing::Level(index) => service
            .levels
            .get(index)
            .map_or("?", |level| level.name.as_str()),
        Standing::LastStanding => "last standing",
        Standing::Down => "down",
    }
}

/// A change's log line and its level.
pub fn change(
    service: &Service,
    health: &Health,
    drain: Option<Stage>,
    change: &Change,
) -> (Level, String) {
    let (now, why) = (standing(service, health.standing()), &health.why);
    let prefixes = prefixes(service);
    let (level, words) = match change {
        Change::Moved { from, to } => {
            let consequence = after_a_move(service, drain, (*from, *to));
            let before = standing(service, *from);
            let level = if *to == Standing::Level(0) {
                Level::Info
            } else {
                Level::Warn
            };
            (level, format!("{before} -> {now} ({why}), {consequence}"))
        }
        Change::Holding { why, hold, then } => {
            let consequence = while_it_holds(service, health, drain, (*hold, *then));
            let words = format!("state unknown ({why}), {consequence}");
            (Level::Warn, words)
        }
        Change::KeptBack {
            target,
            wait,
            falls,
        } => {
            let (better, wait) = (standing(service, *target), rounded(*wait));
            let reason = match falls {
                Some(falls) => format!("damping after {falls} falls"),
                None => "warming up".to_owned(),
            };
            let words = format!(
                "{now}, '{better}' holds ({why}), {reason}: announcing {prefixes} so in {wait} if it goes on holding"
            );
            (Level::Warn, words)
        }
        Change::Alone => (
            Level::Error,
            format!("stays '{now}' ({why}), announcing {prefixes}"),
        ),
        Change::Told => (
            Level::Info,
            format!("state known again ({why}), still '{now}'"),
        ),
    };
    (level, format!("service {}: {words}", service.name))
}

/// What a service's move does to its routes.
fn after_a_move(
    service: &Service,
    drain: Option<Stage>,
    (from, to): (Standing, Standing),
) -> String {
    let prefixes = prefixes(service);
    match (is_announced(from), is_announced(to)) {
        _ if drain == Some(Stage::Withdrawn) => {
            format!("while it is drained, still withdrawn: {prefixes}")
        }
        (_, true) if drain == Some(Stage::Waiting) => {
            format!("while the siblings are asked, leaving as it was: {prefixes}")
        }
        // An edit removed the takeover, so its attributes are unknown and nothing can be compared.
        (true, true) if from == Standing::Takeover && service.takeover().is_none() => {
            format!("announcing {prefixes}")
        }
        (true, true) => {
            let with = difference(service, (from, drain), (to, drain));
            format!("announcing {prefixes} {with}")
        }
        // A takeover and a last standing carry their own.
        (false, true)
            if matches!(drain, Some(Stage::Depreferred | Stage::Held))
                && matches!(to, Standing::Level(_)) =>
        {
            format!("announcing {prefixes} with the attributes of its drain")
        }
        (false, true) => format!("announcing {prefixes}"),
        (_, false) => format!("withdrawing {prefixes}"),
    }
}

/// What happens to a service's routes while its state is unknown, and after the hold.
fn while_it_holds(
    service: &Service,
    health: &Health,
    drain: Option<Stage>,
    (hold, then): (Duration, Option<Standing>),
) -> String {
    let (hold, now) = (Span::from(hold), standing(service, health.standing()));
    let after = then.map(|then| match then {
        Standing::Down | Standing::NotYetKnown => "then withdrawing".to_owned(),
        announced => format!("then '{}'", standing(service, announced)),
    });
    match (health.standing(), after) {
        _ if drain == Some(Stage::Withdrawn) => "while it is drained, still withdrawn".to_owned(),
        (Standing::Down, _) => "still withdrawn".to_owned(),
        (Standing::NotYetKnown, Some(after)) => format!("waiting for {hold}, {after}"),
        (Standing::NotYetKnown, None) => "waiting".to_owned(),
        (_, Some(after)) => format!("holding '{now}' for {hold}, {after}"),
        (_, None) => format!("holding '{now}' for as long as it lasts"),
    }
}

/// The log line, and its level, of a drain that came to a stage or is over.
pub fn drain(
    service: &Service,
    health: Option<&Health>,
    order: Option<&Order>,
    (before, stage): (Option<Stage>, Option<Stage>),
) -> (Level, String) {
    let words = order.map(Order::words).unwrap_or_default();
    // The log says 'drained' once the route is withdrawn, and 'drain' before.
    let words = if stage == Some(Stage::Withdrawn) {
        words
    } else {
        words.replacen("drained", "drain", 1)
    };
    let stands = health.map_or(Standing::NotYetKnown, Health::standing);
    let consequence = at_a_stage(service, stands, (before, stage));
    let level = match stage {
        Some(Stage::Held) => Level::Warn,
        _ => Level::Info,
    };
    let line = match stage {
        None => format!(
            "service {}: not drained any more, {consequence}",
            service.name
        ),
        Some(_) => format!("service {}: {words}, {consequence}", service.name),
    };
    (level, line)
}

/// What a stage of a drain does to the routes, after the one before.
fn at_a_stage(
    service: &Service,
    stands: Standing,
    (before, stage): (Option<Stage>, Option<Stage>),
) -> String {
    let (prefixes, out) = (prefixes(service), is_announced(stands));
    let [ask, depreferred] = [service.drain.ask, service.drain.depreferred].map(Span::from);
    match stage {
        None => {
            let level = standing(service, stands);
            let consequence = match stands {
                Standing::NotYetKnown => "leaving as it was:",
                _ if out && before == Some(Stage::Asking) => "still announcing:",
                _ if out => "announcing",
                _ => "still withdrawn:",
            };
            format!("'{level}', {consequence} {prefixes}")
        }
        Some(Stage::Asking) => {
            format!("asking HAProxy's clients to close for {ask}, {prefixes} as it was")
        }
        Some(Stage::Depreferred) => {
            let consequence = match stands {
                Standing::NotYetKnown => format!("leaving as it was: {prefixes}"),
                _ if out => {
                    let with = difference(service, (stands, None), (stands, stage));
                    format!("announcing {prefixes} {with}")
                }
                _ => format!("still withdrawn: {prefixes}"),
            };
            format!("{consequence} for {depreferred}")
        }
        Some(Stage::Waiting | Stage::Held | Stage::Withdrawn) if stands == Standing::Down => {
            format!("still withdrawn: {prefixes}")
        }
        Some(Stage::Waiting) => format!("asking the siblings before withdrawing {prefixes}"),
        Some(Stage::Held) if before == Some(Stage::Withdrawn) && out => {
            format!("no sibling is known to be healthy any more, announcing {prefixes} again")
        }
        Some(Stage::Held) => format!(
            "no sibling is known to be healthy, not withdrawing {prefixes} (a drain with --force does)"
        ),
        Some(Stage::Withdrawn) => format!("withdrawing {prefixes}"),
    }
}

/// How the routes at two standings and stages differ.
fn difference(
    service: &Service,
    before: (Standing, Option<Stage>),
    after: (Standing, Option<Stage>),
) -> String {
    let attributes =
        |(standing, stage): (Standing, Option<Stage>)| match intents(service, standing, stage)
            .next()
        {
            Some((_, Intent::Announce(route))) => Some(route.attributes),
            _ => None,
        };
    let both = attributes(before).zip(attributes(after));
    both.and_then(|(before, after)| after.difference(&before))
        .unwrap_or_else(|| "as it was".to_owned())
}

fn prefixes(service: &Service) -> String {
    service
        .prefixes
        .iter()
        .map(|(prefix, _)| prefix.to_string())
        .few()
}

/// Rounded up to a tenth of a second, and from 10 s on to a second.
fn rounded(time: Duration) -> Span {
    let step: u64 = if time < Duration::from_secs(10) {
        100
    } else {
        1000
    };
    let steps = u64::try_from(time.as_millis())
        .unwrap_or(u64::MAX)
        .div_ceil(step);
    Span::from(Duration::from_millis(steps.saturating_mul(step)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{NO_LEVELS, parse};

    #[test]
    fn what_differs_is_said_and_a_path_of_another_length_first() {
        let difference = |attributes: &str| {
            let text = format!(
                r#"{{"services": {{"web": {{"prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1", "levels": [
                {{"name": "up", "when": {{"backend": {{"name": "b"}}}}, "as_path": [65010], "med": 1}},
                {{"name": "worse", "when": {{"backend": {{"name": "b"}}}}, {attributes}}}]}}}}}}"#
            );
            let config = parse(&text).unwrap();
            super::difference(
                &config.services[0],
                (Standing::Level(0), None),
                (Standing::Level(1), None),
            )
        };
        assert_eq!(
            difference(r#""as_path": [65010, 65010], "med": 2"#),
            "with a longer AS path (2, was 1)"
        );
        assert_eq!(
            difference(r#""as_path": [65011], "med": 1"#),
            "with another AS path"
        );
        assert_eq!(
            difference(r#""as_path": [65010], "med": 2, "community": ["65010:1"]"#),
            "with another med, community"
        );
        assert_eq!(difference(r#""as_path": [65010], "med": 1"#), "as it was");
    }

    #[test]
    fn what_is_withdrawn_by_a_drain_is_not_held() {
        let text = r#"{"services": {"web": {"prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1",
            "levels": [{"name": "up", "when": {"backend": {"name": "b"}}}]}}}"#;
        let config = parse(text).unwrap();
        let health = Health::at(crate::standing::State::Level(0), std::time::Instant::now());
        let holding = Change::Holding {
            why: "no answer".to_owned(),
            hold: Duration::from_secs(10),
            then: Some(Standing::Down),
        };
        let said = |drain| super::change(&config.services[0], &health, drain, &holding).1;
        assert_eq!(
            said(None),
            "service web: state unknown (no answer), holding 'up' for 10s, then withdrawing"
        );
        assert!(said(Some(Stage::Withdrawn)).ends_with("while it is drained, still withdrawn"));
    }

    fn web() -> Service {
        let text = r#"{"services": {"web": {"prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1", "as_path": [65010],
            "levels": [{"name": "up", "when": {"backend": {"name": "b"}}}],
            "siblings": {"urls": ["http://192.0.2.2/health"], "last_standing": {"prepend": 6}}}}}"#;
        parse(text).unwrap().services.remove(0)
    }

    #[test]
    fn what_is_down_is_not_said_to_be_out_while_it_is_drained() {
        for stage in [Stage::Waiting, Stage::Held, Stage::Withdrawn] {
            let said = at_a_stage(
                &web(),
                Standing::Down,
                (Some(Stage::Depreferred), Some(stage)),
            );
            assert_eq!(said, "still withdrawn: 9.9.9.9/32");
        }
    }

    #[test]
    fn who_is_announced_as_the_last_standing_carries_nothing_of_its_drain() {
        let said = |to| after_a_move(&web(), Some(Stage::Held), (Standing::Down, to));
        assert_eq!(said(Standing::LastStanding), "announcing 9.9.9.9/32");
        assert_eq!(
            said(Standing::Level(0)),
            "announcing 9.9.9.9/32 with the attributes of its drain"
        );
    }

    #[test]
    fn a_time_is_shown_to_the_second_where_it_is_long() {
        for (milliseconds, shown) in [
            (1, "100ms"),
            (1950, "2s"),
            (9901, "10s"),
            (19_800, "20s"),
            (20_001, "21s"),
        ] {
            assert_eq!(
                rounded(Duration::from_millis(milliseconds)).to_string(),
                shown
            );
        }
    }

    #[test]
    fn no_level_is_called_what_a_service_is_without_one() {
        let text = r#"{"services": {"web": {"prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1",
            "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]}}}"#;
        let config = parse(text).unwrap();
        let names = [
            Standing::NotYetKnown,
            Standing::Takeover,
            Standing::LastStanding,
            Standing::Down,
        ]
        .map(|without| standing(&config.services[0], without));
        assert_eq!(names, NO_LEVELS);
    }
}
