//! The conformance suite of all backends: each function here is a promise of the trait `Backend`.

pub mod affiliations;
pub mod denylist;
pub mod direct;
pub mod directory;
pub mod leaving;
pub mod lone;
pub mod nodes;
pub mod people;
pub mod profiles;
pub mod pubsub;
pub mod shares;
pub mod shelf;
pub mod states;
pub mod streams;
pub mod watching;

/// Calls a macro with the names of all cases.
#[macro_export]
macro_rules! with_conformance_cases {
    ($call:ident) => {
        $call! {
            streams: a_log_starts_at_the_brokers_clock_or_at_one_and_grows_by_one,
            streams: a_length_counts_what_is_there_and_an_absent_log_has_none,
            streams: every_publication_names_the_one_before,
            streams: concurrent_appends_take_effect_in_call_order,
            streams: a_known_key_stores_once_on_whatever_node,
            streams: a_known_key_with_another_content_is_a_conflict_and_stores_nothing,
            streams: a_key_is_forgotten_after_its_window,
            streams: retention_by_count_keeps_the_newest,
            streams: retention_by_bytes_keeps_the_newest,
            streams: retention_by_age_drops_the_head,
            streams: a_log_expires_and_goes_on_above_its_former_positions,
            streams: a_read_is_intact_from_what_is_in_the_log,
            streams: a_read_is_not_intact_from_what_was_trimmed_or_never_was,
            streams: a_read_is_bounded_by_entries_and_bytes_but_has_one_entry,
            streams: history_is_newest_first_and_older_than_its_bound,
            streams: history_ends_with_the_entry_that_passes_its_bytes,
            shelf: a_purged_log_goes_on_where_it_was,
            shelf: a_channel_has_one_snapshot_which_never_goes_back_and_never_ahead_of_its_log,
            shelf: an_erased_user_has_neither_stream_nor_cursors,
            streams: tops_come_in_order_and_are_zero_without_a_log,
            streams: envelopes_of_any_bytes_survive,
            direct: a_direct_message_goes_to_both_streams_and_names_the_sessions,
            direct: a_message_to_oneself_or_of_the_server_is_one_append,
            direct: a_repeated_direct_message_stores_once_in_both_streams,
            direct: a_used_key_of_a_direct_message_is_a_conflict_in_both_streams,
            direct: a_broker_that_tells_nodes_tells_each_other_owner_once,
            direct: each_stream_of_a_direct_message_keeps_what_it_is_to_keep,
            direct: direct_messages_of_one_sender_keep_their_order,
            direct: an_outbox_without_marks_finishes_nothing,
            affiliations: the_latest_organisations_of_a_user_count_and_nobody_else_has_any,
            affiliations: a_direct_message_out_of_reach_is_stored_with_nobody,
            shares: a_sender_with_its_share_erases_nothing_that_waits_and_others_still_write,
            shares: an_organisation_with_its_share_erases_nothing_of_others_that_waits,
            shares: large_messages_take_the_share_by_their_bytes,
            shares: who_has_read_is_written_to_whatever_the_share,
            shares: a_repeated_message_of_a_sender_with_its_share_is_a_duplicate,
            people: a_relation_changes_in_one_step_is_listed_and_ends,
            people: a_user_has_so_many_people_and_goes_on_with_those,
            people: a_read_mark_never_goes_back_and_the_farthest_back_makes_room,
            people: a_message_to_who_blocks_the_sender_or_is_no_contact_is_stored_with_nobody,
            directory: a_user_is_in_so_many_channels_for_good_until_it_ends_or_is_erased,
            lone: a_lone_node_keeps_what_it_says_and_others_tell_it_directly,
            lone: what_a_node_kept_comes_in_the_order_of_its_calls,
            lone: while_nodes_go_over_to_the_topic_each_hears_everything_once,
            lone: a_node_that_is_not_alone_any_more_is_told_so_until_it_follows,
            lone: a_node_that_is_left_alone_keeps_what_it_says_though_it_follows,
            lone: a_dead_node_has_members_until_it_is_reaped,
            lone: a_node_that_is_entered_again_is_told_directly_whatever_was_known_of_it,
            pubsub: only_subscribers_are_notified_and_in_order,
            pubsub: what_is_published_after_a_confirmed_subscription_arrives,
            pubsub: an_unsubscribed_topic_is_silent,
            pubsub: a_duplicate_notifies_nobody,
            pubsub: a_node_channel_reaches_that_node_and_says_whether_anybody_listens,
            pubsub: a_full_event_queue_ends_in_lossy,
            directory: sessions_enter_and_leave,
            directory: the_oldest_session_is_replaced,
            directory: the_new_session_is_refused,
            directory: the_policy_holds_under_concurrency,
            directory: sessions_of_dead_incarnations_do_not_count,
            directory: an_attach_that_is_repeated_changes_nothing,
            directory: a_user_joins_and_leaves_a_channel_once,
            leaving: who_comes_back_in_time_has_not_left,
            leaving: a_left_that_is_due_is_told_once_by_whoever_looks_first,
            leaving: who_leaves_without_a_grace_has_left_at_once_and_only_once,
            leaving: a_left_waits_for_a_session_on_a_node_that_was_not_known,
            leaving: who_is_there_on_a_node_that_was_not_known_does_not_come_again,
            leaving: joined_comes_before_left,
            leaving: a_user_who_came_is_told_of_once,
            leaving: the_roster_is_what_was_told_up_to_now,
            profiles: a_profile_is_told_in_every_channel_the_user_is_in,
            profiles: a_profile_is_told_with_its_users_coming_and_ends_with_its_leaving,
            profiles: the_last_profile_counts_and_what_is_not_used_is_forgotten,
            states: a_state_is_told_with_its_users_coming_and_when_it_changes,
            states: of_several_sessions_the_newest_state_is_shown_while_its_session_is_there,
            states: a_state_stays_with_a_user_that_is_back_in_time,
            states: a_state_survives_the_node_of_its_session,
            watching: sessions_of_a_watched_user_stir_the_nodes_that_watch,
            watching: a_watched_user_on_a_node_that_died_is_stirred_when_that_is_reaped,
            watching: another_profile_of_a_watched_user_stirs_the_nodes_that_watch,
            shelf: cursors_never_go_back,
            shelf: cursors_are_bounded,
            shelf: the_devices_of_a_user_are_bounded_and_the_idlest_goes,
            shelf: cursors_are_forgotten_when_they_have_not_moved_for_long,
            shelf: a_ticket_is_taken_once_by_one_of_many,
            shelf: a_ticket_expires_and_is_not_overwritten,
            shelf: the_broker_takes_writes,
            denylist: a_denial_is_known_by_every_node_until_it_ends,
            denylist: a_denial_ends_before_its_time_once,
            denylist: a_denial_of_older_tokens_only_grows,
            denylist: a_denial_that_was_ended_is_not_given_back,
            denylist: what_a_node_gives_back_replaces_nothing,
            denylist: the_denylist_is_bounded_and_a_known_subject_always_fits,
            denylist: reasons_and_ids_of_any_text_survive,
            nodes: a_lease_lives_until_it_expires_and_can_be_renewed_until_it_is_reaped,
            nodes: a_released_lease_is_expired_at_once,
            nodes: a_live_incarnation_is_not_reaped,
            nodes: reaping_removes_routes_step_by_step_and_tells_who_left,
            nodes: a_reaped_incarnation_writes_no_routes,
            nodes: a_lease_says_how_long_it_goes_on_and_an_expired_one_is_not_listed,
            nodes: a_label_is_known_until_its_node_is_reaped,
        }
    };
}
