//! Stories of operation: what happens to HAProxy, ExaBGP and the host, and what is said to ExaBGP.
//!
//! Each is a folder of `tests/scenarios` with its inputs and what is expected of them; `driver.rs` says which file is
//! what. `UPDATE_SCENARIOS=1 cargo test --test scenarios` rewrites what is expected, for a person to read the
//! difference.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "scenarios/driver.rs"]
mod driver;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

macro_rules! scenario {
    ($name:ident) => {
        #[test]
        fn $name() {
            driver::run(&stories().join(stringify!($name)));
        }
    };
}

fn stories() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

// The servers come up, die and come back. Announcing takes two readings (rise 2), withdrawing one (fall 1).
scenario!(a_service_is_announced_withdrawn_and_announced_again);

// One of the two servers dies: nothing is said.
scenario!(one_server_of_two_is_enough);

// Fall 3: two bad readings, one good, two bad; only the third in a row withdraws.
scenario!(with_fall_3_two_bad_readings_change_nothing);

// HAProxy writes three lines within milliseconds, and each is a look. Rise 2 and fall 2 want another one, half a fast interval later.
scenario!(what_several_log_lines_show_at_once_is_one_reading);

// Rise 2: no two readings in a row are good.
scenario!(a_service_that_flaps_at_every_reading_is_never_announced);

// UP 1/3 still takes requests, DOWN 1/2 does not yet.
scenario!(a_server_that_is_failing_counts_and_one_that_is_rising_does_not);

// Two servers: the plain route. One: the same prefix with a longer path, a med and communities. None: withdrawn.
scenario!(the_best_level_that_holds_is_in_force_with_its_attributes);

// Fall 2 from the best level: one reading of degraded, two of down. The first two are at least degraded, the last two are down.
scenario!(a_fall_stops_at_the_level_that_all_its_readings_reach);

// From the start no better level than the readings show.
scenario!(a_start_with_one_server_announces_the_degraded_level);

// All attributes that a level may have, in one order.
scenario!(every_attribute_is_on_the_line);

// min_percent 75 of four servers: three are enough, two are not.
scenario!(a_share_of_the_servers_is_wanted);

// min_weight 100: the heavy server alone is enough, the light one is not.
scenario!(a_weight_is_wanted);

// min_active 2 and min_percent 75: two of four servers meet the first only.
scenario!(all_measures_must_be_met);

// The backup server is the other region. HAProxy says UP, and the route goes there.
scenario!(a_backup_that_carries_the_load_does_not_make_the_region_healthy);

// count_backup: the backup server is as good as any.
scenario!(a_backup_counts_where_the_rule_says_so);

// Of four servers one is named: it dies while two others live.
scenario!(only_the_named_servers_count);

// The configuration names a server that is not there: it cannot be told, and the hold time runs.
scenario!(a_named_server_that_haproxy_does_not_have_is_unknown);

// One server at weight 0 leaves the other; both at weight 0 leave none, though HAProxy says UP of each.
scenario!(a_server_of_weight_0_carries_nothing);

// NOLB (404 with disable-on-404): no new requests.
scenario!(a_server_that_only_keeps_its_sessions_is_not_usable);

// Fall 3, but an operator put the servers in MAINT: a wish needs no confirmation.
scenario!(a_server_in_maint_withdraws_at_once);

// Fall 3, but an operator drains the servers.
scenario!(a_server_in_drain_withdraws_at_once);

// After the reload no server has been checked, and HAProxy says UP of each: unknown, held, and nothing is said.
scenario!(a_reload_of_haproxy_changes_nothing);

// All servers are dead. After the reload each looks UP until its first check fails; the route stays withdrawn.
scenario!(a_reload_of_haproxy_with_dead_servers_announces_nothing);

// Unchecked after the reload, then dead: the hold ends with the first knowledge.
scenario!(servers_that_died_in_a_reload_withdraw);

