//! The token that opens the Resource Manager.

use std::fmt;

/// A token that opens the Resource Manager. It is shown nowhere.
pub struct Token(String);

impl Token {
    /// This one.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// A text of somebody else's without it.
    pub fn hidden(&self, text: &str) -> String {
        text.replace(&self.0, "…")
    }

    /// The header that has it.
    pub fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
