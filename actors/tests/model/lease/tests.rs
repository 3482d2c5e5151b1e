//! Leases with all rules, and without each.

use super::properties::{ENTERED, FENCED, INDEXED, POLICY, SPARED};
use super::{Faults, Leases, Rules};
use crate::check::{breaks, holds};

const RULES: Rules =
    Rules { fences: true, claims: true, indexes_first: true, notices_failovers: true, asks_who_lives: true };

fn leases(rules: Rules, faults: Faults) -> Leases {
    Leases { rules, faults, until: 4, policy: false }
}

fn crash() -> Faults {
    Faults { crashes: 1, ..Faults::default() }
}

#[test]
fn nobody_delivers_without_a_lease_and_no_live_route_is_removed() {
    holds("leases, crashes", leases(RULES, crash()), 1_000);
}

#[test]
fn a_broker_that_lost_its_data_gets_the_sessions_again() {
    let faults = Faults { wipes: 1, ..Faults::default() };
    holds("leases, lost data", Leases { until: 3, ..leases(RULES, faults) }, 1_000);
}

#[test]
fn a_broker_that_failed_over_gets_the_sessions_again() {
    let faults = Faults { failovers: 1, ..Faults::default() };
    holds("leases, failover", Leases { until: 2, ..leases(RULES, faults) }, 1_000);
}

#[test]
fn the_session_policy_holds_when_it_is_asked_who_lives() {
    holds("leases, policy", Leases { policy: true, ..leases(RULES, crash()) }, 1_000);
}

#[test]
fn without_the_fence_a_node_delivers_past_its_lease() {
    breaks("no fence", leases(Rules { fences: false, ..RULES }, crash()), FENCED);
}

#[test]
fn without_a_claim_the_reaper_removes_a_live_route() {
    breaks("unconditional removal", leases(Rules { claims: false, ..RULES }, crash()), SPARED);
}

#[test]
fn without_the_index_first_a_route_has_no_entry() {
    breaks("route before index", leases(Rules { indexes_first: false, ..RULES }, crash()), INDEXED);
}

/// A limit on a Redis Cluster: the live set is that of the last refresh, up to a second old.
#[test]
fn without_asking_who_lives_a_session_is_not_counted_by_the_policy() {
    let rules = Rules { asks_who_lives: false, ..RULES };
    breaks("policy by an old live set", Leases { policy: true, ..leases(rules, crash()) }, POLICY);
}

#[test]
fn without_noticing_a_failover_a_session_is_not_entered_again() {
    let rules = Rules { notices_failovers: false, ..RULES };
    breaks("failover", leases(rules, Faults { failovers: 1, ..Faults::default() }), ENTERED);
}