// Nothing is said before a check has run; then rise counts from there.
scenario!(a_start_with_unchecked_servers_waits_for_their_checks);

// Fall 2: no socket once is a restart, twice is down. It comes back and is announced.
scenario!(haproxy_is_gone_after_as_many_readings_as_fall_says);

// No answer: everything stays for the hold time, then the route is withdrawn, once.
scenario!(an_unreadable_haproxy_holds_and_then_withdraws);

// unknown.then keep: nothing is ever withdrawn for not knowing.
scenario!(an_unreadable_haproxy_holds_for_as_long_as_it_lasts);

// One timeout between good readings: said in the log, not to ExaBGP.
scenario!(one_lost_poll_is_no_flap);

// A typo in haproxy.cfg, or a reload that dropped the backend: hold, then withdraw.
scenario!(a_backend_that_is_not_there_is_unknown);

// disable frontend, with fall 3: a wish.
scenario!(a_paused_frontend_withdraws_at_once);

// shutdown frontend: STOP, with fall 3.
scenario!(a_shut_down_frontend_withdraws_at_once);

// HAProxy up to 2.4 hides a frontend that was shut down: hold, then withdraw.
scenario!(a_frontend_that_is_not_there_is_unknown);

// unpublish backend (HAProxy 3.4): UP (UNPUB), with fall 3.
scenario!(an_unpublished_backend_withdraws_at_once);

// HAProxy says UP of a backend without servers.
scenario!(an_empty_backend_is_down);

// server-template 6, two have an address: two of two, not of six. Without any it is down.
scenario!(slots_of_a_template_without_an_address_do_not_count);

// The servers follow checks/s1, which has not been checked yet.
scenario!(a_tracking_server_is_as_unchecked_as_the_one_it_follows);

// The old worker answers after a reload: what it says is frozen.
scenario!(a_stopping_worker_is_not_believed);

// The servers are fine, but the anycast address is not on this host.
scenario!(an_address_that_leaves_this_host_withdraws);

// require_address false: another host has the address.
scenario!(an_address_is_not_asked_for_where_it_need_not_be_here);

// not file: somebody touches /run/drain.
scenario!(a_file_that_must_not_be_there_withdraws);

// all: one no is no, whatever the unknown one is. any: one yes is yes.
scenario!(an_unknown_probe_decides_only_where_it_must);

// at_least 2 of 3: yes, yes, unknown is yes; yes, no, unknown is unknown; no, no, unknown is no.
scenario!(a_quorum_is_reached_or_missed_whatever_the_unknown_one_is);

// The probe runs once in a second while looks come every 100 ms: only its second answer announces, and its second refusal withdraws (fall 2).
scenario!(one_reading_of_a_slow_probe_is_not_counted_twice);

// Whether the best level holds cannot be told, the second holds for certain: after the hold it is in force.
scenario!(an_unknown_better_level_does_not_hide_a_certain_worse_one);

// The servers are dead at the start: the first reading withdraws what may still be out.
scenario!(what_a_dead_predecessor_left_is_withdrawn_after_a_start);

// HAProxy cannot be read at the start: nothing is said for the hold time, then the route is withdrawn.
scenario!(what_a_dead_predecessor_left_stays_while_nothing_is_known);

// Two services, three prefixes; withdrawals go before announcements.
scenario!(several_services_and_prefixes_go_out_in_one_batch);

// IPv4 and IPv6 in one service.
scenario!(a_prefix_of_each_family_has_its_next_hop);

// neighbors: both commands carry the selectors.
scenario!(a_route_goes_to_the_named_neighbors_only);

// next_hop self, no as_path.
scenario!(next_hop_self_and_the_default_as_path_are_exabgps);

// ExaBGP answers error: again after 1 s, 2 s, 4 s; taken at last.
scenario!(a_refused_command_is_tried_again_after_a_growing_wait);

