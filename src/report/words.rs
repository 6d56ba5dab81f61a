//! Log lines: one a transition, with the reason and the consequence.

use log::Level;

use crate::config::{Service, Span, ThenUnknown};
use crate::judge::{Change, Health, Standing};

/// The name of a standing in a service.
pub fn standing(service: &Service, standing: Standing) -> &str {
    match standing {
        Standing::NotYetKnown => "not known yet",
        Standing::Level(index) => service.levels.get(index).map_or("?", |level| level.name.as_str()),
        Standing::Down => "down",
    }
}

/// The line for a change, and how grave it is.
pub fn change(service: &Service, health: &Health, change: &Change, why_unknown: &str) -> (Level, String) {
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
            let hold = Span::from(*time);
            let then = match service.then {
                ThenUnknown::Withdraw => format!("for {hold}, then withdrawing"),
                ThenUnknown::Keep => "for as long as it lasts".to_owned(),
            };
            (Level::Warn, format!("service {name}: cannot tell ({why_unknown}), holding '{now}' {then}"))
        }
        Change::Told => {
            (Level::Info, format!("service {name}: can tell again ({}), still '{now}'", health.why))
        }
    }
}
