//! One run of a hook: its environment, its stderr, and its time limit, after which it is killed with its children.

use std::io;
use std::process::{Command, Stdio};

use super::account::Account;
use super::said::Said;
use crate::child::{self, End, Wait};
use crate::config::Hook;
use crate::report::status::Transition;

pub(super) fn run(
    rule: &Hook,
    transition: &Transition,
    account: &Account,
    said: &mut Said,
) -> io::Result<End> {
    child::run(
        &mut command(rule, transition),
        rule.timeout,
        Wait::ForAll,
        &account.group,
        |bytes| said.take(bytes),
    )
}

/// The program, with the transition in its environment.
fn command(rule: &Hook, transition: &Transition) -> Command {
    let Transition {
        at,
        service,
        from,
        to,
        why,
        prefixes,
    } = transition;
    let mut command = Command::new(rule.argv.program());
    command
        .args(rule.argv.arguments())
        .env("HAPROXY_RHI_SERVICE", service)
        .env("HAPROXY_RHI_FROM", from)
        .env("HAPROXY_RHI_TO", to)
        // A value with a NUL would stop the program from being started.
        .env("HAPROXY_RHI_WHY", why.replace('\0', " "))
        .env("HAPROXY_RHI_PREFIXES", prefixes.join(" "))
        .env("HAPROXY_RHI_TIME", at.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}
