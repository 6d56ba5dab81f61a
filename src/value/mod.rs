//! What every file and every flag is made of: a time with its unit, and objects that are read from braces only.
//! In comes text.
//! Out goes a value, or a fault in words.

mod base64;
pub mod object;
mod span;
mod text;

pub use base64::base64;
pub use span::Span;
pub use text::{FEW, Joined, counted, did_you_mean, nearest, with};
