//! How a service leaves when an operator wants it to.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::file::DrainFile as Shape;
use super::locate::Place;
use super::raise::{Fault, prepended};
use super::{DrainPlan, Level, Span};

pub use super::file::DrainFile;

/// Where the file does not say: as long as the keep-alive time of the haproxy.cfg in `haproxy/`.
const ASK: Duration = Duration::from_secs(10);
/// Where the file does not say.
const DEPREFERRED: Duration = Duration::from_secs(10);
/// Times that the first AS number is repeated where the file does not say.
const PREPEND: u8 = 3;

/// A variable of HAProxy's with the scope `proc`: letters, digits, `_` and `.` (configuration.txt section 2.8).
///
/// It goes into a command line of the stats socket, where a blank or a `;` would start another command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Variable(Arc<str>);

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.".contains(&byte);
        match text.strip_prefix("proc.") {
            Some(name) if (1..=64).contains(&name.len()) && name.bytes().all(allowed) => {
                Ok(Self(text.into()))
            }
            _ => Err(format!(
                "'{text}' is not a variable of HAProxy's process; write for example proc.draining"
            )),
        }
    }
}

from_text!(Variable);

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Variable {
    /// The one that says until when a route is out, unless the file names another.
    pub fn announced() -> Self {
        Self("proc.announced_until".into())
    }
}

impl Default for Variable {
    fn default() -> Self {
        Self("proc.draining".into())
    }
}

/// Raises the plan, and gives each level what it carries meanwhile.
pub(super) fn raise_drain(
    file: Option<Shape>,
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
            // Nobody asked for it, and the path is at its longest.
            Err(_) if given.is_none() => level.attributes.clone(),
            raised => raised?,
        };
    }
    let given = |span: Option<Span>, usual: Duration| span.map_or(usual, Span::get);
    let (ask, depreferred, variable) = match file {
        Some(file) => (file.ask, file.depreferred, file.variable),
        None => (None, None, None),
    };
    // Where nothing would change, nothing is waited for.
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
