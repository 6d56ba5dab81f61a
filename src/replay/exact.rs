//! The program once more, as it was.

use crate::program::Program;
use crate::record::{Call, Life, said};

use super::report::Difference;
use super::tally::Tally;

/// A process that runs again.
#[derive(Debug)]
pub struct Exact {
    program: Program,
}

impl Exact {
    /// It starts.
    pub fn new(life: &Life) -> Self {
        let routes = life.head.routes.iter().cloned().collect();
        Self {
            program: Program::new(routes, life.begun),
        }
    }

    /// A call of it; and how it differs from what was recorded.
    pub fn call(&mut self, call: Call, tally: &mut Tally) -> Option<Difference> {
        let outputs = self.program.take(call.inputs, call.at);
        tally.add(&outputs, &self.program, call.at);
        let replayed = said(&outputs);
        (replayed != call.said).then_some(Difference {
            at: call.at,
            recorded: call.said,
            replayed,
        })
    }
}
