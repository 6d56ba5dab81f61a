//! The simulator's world: regions in virtual time, with the real program on each NVA.
#![expect(
    dead_code,
    clippy::too_many_arguments,
    reason = "its histories and dice are for tests/simulator.rs"
)]

#[path = "../simulator/dice.rs"]
pub mod dice;
#[path = "../simulator/fault.rs"]
pub mod fault;
#[path = "../simulator/happen.rs"]
mod happen;
#[path = "../simulator/invariant.rs"]
mod invariant;
#[path = "../simulator/listen.rs"]
pub mod listen;
#[path = "../simulator/moves.rs"]
mod moves;
#[path = "../simulator/nva.rs"]
mod nva;
#[path = "../simulator/process.rs"]
mod process;
#[path = "../simulator/readings.rs"]
mod readings;
#[path = "../simulator/sessions.rs"]
mod sessions;
#[path = "../simulator/setting.rs"]
pub mod setting;
#[path = "../simulator/truth.rs"]
mod truth;
#[path = "../simulator/world.rs"]
pub mod world;

pub use haproxy_rhi::world::queue::{MS, Time};
pub use haproxy_rhi::world::random;
use haproxy_rhi::world::{exabgp, haproxy};
