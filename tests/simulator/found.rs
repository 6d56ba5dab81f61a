//! What the simulator found, as lists of faults: played whatever becomes of the generator.

use super::dice::History;
use super::fault::{Edit, Fault};
use super::random::Random;
use super::setting::Setting;
use super::story;
use super::{MS, Time};

/// Two regions of one NVA each, everything as usual.
fn stage(change: impl Fn(usize, &mut super::setting::NvaSpec)) -> Setting {
    let mut setting = Setting::plain(2, &mut Random::of(0, 0));
    setting
        .nvas
        .iter_mut()
        .enumerate()
        .for_each(|(n, nva)| change(n, nva));
    setting
}

/// Times in milliseconds.
fn plays(setting: &Setting, faults: &[(u64, Fault)]) {
    let mut faults: Vec<(Time, Fault)> =
        faults.iter().map(|(at, fault)| (at * MS, *fault)).collect();
    faults.sort_by_key(|(at, _)| *at);
    let history = History {
        setting: setting.clone(),
        faults,
        restored: false,
    };
    if let Some(violation) = story::play(&history) {
        panic!("{}", story::tell(&history, &violation));
    }
}

#[test]
fn two_regions_without_any_fault_are_right() {
    plays(&stage(|_, _| {}), &[(3000, Fault::FaultyFile(0))]);
}

#[test]
fn an_order_for_all_adds_its_force_to_an_older_one() {
    let faults = [
        (4000, Fault::ServersDie(1, 0)),
        (4200, Fault::Drain(0, Some(0), false)),
        (13_000, Fault::Drain(0, None, true)),
    ];
    plays(&stage(|_, _| {}), &faults);
}

#[test]
fn a_drained_service_whose_servers_die_after_a_restart_says_nothing() {
    let faults = [
        (3000, Fault::Drain(1, Some(0), false)),
        (12_000, Fault::Kill(1)),
        (12_400, Fault::ServersDie(1, 0)),
    ];
    plays(&stage(|_, _| {}), &faults);
}

#[test]
fn one_unanswered_question_is_no_three_readings() {
    plays(
        &stage(|_, _| {}),
        &[
            (3000, Fault::Drain(1, Some(0), false)),
            (9000, Fault::ProbesHang(1, 3000)),
        ],
    );
}

#[test]
fn a_route_does_not_move_to_a_neighbor_whose_session_is_down() {
    let faults = [
        (3000, Fault::KillHaproxy(0)),
        (5000, Fault::SessionResets(1, 1, 6000)),
        (5500, Fault::Edit(1, 0, Edit::Neighbors(Some(1)))),
    ];
    plays(&stage(|_, _| {}), &faults);
}

#[test]
fn a_sibling_that_came_back_and_died_is_not_believed_at_the_end_of_settle() {
    for late in (0..2400).step_by(100) {
        let faults = [
            (3000, Fault::ServersDie(0, 0)),
            (3000, Fault::ServersDie(1, 0)),
            (8000, Fault::ServersReturn(1, 0)),
            (8000 + late, Fault::Partition(0, 1)),
            (8100 + late, Fault::KillHaproxy(1)),
        ];
        plays(&stage(|_, _| {}), &faults);
    }
}

#[test]
fn a_key_that_was_withdrawn_is_not_inherited() {
    let faults = [
        (3000, Fault::Edit(1, 0, Edit::Neighbors(Some(0)))),
        (8000, Fault::KillHaproxy(0)),
        (14_000, Fault::Kill(1)),
    ];
    plays(&stage(|_, nva| nva.config.read_back = 0), &faults);
}

#[test]
fn a_healing_that_an_edit_overtakes_ends() {
    for late in (0..1600).step_by(50) {
        let faults = [
            (3000, Fault::SessionResets(1, 1, 500)),
            (3100, Fault::Edit(1, 0, Edit::Neighbors(Some(1)))),
            (3150, Fault::Edit(1, 0, Edit::Path(5))),
            (3400 + late, Fault::Edit(1, 0, Edit::Neighbors(None))),
        ];
        plays(&stage(|_, _| {}), &faults);
    }
}

#[test]
fn one_answer_is_one_word_while_the_servers_are_not_checked() {
    for late in (0..1000).step_by(100) {
        let faults = [
            (6000, Fault::Maint(0, 0, 0)),
            (6000, Fault::Maint(0, 0, 1)),
            (9500, Fault::Reload(0)),
            (9600 + late, Fault::Partition(0, 1)),
            (18_000, Fault::Heal(0, 1)),
        ];
        let slow = |_: usize, nva: &mut super::setting::NvaSpec| {
            nva.first_check = 9000;
            nva.config.services[0].hold = 500;
        };
        plays(&stage(slow), &faults);
    }
}

