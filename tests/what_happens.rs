//! README's table "What happens when" promises nothing that no test holds: each row, by the text of its first cell, with
//! the tests that hold it.

#![cfg(test)]

#[path = "what_happens/held.rs"]
mod held;
#[path = "what_happens/threats.rs"]
mod threats;

use held::Row;

const ROWS: &[Row] = &[
    (
        "all servers of the backend die",
        &[
            "regions/main_job::the_loss_of_all_servers_moves_the_address_and_their_return_brings_it_back",
            "truth/main_job::the_loss_of_all_servers_moves_the_address_and_their_return_brings_it_back",
            "scenarios::a_last_resort_is_withdrawn_when_a_sibling_is_healthy",
            "scenarios::a_service_is_announced_withdrawn_and_announced_again",
            "regions/spokes::a_spoke_is_served_through_the_other_region",
        ],
    ),
    (
        "until the route has moved",
        &[
            "regions/nothing_lost::the_sibling_carries_all_requests_while_no_route_moves",
            "regions/nothing_lost::only_an_idempotent_request_is_sent_twice",
        ],
    ),
    (
        "all servers of all regions die",
        &[
            "regions/siblings::regions_that_lose_their_servers_together_keep_the_address",
            "scenarios::the_last_one_standing_stays_announced",
        ],
    ),
    (
        "all servers of one region die, and the other one has servers and no route (ExaBGP stopped, no session, drained)",
        &[
            "regions/route_page::a_region_whose_exabgp_was_terminated_does_not_take_the_last_route_away",
            "regions/route_page::a_region_whose_exabgp_was_killed_does_not_take_the_last_route_away",
            "regions/drains::the_last_region_is_drained_only_by_force",
        ],
    ),
    (
        "a region's ExaBGP is gone, or its haproxy-rhi is gone or hangs, and its servers are well",
        &[
            "regions/route_page::a_region_whose_exabgp_was_killed_does_not_take_the_last_route_away",
            "regions/route_page::a_haproxy_rhi_that_hangs_does_not_say_for_long_that_its_route_is_out",
            "truth/page::a_route_that_is_not_confirmed_any_more_is_out_no_longer",
        ],
    ),
    (
        "a sibling's page is late once",
        &[
            "scenarios::a_region_that_is_drained_comes_back_only_after_several_readings_without_a_healthy_sibling",
            "scenarios::a_last_resort_is_withdrawn_when_a_sibling_is_healthy",
            "scenarios::a_sibling_that_comes_back_is_given_time_for_its_route",
        ],
    ),
    (
        "of two NVAs in a region, one is drained, upgraded, rebooted and resumed, then the other one",
        &[
            "regions/two_nvas::two_nvas_are_worked_on_one_after_the_other_and_nobody_notices",
            "package/upgrade::two_nvas_are_upgraded_one_after_the_other_and_no_request_fails",
        ],
    ),
    (
        "of two NVAs in a region, one dies or vanishes",
        &["regions/two_nvas::one_that_dies_moves_its_own_clients_and_both_their_region"],
    ),
    (
        "both die, or both vanish",
        &["regions/two_nvas::one_that_dies_moves_its_own_clients_and_both_their_region"],
    ),
    (
        "the regions cannot see each other",
        &["regions/siblings::regions_that_cannot_see_each_other_leave_the_choice_to_the_far_end"],
    ),
    (
        "servers flap (with `damping`)",
        &[
            "scenarios::an_outage_is_one_fall_however_many_levels_it_passes",
            "scenarios::a_service_that_flaps_comes_back_later_each_time",
            "scenarios::a_fall_while_it_is_kept_back_starts_the_wait_anew",
        ],
    ),
    (
        "they return",
        &[
            "regions/main_job::the_loss_of_all_servers_moves_the_address_and_their_return_brings_it_back",
            "scenarios::levels_rise_and_fall_at_their_own_pace",
        ],
    ),
    (
        "HAProxy reloads, healthy servers, a hundred times under load",
        &[
            "truth/reload::a_hundred_reloads_under_load_are_not_seen_by_anyone",
            "regions/main_job::ten_reloads_under_load_move_no_route",
            "scenarios::a_reload_of_haproxy_changes_nothing",
        ],
    ),
    (
        "HAProxy is restarted (`systemctl restart`)",
        &[
            "truth/reload::a_restart_withdraws_once_at_most_and_comes_back",
            "truth/ends::however_haproxy_dies_its_end_and_its_return_are_seen_without_a_poll",
            "package/order::a_stop_drains_first_and_a_crash_does_not",
        ],
    ),
    (
        "HAProxy reloads, dead servers",
        &[
            "scenarios::servers_that_were_dead_before_a_reload_are_dead_until_they_are_checked",
            "truth/reload::reloads_with_all_servers_dead_announce_nothing",
            "regions/main_job::a_reload_with_all_servers_dead_announces_nothing",
            "scenarios::a_reload_of_haproxy_with_dead_servers_announces_nothing",
        ],
    ),
    (
        "HAProxy reloads, and its checks take longer than `hold`",
        &[
            "truth/reload::a_reload_with_checks_that_outlast_the_hold_moves_nothing",
            "scenarios::what_the_old_process_knew_of_its_servers_counts_until_they_are_checked",
            "scenarios::what_the_old_process_knew_is_forgotten_in_time",
            "scenarios::a_reload_of_haproxy_changes_nothing",
            "truth/reload::nothing_is_announced_before_every_wanted_server_was_checked",
        ],
    ),
    (
        "HAProxy stops or is killed",
        &[
            "regions/main_job::haproxy_killed_withdraws",
            "truth/ends::the_end_of_haproxys_process_is_seen_without_a_poll_after_a_reload_too",
            "truth/ends::however_haproxy_dies_its_end_and_its_return_are_seen_without_a_poll",
            "truth/ends::a_haproxy_in_a_container_is_said_once_not_to_be_followed_and_polled",
            "truth/ends::a_haproxy_that_starts_again_with_the_same_number_is_followed_anew",
            "regions/sources::a_stats_socket_over_tcp_serves",
            "truth/reload::a_soft_stop_withdraws",
            "truth/hang::a_haproxy_that_is_gone_is_down_after_fall_looks_at_the_fast_pace",
            "scenarios::haproxy_is_gone_after_as_many_readings_as_fall_says",
        ],
    ),
    (
        "HAProxy hangs, also for longer than its listen queue lasts",
        &[
            "truth/hang::a_hang_that_outlasts_the_listen_queue_is_withstood_and_heals_at_the_next_look",
            "truth/hang::then_keep_keeps_the_route_until_haproxy_is_gone",
            "regions/faults::a_frozen_haproxy_is_held_and_then_withdrawn",
            "scenarios::an_unreadable_haproxy_holds_and_then_withdraws",
        ],
    ),
    (
        "the frontend is disabled (a level names it)",
        &[
            "regions/main_job::a_frontend_that_is_disabled_moves_the_address_and_opens_with_it_again",
            "scenarios::a_paused_frontend_withdraws_at_once",
            "scenarios::there_is_no_last_resort_behind_a_closed_frontend",
        ],
    ),
    (
        "the frontend is disabled (no level names it)",
        &[
            "control/doors::the_only_frontend_of_a_watched_backend_stays",
            "operator/live::names_are_held_against_haproxy_2_6",
        ],
    ),
    (
        "the address is removed from the host",
        &[
            "regions/faults::an_address_that_is_not_on_the_host_is_not_announced",
            "truth/addresses::an_address_that_goes_or_comes_back_is_seen_without_a_poll",
            "regions/ipv6::both_families_follow_the_servers",
            "scenarios::an_address_that_leaves_this_host_withdraws",
            "scenarios::there_is_no_last_resort_without_the_address",
        ],
    ),
    (
        "haproxy-rhi is killed",
        &[
            "regions/main_job::haproxy_rhi_killed_leaves_no_stale_route",
            "regions/memory::a_predecessors_route_that_the_file_no_longer_names_is_withdrawn",
            "faults/deaths::five_kills_in_a_row_leave_no_stale_route_whatever_changed_meanwhile",
        ],
    ),
    (
        "haproxy-rhi is killed while the last healthy region is drained and held",
        &[
            "scenarios::the_last_region_stays_out_when_it_is_drained_and_the_process_is_killed",
            "scenarios::the_last_region_is_not_drained_away",
            "scenarios::a_drain_that_is_old_goes_on_where_it_was",
            "regions/drains::a_drain_outlives_everything_but_its_end",
        ],
    ),
    (
        "ExaBGP restarts",
        &[
            "regions/main_job::exabgp_restarted_announces_again",
            "faults/exabgp::an_exabgp_that_was_killed_or_restarted_is_told_the_newest_state",
        ],
    ),
    (
        "ExaBGP hangs",
        &[
            "regions/faults::a_stuck_exabgp_does_not_stop_the_watch",
            "faults/exabgp::an_exabgp_that_hangs_for_30_s_is_told_the_newest_state_only",
            "scenarios::a_silent_exabgp_hears_the_newest_state_only",
        ],
    ),
    (
        "a neighbor's session falls and returns",
        &[
            "regions/faults::a_session_that_missed_changes_is_healed",
            "faults/sessions::a_reset_of_one_session_or_both_leaves_the_newest_state",
            "scenarios::a_session_that_missed_changes_is_sent_everything_again",
            "scenarios::a_session_that_missed_nothing_is_left_alone",
        ],
    ),
    (
        "ExaBGP holds something else than it was told (another process, a person at its pipe)",
        &["regions/memory::what_another_process_withdrew_is_read_back_and_mended"],
    ),
    (
        "ExaBGP refuses a command",
        &[
            "regions/faults::a_refused_command_is_reported_and_harms_no_other",
            "faults/answers::a_refused_attribute_is_retried_ever_later_and_harms_no_other",
            "scenarios::a_refused_command_is_tried_again_after_a_growing_wait",
        ],
    ),
    (
        "exabgp.conf does not have a neighbor that a service names",
        &[
            "src/validate/tests::a_neighbor_that_a_service_names_must_be_one_of_exabgp_conf",
            "src/report/status/outcome::a_neighbor_that_exabgp_does_not_have_is_named_with_the_cure",
            "faults/neighbors::a_neighbor_that_comes_back_gets_nothing_that_was_withdrawn_meanwhile",
        ],
    ),
    (
        "a service is drained again (`drain`, `drain --all`, a unit's)",
        &[
            "scenarios::a_drain_that_is_declared_again_goes_on_where_it_is",
            "regions/drains::a_drain_that_is_declared_again_announces_nothing",
            "control/drains_again::a_drain_that_is_declared_again_is_the_one_that_it_was",
            "control/drains_again::a_drain_of_all_leaves_an_older_one_as_old_as_it_is",
        ],
    ),
    (
        "the configuration is edited",
        &[
            "scenarios::an_edited_path_replaces_the_route_at_once",
            "scenarios::an_edit_that_moves_no_route_is_neither_said_nor_logged",
            "scenarios::falls_are_remembered_over_an_edit",
            "scenarios::an_edit_while_it_warms_up_does_not_begin_the_warm_up_again",
            "scenarios::a_selection_that_exabgp_refuses_leaves_the_old_one_out",
            "scenarios::a_prefix_that_moves_to_other_neighbors_is_withdrawn_from_the_old",
            "scenarios::a_service_that_is_not_configured_any_more_is_withdrawn",
            "regions/faults::a_service_that_the_file_no_longer_names_is_withdrawn",
        ],
    ),
    (
        "the configuration is faulty at the start",
        &[
            "regions/faults::a_faulty_file_announces_nothing_until_it_is_mended",
            "regions/memory::a_predecessors_route_is_withdrawn_when_no_configuration_loads",
        ],
    ),
    (
        "it is faulty at a change",
        &[
            "faults/machine::a_configuration_that_may_not_be_read_changes_no_route",
            "status/file::a_refused_command_and_a_faulty_file_are_said",
        ],
    ),
    (
        "the command line is faulty",
        &["regions/faults::a_faulty_stanza_does_not_end_bgp"],
    ),
    (
        "SIGTERM",
        &[
            "scenarios::whoever_leaves_withdraws_what_may_be_out",
            "scenarios::whoever_leaves_keeps_the_routes_where_told",
            "hostile/messages::a_flood_does_not_keep_it_from_leaving",
        ],
    ),
    (
        "SIGTERM while an announcement is on its way to ExaBGP",
        &[
            "scenarios::whoever_leaves_withdraws_what_is_on_its_way",
            "scenarios::whoever_leaves_waits_for_nobody_for_long",
            "scenarios::whoever_leaves_withdraws_what_may_be_out",
            "hostile/messages::it_leaves_when_nobody_reads_its_commands_any_more",
        ],
    ),
    (
        "the VM vanishes or hangs",
        &[
            "regions/takeover::a_region_takes_over_from_one_that_vanishes_and_gives_back",
            "regions/takeover::a_region_takes_over_from_one_that_is_frozen",
            "regions/takeover::one_of_two_nvas_that_is_silent_is_no_reason_to_take_over",
            "regions/takeover::the_next_of_three_regions_takes_over",
            "regions/takeover::another_host_that_answers_for_a_silent_region_is_not_taken_for_it",
            "scenarios::a_region_takes_over_from_a_silent_one_and_gives_back",
            "faults/sessions::a_partition_that_outlives_the_hold_time_leaves_the_newest_state",
        ],
    ),
];

#[test]
fn each_row_of_readmes_table_has_its_tests() {
    held::each_row_has_its_tests("README.md", "What happens when", ROWS);
    held::each_named_test_is_there(ROWS);
}
