//! The content of the screen. Pure.

use super::nva::Nva;
use super::reach::{Reach, reaches};
use super::views::{Seen, View, views};
use crate::failure::Outcome;
use crate::report::moment::Moment;
use crate::report::status::Problem;

/// The content of the screen.
#[derive(Debug)]
pub struct Screen {
    /// In the order of the command line.
    pub nvas: Vec<Nva>,
    /// By prefix.
    pub reaches: Vec<Reach>,
    /// What each NVA says of each other.
    pub views: Vec<View>,
    /// Where NVAs contradict each other, and notes.
    pub seen: Seen,
}

impl Screen {
    pub fn of(nvas: Vec<Nva>, now: Moment) -> Self {
        let reaches = reaches(&nvas);
        let views = views(&nvas, now);
        let seen = Seen::of(&nvas, &views, now);
        Self {
            nvas,
            reaches,
            views,
            seen,
        }
    }

    /// The gravest outcome of all.
    pub fn outcome(&self) -> Outcome {
        let own = self.nvas.iter().flat_map(Nva::problems);
        let all = own.chain(&self.seen.problems).map(|one| one.outcome);
        let ways = self.reaches.iter().map(Reach::outcome);
        all.chain(ways).max().unwrap_or(Outcome::Best)
    }

    /// All problems, each with its NVA's name, the gravest first.
    pub fn problems(&self) -> Vec<Problem> {
        let of = |nva: &Nva| {
            let name = nva.name();
            let named = nva.problems().map(move |problem| Problem {
                outcome: problem.outcome,
                what: format!("{name}: {}", problem.what),
            });
            named.collect::<Vec<_>>()
        };
        let own = self.nvas.iter().flat_map(of);
        let mut all: Vec<Problem> = own.chain(self.seen.problems.iter().cloned()).collect();
        all.sort_by_key(|problem| std::cmp::Reverse(problem.outcome));
        all
    }
}
