//! Switching it on and off. Everything is read before anything is changed, and the state file is written first, so that a change is
//! made as a whole or undone.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use haproxy_rhi::failure::{self, Failure};
use haproxy_rhi::files;
use haproxy_rhi::value::Joined;

use super::connections::Connection;
use super::kernel::{self, Link};
use super::mtu;
use super::plan::{DEVICE, Member, Plan, VNI};
use super::rules::{self, Stage};
use super::state::State;
use super::sysctls::{self, ACCEPT};
use super::tables::{self, Tables};
use super::warning;

/// What there is before a change, and the MTU that is wanted.
struct Before {
    /// The content of the state file.
    state: State,
    device: Option<Link>,
    /// The device is the plan's, with all its addresses; its MTU may be another.
    same_link: bool,
    /// So are the rules, and they hand packets over.
    is_there: bool,
    /// The siblings that answer.
    alive: Vec<Member>,
    /// The tunnel's, by the ways to the siblings.
    mtu: u16,
    /// It is on, and why the sysctls of before are not known.
    lost: Option<String>,
    /// Why the MTU cannot be told now, and is that of before.
    kept: Option<Failure>,
}

/// Switches it on, or brings it into line with the file. What is as it should be is not touched: counters go on, and no
/// packet finds the rules away. Where it cannot be done, all is as it was.
pub fn up(plan: &Plan, path: &Path) -> Result<String, Failure> {
    let before = examine(plan, path)?;
    let lost = before.lost.iter().map(|why| {
        let left = sysctls::not_recorded(&before.state.sysctls).unwrap_or_default();
        format!(
            "{why}; what the sysctls were before is not known, and 'down' will leave them: {left}"
        )
    });
    let warnings = lost
        .chain(warning::warnings(plan)?)
        .map(|what| format!("warning: {what}\n"));
    let warnings: String = warnings.collect();
    // Last: siblings hand packets over from now on, and the heartbeat, which they need to go on, starts after this
    // program has ended.
    let changed = change(plan, path, &before)?;
    let siblings = plan.siblings().iter().map(|sibling| sibling.address);
    let word = if changed { "on" } else { "on, as it was" };
    let kept = before
        .kept
        .map(|why| format!("; the tunnel's MTU stays {}: {why}", before.mtu));
    mtu::forget_learned(plan);
    Ok(format!(
        "second chance: {word}; siblings: {}{}\n{warnings}",
        siblings.joined(", "),
        kept.unwrap_or_default()
    ))
}

/// Reads what there is; changes nothing.
fn examine(plan: &Plan, path: &Path) -> Result<Before, Failure> {
    let device = kernel::link(DEVICE)?;
    if let Some(foreign) = device.as_ref().and_then(Link::foreign) {
        return Err(failure::refused(foreign));
    }
    let (state, lost) = known(path, tables::is_on()? || device.is_some());
    let same_link =
        state.link == plan.link() && device.as_ref().is_some_and(|device| is_whole(plan, device));
    // The way to a sibling may be missing or narrow for a moment: the tunnel need not be.
    let in_force = (state.link == plan.link()).then_some(state.mtu);
    let (mtu, kept) = match (mtu::tunnel_mtu(plan), in_force) {
        (Ok(mtu), _) => (mtu, None),
        (Err(why), Some(mtu)) => (mtu, Some(why)),
        (Err(why), None) => return Err(why),
    };
    let tables = device
        .as_ref()
        .map(|_| Tables::read(plan))
        .transpose()?
        .filter(|tables| tables.is_on);
    let is_there = same_link && tables.is_some();
    let alive = tables
        .map(|tables| tables.alive().to_vec())
        .unwrap_or_default();
    if device.is_some() {
        kernel::run(
            "nft",
            &["--check", "--file", "-"],
            &rules::render(plan, mtu, &rules::AT_FIRST),
        )?;
    }
    Ok(Before {
        state,
        device,
        same_link,
        is_there,
        alive,
        mtu,
        lost,
        kept,
    })
}

/// The state file's content; and, where something is on, why the file does not tell the sysctls of before.
fn known(path: &Path, is_on: bool) -> (State, Option<String>) {
    let (state, why) = match State::read(path) {
        Ok(Some(state)) => (state, format!("'{}' does not say it", path.display())),
        Ok(None) => (
            State::default(),
            format!("the state file '{}' is not there", path.display()),
        ),
        Err(why) => (State::default(), why),
    };
    let lost = is_on && !state.sysctls.contains_key(ACCEPT);
    (state, lost.then_some(why))
}

