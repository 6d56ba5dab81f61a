//! What becomes of open connections when the region that holds them is left, with the second chance and without; and what it
//! costs.
//!
//!     cargo bench --bench second_chance               # as root, about eight minutes
//!     cargo bench --bench second_chance -- --cost     # only what it costs
//!     cargo bench --bench second_chance -- --flood    # only heartbeats under floods and with full sets, six minutes; with
//!                                                     # '--before PATH' beside a haproxy-rhi of a time when it had them
//!     cargo bench --bench second_chance -- --quick    # the planned moves and the loss of all servers, and a short look at the cost
#![expect(clippy::print_stdout, reason = "it prints tables")]
#![expect(dead_code, reason = "the tests use the rest of these modules")]

#[path = "../../src/second_chance/netlink.rs"]
mod netlink;
#[path = "../../tests/second_chance/nvas.rs"]
mod nvas;
#[path = "../../tests/second_chance/pair.rs"]
mod pair;

mod cost;
mod events;
mod flood;

use anyhow::Result;

fn main() -> Result<()> {
    let said = |word: &str| std::env::args().any(|argument| argument == word);
    let quick = said("--quick");
    if said("--flood") {
        let before = std::env::args()
            .skip_while(|argument| argument != "--before")
            .nth(1);
        return flood::table(quick, before.as_deref().map(std::path::Path::new));
    }
    if !said("--cost") {
        events::table(quick)?;
    }
    cost::table(quick)
}