#[test]
fn what_was_never_answered_is_withdrawn_on_no_old_word() {
    for late in (0..1200).step_by(50) {
        let faults = [
            (3000, Fault::Stuck(1, false)),
            (3100, Fault::Edit(1, 0, Edit::Both(true))),
            (3150, Fault::Drain(1, None, false)),
            (6000 + late, Fault::GoesOn(1)),
        ];
        plays(&stage(|_, _| {}), &faults);
    }
}

#[test]
fn a_region_whose_exabgp_reads_nothing_vouches_for_no_route() {
    for late in (0..3000).step_by(250) {
        let faults = [
            (4500, Fault::Stuck(0, true)),
            (11_000 + late, Fault::ServersDie(1, 0)),
            (20_000, Fault::GoesOn(0)),
        ];
        plays(&stage(|_, nva| nva.config.read_back = 5), &faults);
    }
}

#[test]
fn a_session_that_comes_up_after_changes_has_the_route_when_it_is_healed() {
    for late in (0..1500).step_by(100) {
        let faults = [
            (6000, Fault::KillHaproxy(1)),
            (12_000, Fault::SessionResets(0, 0, 2000)),
            (12_600, Fault::Edit(0, 0, Edit::Med(Some(94)))),
            (12_640, Fault::Edit(0, 0, Edit::Neighbors(Some(1)))),
            (12_800 + late, Fault::Edit(0, 0, Edit::Neighbors(Some(0)))),
        ];
        let chosen = |n: usize, nva: &mut super::setting::NvaSpec| {
            (nva.exabgp, nva.config.services[0].neighbors) = ("5.0.15", (n == 0).then_some(0));
        };
        plays(&stage(chosen), &faults);
    }
}

#[test]
fn without_siblings_nothing_becomes_the_last_resort() {
    for late in (0..500).step_by(25) {
        let faults = [
            (6000, Fault::ServersDie(0, 0)),
            (6000 + late, Fault::Edit(0, 0, Edit::Siblings(false))),
            (6000 + late, Fault::WatchRefused(0, 2)),
            (6400 + late, Fault::Edit(0, 0, Edit::Siblings(true))),
        ];
        plays(&stage(|_, nva| nva.config.services[0].fall = 3), &faults);
    }
}

#[test]
fn an_edit_that_ends_a_warm_up_announces_on_a_look_after_it() {
    for late in (0..1000).step_by(50) {
        let faults = [
            (3000, Fault::Edit(0, 0, Edit::WarmUp(3000))),
            (8000, Fault::Kill(0)),
            (10_000 + late, Fault::Edit(0, 0, Edit::WarmUp(0))),
        ];
        plays(&stage(|_, nva| nva.config.events = false), &faults);
    }
}

#[test]
fn a_session_is_healed_though_a_route_in_doubt_waits_for_it() {
    for late in (0..1200).step_by(50) {
        let faults = [
            (6000, Fault::SessionResets(0, 0, 500)),
            (6000 + late, Fault::Edit(0, 0, Edit::Neighbors(Some(0)))),
            (
                6150 + late,
                Fault::Edit(0, 0, Edit::PathInformation(Some(3))),
            ),
        ];
        plays(&stage(|_, nva| nva.exabgp = "4.2.25"), &faults);
    }
}

#[test]
fn what_a_drain_has_withdrawn_stays_so_when_the_service_is_gone_and_back() {
    for late in (0..500).step_by(50) {
        let faults = [
            (6000, Fault::Drain(0, Some(0), true)),
            (6200, Fault::Edit(0, 0, Edit::DrainTimes(0))),
            (6500, Fault::Edit(0, 0, Edit::Removed)),
            (6600 + late, Fault::Edit(0, 0, Edit::Back)),
        ];
        let patient = |_, nva: &mut super::setting::NvaSpec| {
            (
                nva.config.services[0].ask,
                nva.config.services[0].depreferred,
            ) = (500, 3000);
        };
        plays(&stage(patient), &faults);
    }
}

#[test]
fn what_a_drain_has_withdrawn_asks_anew_when_the_name_is_back() {
    for late in (0..500).step_by(50) {
        let faults = [
            (9500, Fault::ServersDie(0, 0)),
            (10_300, Fault::Drain(0, None, false)),
            (27_000, Fault::Edit(0, 0, Edit::Name(true))),
            (28_150, Fault::KillHaproxy(1)),
            (30_200 + late, Fault::Edit(0, 0, Edit::Name(false))),
        ];
        plays(&stage(|_, nva| nva.config.events = false), &faults);
    }
}

