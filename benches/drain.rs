//! What planned work costs the clients: North Europe is drained, its NVA shut down and booted again, and the drain ended,
//! while 50 clients ask for pages on connections that they keep. With and without HAProxy asking them to close before the
//! route moves; clients that make a lost request once more, and clients that never do. Then with two NVAs a region, of which one of
//! North Europe's is worked on, and the other one serves.
//!
//!     cargo bench --bench drain
//!
//! As root, in about eight minutes, with the shipped configuration and the drain's own times. `-- --quick`: with short ones.
#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::env;

use anyhow::Result;
use haproxy_rhi_lab::{ExaBgp, Lab};

#[path = "../tests/regions/four.rs"]
mod four;
#[path = "../tests/regions/planned.rs"]
mod planned;
mod settled;

use planned::{Account, PATIENCE, Plan};

const CLIENTS: usize = 50;

fn main() -> Result<()> {
    let quick = env::args().any(|argument| argument == "--quick");
    let stages = quick.then_some(("3s", "3s"));
    let mut accounts = Vec::new();
    for (name, asking, again, two) in [
        ("asked to close", true, false, false),
        (
            "asked to close, lost requests made once more",
            true,
            true,
            false,
        ),
        ("not asked", false, false, false),
        (
            "not asked, lost requests made once more",
            false,
            true,
            false,
        ),
        ("two NVAs a region", true, false, true),
        (
            "two NVAs a region, lost requests made once more",
            true,
            true,
            true,
        ),
    ] {
        accounts.push((
            name,
            measure(Plan {
                asking,
                again,
                clients: CLIENTS,
                stages: stages.filter(|_| !two),
                two,
            })?,
        ));
    }
    println!(
        "{CLIENTS} clients, four requests a second each, on kept connections. Failed: no page in the end. Under way: requests"
    );
    println!("that were on their way when the MSEE's kernel route moved, of both moves.\n");
    println!(
        "| clients | requests | failed | connections cut | under way at the moves | pings | lost |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (name, account) in &accounts {
        let Account {
            requests,
            failed,
            cut,
            under_way,
            pings: (sent, lost),
            ..
        } = account;
        println!("| {name} | {requests} | {failed} | {cut} | {under_way} | {sent} | {lost} |");
    }
    println!(
        "\n| seconds | {} |",
        accounts
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
            .join(" | ")
    );
    println!("| --- |{}", " ---: |".repeat(accounts.len()));
    let first = accounts
        .first()
        .map(|(_, account)| account.stages.as_slice())
        .unwrap_or_default();
    for (index, (stage, _)) in first.iter().enumerate() {
        let times = accounts
            .iter()
            .filter_map(|(_, account)| account.stages.get(index));
        let times: Vec<String> = times
            .map(|(_, time)| format!("{:.2}", time.as_secs_f64()))
            .collect();
        println!("| {stage} | {} |", times.join(" | "));
    }
    Ok(())
}

fn measure(plan: Plan) -> Result<Account> {
    let builder = Lab::builder()
        .exabgp(ExaBgp::Debian)
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"));
    let lab = plan.regions(builder)?.start()?;
    lab.run(|lab| {
        settled::settled(lab, PATIENCE)?;
        plan.carry_out(lab)
    })
}
