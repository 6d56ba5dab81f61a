//! Packets that no socket of this host has: to which sibling they are handed, and for how many hops.

use super::words::{Stage, UNASKED, Words, alive, handed_to, tuple};
use crate::plan::{DEVICE, Member, Plan};
use haproxy_rhi::route::Family;

/// A packet of no connection here: to the next sibling, or home.
pub fn stranger(plan: &Plan, words: &Words, stage: &Stage<'_>) -> String {
    if matches!(stage, Stage::Marking) {
        return not_yet();
    }
    let Words { ip, hops, .. } = words;
    let number = plan.me().number;
    // Four bits each: who, and how many hops are left. 'dup' takes one at each hop, the first too.
    let home = number << 4;
    let first = home
        | u8::try_from(plan.siblings().len() + 2)
            .unwrap_or(15)
            .min(15);
    let tuple = tuple(ip);
    let mut rules = format!(
        "\t\t{tuple} @before update @before {{ {tuple} timeout 1d }} goto here
\t\tiifname \"{DEVICE}\" {hops} & 0xf0 == {home:#04x} goto home
\t\tiifname \"{DEVICE}\" {hops} & 0x0f < 2 goto home
{}\t\tiifname != \"{DEVICE}\" {hops} set {first:#04x}
",
        bounded(plan),
    );
    rules.push_str(&handed(plan, words));
    rules + &format!("\t\tiifname \"{DEVICE}\" meta protocol @{UNASKED} drop\n")
}

/// A packet to a prefix that this NVA's file lacks: to the next sibling, as long as it has hops.
pub fn passing(plan: &Plan, words: &Words, stage: &Stage<'_>) -> String {
    if matches!(stage, Stage::Marking) {
        return not_yet();
    }
    let hops = words.hops;
    format!(
        "\t\t{hops} & 0x0f < 2 counter name forged drop\n{}{}",
        bounded(plan),
        handed(plan, words)
    )
}

/// Siblings hand packets over as soon as the tunnel answers. A packet that cannot be handed on yet is dropped: the
/// client sends it again, where the kernel would reset the connection.
fn not_yet() -> String {
    format!("\t\tiifname \"{DEVICE}\" drop\n")
}

/// What is over the limit is dropped.
fn bounded(plan: &Plan) -> String {
    let limit = plan.settings().limit;
    let burst = (limit / 10).max(100);
    format!(
        "\t\tlimit rate over {limit}/second burst {burst} packets counter name over_limit drop\n"
    )
}

/// To the next sibling that answers.
fn handed(plan: &Plan, words: &Words) -> String {
    let family = if words.ip == "ip" {
        Family::V4
    } else {
        Family::V6
    };
    let to = |sibling: &Member| {
        format!(
            "\t\tmeta protocol @{} counter name {} dup to {} device \"{DEVICE}\" drop\n",
            alive(*sibling),
            handed_to(*sibling),
            sibling.tunnel(family)
        )
    };
    plan.siblings().iter().map(to).collect()
}