// The announcement was refused; the withdrawal is another command and goes at once.
scenario!(another_state_does_not_wait_for_a_refused_one);

// One of three is refused: each goes again alone, two are taken, the third backs off.
scenario!(a_refusal_within_a_batch_harms_no_other);

// ExaBGP is stopped for 10 s: it is asked for its version once; what changed meanwhile is not written. Then it wakes.
scenario!(a_silent_exabgp_hears_the_newest_state_only);

// Nothing but version is written before it answers.
scenario!(an_exabgp_that_does_not_answer_at_the_start_is_waited_for);

// exabgp.api.ack is false: version has an answer, nothing else has.
scenario!(without_acks_commands_are_taken_as_done);

// A-B-A is paced, since no answer does it.
scenario!(without_acks_routes_go_one_batch_after_the_other);

// A respawned process hears what its predecessor asked: what comes before ExaBGP said its version counts for nothing.
scenario!(answers_to_a_predecessor_are_not_ours);

// Its last refusal arrives just after the start, beside our own done: which is whose cannot be told, so the command goes again.
scenario!(a_predecessors_error_only_repeats_a_command);

// A-B-A while the session is down ends wrong at every version of ExaBGP. 4.2: each route otherwise, then as it should be.
scenario!(a_session_that_missed_changes_is_sent_everything_again);

// A-B-A while the session is down. 5.0: flush adj-rib out, once.
scenario!(a_session_that_missed_changes_is_flushed_on_exabgp_5);

// A path identifier comes and goes before the first session is up. ExaBGP 5 would send both routes: what is gone is withdrawn again.
scenario!(a_session_that_comes_up_first_is_told_again_what_is_gone);

// It fell and came back, nothing changed meanwhile: ExaBGP sends its routes itself.
scenario!(a_session_that_missed_nothing_is_left_alone);

// No session yet, and the route was stated, withdrawn and stated: flush when the first comes up.
scenario!(a_first_session_after_changes_is_sent_everything_again);

// ExaBGP refuses to flush five times, a second apart.
scenario!(a_refused_flush_is_tried_again_and_then_left);

// The servers die in the middle of the cure: the withdrawal goes out as soon as the step is answered.
scenario!(a_change_while_a_session_is_sent_everything_again_goes_first);

// encoder json: the sessions are told in JSON, the acks are not.
scenario!(messages_in_json_are_understood);

// The file lost a service: its route goes, the other stays.
scenario!(a_service_that_is_not_configured_any_more_is_withdrawn);

// Another as_path: an edit changes what it says, at once. Nothing is withdrawn, and nothing of the service's health is forgotten.
scenario!(an_edited_path_replaces_the_route_at_once);

// neighbors: another one. The old one is withdrawn when the new one is acknowledged, not before.
scenario!(a_prefix_that_moves_to_other_neighbors_is_withdrawn_from_the_old);

// SIGTERM: one withdraw a route that was announced, nothing for one that is withdrawn.
scenario!(whoever_leaves_withdraws_what_may_be_out);

// on_exit keep: another process takes over.
scenario!(whoever_leaves_keeps_the_routes_where_told);

// Two levels with a rise and a fall of their own: gold takes three readings and is left after two, silver one and three.
scenario!(levels_rise_and_fall_at_their_own_pace);

// With damping the first return is at once, the second takes 200 ms, the third and fourth 400 ms, the ceiling.
scenario!(a_service_that_flaps_comes_back_later_each_time);

// It must have been well for the whole wait.
scenario!(a_fall_while_it_is_kept_back_starts_the_wait_anew);

// A poll without an answer is no fall.
scenario!(one_lost_poll_does_not_start_the_wait_anew);

// A second without a fall, and the next return is at once again.
scenario!(damping_is_forgotten_after_a_quiet_time);

// Two returns from MAINT in a row are both at once; the failure after them is the second one only.
scenario!(an_operators_wish_is_no_flap);

