//! `drain`: how a service is drained.

use std::time::Duration;

use serde::Deserialize;

use super::attributes::{Times, prepended, with_attributes};
use super::fault::Fault;
use super::locate::Place;
use super::service::{DrainPlan, Level};
use super::variable::Variable;
use crate::value::Span;

/// Where the file does not say: as long as the keep-alive time of the haproxy.cfg in `haproxy/`.
const ASK: Duration = Duration::from_secs(10);
/// Where the file does not say.
const DEPREFERRED: Duration = Duration::from_secs(10);
/// Times that the first AS number is repeated where the file does not say.
const PREPEND: u8 = 3;

with_attributes! {
    /// `drain`: how a service is drained. Its attributes replace the level's meanwhile.
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "a plan, such as {\"ask\": \"10s\", \"prepend\": 3, \"for\": \"30s\"}")]
    struct DrainFile {
        ask: Option<Span>,
        prepend: Option<Times>,
        #[serde(rename = "for")]
        depreferred: Option<Span>,
        variable: Option<Variable>,
    }
}

/// Raises the plan, and gives each level the attributes that it has in a drain.
pub(super) fn raise_drain(
    file: Option<DrainFile>,
    control: bool,
    levels: &mut [Level],
    place: &Place,
) -> Result<DrainPlan, Fault> {
    for level in levels.iter_mut() {
        let attributes = file.as_ref().map_or_else(
            || level.attributes.clone(),
            |file| file.attributes(&level.attributes),
        );
        let unchanged = attributes == level.attributes;
        let given = file
            .as_ref()
            .and_then(|file| file.prepend)
            .map(|times| times.0);
        let times =
            given.or_else(|| (unchanged && attributes.as_path.is_some()).then_some(PREPEND));
        level.drained = match prepended(attributes, times, &place.key("prepend")) {
            // The default prepend does not fit: the path is at its longest.
            Err(_) if given.is_none() => level.attributes.clone(),
            raised => raised?,
        };
    }
    let given = |span: Option<Span>, usual: Duration| span.map_or(usual, Span::get);
    let (ask, depreferred, variable) = match file {
        Some(file) => (file.ask, file.depreferred, file.variable),
        None => (None, None, None),
    };
    // No time for a depreferred route whose attributes would not change.
    let differs = levels.iter().any(|level| level.drained != level.attributes);
    Ok(DrainPlan {
        ask: if control {
            given(ask, ASK)
        } else {
            Duration::ZERO
        },
        depreferred: if differs {
            given(depreferred, DEPREFERRED)
        } else {
            Duration::ZERO
        },
        variable: variable.unwrap_or_default(),
    })
}
