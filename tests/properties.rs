//! What must hold for every input: random states, checked against what is always true.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "properties/announce.rs"]
mod announce;
#[path = "properties/config.rs"]
mod config;
#[path = "properties/grammar.rs"]
mod grammar;
#[path = "properties/judge.rs"]
mod judge;
#[path = "properties/policy.rs"]
mod policy;
#[path = "properties/program.rs"]
mod program;
#[path = "properties/record.rs"]
mod record;
#[path = "properties/rehearse.rs"]
mod rehearse;
#[path = "properties/schema.rs"]
mod schema;
#[path = "properties/validator.rs"]
mod validator;
#[path = "properties/verdict.rs"]
mod verdict;

use proptest::test_runner::Config;

/// So many cases, which take a moment; `PROPTEST_CASES=10000` takes more.
fn cases(count: u32) -> Config {
    if std::env::var_os("PROPTEST_CASES").is_some() {
        Config::default()
    } else {
        Config::with_cases(count)
    }
}