// The servers are up from the start, and the route comes after 300 ms.
scenario!(nothing_is_announced_while_it_warms_up);

// The servers die between the last look and the end of the warm-up: HAProxy is asked once more at the end, and nothing is announced.
scenario!(what_was_kept_back_is_looked_at_before_it_is_announced);

// The warm-up is counted from the start, whatever the servers do meanwhile.
scenario!(a_service_that_is_down_first_warms_up_too);

// HAProxy is started again: another warm-up.
scenario!(it_warms_up_again_when_haproxy_was_gone);

// Both regions lose their servers: the route stays out with a longer path, and the servers' return makes it as it was.
scenario!(the_last_one_standing_stays_announced);

// A healthy sibling that was asked after the loss: only then it is withdrawn. One lost answer of the sibling brings nothing back,
// three in a row do.
scenario!(a_last_resort_is_withdrawn_when_a_sibling_is_healthy);

// A sibling was healthy, and ExaBGP reads nothing for half a second. It is asked again before the withdrawal, and is ill by then.
scenario!(a_withdrawal_that_had_to_wait_is_said_on_a_new_word_only);

// The same, and the look that judges the word ends long after the word came: the age of a word is counted from its arrival.
scenario!(a_word_is_as_old_as_its_arrival);

// The sibling is back at 450 ms. Its page may be ahead of its route, and settle is 200 ms: withdrawn at 700.
scenario!(a_sibling_that_comes_back_is_given_time_for_its_route);

// At a start nothing is announced before the sibling was asked.
scenario!(a_start_without_servers_waits_for_the_siblings_word);

// The same with a healthy sibling: nothing is announced at all.
scenario!(a_start_without_servers_beside_a_healthy_sibling_announces_nothing);

// Of two siblings one is lost, the other is enough to withdraw.
scenario!(one_healthy_sibling_of_two_is_enough);

// Without HAProxy there is not even an error page: withdrawn, whatever the sibling says.
scenario!(there_is_no_last_resort_where_haproxy_is_gone);

// Nor where the address has left the host.
scenario!(there_is_no_last_resort_without_the_address);

// Nor behind a frontend that is closed.
scenario!(there_is_no_last_resort_behind_a_closed_frontend);

// HAProxy hangs while it is the last resort: that holds, and then is withdrawn.
scenario!(a_last_resort_that_cannot_be_read_is_withdrawn_after_the_hold);

// No sibling is healthy: neither warm-up nor damping keep back the only region that serves.
scenario!(who_is_the_only_one_left_is_not_kept_back);

// Kept back by the warm-up, and then the only region that is left, between two looks: the servers are dead by then, and the last
// look that was counted does not say so yet.
scenario!(who_is_the_only_one_left_serves_by_what_is_seen_then);

// MAINT of all servers in the last region that is left: the route stays out, with the longer path.
scenario!(an_operators_wish_does_not_take_the_last_one_standing_away);

// An operator drains the service: a longer path for 500 ms, then nothing.
scenario!(a_drained_service_is_depreferred_and_then_withdrawn);

// Its longer path is now wanted for an hour: a drain only goes forward.
scenario!(a_drain_that_is_withdrawn_stays_so_when_an_edit_makes_its_stages_longer);
scenario!(what_a_drain_has_withdrawn_stays_so_when_its_service_is_dropped_and_back);

// With a control socket the route waits a second for the clients that HAProxy asks to close.
scenario!(a_drain_first_lets_haproxy_ask_its_clients_to_close);

// Over before it is withdrawn, and after: the route is as it was, at once.
scenario!(a_drain_that_is_over_announces_as_before);

// The process starts in the middle of a drain: the stages are counted from its declaration.
scenario!(a_drain_that_is_old_goes_on_where_it_was);

// No sibling is healthy: the drained route stays out with the longer path, until one is, or --force.
scenario!(the_last_region_is_not_drained_away);

