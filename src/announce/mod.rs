//! The edge out: ExaBGP is told the difference between what is desired and what it was told.
//! In come the routes that should be out, and ExaBGP's messages.
//! Out go commands, and what ExaBGP holds as far as it has acknowledged it.
//!
//! `adj_rib_out` is what it was told, `dialogue` what to say next and what the answers mean, `batch` the commands on their way,
//! `sessions` what a neighbor may have missed, `read_back` what ExaBGP says that it holds, `refusal` what it did not take, `names`,
//! `spacing` and `queue` what ExaBGP 6 asks for, `pipe` the threads at stdin and stdout. Only `pipe` touches the world.

mod adj_rib_out;
mod batch;
mod dialogue;
mod names;
mod pipe;
mod queue;
mod read_back;
mod refusal;
mod sessions;
mod spacing;
mod told;

use crate::config::Service;
use crate::decide;
use crate::drain::Stage;
use crate::exabgp::Command;
use crate::standing::Standing;

pub use adj_rib_out::{AdjRibOut, Difference, Peers};
pub use batch::ANSWER;
pub use dialogue::{Account, Commands, Dialogue};
pub use names::lacks;
pub use pipe::{PipeEvent, Writer, drain_stdin};
pub use sessions::{HOLD_TIME_REFUSED, LOST_AT_ONCE};
pub use told::Told;

/// The lines that state a service's routes at a standing, and at a stage of its drain.
pub fn lines(service: &Service, standing: Standing, drain: Option<Stage>) -> Vec<String> {
    decide::intents(service, standing, drain)
        .filter_map(|(key, intent)| match intent {
            decide::Intent::Announce(route) => Some(Command::Announce(key, route).to_string()),
            decide::Intent::Withdraw => Some(Command::Withdraw(key).to_string()),
            decide::Intent::Leave => None,
        })
        .collect()
}
