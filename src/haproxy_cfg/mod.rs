//! haproxy.cfg, for what HAProxy's own answers do not say.
//! In come the files that the running HAProxy was started with, and its table of frontends.
//! Out goes which frontends lead to which backends, where their log lines go, and how often servers are checked.
//!
//! ```text
//! command line of the running HAProxy ──► files ──► words ──► outline ──► ways ──┐
//! HAProxy's table of frontends ──────────────────────────────────────────────────┴──► doors
//! ```
//!
//! The table alone shows that a `listen` section leads to itself; without the files, nothing else is known.
//! `init`, and the findings about log lines and checks, use an [`Outline`].

mod asked;
mod checks;
mod doors;
mod files;
mod outline;
mod ways;
mod words;

pub use asked::{Asked, with_frontends};
pub use checks::{Checks, Target};
pub use doors::{Door, Doors};
pub use files::{Host, texts_of, ways};
pub use outline::{Line, Outline, Section};
pub use ways::{Leads, Ways};
