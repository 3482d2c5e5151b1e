//! Channels on one and on several nodes with all rules, and without each.

use super::properties::{ALL, ONCE, SILENT, SWITCHED};
use super::{Budget, Lone, Rules};
use crate::check::{breaks, holds};

const RULES: Rules = Rules {
    enters_near: true,
    stays_near: true,
    follows_when_confirmed: true,
    names_the_told: true,
    wakes: true,
    keeps: true,
};

fn few() -> Budget {
    Budget { joins: 2, publications: 2, ..Budget::default() }
}

#[test]
fn every_publication_comes_once_and_a_lone_node_keeps_its_own() {
    holds("lone, two nodes meet", Lone { rules: RULES, budget: few() }, 1_000);
    let leaves = Budget { joins: 3, leaves: 1, publications: 1, ..few() };
    holds("lone, nodes come and go", Lone { rules: RULES, budget: leaves }, 10_000);
}

#[test]
fn nothing_is_missed_when_a_lone_node_dies_or_a_word_is_lost() {
    let budget = Budget { crashes: 1, lost_words: 1, publications: 1, ..few() };
    holds("lone, crashes", Lone { rules: RULES, budget }, 5_000);
}

#[test]
fn after_a_broker_lost_its_data_every_node_is_told_as_soon_as_it_is_entered_again() {
    let budget = Budget { wipes: 1, publications: 1, ..few() };
    holds("lone, a broker without its data", Lone { rules: RULES, budget }, 1_000);
}

#[test]
fn without_telling_who_enters_directly_it_misses_what_is_published() {
    breaks("enters unheard", Lone { rules: Rules { enters_near: false, ..RULES }, budget: few() }, ALL);
}

/// The handshake: the mark of the first node goes when its subscription stands, not when the second arrives.
#[test]
fn without_the_handshake_the_first_misses_what_is_published_when_the_second_arrives() {
    breaks("no handshake", Lone { rules: Rules { stays_near: false, ..RULES }, budget: few() }, ALL);
}

#[test]
fn without_waiting_for_the_confirmation_a_publication_finds_neither_way() {
    let rules = Rules { follows_when_confirmed: false, ..RULES };
    breaks("follows too early", Lone { rules, budget: few() }, ALL);
}

#[test]
fn without_naming_who_was_told_a_publication_comes_twice() {
    breaks("told twice", Lone { rules: Rules { names_the_told: false, ..RULES }, budget: few() }, ONCE);
}

#[test]
fn without_keeping_what_only_concerns_itself_a_node_that_was_left_alone_speaks_to_the_topic() {
    let budget = Budget { leaves: 1, ..few() };
    breaks("not kept", Lone { rules: Rules { keeps: false, ..RULES }, budget }, SILENT);
}

/// The next publication repeats a lost request to follow.
#[test]
fn without_waking_again_a_node_stays_near_although_it_has_company() {
    let rules = Rules { wakes: false, ..RULES };
    let budget = Budget { wipes: 1, ..few() };
    breaks("not woken", Lone { rules, budget }, SWITCHED);
}
