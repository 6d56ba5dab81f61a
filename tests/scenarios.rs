//! Stories of operation: what happens to HAProxy, ExaBGP and the host, and what is said to ExaBGP.
//!
//! Each is a file of `tests/scenarios`, with its inputs and what is expected of them; `event.rs` says what can happen, and
//! `haproxy.rs` what HAProxy can say. `UPDATE_SCENARIOS=1 cargo test --test scenarios` rewrites what is expected, for a person to read
//! the difference.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "scenarios/answers.rs"]
mod answers;
#[path = "scenarios/document.rs"]
mod document;
#[path = "scenarios/driver.rs"]
mod driver;
#[path = "scenarios/event.rs"]
mod event;
#[path = "scenarios/faulty.rs"]
mod faulty;
#[path = "scenarios/haproxy.rs"]
mod haproxy;
#[path = "scenarios/outputs.rs"]
mod outputs;
#[path = "scenarios/recorded.rs"]
mod recorded;
#[path = "scenarios/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

macro_rules! scenario {
    ($name:ident) => {
        #[test]
        fn $name() {
            driver::run(&stories().join(concat!(stringify!($name), ".story")));
        }
    };
}

fn stories() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

scenario!(a_neighbor_that_was_put_back_and_never_came_up_is_not_called_up);
scenario!(a_neighbor_whose_api_lines_come_with_a_reload_is_told_its_routes);
scenario!(a_neighbor_without_a_session_takes_no_route_over);
scenario!(without_acks_what_a_predecessor_left_is_withdrawn_from_all);
scenario!(a_route_stays_until_the_idle_neighbor_that_gets_it_is_up);
scenario!(a_list_without_a_neighbor_that_is_up_takes_nobody_out);
scenario!(what_waits_for_a_neighbor_that_exabgp_6_lacks_falls_with_its_service);
scenario!(what_a_predecessor_left_at_one_is_announced_to_no_other);
scenario!(what_its_heir_alone_has_is_announced_to_nobody_else);
scenario!(a_withdrawal_without_an_answer_is_read_before_its_route_is_announced_again);
scenario!(an_idle_neighbor_beside_one_that_is_not_reported_is_not_all_there_are);
scenario!(an_idle_neighbor_is_not_all_there_are_once_another_is_up);
scenario!(a_neighbor_that_does_not_keep_to_hold_time_30_is_named);
scenario!(a_page_is_silent_of_a_route_whose_neighbor_never_came_up);
scenario!(a_service_is_announced_withdrawn_and_announced_again);
scenario!(one_server_of_two_is_enough);
scenario!(a_route_that_exabgp_refuses_keeps_no_other_at_a_neighbor);
scenario!(with_fall_3_two_bad_readings_change_nothing);
scenario!(what_several_log_lines_show_at_once_is_one_reading);
scenario!(a_service_that_flaps_at_every_reading_is_never_announced);
scenario!(a_server_that_is_failing_counts_and_one_that_is_rising_does_not);
scenario!(the_best_level_that_holds_is_in_force_with_its_attributes);
scenario!(a_fall_stops_at_the_level_that_all_its_readings_reach);
scenario!(a_start_with_one_server_announces_the_degraded_level);
scenario!(every_attribute_is_on_the_line);
scenario!(a_share_of_the_servers_is_wanted);
scenario!(a_weight_is_wanted);
scenario!(all_measures_must_be_met);
scenario!(a_backup_that_carries_the_load_does_not_make_the_region_healthy);
scenario!(a_backup_counts_where_the_rule_says_so);
scenario!(only_the_named_servers_count);
scenario!(a_named_server_that_haproxy_does_not_have_is_unknown);
scenario!(a_server_of_weight_0_carries_nothing);
scenario!(a_server_that_only_keeps_its_sessions_is_not_usable);
scenario!(a_server_in_maint_withdraws_at_once);
scenario!(a_server_in_drain_withdraws_at_once);
scenario!(a_reload_of_haproxy_changes_nothing);
scenario!(a_reload_of_haproxy_with_dead_servers_announces_nothing);
scenario!(servers_that_died_in_a_reload_withdraw);
scenario!(a_start_with_unchecked_servers_waits_for_their_checks);
scenario!(haproxy_is_gone_after_as_many_readings_as_fall_says);
scenario!(an_unreadable_haproxy_holds_and_then_withdraws);
scenario!(an_unreadable_haproxy_holds_for_as_long_as_it_lasts);
scenario!(one_lost_poll_is_no_flap);
scenario!(a_backend_that_is_not_there_is_unknown);
scenario!(a_paused_frontend_withdraws_at_once);
scenario!(a_shut_down_frontend_withdraws_at_once);
scenario!(a_frontend_that_is_not_there_is_unknown);
scenario!(an_unpublished_backend_withdraws_at_once);
scenario!(an_empty_backend_is_down);
scenario!(slots_of_a_template_without_an_address_do_not_count);
scenario!(a_tracking_server_is_as_unchecked_as_the_one_it_follows);
scenario!(a_stopping_worker_is_not_believed);
scenario!(an_address_that_leaves_this_host_withdraws);
scenario!(an_address_is_not_asked_for_where_it_need_not_be_here);
scenario!(a_file_that_must_not_be_there_withdraws);
scenario!(an_unknown_probe_decides_only_where_it_must);
scenario!(a_quorum_is_reached_or_missed_whatever_the_unknown_one_is);
scenario!(one_reading_of_a_slow_probe_is_not_counted_twice);
scenario!(an_unknown_better_level_does_not_hide_a_certain_worse_one);
scenario!(what_a_dead_predecessor_left_is_withdrawn_after_a_start);
scenario!(what_a_dead_predecessor_left_stays_while_nothing_is_known);
scenario!(several_services_and_prefixes_go_out_in_one_batch);
scenario!(a_prefix_of_each_family_has_its_next_hop);
scenario!(a_route_goes_to_the_named_neighbors_only);
scenario!(next_hop_self_and_the_default_as_path_are_exabgps);
scenario!(a_refused_command_is_tried_again_after_a_growing_wait);
scenario!(another_state_does_not_wait_for_a_refused_one);
scenario!(a_refusal_within_a_batch_harms_no_other);
scenario!(a_silent_exabgp_hears_the_newest_state_only);
scenario!(an_exabgp_that_does_not_answer_at_the_start_is_waited_for);
scenario!(without_acks_commands_are_taken_as_done);
scenario!(without_acks_routes_go_one_batch_after_the_other);
scenario!(answers_to_a_predecessor_are_not_ours);
scenario!(a_predecessors_error_only_repeats_a_command);
scenario!(a_session_that_missed_changes_is_sent_everything_again);
scenario!(a_session_that_missed_changes_is_flushed_on_exabgp_5);
scenario!(exabgp_6_is_told_in_its_own_words);
scenario!(a_restatement_is_no_difference_in_what_exabgp_holds);
scenario!(exabgp_6_is_told_each_of_many_withdrawals_once_more);
scenario!(a_neighbor_is_told_its_routes_though_a_reading_was_not_answered);
scenario!(a_neighbor_that_is_put_back_beside_one_that_takes_nothing_is_told);
scenario!(a_neighbor_that_is_put_back_into_exabgp_conf_is_told_its_routes);
scenario!(a_neighbor_that_is_put_back_is_told_its_routes_on_exabgp_5);
scenario!(a_neighbor_that_is_read_while_another_is_sent_everything_again_is_told);
scenario!(a_neighbor_of_exabgp_5_that_was_added_is_told_its_routes_when_it_comes);
scenario!(a_neighbor_that_is_removed_as_it_comes_up_lacks_nothing);
scenario!(a_neighbor_that_is_said_to_be_up_twice_is_read_once);
scenario!(a_neighbor_that_never_was_up_is_told_its_routes_when_it_comes);
scenario!(a_neighbor_that_exabgp_6_does_not_have_lacks_nothing);
scenario!(a_neighbor_that_exabgp_6_lacks_again_is_said_again);
scenario!(a_neighbor_that_exabgp_6_does_not_name_waits);
scenario!(a_neighbor_that_exabgp_6_has_no_more_differs_in_nothing);
scenario!(a_drain_and_its_end_on_exabgp_6);
scenario!(a_fall_and_a_drain_on_exabgp_6_with_api_version_4);
scenario!(a_session_that_comes_up_first_is_told_again_what_is_gone);
scenario!(a_session_that_missed_nothing_is_left_alone);
scenario!(a_first_session_after_changes_is_sent_everything_again);
scenario!(a_refused_flush_is_tried_again_and_then_left);
scenario!(a_change_while_a_session_is_sent_everything_again_goes_first);
scenario!(messages_in_json_are_understood);
scenario!(a_service_that_is_not_configured_any_more_is_withdrawn);
scenario!(an_edited_path_replaces_the_route_at_once);
scenario!(a_prefix_that_moves_to_other_neighbors_is_withdrawn_from_the_old);
scenario!(whoever_leaves_withdraws_what_may_be_out);
scenario!(whoever_leaves_keeps_the_routes_where_told);
scenario!(levels_rise_and_fall_at_their_own_pace);
scenario!(a_service_that_flaps_comes_back_later_each_time);
scenario!(a_fall_while_it_is_kept_back_starts_the_wait_anew);
scenario!(one_lost_poll_does_not_start_the_wait_anew);
scenario!(damping_is_forgotten_after_a_quiet_time);
scenario!(an_operators_wish_is_no_flap);
scenario!(nothing_is_announced_while_it_warms_up);
scenario!(what_was_kept_back_is_looked_at_before_it_is_announced);
scenario!(a_service_that_is_down_first_warms_up_too);
scenario!(it_warms_up_again_when_haproxy_was_gone);
scenario!(the_last_one_standing_stays_announced);
scenario!(a_last_resort_is_withdrawn_when_a_sibling_is_healthy);
scenario!(a_withdrawal_that_had_to_wait_is_said_on_a_new_word_only);
scenario!(a_word_is_as_old_as_its_arrival);
scenario!(a_sibling_of_this_region_has_time_to_notice_that_the_servers_are_gone);
scenario!(a_sibling_that_comes_back_is_given_time_for_its_route);
scenario!(a_sibling_whose_page_has_no_name_is_said_once);
scenario!(a_start_without_servers_waits_for_the_siblings_word);
scenario!(a_start_without_servers_beside_a_healthy_sibling_announces_nothing);
scenario!(one_healthy_sibling_of_two_is_enough);
scenario!(there_is_no_last_resort_where_haproxy_is_gone);
scenario!(there_is_no_last_resort_without_the_address);
scenario!(there_is_no_last_resort_behind_a_closed_frontend);
scenario!(a_last_resort_that_cannot_be_read_is_withdrawn_after_the_hold);
scenario!(a_prefix_that_goes_before_anything_was_said_of_it_is_withdrawn);
scenario!(one_lost_answer_of_a_sibling_does_not_end_damping);
scenario!(who_is_the_only_one_left_is_not_kept_back);
scenario!(who_is_the_only_one_left_serves_by_what_is_seen_then);
scenario!(an_operators_wish_does_not_take_the_last_one_standing_away);
scenario!(a_drained_service_is_depreferred_and_then_withdrawn);
scenario!(a_drain_that_is_withdrawn_stays_so_when_an_edit_makes_its_stages_longer);
scenario!(what_a_drain_has_withdrawn_stays_so_when_its_service_is_dropped_and_back);
scenario!(what_siblings_answer_while_a_look_hangs_counts);
scenario!(a_drain_first_lets_haproxy_ask_its_clients_to_close);
scenario!(a_drain_that_is_over_announces_as_before);
scenario!(a_drain_that_is_old_goes_on_where_it_was);
scenario!(the_last_region_is_not_drained_away);
scenario!(a_service_that_falls_while_it_is_drained_is_withdrawn);
scenario!(without_an_as_path_a_drain_withdraws_at_once);
scenario!(the_last_region_stays_out_when_it_is_drained_and_the_process_is_killed);
scenario!(the_last_region_stays_out_when_it_is_drained_and_its_file_is_edited);
scenario!(a_region_that_was_drained_and_withdrawn_stays_so_over_a_restart);
scenario!(a_neighbor_that_is_added_to_a_service_takes_nothing_from_the_others);
scenario!(a_neighbor_that_is_added_to_exabgp_6_is_told_its_routes);
scenario!(a_neighbor_that_never_comes_up_on_exabgp_6_is_said);
scenario!(a_neighbor_that_is_not_reported_and_comes_up_is_not_called_away);
scenario!(a_neighbor_that_is_taken_out_while_it_is_down_is_known_to_be_gone);
scenario!(a_refusal_is_over_with_the_edit_that_takes_it_back);
scenario!(a_neighbor_that_exabgp_6_never_had_is_withdrawn_nothing);
scenario!(a_neighbor_that_is_taken_out_of_a_service_loses_the_route_alone);
scenario!(a_route_for_some_that_is_for_all_now_is_withdrawn_from_nobody);
scenario!(a_route_for_all_that_is_for_some_now_is_withdrawn_from_the_others);
scenario!(a_selection_that_exabgp_refuses_leaves_the_old_one_out);
scenario!(a_selection_that_exabgp_refuses_goes_with_the_service_when_that_falls);
scenario!(another_path_identifier_is_announced_before_the_old_one_is_withdrawn);
scenario!(another_path_identifier_is_sent_again_after_the_old_one_is_withdrawn);
scenario!(a_prefix_that_goes_to_another_service_is_never_withdrawn);
scenario!(a_service_of_another_name_leaves_the_route_until_it_was_looked_at);
scenario!(a_prefix_that_is_added_waits_until_its_address_was_looked_for);
scenario!(a_prefix_that_is_added_is_announced_when_its_address_is_here);
scenario!(a_service_that_is_dropped_while_its_announcement_is_on_its_way_is_withdrawn);
scenario!(a_service_that_is_dropped_while_it_is_refused_is_withdrawn);
scenario!(a_service_that_is_dropped_while_it_is_drained_asks_nobody_to_close_any_more);
scenario!(an_edit_that_moves_no_route_is_neither_said_nor_logged);
scenario!(an_edit_while_it_warms_up_does_not_begin_the_warm_up_again);
scenario!(falls_are_remembered_over_an_edit);
scenario!(a_service_that_is_kept_back_goes_on_waiting_over_an_edit);
scenario!(a_siblings_old_word_counts_no_more_after_an_edit_than_before_it);
scenario!(a_level_that_is_called_otherwise_is_the_same_level);
scenario!(a_level_that_is_added_above_is_risen_to);
scenario!(a_level_that_is_taken_away_leaves_its_route_until_the_service_was_looked_at);
scenario!(a_failure_beside_an_older_wish_is_a_failure);
scenario!(a_failure_at_a_worse_level_beside_an_older_wish_is_a_failure);
scenario!(slots_that_were_disabled_before_are_no_wish);
scenario!(a_frontend_that_was_closed_before_is_no_wish);
scenario!(maintenance_of_a_server_that_fails_is_no_wish);
scenario!(maintenance_of_the_last_server_is_a_wish);
scenario!(
    a_region_that_is_drained_comes_back_only_after_several_readings_without_a_healthy_sibling
);
scenario!(a_drain_that_is_declared_again_goes_on_where_it_is);
scenario!(a_drain_that_ended_unseen_and_began_again_is_another_one);
scenario!(a_drain_goes_on_when_an_edit_makes_its_stages_longer);
scenario!(one_order_with_force_is_enough);
scenario!(an_older_order_for_all_counts_beside_a_newer_one_of_a_services_own);
scenario!(a_drain_goes_on_over_a_restart);
scenario!(an_order_of_unknown_age_is_at_its_last_stage);
scenario!(whoever_leaves_withdraws_what_is_on_its_way);
scenario!(whoever_leaves_waits_for_the_writer_to_say_its_last_words);
scenario!(whoever_leaves_waits_for_nobody_for_long);
scenario!(whoever_leaves_is_gone_at_once_when_exabgp_is);
scenario!(whoever_leaves_while_a_selection_moves_withdraws_both);
scenario!(what_the_old_process_knew_of_its_servers_counts_until_they_are_checked);
scenario!(servers_that_were_dead_before_a_reload_are_dead_until_they_are_checked);
scenario!(a_server_that_is_new_with_a_reload_is_not_known);
scenario!(a_server_that_takes_anothers_place_is_not_known_by_its_place);
scenario!(what_the_old_process_knew_is_forgotten_in_time);
scenario!(nothing_is_remembered_where_that_is_not_wanted);
scenario!(servers_that_are_down_by_default_until_their_check_are_what_they_were);
scenario!(an_operators_wish_in_the_old_process_says_nothing_of_a_servers_health);
scenario!(servers_are_what_they_were_when_haproxy_comes_back);
scenario!(servers_are_what_they_were_when_haproxy_hung_before_its_reload);
scenario!(what_a_stopping_worker_says_of_its_servers_is_not_remembered);
scenario!(other_regions_learn_that_the_route_is_out_only_while_it_is);
scenario!(a_siblings_word_counts_once_this_regions_page_is_silent);
scenario!(an_edit_does_not_take_back_what_other_regions_learn);
scenario!(a_restart_does_not_take_back_what_other_regions_learn);
scenario!(a_session_that_was_up_before_the_process_began_is_asked_for);
scenario!(a_frontend_that_is_closed_before_healthy_servers_withdraws_at_once);
scenario!(a_level_of_a_frontend_and_its_backend_takes_its_time_when_the_servers_fail);
scenario!(a_watch_that_cannot_start_leaves_the_one_before_in_force);
scenario!(a_watch_that_cannot_start_at_first_is_tried_again);
scenario!(a_drains_variable_that_an_edit_renames_is_set_back);
scenario!(a_variable_that_may_have_been_set_is_set_back);
scenario!(a_return_of_both_servers_is_one_move);
scenario!(a_return_that_goes_no_further_ends_at_the_worse_level);
scenario!(a_better_level_that_takes_longer_is_not_waited_for);
scenario!(the_only_region_that_is_left_serves_at_once);
scenario!(a_variable_that_cannot_be_set_costs_nothing_while_haproxy_hangs);
scenario!(a_region_that_is_not_known_yet_withdraws_on_no_old_word);
scenario!(a_word_that_comes_before_the_first_look_withdraws_nothing);
scenario!(a_level_that_is_taken_away_withdraws_on_no_old_word);
scenario!(an_outage_is_one_fall_however_many_levels_it_passes);
scenario!(a_failure_after_a_wish_is_a_fall);
scenario!(a_region_takes_over_from_a_silent_one_and_gives_back);
scenario!(a_drained_sibling_is_not_silent);
scenario!(a_region_that_has_taken_over_and_loses_its_servers_is_the_last_resort);
scenario!(of_two_preferred_nvas_both_must_be_silent);
scenario!(a_takeover_does_not_wait_for_the_next_look);
scenario!(a_question_that_hangs_holds_no_start_up);
scenario!(an_edit_of_the_levels_leaves_a_takeover_as_it_is);
scenario!(a_region_that_cannot_ask_does_not_give_back);
scenario!(a_region_that_starts_beside_a_dead_one_waits_for_seconds);
scenario!(an_edit_that_takes_damping_away_announces_on_no_old_look);
scenario!(an_edit_that_takes_the_takeover_away_gives_back);
scenario!(a_drain_that_comes_to_its_end_while_exabgp_is_read_sends_nobody_the_route_again);
scenario!(what_a_hanging_exabgp_reads_after_its_sessions_fell_counts_as_missed);
scenario!(what_a_neighbor_holds_as_it_comes_up_though_it_was_withdrawn_is_withdrawn_each_time);
scenario!(a_change_that_meets_what_a_session_is_sent_as_it_comes_up_is_sent_again);
scenario!(what_a_neighbor_that_nobody_reported_still_holds_falls_with_its_service);
scenario!(what_a_predecessor_left_at_a_neighbor_falls_with_its_service);
scenario!(what_a_predecessor_left_is_read_where_nothing_else_tells);
scenario!(a_neighbor_that_nobody_reported_is_known_once_a_route_is_for_it);
scenario!(a_selection_that_was_never_out_is_announced_to_nobody);
scenario!(what_was_withdrawn_before_an_edit_is_announced_to_nobody);
scenario!(a_selection_that_changes_as_a_session_comes_up_is_sent_again);
scenario!(a_neighbor_that_comes_up_while_a_selection_is_said_to_others_is_told);
scenario!(a_service_that_an_edit_brings_is_not_judged_on_what_was_seen_before);
scenario!(a_drain_of_a_region_that_has_taken_over_keeps_its_stages);
scenario!(a_route_that_waits_for_its_heir_falls_with_its_service);
scenario!(what_is_known_after_a_start_waits_for_no_silent_sibling);

#[test]
fn every_file_is_a_story_that_is_told_here() {
    let told: BTreeSet<String> = include_str!("scenarios.rs")
        .split("\nscenario!(")
        .skip(1)
        .filter_map(|rest| Some(format!("{}.story", rest.split_once(')')?.0.trim())))
        .collect();
    let files: BTreeSet<String> = std::fs::read_dir(stories())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".rs"))
        .collect();
    let odd: Vec<&String> = told.symmetric_difference(&files).collect();
    assert!(
        odd.is_empty(),
        "files without a 'scenario!', or the reverse: {odd:#?}"
    );
}
