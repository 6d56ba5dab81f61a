//! A recorded process, run again with the same inputs at the same times.

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
    /// Starts the process.
    pub fn new(life: &Life) -> Self {
        let routes = life.head.routes.iter().cloned().collect();
        Self {
            program: Program::new(routes, life.begun),
        }
    }

    /// Runs a call; `Some`: its lines for ExaBGP are not those of the record.
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
