//! Direct messages with all rules, and without each.

use super::properties::{ACKED, BOTH, ONCE};
use super::{Direct, Faults, Rules};
use crate::check::{breaks, holds};

const RULES: Rules = Rules { marks: true, deduplicates: true, waits: true };

fn direct(rules: Rules, faults: Faults) -> Direct {
    Direct { rules, faults, messages: 2, returns: true }
}

fn faults() -> Faults {
    Faults { crashes: 1, retries: 1, ..Faults::default() }
}

#[test]
fn a_direct_message_stands_in_both_streams_or_in_neither() {
    holds("direct, crashes", direct(RULES, Faults { crashes: 2, retries: 2, ..faults() }), 1_000);
    let failovers = Faults { failovers: 1, ..faults() };
    holds("direct, crashes and failovers", direct(RULES, failovers), 1_000);
}

#[test]
fn old_marks_do_no_harm_while_the_log_has_the_message() {
    let faults = Faults { expiries: 1, ..faults() };
    holds("direct, forgotten keys", direct(RULES, faults), 1_000);
}

#[test]
fn without_the_outbox_mark_a_copy_is_missing() {
    breaks("no outbox mark", direct(Rules { marks: false, ..RULES }, faults()), BOTH);
}

#[test]
fn without_deduplication_a_retry_is_stored_twice() {
    breaks("no dedupe, direct", direct(Rules { deduplicates: false, ..RULES }, faults()), ONCE);
}

#[test]
fn without_waiting_a_failover_takes_what_was_acknowledged() {
    let rules = Rules { waits: false, ..RULES };
    let faults = Faults { failovers: 1, ..Faults::default() };
    breaks("ack before WAIT, direct", direct(rules.clone(), faults.clone()), ACKED);
    breaks("ack before WAIT, direct", direct(rules, faults), BOTH);
}

/// A limit: only a retry or the sender's next attach finishes a message that a crash left half stored.
#[test]
fn a_sender_that_never_comes_back_leaves_a_message_half_stored() {
    breaks("no return", Direct { returns: false, ..direct(RULES, faults()) }, BOTH);
}

/// A limit: a mark whose removal was lost, found when the keys are forgotten and retention took the receiver's copy.
#[test]
fn a_mark_older_than_the_receivers_retention_stores_the_message_again() {
    let faults = Faults { crashes: 1, trims: 1, expiries: 1, ..Faults::default() };
    breaks("old mark", direct(RULES, faults), ONCE);
}