#[test]
fn what_a_late_exabgp_reads_at_last_is_sent_before_it_is_changed_again() {
    for late in (0..120).step_by(10) {
        let faults = [
            (6000, Fault::Edit(1, 0, Edit::Med(Some(7)))),
            (6000 + late, Fault::Stuck(1, true)),
            (6130, Fault::Edit(1, 0, Edit::Med(None))),
            (7500, Fault::Edit(1, 0, Edit::Med(Some(7)))),
            (12_000, Fault::GoesOn(1)),
        ];
        plays(&stage(|_, nva| nva.exabgp = "6"), &faults);
    }
}

/// Seed 300291224: ExaBGP 6 was slow to say who it is, and the last words were in another grammar.
#[test]
fn who_leaves_before_exabgp_is_known_withdraws_in_every_grammar() {
    let six = |_: usize, nva: &mut super::setting::NvaSpec| nva.exabgp = "6";
    for left in (1000..1500).step_by(50) {
        let faults = [
            (900, Fault::Kill(0)),
            (905, Fault::Lag(0, 700)),
            (1300, Fault::Lag(0, 0)),
            (left, Fault::Term(0)),
        ];
        plays(&stage(six), &faults);
    }
}

/// Seed 320150516: ExaBGP 6 says nothing of attempts that fail, and a page vouched for a route that no neighbor had.
#[test]
fn a_neighbor_that_never_came_up_has_no_route_in_any_grammar() {
    for exabgp in ["4.2.25", "5.0.15", "6", "6 as 4"] {
        for only in [None, Some(1)] {
            let setting = stage(|_, nva| {
                nva.exabgp = exabgp;
                nva.config.services[0].neighbors = only;
            });
            let faults = [
                (3000, Fault::SessionSilent(0, 0)),
                (3000, Fault::SessionSilent(0, 1)),
                (9000, Fault::RestartExabgp(0, 500, false)),
                (50_000, Fault::FaultyFile(1)),
            ];
            let of_both = usize::from(only.is_some());
            plays(&setting, &faults[of_both..]);
        }
    }
}

/// Seed 350459524: what waits for a neighbor that is away goes to another one, and ExaBGP 6 has left some of it over when it is back.
#[test]
fn a_neighbor_that_is_back_keeps_nothing_of_what_went_to_another_one() {
    for exabgp in ["4.2.21", "4.2.25", "5.0.15", "6", "6 as 4"] {
        let setting = stage(|_, nva| nva.exabgp = exabgp);
        let faults = [
            (2000, Fault::SessionSilent(0, 0)),
            (9000, Fault::ServersDie(0, 0)),
            (13_000, Fault::ServersReturn(0, 0)),
            (16_000, Fault::ServersDie(0, 0)),
            (20_000, Fault::Edit(0, 0, Edit::Neighbors(Some(1)))),
            (22_000, Fault::ServersReturn(0, 0)),
            (26_000, Fault::SessionHeals(0, 0)),
        ];
        plays(&setting, &faults);
    }
}

/// Seeds 350165698 and 350166943: ExaBGP 6 hangs between an acknowledgement and its UPDATE, and what is said next stands before that
/// in what it sends, since another route has the same attributes.
#[test]
fn exabgp_that_hangs_before_it_sends_ends_with_what_is_said_when_it_goes_on() {
    for exabgp in ["6", "6 as 4"] {
        let mut setting = stage(|_, nva| {
            nva.exabgp = exabgp;
            (nva.config.interval, nva.config.fast) = (200, 50);
            nva.config.services.push(nva.config.services[0].second());
        });
        setting.servers = 1;
        for round in 0..20 {
            // How much later it sends is another in each.
            setting.seed = round * 3;
            let faults = [
                // So that the other one is the last standing.
                (4000, Fault::ServersDie(1, 0)),
                (4000, Fault::ServersDie(1, 1)),
                (6000, Fault::Maint(0, 0, 0)),
                (8000, Fault::Ready(0, 0, 0)),
                (8055, Fault::Maint(0, 1, 0)),
                (8060, Fault::Stuck(0, false)),
                (8200, Fault::Ready(0, 1, 0)),
                (8700, Fault::GoesOn(0)),
            ];
            plays(&setting, &faults);
        }
    }
}

/// Seed 360217060: an edit gives a route to all in the moment in which one neighbor is announced it with another origin.
#[test]
fn a_route_that_is_restated_while_an_edit_gives_it_to_all_has_its_own_origin() {
    for exabgp in ["6", "6 as 4", "4.2.21"] {
        let setting = stage(|_, nva| nva.exabgp = exabgp);
        for edit in (0..20).map(|n| 6500 + n * 50) {
            let faults = [
                (5000, Fault::Edit(0, 0, Edit::Neighbors(Some(1)))),
                (5001, Fault::Lag(0, 700)),
                (edit, Fault::Edit(0, 0, Edit::Neighbors(None))),
            ];
            plays(&setting, &faults);
        }
    }
}