// A drain has no part in health; an order for all holds beside a service's own.
scenario!(a_service_that_falls_while_it_is_drained_is_withdrawn);

// There is no path to make longer.
scenario!(without_an_as_path_a_drain_withdraws_at_once);

// The last healthy region is drained without force, and so held. The process is killed: until the next one has asked the sibling,
// nothing is withdrawn. Not asked is not 'not alone'.
scenario!(the_last_region_stays_out_when_it_is_drained_and_the_process_is_killed);

// The same, and the file is edited: another rise and a hook, then another sibling, then nonsense. Held stays held, and the sibling that
// nobody asked yet takes nothing away.
scenario!(the_last_region_stays_out_when_it_is_drained_and_its_file_is_edited);

// Drained and withdrawn beside a healthy sibling. The process is killed, and the sibling answers the next one late: nothing is announced
// meanwhile, and its word ends in another withdrawal, which is nothing new.
scenario!(a_region_that_was_drained_and_withdrawn_stays_so_over_a_restart);

// neighbors: one more. The new selection is announced at once, with the health that was; warm_up is over. Nothing is withdrawn, since the
// old neighbor is among the new ones.
scenario!(a_neighbor_that_is_added_to_a_service_takes_nothing_from_the_others);

// neighbors: one less. Announced to the one that stays, and then withdrawn from the other alone.
scenario!(a_neighbor_that_is_taken_out_of_a_service_loses_the_route_alone);

// neighbors: left out. Who had the route has it.
scenario!(a_route_for_some_that_is_for_all_now_is_withdrawn_from_nobody);

// neighbors: one of two that ExaBGP has. It is announced to that one, and withdrawn from those that ExaBGP names, never from one that it
// does not name.
scenario!(a_route_for_all_that_is_for_some_now_is_withdrawn_from_the_others);

// neighbors: one that exabgp.conf does not have yet. While that is refused the old one keeps the route; when it is taken, the old one
// loses it.
scenario!(a_selection_that_exabgp_refuses_leaves_the_old_one_out);

// The same, and the servers die while the new one is refused: the old one does not outlive the service.
scenario!(a_selection_that_exabgp_refuses_goes_with_the_service_when_that_falls);

// path_information: another. Two routes for a moment, never none.
scenario!(another_path_identifier_is_announced_before_the_old_one_is_withdrawn);

// The same with a session that is up: one that has not agreed on add-path has lost the new one with the old one, and ExaBGP does not
// know. It is sent again.
scenario!(another_path_identifier_is_sent_again_after_the_old_one_is_withdrawn);

// The prefix goes from one healthy service to another: it is announced with what the other one says. A third prefix takes its place.
scenario!(a_prefix_that_goes_to_another_service_is_never_withdrawn);

// A service is called otherwise: for the program another one, of which nothing is known. Its route stays as it is until two readings
// say so, and is then what it was.
scenario!(a_service_of_another_name_leaves_the_route_until_it_was_looked_at);

// A prefix more, whose address is not on this host: it is not announced for a moment before that is seen. fall 2 withdraws the service.
scenario!(a_prefix_that_is_added_waits_until_its_address_was_looked_for);

// A prefix more, whose address is on this host: announced with the look that follows the edit.
scenario!(a_prefix_that_is_added_is_announced_when_its_address_is_here);

// The service is taken out of the file while ExaBGP has not answered its announcement: what may be out is withdrawn once it answers.
scenario!(a_service_that_is_dropped_while_its_announcement_is_on_its_way_is_withdrawn);

// It is taken out of the file while ExaBGP refuses its announcement. What ExaBGP has of it is not known for certain, so it is withdrawn.
scenario!(a_service_that_is_dropped_while_it_is_refused_is_withdrawn);

// It is taken out of the file while HAProxy asks its clients to close: its route goes, and both its variables are set back. It comes back,
// and is drained since it was declared.
scenario!(a_service_that_is_dropped_while_it_is_drained_asks_nobody_to_close_any_more);

