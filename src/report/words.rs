//! Log lines: one a transition, with the reason and the consequence.

use log::Level;

use crate::config::{Service, Span, ThenUnknown};
use crate::judge::{Change, Glance, Health, Standing};

/// The name of a standing in a service.
pub fn standing(service: &Service, standing: Standing) -> &str {
    match standing {
        Standing::NotYetKnown => "not known yet",
        Standing::Level(index) => service.levels.get(index).map_or("?", |level| level.name.as_str()),
        Standing::Down => "down",
    }
}

/// The line for a change, and how grave it is.
pub fn change(service: &Service, health: &Health, change: &Change, glance: &Glance) -> (Level, String) {
    let (name, now) = (&service.name, standing(service, health.standing));
    match change {
        Change::Moved { from, to } => {
            let consequence = match (from, to) {
                (Standing::Level(_), Standing::Level(_)) => "announcing differently",
                (_, Standing::Level(_)) => "announcing",
                _ => "withdrawing",
            };
            let prefixes: Vec<String> =
                service.prefixes.iter().map(|(prefix, _)| prefix.to_string()).collect();
            let level = if *to == Standing::Level(0) { Level::Info } else { Level::Warn };
            let before = standing(service, *from);
            (
                level,
                format!(
                    "service {name}: {before} -> {now} ({}), {consequence} {}",
                    health.why,
                    prefixes.join(", ")
                ),
            )
        }
        Change::Holding(time) => {
            let (hold, why) = (Span::from(*time), &glance.why);
            let after = match (glance.certain, service.then) {
                (Standing::Level(_), _) => Some(format!("then '{}'", standing(service, glance.certain))),
                (_, ThenUnknown::Withdraw) => Some("then withdrawing".to_owned()),
                (_, ThenUnknown::Keep) => None,
            };
            let consequence = match (health.standing, after) {
                (Standing::Down, _) => "still withdrawn".to_owned(),
                (Standing::NotYetKnown, Some(after)) => format!("waiting for {hold}, {after}"),
                (Standing::NotYetKnown, None) => "waiting".to_owned(),
                (_, Some(after)) => format!("holding '{now}' for {hold}, {after}"),
                (_, None) => format!("holding '{now}' for as long as it lasts"),
            };
            (Level::Warn, format!("service {name}: cannot tell ({why}), {consequence}"))
        }
        Change::Told => {
            (Level::Info, format!("service {name}: can tell again ({}), still '{now}'", health.why))
        }
    }
}
