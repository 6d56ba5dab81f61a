//! The configuration.
//! In comes text: a file, or flags.
//! Out goes a [`Config`], whose types hold only what can be announced, or a fault with its place: line and column, or the flag.
//!
//! Three stages: `file` has the shapes that are read, `raise` checks what needs more than one value, and
//! what comes out is in `checked`, with its `haproxy` and its `service`s. `load` drives them for a file, `flags` for flags.

mod attributes;
mod checked;
mod drain;
mod fault;
mod file;
mod flags;
mod haproxy;
mod hook;
mod load;
pub(crate) mod locate;
mod own;
mod policy;
mod raise;
mod raise_haproxy;
mod service;
mod takeover;
mod variable;
mod wording;

pub use crate::value::Span;
pub use checked::{Config, OnExit};
pub use drain::DrainFile;
pub use file::{File, HaproxyFile, LevelFile, Name, ServiceFile, UnitName};
pub use flags::{Flags, Source};
pub use haproxy::{EventsAddress, Haproxy, Socket, Stats, Trust, typed};
pub use hook::{Hook, HookFile, MetricsFile};
pub use load::{DEFAULT_PATH, FileError, load, load_with_text, parse};
pub use locate::Place;
pub use own::NO_LEVELS;
pub use policy::{DampingFile, LastStandingFile, SiblingsFile, UnknownFile};
pub use service::{Damping, DrainPlan, Level, Service, Siblings, Takeover, ThenUnknown};
pub use takeover::TakeoverFile;
pub use variable::Variable;

/// The JSON Schema of the configuration file: each key with its kind and range. What needs more than one value, only
/// [`load`] checks.
pub const SCHEMA: &str = include_str!("schema.json");