// rise, fall, a hook, the hold, damping, the interval and a new level below: none of them is an event of the service.
scenario!(an_edit_that_moves_no_route_is_neither_said_nor_logged);

// Another as_path 300 ms into a warm-up of 500 ms: announced at 500 ms, with the new path.
scenario!(an_edit_while_it_warms_up_does_not_begin_the_warm_up_again);

// Damping: two falls with an edit between them. The second return waits, as if nobody had edited anything.
scenario!(falls_are_remembered_over_an_edit);

// It is kept back for 600 ms. An edit in the meantime neither ends nor lengthens that, and is not told as another wait.
scenario!(a_service_that_is_kept_back_goes_on_waiting_over_an_edit);

// The sibling was healthy before the servers died. The file is edited: its old word withdraws nothing, its next one does.
scenario!(a_siblings_old_word_counts_no_more_after_an_edit_than_before_it);

// The level in force has another name in the file, and the same condition: no move, nothing is logged.
scenario!(a_level_that_is_called_otherwise_is_the_same_level);

// Another level above the one in force: it takes its readings, and the route stays as it is until then.
scenario!(a_level_that_is_added_above_is_risen_to);

// The level in force is taken out of the file: the route stays as it is until two readings say which one follows.
scenario!(a_level_that_is_taken_away_leaves_its_route_until_the_service_was_looked_at);

// Fall 3: one server has been in MAINT since before; the other dies. That is a failure, and takes three readings. The server that
// failed is named first.
scenario!(a_failure_beside_an_older_wish_is_a_failure);

// Fall 3, two levels: one server went to MAINT, at once, and the service is at the worse level. Then the other dies: three readings.
scenario!(a_failure_at_a_worse_level_beside_an_older_wish_is_a_failure);

// Fall 3: eight disabled slots of a template stand by from the start, and both servers die. Three readings, and the log names the two first.
scenario!(slots_that_were_disabled_before_are_no_wish);

// Fall 3: the frontend of the better level was closed long ago, and the service is at the worse one. Its servers die: three readings.
scenario!(a_frontend_that_was_closed_before_is_no_wish);

// Fall 3: both servers fail, and while that is counted an operator puts one of them in MAINT. It takes nothing away that had not failed.
scenario!(maintenance_of_a_server_that_fails_is_no_wish);

// Fall 3: one server is dead, and an operator puts the one that is left in MAINT: at once.
scenario!(maintenance_of_the_last_server_is_a_wish);

// Drained and withdrawn. The sibling's page is late once, then twice: nothing. Three times: the route is out, with the longer path. The
// page is back: it is given its time, and then the route goes.
scenario!(a_region_that_is_drained_comes_back_only_after_several_readings_without_a_healthy_sibling);

// Declared again while HAProxy asks its clients to close, and again when it is withdrawn, and for all services: it has the date of the
// first, and never goes back a stage.
scenario!(a_drain_that_is_declared_again_goes_on_where_it_is);

// Resumed and drained again between two readings of the folder: the order has another id, and its stages begin anew. One for all beside it,
// and without it, goes on with that.
scenario!(a_drain_that_ended_unseen_and_began_again_is_another_one);

// Withdrawn, and then the file says that the longer path is out for an hour first: the route does not come back for that.
scenario!(a_drain_goes_on_when_an_edit_makes_its_stages_longer);

// Held, since no sibling is healthy. An order for all with force beside the service's own without: withdrawn. Without the forced one the
// last region comes back, after several readings.
scenario!(one_order_with_force_is_enough);

// The service's own order is new, the one for all is a minute old: the drain is as old as the older one, and is at its last stage.
scenario!(an_older_order_for_all_counts_beside_a_newer_one_of_a_services_own);

// Killed while the route is out with the longer path: the next process says that again, and withdraws it when the first would have.
scenario!(a_drain_goes_on_over_a_restart);

