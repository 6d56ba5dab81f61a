//! Switching it on and off. What was changed is written down first, so that it can be undone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::connections::Connection;
use super::kernel;
use super::plan::{DEVICE, Plan};
use super::rules::{self, Stage};
use super::tables::Tables;
use haproxy_rhi::control::Failure;
use haproxy_rhi::files::{self, Links};

/// The longest file of what was before.
const LONGEST: u64 = 1 << 20;
const ACCEPT: &str = "net/ipv4/tcp_fwmark_accept";
const ALL: &str = "net/ipv4/conf/all/rp_filter";

/// What is in force, and what was before.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// Sysctls as they were before the first change.
    sysctls: BTreeMap<String, u64>,
    /// The commands that made the device.
    #[serde(default)]
    link: String,
    /// Those that told it who is who.
    #[serde(default)]
    neighbours: String,
    /// The rules, without the connections that were there before.
    rules: String,
}

/// Switches it on, or brings it into line with the file. What is as it should be is not touched: counters go on, and no
/// packet finds the rules away.
pub fn up(plan: &Plan, path: &Path) -> Result<String, Failure> {
    let old = read(path);
    let changed = match put_up(plan, path, &old) {
        Ok(changed) => changed,
        Err(failure) => {
            // All of it or nothing.
            let _ = down(path);
            return Err(failure);
        }
    };
    let siblings: Vec<String> = plan.siblings().iter().map(|sibling| sibling.address.to_string()).collect();
    let word = if changed { "on" } else { "on, as it was" };
    Ok(format!("second chance: {word}; siblings: {}\n", siblings.join(", ")))
}

fn put_up(plan: &Plan, path: &Path, old: &State) -> Result<bool, Failure> {
    let mtu = kernel::tunnel_mtu(plan)?;
    let (link, neighbours) = (plan.link(mtu), plan.neighbours() + &plan.forwarding());
    let rules = rules::render(plan, mtu, &rules::AT_FIRST);
    let same_link = kernel::link(DEVICE)?.is_some() && old.link == link;
    let is_there = same_link && Tables::read(plan)?.is_on;
    let same = old.neighbours == neighbours && old.rules == rules;
    let mut state = State { sysctls: old.sysctls.clone(), link, neighbours, rules };
    note_sysctls(&mut state);
    write(path, &state)?;
    if is_there && same && kernel::sysctl(ACCEPT) == Some(1) {
        reverse_path_filter(plan)?;
        return Ok(false);
    }
    // The rules name the device by its number: a new device needs new rules. The old rules go first, as they hold it.
    if !same_link {
        kernel::run("nft", &["-f", "-"], &rules::remove())?;
        remove_device()?;
        kernel::run("ip", &["-batch", "-"], &state.link)?;
    }
    kernel::run("ip", &["-batch", "-"], &plan.neighbours())?;
    kernel::run("bridge", &["-batch", "-"], &plan.forwarding())?;
    reverse_path_filter(plan)?;
    // First every new connection gets its mark, then those are looked for that have none, and then only is anything handed
    // over: no connection falls between. Where packets are handed over already, they are meanwhile too.
    kernel::set_sysctl(ACCEPT, 1)?;
    let replace =
        |stage: &Stage<'_>| kernel::run("nft", &["-f", "-"], &rules::render(plan, mtu, stage)).map(drop);
    let hand_over = |before: &[Connection]| {
        let tables = Tables::read(plan)?;
        replace(&Stage::HandingOver { before, alive: tables.alive() })
    };
    if is_there {
        hand_over(&kernel::connections(plan))?;
    } else {
        replace(&Stage::Marking)?;
    }
    hand_over(&kernel::connections(plan))?;
    Ok(true)
}

/// What is in force was made of the file as it is now.
pub fn is_of_file(plan: &Plan, path: &Path) -> Result<bool, Failure> {
    Ok(read(path).rules == rules::render(plan, kernel::tunnel_mtu(plan)?, &rules::AT_FIRST))
}

