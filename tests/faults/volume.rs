//! Many commands.

use std::time::Duration;

use anyhow::ensure;
use haproxy_rhi_lab::ExaBgp;

use crate::many::{many, rows, told};
use crate::service::{NE, START, hold, sessions, status};

crate::stories! {
    twenty_thousand_commands_stall_nobody,
}

/// More than a pipe of unread answers holds: 65,536 octets of `done` are 13,107.
const COMMANDS: usize = 20_000;
/// Before the memory is measured.
const WARM_UP: usize = 2_000;

fn twenty_thousand_commands_stall_nobody(version: ExaBgp) {
    let lab = many(&version).unwrap();
    lab.run(|lab| {
        let (helper, exabgp) = (
            lab.nva(NE).exabgp().helper_pid()?,
            lab.nva(NE).exabgp().pid()?,
        );
        // Buffers, the status and its writer have their size after the first ones.
        told(lab, WARM_UP)?;
        let (sessions_before, memory) = (sessions(lab), status(helper, "VmRSS")?);
        let (took, _) = told(lab, COMMANDS)?;
        // ExaBGP 5.0 takes half a minute alone, and its time beside other tests.
        ensure!(
            took < Duration::from_secs(240),
            "{COMMANDS} commands took {took:?}"
        );
        ensure!(sessions(lab) == sessions_before, "{:?}", sessions(lab));
        let grown = status(helper, "VmRSS")?.saturating_sub(memory);
        ensure!(grown <= 1024, "{grown} KiB more memory");
        ensure!(
            lab.nva(NE).exabgp().helper_pid()? == helper,
            "haproxy-rhi was started again"
        );
        ensure!(
            lab.nva(NE).exabgp().pid()? == exabgp,
            "ExaBGP was started again"
        );
        hold(lab, &rows(START))
    })
    .unwrap();
}