// An order that cannot be dated, or is dated in the future, is older than every stage.
scenario!(an_order_of_unknown_age_is_at_its_last_stage);

// SIGTERM while an announcement waits for its acknowledgement: it may be out, so it is withdrawn.
scenario!(whoever_leaves_withdraws_what_is_on_its_way);

// SIGTERM while the pipe to ExaBGP is full. ExaBGP reads again in time: the last words are said. A second SIGTERM changes nothing.
scenario!(whoever_leaves_waits_for_the_writer_to_say_its_last_words);

// The same, and ExaBGP does not read again: it leaves half a second after the first SIGTERM.
scenario!(whoever_leaves_waits_for_nobody_for_long);

// ExaBGP closes the pipe while the last words wait for it.
scenario!(whoever_leaves_is_gone_at_once_when_exabgp_is);

// SIGTERM while the new selection of a route waits for its acknowledgement: the old one and the new one are withdrawn.
scenario!(whoever_leaves_while_a_selection_moves_withdraws_both);

// HAProxy reloads, and its checks take longer than the hold: servers that were healthy stay so, over a second reload too. The log is silent.
scenario!(what_the_old_process_knew_of_its_servers_counts_until_they_are_checked);

// The same with dead servers: HAProxy says UP of each, and nothing is announced, for longer than the hold.
scenario!(servers_that_were_dead_before_a_reload_are_dead_until_they_are_checked);

// min_active 2 of three: of the two that were there one was dead. The third is new, and its check decides; until then it cannot be told,
// which is held for a second.
scenario!(a_server_that_is_new_with_a_reload_is_not_known);

// A reload takes backend02 out and puts backend03 in. backend02 was dead, backend03 is another one: with min_active 2 it is unknown,
// and nothing is announced.
scenario!(a_server_that_takes_anothers_place_is_not_known_by_its_place);

// remember 3s: after that it cannot be told, and the hold of a second runs.
scenario!(what_the_old_process_knew_is_forgotten_in_time);

// remember 0s: unknown from the reload on.
scenario!(nothing_is_remembered_where_that_is_not_wanted);

// init-state down: HAProxy says DOWN of the backend until the first check. The servers were healthy.
scenario!(servers_that_are_down_by_default_until_their_check_are_what_they_were);

// One server was in MAINT, the other healthy: of the first nothing is known after the reload. min_active 2 cannot be told, one is enough
// for the level in force.
scenario!(an_operators_wish_in_the_old_process_says_nothing_of_a_servers_health);

// HAProxy was gone for a moment, and what comes back has checked nothing yet: announced with what was known of its servers.
scenario!(servers_are_what_they_were_when_haproxy_comes_back);

// HAProxy could not be read for a moment, and then reloaded.
scenario!(servers_are_what_they_were_when_haproxy_hung_before_its_reload);

// The new worker has found both dead, then a look reaches the old one, which is stopping and says UP for ever. After another reload they
// are what the worker knew that still checked them.
scenario!(what_a_stopping_worker_says_of_its_servers_is_not_remembered);

// The page says so from the acknowledgement on; not while the service is drained, not while every session is down, not while ExaBGP
// does not answer.
scenario!(other_regions_learn_that_the_route_is_out_only_while_it_is);

// The servers die. First this region's page is taken back, and only a sibling that was asked after that is believed: otherwise two regions
// that lose their servers at once believe each other.
scenario!(a_siblings_word_counts_once_this_regions_page_is_silent);

// The level in force is taken out of the file: until the service was looked at, the route stays, and what the page says ends by itself.
scenario!(an_edit_does_not_take_back_what_other_regions_learn);

// The process is killed, and the next one does not say that the route is not out before it knows.
scenario!(a_restart_does_not_take_back_what_other_regions_learn);

// ExaBGP repeats nothing to a new process: it asks who is established, and reads which of them hold its route. One neighbor falls, and other
// regions learn that the route is out, since the other one is up; then that one falls, too, and they learn that it is not.
scenario!(a_session_that_was_up_before_the_process_began_is_asked_for);