/// The device is up and has all its addresses. IPv6 leaves a device whose MTU is below 1280, and does not restore its
/// addresses.
pub fn is_whole(plan: &Plan, device: &Link) -> bool {
    device.is_up
        && plan
            .own()
            .iter()
            .all(|address| device.addresses.contains(address))
}

/// Whether anything had to be changed.
fn change(plan: &Plan, path: &Path, before: &Before) -> Result<bool, Failure> {
    let mut state = State {
        sysctls: before.state.sysctls.clone(),
        link: plan.link(),
        mtu: before.mtu,
        neighbours: plan.neighbours(),
        forwarding: plan.forwarding(),
        rules: rules::render(plan, before.mtu, &rules::AT_FIRST),
    };
    let same = before.is_there
        && State {
            sysctls: state.sysctls.clone(),
            ..before.state.clone()
        } == state;
    let same = same
        && before
            .device
            .as_ref()
            .is_some_and(|device| device.mtu == u64::from(before.mtu));
    sysctls::note(&mut state.sysctls, before.lost.is_some());
    if same && kernel::sysctl(ACCEPT) == Some(1) {
        state.write(path)?;
        sysctls::reverse_path_filter(plan)?;
        let known = peers()?;
        tunnel(&state, false)?;
        return Ok(peers()? != known);
    }
    // If this program ends before it is through, the file tells the sysctls of before, and nothing of what is in
    // force.
    State {
        sysctls: state.sysctls.clone(),
        ..State::default()
    }
    .write(path)?;
    let touched = Cell::new(false);
    put_up(plan, before, &state, &touched)
        .and_then(|()| state.write(path))
        .map_err(|failure| undo(plan, path, before, &state, touched.get(), failure))?;
    Ok(true)
}

/// Puts back what was in force, or switches it off where nothing was.
fn undo(
    plan: &Plan,
    path: &Path,
    before: &Before,
    state: &State,
    touched: bool,
    why: Failure,
) -> Failure {
    if before.state.rules.is_empty() {
        let _ = down(path);
        return why;
    }
    let old = State {
        sysctls: state.sysctls.clone(),
        ..before.state.clone()
    };
    failure::unknown(
        match put_back(plan, before, &old, touched).and_then(|()| old.write(path)) {
            Ok(()) => format!("{why}; what was before is in force again"),
            Err(other) => format!("{why}; what was before could not be put back: {other}"),
        },
    )
}

fn put_back(plan: &Plan, before: &Before, old: &State, touched: bool) -> Result<(), Failure> {
    if !before.same_link {
        remove_device()?;
    }
    tunnel(old, !before.same_link)?;
    sysctls::reverse_path_filter(plan)?;
    if touched {
        let rules = rules::with_elements(
            &old.rules,
            &kernel::connections(plan),
            plan.me(),
            &before.alive,
        );
        kernel::run("nft", &["-f", "-"], &rules)?;
    }
    Ok(())
}

/// Sets `touched` as soon as the rules are changed, also where it fails later.
fn put_up(
    plan: &Plan,
    before: &Before,
    state: &State,
    touched: &Cell<bool>,
) -> Result<(), Failure> {
    // The rules name the device by its number: a new device needs new rules. The old rules go first, as they hold the device;
    // the rules in their place hand nothing over, and are there before the new device, which answers siblings at once.
    if !before.same_link {
        replace(plan, before, &Stage::Marking, touched)?;
        remove_device()?;
    }
    tunnel(state, !before.same_link).map_err(|failure| cured(plan, failure))?;
    sysctls::reverse_path_filter(plan)?;
    rules_up(plan, before, touched)
}

/// First every new connection gets its mark, then the connections without one are listed, and only then are packets
/// handed over: no connection is missed. Where packets are handed over already, that goes on meanwhile.
fn rules_up(plan: &Plan, before: &Before, touched: &Cell<bool>) -> Result<(), Failure> {
    kernel::set_sysctl(ACCEPT, 1)?;
    let hand_over = |connections: &[Connection]| {
        let tables = Tables::read(plan)?;
        let stage = Stage::HandingOver {
            before: connections,
            alive: tables.alive(),
            unasked: !before.is_there,
        };
        replace(plan, before, &stage, touched)
    };
    if before.is_there {
        hand_over(&kernel::connections(plan))?;
    } else {
        replace(plan, before, &Stage::Marking, touched)?;
    }
    hand_over(&kernel::connections(plan))
}

