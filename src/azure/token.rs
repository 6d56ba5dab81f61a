//! The access token for the Resource Manager.

use std::fmt;

/// An access token for the Resource Manager. It is shown nowhere.
pub struct Token(String);

impl Token {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Another program's text without the token.
    pub fn hidden(&self, text: &str) -> String {
        text.replace(&self.0, "…")
    }

    /// The value of the Authorization header.
    pub fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