// A level of a frontend and the backend behind it, fall 3: an operator disables the frontend. Nobody listens, so there is no last resort.
scenario!(a_frontend_that_is_closed_before_healthy_servers_withdraws_at_once);

// The same level, and the frontend is open: a failure takes its three readings.
scenario!(a_level_of_a_frontend_and_its_backend_takes_its_time_when_the_servers_fail);

// Another backend in the file, and no thread can be had to watch it: what was configured goes on, is watched and obeyed, until the new
// watch runs. Said once, and once when it works.
scenario!(a_watch_that_cannot_start_leaves_the_one_before_in_force);

// No thread can be had at the start: nothing is known, and nothing is said of any route until there is one.
scenario!(a_watch_that_cannot_start_at_first_is_tried_again);

// Another variable for the drain while it is drained: the new one is set, the old one set back. Then there is no control any more: it is
// set back while it still can be.
scenario!(a_drains_variable_that_an_edit_renames_is_set_back);

// HAProxy does not answer whether it set the variable, and the drain is over: that is said, since it may have been set.
scenario!(a_variable_that_may_have_been_set_is_set_back);

// One server returns, and a reading later the other: the readings lead to the better level in one move.
scenario!(a_return_of_both_servers_is_one_move);

// One server returns, and the other for one reading only: the worse level, with no word of two.
scenario!(a_return_that_goes_no_further_ends_at_the_worse_level);

// rise 5 of the better level: the worse one serves meanwhile, and the log says why it is not the better one yet.
scenario!(a_better_level_that_takes_longer_is_not_waited_for);

// No sibling is healthy: what the readings support serves at once, and the better level follows.
scenario!(the_only_region_that_is_left_serves_at_once);

// HAProxy refuses the variable and then hangs: whoever waits for it waits for a time that lies ahead (the driver asserts it), and tries
// again every two seconds while HAProxy answers.
scenario!(a_variable_that_cannot_be_set_costs_nothing_while_haproxy_hangs);

// Killed with its route out, and it warms up. The sibling was healthy, then both lose their servers: its old word withdraws nothing, its
// next one says that it is ill, and the route stays out as the last resort.
scenario!(a_region_that_is_not_known_yet_withdraws_on_no_old_word);

// hold 0, a restart, and the sibling answers before HAProxy: what was not looked at yet is not judged.
scenario!(a_word_that_comes_before_the_first_look_withdraws_nothing);

// The level in force is taken out of the file, and the servers die before the next look: the sibling is asked before anything is withdrawn.
scenario!(a_level_that_is_taken_away_withdraws_on_no_old_word);

// Damping and two levels: the servers die one after the other, and return so, twice. The first return is at once, the second waits
// once, to the level that the last readings support.
scenario!(an_outage_is_one_fall_however_many_levels_it_passes);

// An operator takes one server, then the other dies: the wish is no fall, the failure is one. After a second failure the return waits.
scenario!(a_failure_after_a_wish_is_a_fall);

#[test]
fn every_folder_is_a_story_that_is_told_here() {
    let told: BTreeSet<String> = include_str!("scenarios.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("scenario!(")?.strip_suffix(");"))
        .map(str::to_owned)
        .collect();
    let folders: BTreeSet<String> = std::fs::read_dir(stories())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir() && entry.file_name() != "replies")
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(told, folders);
}

#[test]
fn every_reply_of_haproxy_is_used_by_a_story() {
    let used: BTreeSet<PathBuf> = walk(&stories())
        .iter()
        .filter(|path| path.is_symlink())
        .map(|path| path.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .collect();
    let replies: BTreeSet<PathBuf> =
        walk(&stories().join("replies")).iter().map(|path| path.canonicalize().unwrap()).collect();
    assert_eq!(used, replies);
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
