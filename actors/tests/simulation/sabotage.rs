//! Bugs that are planted to see whether they are found: the simulation is judged, too.

use crate::plan::Plan;
use crate::run::{run_with, Outcome};
use crate::trace::Lines;

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// None.
    None,
    /// Now and then the broker acknowledges what it does not store, and notifies nobody.
    Unstored,
    /// The broker does not know which ids it has stored.
    Forgetful,
    /// Now and then a direct message is not copied to its sender's stream.
    NoCopy,
    /// Sessions that are over stay in the directory.
    Ghosts,
}

/// Seeds until one shows the bug.
const SEEDS: std::ops::Range<u64> = 1..20;

fn is_found(sabotage: Sabotage, by: &[&str]) {
    let shows = |outcome: &Outcome| outcome.wrongs.iter().any(|wrong| by.iter().any(|name| wrong.starts_with(name)));
    let found = SEEDS.map(Plan::of).any(|plan| shows(&run_with(&plan, Lines::Hash, sabotage)));
    assert!(found, "no seed shows {sabotage:?}");
}

#[test]
fn a_publication_that_is_acknowledged_and_not_stored_is_found() {
    is_found(Sabotage::Unstored, &["Lost", "Fork"]);
}

#[test]
fn a_broker_that_stores_an_id_twice_is_found() {
    is_found(Sabotage::Forgetful, &["Duplicate", "StoredTwice"]);
}

#[test]
fn a_direct_message_without_a_copy_is_found() {
    is_found(Sabotage::NoCopy, &["CopyMissing"]);
}

#[test]
fn a_session_that_stays_in_the_directory_is_found() {
    is_found(Sabotage::Ghosts, &["Ghost"]);
}