fn replace(
    plan: &Plan,
    before: &Before,
    stage: &Stage<'_>,
    touched: &Cell<bool>,
) -> Result<(), Failure> {
    let rules = rules::render(plan, before.mtu, stage);
    kernel::run("nft", &["-f", "-"], &rules).map(|_| touched.set(true))
}

/// Makes the device, if `is_made`; sets its MTU, and its siblings' addresses.
fn tunnel(state: &State, is_made: bool) -> Result<(), Failure> {
    let made = if is_made { state.link.as_str() } else { "" };
    let mtu = format!("link set {DEVICE} mtu {}\n", state.mtu);
    kernel::run(
        "ip",
        &["-batch", "-"],
        &format!("{made}{mtu}{}", state.neighbours),
    )?;
    kernel::run("bridge", &["-batch", "-"], &state.forwarding).map(drop)
}

/// What `ip` says of a device that cannot be made, with the cure.
fn cured(plan: &Plan, failure: Failure) -> Failure {
    let (port, said) = (plan.settings().port, failure.to_string());
    let why = if said.contains("Address already in use") {
        format!(
            "UDP port {port} is another program's here (ss -lunp); end that, or choose another 'port', on every NVA"
        )
    } else if said.contains("File exists") || said.contains("VNI") {
        format!(
            "another tunnel of this host has UDP port {port} and VXLAN's number {VNI} (ip -details link show type vxlan); remove it, or choose \
             another 'port', on every NVA"
        )
    } else if said.contains("IPv6 is disabled") {
        "a 'prefix' is of IPv6, which is disabled here; set net.ipv6.conf.default.disable_ipv6 to 0, or remove the line, on every NVA"
            .to_owned()
    } else {
        return failure;
    };
    failure::unknown(format!("cannot make the tunnel '{DEVICE}': {why} ({said})"))
}

/// The siblings' addresses as the kernel has them: neighbor table and forwarding table.
fn peers() -> Result<(String, String), Failure> {
    let neighbours = kernel::run(
        "ip",
        &["neighbour", "show", "dev", DEVICE, "nud", "permanent"],
        "",
    )?;
    Ok((
        neighbours,
        kernel::run("bridge", &["fdb", "show", "dev", DEVICE], "")?,
    ))
}

/// The rules in force are those of the file as it is now. While a way is missing the tunnel keeps its MTU.
pub fn is_of_file(plan: &Plan, path: &Path) -> bool {
    let state = State::read(path).ok().flatten().unwrap_or_default();
    state.rules
        == rules::render(
            plan,
            mtu::tunnel_mtu(plan).unwrap_or(state.mtu),
            &rules::AT_FIRST,
        )
}

/// Switches it off: afterwards everything is as it was before. What is somebody else's, a device, a table or a file, is left.
pub fn down(path: &Path) -> Result<String, Failure> {
    let device = kernel::link(DEVICE)?;
    let foreign = device.as_ref().and_then(Link::foreign);
    let (state, lost) = known(
        path,
        tables::is_on()? || device.is_some() && foreign.is_none(),
    );
    kernel::run("nft", &["-f", "-"], &rules::remove())?;
    remove_device()?;
    sysctls::put_back(&state.sysctls)?;
    let written = State::read(path);
    if let Ok(Some(_)) = written {
        fs::remove_file(path).map_err(|error| {
            failure::unknown(format!(
                "cannot remove '{}': {}",
                path.display(),
                files::reason(&error)
            ))
        })?;
    }
    if let Some((why, left)) = lost.zip(sysctls::not_recorded(&state.sysctls)) {
        return Err(failure::unknown(format!(
            "{why}; the rules and the tunnel are gone, and these sysctls are left as they are: {left}; set them by hand, or run 'down' with \
             the --state of 'up'"
        )));
    }
    let left: Vec<String> = written
        .err()
        .map(|why| format!("{why}, and is left"))
        .into_iter()
        .chain(foreign)
        .collect();
    Ok(["second chance: off".to_owned()]
        .into_iter()
        .chain(left)
        .joined("; ")
        + "\n")
}

/// Removes the device, if it is this program's.
fn remove_device() -> Result<(), Failure> {
    match kernel::link(DEVICE)? {
        Some(device) if device.foreign().is_none() => {
            kernel::run("ip", &["link", "delete", DEVICE], "").map(drop)
        }
        _ => Ok(()),
    }
}