/// Switches it off: afterwards everything is as it was before.
pub fn down(path: &Path) -> Result<String, Failure> {
    let state = read(path);
    kernel::run("nft", &["-f", "-"], &rules::remove())?;
    remove_device()?;
    for (name, value) in state.sysctls.iter().filter(|(name, _)| is_ours(name)) {
        // An interface may be gone, and its settings with it.
        if kernel::sysctl(name).is_some_and(|now| now != *value) {
            kernel::set_sysctl(name, *value)?;
        }
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::CannotTell(format!("cannot remove '{}': {error}", path.display())))
        }
        _ => Ok("second chance: off\n".to_owned()),
    }
}

fn remove_device() -> Result<(), Failure> {
    match kernel::link(DEVICE)? {
        Some(_) => kernel::run("ip", &["link", "delete", DEVICE], "").map(drop),
        None => Ok(()),
    }
}

/// What [`reverse_path_filter`] and the mark will change.
fn note_sysctls(state: &mut State) {
    let mut note = |name: &str| {
        if let Some(value) = kernel::sysctl(name) {
            state.sysctls.entry(name.to_owned()).or_insert(value);
        }
    };
    note(ACCEPT);
    if kernel::sysctl(ALL) == Some(1) {
        note(ALL);
        kernel::interfaces().iter().filter(|name| is_own(name)).for_each(|name| note(&of_interface(name)));
    }
}

/// A client's packet that comes through the tunnel would be answered elsewhere, which a strict reverse path filter (RFC 3704,
/// section 2.2) forbids. In force is the stricter of an interface's own setting and that of `all`: where `all` is strict, each
/// interface is given it for its own, and only the tunnel is left out.
fn reverse_path_filter(plan: &Plan) -> Result<(), Failure> {
    if plan.families().is_empty() {
        return Ok(());
    }
    kernel::set_sysctl(&of_interface(DEVICE), 0)?;
    if kernel::sysctl(ALL) != Some(1) {
        return Ok(());
    }
    for name in kernel::interfaces().iter().filter(|name| is_own(name)) {
        let name = of_interface(name);
        if kernel::sysctl(&name) == Some(0) {
            kernel::set_sysctl(&name, 1)?;
        }
    }
    kernel::set_sysctl(ALL, 0)
}

/// The unit's user keeps the file of what was before, and root may read it: nothing else is set because of it.
fn is_ours(name: &str) -> bool {
    let interface = name.strip_prefix("net/ipv4/conf/").and_then(|name| name.strip_suffix("/rp_filter"));
    name == ACCEPT || interface.is_some_and(|interface| !interface.contains('/'))
}

fn of_interface(name: &str) -> String {
    format!("net/ipv4/conf/{name}/rp_filter")
}

/// 'default' is what an interface is given that comes later.
fn is_own(name: &str) -> bool {
    name != "all" && name != DEVICE
}

fn read(path: &Path) -> State {
    // Without it, or with one that makes no sense, nothing is known of before: then what is now is taken for it.
    files::read(path, Links::Refused, LONGEST)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

fn write(path: &Path, state: &State) -> Result<(), Failure> {
    let attempt = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        kernel::write(path, &serde_json::to_vec(state).map_err(std::io::Error::other)?)
    };
    attempt().map_err(|error| {
        Failure::CannotTell(format!("cannot write '{}': {error}; run this as root", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::{ACCEPT, ALL, is_ours};

    #[test]
    fn nothing_but_its_own_sysctls_is_put_back() {
        assert!(is_ours(ACCEPT) && is_ours(ALL) && is_ours("net/ipv4/conf/eth0.7/rp_filter"));
        for name in [
            "kernel/core_pattern",
            "net/ipv4/conf/../../../kernel/panic/rp_filter",
            "/etc/x",
            "net/ipv4/ip_forward",
        ] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
