//! One user's stream with all rules, and without each.

use super::properties::{ACKED, EQUAL, LINKED, ONCE, TOLD};
use super::{Faults, Promise, Rules, Stream};
use crate::check::{breaks, holds};

const RULES: Rules = Rules {
    nonces: true,
    links: true,
    checks_positions: true,
    deduplicates: true,
    waits: true,
    redraws_nonces: true,
    notices_lower_tops: true,
};

fn stream(rules: Rules, faults: Faults) -> Stream {
    Stream { rules, faults, messages: 2, others: false, slow: false, promise: Promise::Replica }
}

fn failover() -> Faults {
    Faults { failovers: 1, disconnects: 1, ..Faults::default() }
}

fn losses() -> Faults {
    Faults { lost: 1, doubled: 1, disconnects: 1, ..Faults::default() }
}

#[test]
fn a_stream_is_seen_whole_and_once_across_losses_and_retries() {
    let faults = Faults { unanswered: 1, ..losses() };
    holds("stream, losses", Stream { messages: 3, ..stream(RULES, faults) }, 1_000);
}

#[test]
fn a_stream_is_seen_whole_or_its_end_is_told_when_retention_takes_it() {
    let faults = Faults { trims: 2, ..losses() };
    holds("stream, retention", stream(RULES, faults), 1_000);
}

#[test]
fn a_stream_is_seen_whole_by_a_device_that_reads_slowly() {
    let faults = Faults { doubled: 0, trims: 1, ..losses() };
    holds("stream, slow device", Stream { messages: 3, slow: true, ..stream(RULES, faults) }, 1_000);
}

#[test]
fn what_a_failover_takes_was_not_acknowledged_and_is_told() {
    holds("stream, failover", stream(RULES, failover()), 1_000);
    holds("stream, failover, others stay", Stream { others: true, ..stream(RULES, failover()) }, 1_000);
}

#[test]
fn no_failover_goes_unnoticed() {
    let faults = Faults { lost: 1, disconnects: 0, ..failover() };
    holds("stream, failover and loss", stream(RULES, faults.clone()), 1_000);
    let rules = Rules { waits: false, ..RULES };
    let told = Stream { messages: 3, promise: Promise::Told, ..stream(rules, faults) };
    holds("stream, failover and loss, no WAIT", told, 1_000);
}

#[test]
fn without_a_fresh_nonce_an_append_repeated_after_a_failover_hides_another() {
    let faults = Faults { disconnects: 0, ..failover() };
    let rules = Rules { redraws_nonces: false, ..RULES };
    breaks("same nonce again", Stream { messages: 3, ..stream(rules, faults) }, EQUAL);
}

#[test]
fn without_looking_at_lower_tops_a_failover_is_not_noticed() {
    // until the log has come as far as the node was, only a notification tells of the other history
    let faults = Faults { lost: 1, disconnects: 0, ..failover() };
    let rules = Rules { waits: false, notices_lower_tops: false, ..RULES };
    breaks("lower top", Stream { messages: 3, promise: Promise::Told, ..stream(rules, faults) }, EQUAL);
}

/// A limit of every durability but `replica`: a publication that was lost before any device saw it goes unnoticed.
#[test]
fn without_waiting_what_a_failover_took_unseen_is_told_to_nobody() {
    let rules = Rules { waits: false, ..RULES };
    breaks("lost unseen", Stream { promise: Promise::ToldAll, ..stream(rules, failover()) }, TOLD);
}

#[test]
fn without_nonces_a_failover_is_not_noticed() {
    // as with an epoch and an offset that both survive the failover
    breaks("position without nonce", stream(Rules { nonces: false, ..RULES }, failover()), EQUAL);
}

#[test]
fn without_links_a_lost_notification_is_not_noticed() {
    breaks("no prev-link", stream(Rules { links: false, ..RULES }, losses()), EQUAL);
    breaks("no prev-link", stream(Rules { links: false, ..RULES }, losses()), LINKED);
}

#[test]
fn without_checking_the_position_a_resume_hides_what_retention_took() {
    let faults = Faults { trims: 2, disconnects: 1, ..Faults::default() };
    breaks("no position check", stream(Rules { checks_positions: false, ..RULES }, faults), EQUAL);
    breaks("no position check, failover", stream(Rules { checks_positions: false, ..RULES }, failover()), EQUAL);
}

#[test]
fn without_deduplication_a_retry_is_seen_twice() {
    let faults = Faults { unanswered: 1, ..Faults::default() };
    breaks("no dedupe", stream(Rules { deduplicates: false, ..RULES }, faults), ONCE);
}

#[test]
fn without_waiting_a_failover_takes_what_was_acknowledged() {
    breaks("ack before WAIT", stream(Rules { waits: false, ..RULES }, failover()), ACKED);
}
