//! One screen for all regions: `haproxy-rhi status --region NAME=SOURCE…`. It reads, and changes nothing.
//! In come the NVAs' statuses, each from a file or from the page of its HAProxy.
//! Out go which region clients reach, a row for each NVA and service, and where they disagree.
//!
//! ```text
//! source ──► ask ──► nva ──┬─► reach (where clients go) ──┬─► text, json
//!           (edge)         └─► views (of each other) ─────┘
//! ```

mod ask;
mod json;
mod nva;
mod reach;
mod source;
mod text;
mod views;
mod whole;

use std::io::{self, Write};

use crate::failure::{self, Failure, Outcome};
use crate::report::moment::Moment;
use crate::report::status::{Manner, shown};

use ask::Asker;
use nva::Nva;
use whole::Screen;

pub use source::Source;

/// Shows the statuses of all sources.
///
/// # Errors
/// The output is closed.
pub fn show(sources: Vec<Source>, manner: Manner, out: &mut impl Write) -> io::Result<Outcome> {
    let mut askers: Vec<Asker> = sources.into_iter().map(Asker::new).collect();
    shown(manner, out, |_| {
        let asked = ask::all(&mut askers);
        // Taken after the answers, so that no status is of the future.
        let now = Moment::now();
        let nvas = asked
            .into_iter()
            .map(|(source, answer)| Nva::new(source, answer, manner.patience(), now));
        let screen = Screen::of(nvas.collect(), now);
        let outcome = screen.outcome();
        let text = match manner.json {
            true => json::json(&screen, manner.watch, now),
            false => text::text(&screen, manner.paint(), now),
        };
        (text, outcome)
    })
}

/// Checks that no source is given twice.
///
/// # Errors
/// One is.
pub fn distinct(sources: &[Source]) -> Result<(), Failure> {
    for (index, source) in sources.iter().enumerate() {
        let earlier = sources.iter().take(index);
        if let Some(other) = earlier
            .into_iter()
            .find(|other| other.place == source.place)
        {
            return Err(failure::usage(format!(
                "--region {}={}: '{}' is there already, as {}; each NVA has a status of its own",
                source.region, source.place, source.place, other.region
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
