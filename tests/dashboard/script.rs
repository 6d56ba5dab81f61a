//! The day: what happens when, to North Europe (`ne`, preferred) and West Europe (`we`, which takes over).

use crate::chance::Chance;
use crate::simulator::fault::Fault::{self, *};

/// North Europe's NVA and region, and West Europe's.
pub const NE: usize = 0;
pub const WE: usize = 1;
pub const NAMES: [&str; 2] = ["ne", "we"];
const WEB: usize = 0;

/// What can happen.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    Fault(Fault),
    /// HAProxy's events go elsewhere, or not.
    Deaf(usize, bool),
    /// config.json cannot be used, or can.
    Faulty(usize, bool),
    HookFails(usize, bool),
    /// Somebody at ExaBGP's pipe withdraws every route.
    Stranger(usize),
    /// What 'haproxy-rhi verify' finds from now on.
    Verify(Found),
    /// ExaBGP refuses all commands, or takes them again.
    Refuses(usize, bool),
    /// The second chance of ne, from now on.
    SecondChance(Chance),
}

/// What the Route Servers learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Intended,
    Otherwise,
    Unknown,
}

/// Each with its time of the day, in minutes since the day began.
pub fn script() -> Vec<(f64, Act)> {
    let fault = |at: f64, fault| (at, Act::Fault(fault));
    let mut day = vec![
        fault(20.0, ServerDies(NE, WEB, 0)),
        fault(30.0, ServerReturns(NE, WEB, 0)),
        fault(40.0, ServersDie(NE, WEB)),
        fault(50.0, ServersReturn(NE, WEB)),
        fault(60.0, Drain(NE, Some(WEB), false)),
        fault(80.0, Resume(NE, Some(WEB))),
        (90.0, Act::Deaf(WE, true)),
        fault(92.0, ServerDies(WE, WEB, 0)),
        fault(94.0, ServerReturns(WE, WEB, 0)),
        (98.0, Act::Deaf(WE, false)),
        fault(100.0, ServerDies(WE, WEB, 0)),
        fault(101.0, ServerReturns(WE, WEB, 0)),
        // It flaps: at once, after 5 minutes, after 10, after 20.
        fault(120.0, ServersDie(NE, WEB)),
        fault(120.5, ServersReturn(NE, WEB)),
        fault(122.0, ServersDie(NE, WEB)),
        fault(122.5, ServersReturn(NE, WEB)),
        fault(130.0, ServersDie(NE, WEB)),
        fault(130.5, ServersReturn(NE, WEB)),
        fault(142.0, ServersDie(NE, WEB)),
        fault(142.5, ServersReturn(NE, WEB)),
        fault(170.0, Reload(NE)),
        fault(172.0, Restart(NE, 2_000)),
        fault(180.0, Stuck(NE, false)),
        fault(183.0, GoesOn(NE)),
        (190.0, Act::Refuses(WE, true)),
        fault(190.1, ServerDies(WE, WEB, 0)),
        (194.0, Act::Refuses(WE, false)),
        fault(195.0, ServerReturns(WE, WEB, 0)),
        fault(200.0, SessionResets(NE, 0, 180_000)),
        (230.0, Act::Faulty(NE, true)),
        (240.0, Act::Faulty(NE, false)),
        (245.0, Act::HookFails(NE, true)),
        fault(245.5, ServerDies(NE, WEB, 0)),
        (247.0, Act::HookFails(NE, false)),
        fault(247.5, ServerReturns(NE, WEB, 0)),
        (263.0, Act::Stranger(NE)),
        fault(265.0, HangHaproxy(NE)),
        fault(267.0, ResumeHaproxy(NE)),
        fault(280.0, Partition(NE, WE)),
        fault(295.0, Heal(NE, WE)),
        fault(305.0, RestartExabgp(NE, 300_000, true)),
        fault(320.0, ServersDie(NE, WEB)),
        fault(320.2, ServersDie(WE, WEB)),
        fault(325.0, ServersReturn(NE, WEB)),
        fault(325.2, ServersReturn(WE, WEB)),
        (22.0, Act::Verify(Found::Otherwise)),
        (47.0, Act::Verify(Found::Intended)),
        (62.0, Act::Verify(Found::Unknown)),
        (107.0, Act::Verify(Found::Intended)),
        fault(335.0, KillHaproxy(WE)),
        fault(340.0, StartHaproxy(WE)),
        fault(345.0, Control(WE, false)),
        fault(350.0, Control(WE, true)),
        fault(355.0, Kill(NE)),
        (198.0, Act::SecondChance(Chance::Busy)),
        (202.0, Act::SecondChance(Chance::OtherFile)),
        (220.0, Act::SecondChance(Chance::DoesNotAsk)),
        (223.0, Act::SecondChance(Chance::Silent)),
        (226.0, Act::SecondChance(Chance::Off)),
        (229.0, Act::SecondChance(Chance::Well)),
    ];
    // The hold time of 30 s is refused: the session ends 31 s after it came up, again and again.
    day.extend(
        (0..16).map(|time| fault(210.0 + f64::from(time) * 0.54, SessionResets(WE, 1, 500))),
    );
    day.sort_by(|one, other| one.0.total_cmp(&other.0));
    day
}

/// In words.
pub fn words(act: Act) -> String {
    let of = |n: usize, yes: bool, words: [&str; 2]| {
        format!("{}: {}", NAMES[n], words[usize::from(yes)])
    };
    match act {
        Act::Fault(fault) => fault
            .to_string()
            .replace("regions 0 and 1", "ne and we")
            .replace("region 0", "ne")
            .replace("region 1", "we")
            .replace("nva 0", "ne")
            .replace("nva 1", "we"),
        Act::Deaf(n, yes) => of(
            n,
            yes,
            [
                "HAProxy's events are heard",
                "HAProxy's events go elsewhere",
            ],
        ),
        Act::Faulty(n, yes) => of(n, yes, ["config.json is mended", "config.json is faulty"]),
        Act::HookFails(n, yes) => of(n, yes, ["the hook works", "the hook fails"]),
        Act::Stranger(n) => of(
            n,
            true,
            ["", "somebody withdraws all routes at ExaBGP's pipe"],
        ),
        Act::Refuses(n, yes) => of(
            n,
            yes,
            ["ExaBGP takes commands again", "ExaBGP refuses all commands"],
        ),
        Act::SecondChance(chance) => match chance {
            Chance::Well => "ne: the second chance is well",
            Chance::Busy => "ne: packets of no connection come, and forged ones",
            Chance::OtherFile => "ne: the sibling of the second chance has another file",
            Chance::DoesNotAsk => "ne: the heartbeat of its sibling does not run",
            Chance::Silent => "ne: its sibling does not answer through the tunnel",
            Chance::Off => "ne: the second chance is switched off, and its heartbeat runs",
        }
        .to_owned(),
        Act::Verify(Found::Intended) => "the Route Servers hold what is intended".to_owned(),
        Act::Verify(Found::Otherwise) => "a Route Server of ne has lost the route".to_owned(),
        Act::Verify(Found::Unknown) => "Azure does not answer 'haproxy-rhi verify'".to_owned(),
    }
}
