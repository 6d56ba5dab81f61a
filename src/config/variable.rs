//! Variables of HAProxy's that haproxy-rhi sets.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::Deserialize;

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
