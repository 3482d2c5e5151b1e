//! Snapshots with all rules, and without each.

use super::properties::{NEWEST, ONCE, REACHED, STATE};
use super::{Budget, Rules, Snapshots};
use crate::check::{breaks, holds};

const RULES: Rules = Rules {
    reads_first: true,
    begins_behind: true,
    checks_positions: true,
    waits_for_feed: true,
    keeps_newest: true,
    refuses_ahead: true,
};

fn few() -> Budget {
    Budget { publications: 2, puts: 2, ..Budget::default() }
}

fn snapshots(rules: Rules, budget: Budget) -> Snapshots {
    Snapshots { rules, budget, others: true }
}

#[test]
fn a_snapshot_and_later_publications_are_the_state() {
    holds("snapshots", snapshots(RULES, Budget { publications: 3, puts: 3, ..few() }), 1_000);
    let budget = Budget { trims: 2, publications: 3, ..few() };
    holds("snapshots, retention", snapshots(RULES, budget.clone()), 1_000);
    let alone = Snapshots { others: false, ..snapshots(RULES, budget) };
    holds("snapshots, first on its node", alone, 1_000);
}

#[test]
fn no_snapshot_of_what_a_failover_took_is_taken_for_the_state() {
    let budget = Budget { failovers: 1, trims: 1, publications: 3, ..few() };
    holds("snapshots, failover", snapshots(RULES, budget), 1_000);
}

#[test]
fn without_reading_the_snapshot_first_publications_are_missed_or_count_twice() {
    let rules = Rules { reads_first: false, ..RULES };
    breaks("snapshot read last", snapshots(rules.clone(), few()), STATE);
    breaks("snapshot read last", snapshots(rules, few()), ONCE);
}

#[test]
fn without_going_on_behind_the_snapshot_what_was_published_after_it_is_missed() {
    breaks("goes on at the top", snapshots(Rules { begins_behind: false, ..RULES }, few()), STATE);
}

#[test]
fn without_checking_the_position_what_retention_took_is_missed_unheard() {
    let rules = Rules { checks_positions: false, ..RULES };
    breaks("no position check", snapshots(rules.clone(), Budget { trims: 2, ..few() }), STATE);
    // nobody else on the node finds that the log is another one
    let alone = Snapshots { others: false, ..snapshots(rules, Budget { failovers: 1, ..few() }) };
    breaks("no position check, failover", alone, STATE);
}

#[test]
fn without_waiting_for_the_node_what_was_read_from_the_log_comes_again() {
    breaks("does not wait", snapshots(Rules { waits_for_feed: false, ..RULES }, few()), ONCE);
}

#[test]
fn without_the_order_of_positions_an_older_snapshot_replaces_a_newer_one() {
    breaks("older one kept", snapshots(Rules { keeps_newest: false, ..RULES }, few()), NEWEST);
}

#[test]
fn without_looking_at_the_top_a_snapshot_of_what_a_failover_took_keeps_others_out() {
    let budget = Budget { failovers: 1, ..few() };
    breaks("ahead of the log", snapshots(Rules { refuses_ahead: false, ..RULES }, budget), REACHED);
}
