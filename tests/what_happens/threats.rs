//! Whatever haproxy-rhi-security(7) says that somebody cannot do, a test holds: each row, by who it is about.

use super::held::{self, Row};

const ROWS: &[Row] = &[
    (
        "a local user",
        &[
            "hostile/events::a_flood_of_events_is_a_bounded_number_of_looks",
            "hostile/events::a_flood_of_events_at_a_path_is_a_bounded_number_of_looks",
            "package/rights::operators_drain_everybody_sees_and_nobody_else_does_anything",
            "second_chance/local_users::no_local_user_and_no_guest_speaks_to_a_siblings_tunnel",
            "second_chance/local_users::no_guest_speaks_with_another_siblings_address",
            "second_chance/local_users::a_users_ping_is_no_heartbeat",
            "second_chance/attacks::no_stranger_reaches_the_tunnel_whatever_way_he_takes",
        ],
    ),
    (
        "a member of group haproxy-rhi",
        &[
            "package/rights::operators_drain_everybody_sees_and_nobody_else_does_anything",
            "control/bad_drains::a_list_that_others_could_write_changes_nothing_in_haproxy",
            "control/bad_drains::a_list_of_another_user_changes_nothing_in_haproxy",
            "control/bad_drains::what_a_drain_lists_itself_changes_nothing_in_haproxy",
            "control/bad_drains::a_member_does_not_end_a_drain_that_has_taken_something_out",
            "control/bad_drains::what_is_no_regular_file_is_no_drain_and_gives_way_to_one",
            "src/observe/orders/tests::a_declaration_is_written_for_everybody_to_read_and_follows_no_link",
            "src/observe/orders/tests::a_units_drain_lies_beside_the_folder_that_operators_write",
            "src/observe/orders/tests::nobody_declares_in_a_units_name_where_operators_write",
        ],
    ),
    (
        "user exabgp",
        &[
            "package/rights::the_hardest_sandbox_still_lets_everything_work",
            "src/files_tests::what_is_no_regular_file_is_not_opened_and_named",
            "src/files_tests::no_more_is_read_than_a_file_may_have",
            "pure::a_file_is_opened_in_one_way",
        ],
    ),
    (
        "HAProxy",
        &[
            "hostile/socket::an_answer_of_100_mb_is_withstood",
            "hostile/socket::an_answer_that_is_cut_anywhere_is_withstood",
            "hostile/socket::a_crowd_of_followers_does_not_hold_up_a_withdrawal",
            "hostile/socket::a_name_that_is_followed_is_no_command_for_haproxy",
            "hostile/socket::a_hanging_haproxy_does_not_keep_it_from_leaving",
            "hostile/page::a_redirect_is_not_followed",
        ],
    ),
    (
        "ExaBGP",
        &[
            "hostile/messages::any_bytes_are_withstood",
            "hostile/messages::commands_in_messages_are_withstood",
            "hostile/messages::a_flood_does_not_hold_up_a_withdrawal",
            "hostile/messages::a_flood_does_not_keep_it_from_leaving",
        ],
    ),
    (
        "an NVA whose page the screen of all regions asks, or whoever answers for it",
        &[
            "hostile/screen::what_is_no_status_is_said_so_and_why",
            "hostile/screen::pages_without_an_end_are_left_and_hold_up_no_other",
            "hostile/screen::no_word_of_a_page_moves_the_terminal_or_fills_it",
            "hostile/screen::a_date_of_the_future_and_a_heart_that_beats_once_a_year_are_not_believed",
        ],
    ),
    (
        "a sibling NVA, or whoever answers for it",
        &[
            "scenarios::a_region_that_is_not_known_yet_withdraws_on_no_old_word",
            "scenarios::a_siblings_old_word_counts_no_more_after_an_edit_than_before_it",
            "scenarios::a_withdrawal_that_had_to_wait_is_said_on_a_new_word_only",
            "scenarios::a_word_is_as_old_as_its_arrival",
            "regions/siblings::regions_that_cannot_see_each_other_leave_the_choice_to_the_far_end",
        ],
    ),
    (
        "a neighbor in the virtual network",
        &[
            "second_chance/attacks::what_is_forged_into_the_tunnel_is_dropped",
            "second_chance/attacks::nobody_makes_the_way_to_a_sibling_narrow",
            "second_chance/attacks::a_port_scan_is_answered_at_once_and_goes_nowhere",
            "second_chance/attacks::a_flood_of_acks_goes_round_once_and_is_answered_once",
            "second_chance/attacks::a_sibling_opens_nothing_and_reaches_nothing_but_the_prefixes",
        ],
    ),
    (
        "who takes the password file's, a drain's or the configuration's place with a FIFO, a device, a folder, a link, noise or 1 GiB",
        &[
            "hostile/configuration::a_configuration_that_is_a_pipe_is_withstood",
            "hostile/configuration::a_configuration_of_1_gib_is_withstood",
            "hostile/configuration::a_configuration_that_is_a_folder_is_withstood",
            "hostile/configuration::a_configuration_of_noise_is_withstood",
            "src/observe/orders/tests::what_is_no_regular_file_drains_nothing_and_holds_nothing_up",
            "src/files_tests::what_is_no_regular_file_is_not_opened_and_named",
        ],
    ),
];

#[test]
fn each_row_of_the_threat_model_has_its_tests() {
    held::each_row_has_its_tests("man/haproxy-rhi-security.7.md", "WHO CAN DO WHAT", ROWS);
    held::each_named_test_is_there(ROWS);
    for row in held::rows("man/haproxy-rhi-security.7.md", "WHO CAN DO WHAT") {
        assert!(
            row.len() == 3 && !row[2].is_empty(),
            "what can {} not do?",
            row[0]
        );
    }
}
