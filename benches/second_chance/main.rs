//! What becomes of open connections when the region that holds them is left, with the second chance and without; and what it
//! costs.
//!
//!     cargo bench --bench second_chance               # as root, about eight minutes
//!     cargo bench --bench second_chance -- --cost     # only what it costs
//!     cargo bench --bench second_chance -- --quick    # the planned moves and the loss of all servers, and a short look at the cost
#![expect(clippy::print_stdout, reason = "it prints tables")]
#![expect(dead_code, reason = "the tests use the rest of these modules")]

#[path = "../../tests/second_chance/nvas.rs"]
mod nvas;
#[path = "../../tests/second_chance/pair.rs"]
mod pair;

mod cost;
mod events;

use anyhow::Result;

fn main() -> Result<()> {
    let said = |word: &str| std::env::args().any(|argument| argument == word);
    let quick = said("--quick");
    if !said("--cost") {
        events::table(quick)?;
    }
    cost::table(quick)
}
