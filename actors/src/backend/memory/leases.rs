//! Which incarnations are alive, for the broker in memory.

use crate::backend::{Lease, Terms};
use hubwire_protocol::cluster::VERSION;
use hubwire_protocol::Incarnation;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// Deadlines of the nodes, by the clock of this process.
#[derive(Debug, Default, Clone)]
pub(super) struct MemoryLeases {
    deadlines: BTreeMap<Incarnation, Instant>,
    /// Nodes that were not notified yet that the broker returned to an earlier state.
    doubtful: BTreeSet<Incarnation>,
    /// Fenced for good. Costs 8 bytes per node that died during the life of this process.
    reaped: BTreeSet<Incarnation>,
    /// The duration of each node's last renewal.
    ttls: BTreeMap<Incarnation, Duration>,
    /// The labels of the nodes.
    labels: BTreeMap<Incarnation, String>,
}

impl MemoryLeases {
    /// Takes or extends a lease.
    pub(super) fn renew(&mut self, now: Instant, incarnation: Incarnation, ttl: Duration) -> Lease {
        if self.reaped.contains(&incarnation) {
            return Lease::Reaped;
        }
        self.ttls.insert(incarnation, ttl);
        let doubtful = self.doubtful.remove(&incarnation);
        match self.deadlines.insert(incarnation, now + ttl) {
            Some(_) if doubtful => Lease::Doubtful,
            Some(_) => Lease::Extended,
            None => Lease::Created,
        }
    }

    /// Marks all leases as those of an earlier state.
    pub(super) fn doubt(&mut self) {
        self.doubtful = self.deadlines.keys().copied().collect();
    }

    /// Ends a lease now. The reaper removes the node's entries.
    pub(super) fn release(&mut self, now: Instant, incarnation: Incarnation) {
        if let Some(deadline) = self.deadlines.get_mut(&incarnation) {
            *deadline = now.min(*deadline);
        }
    }

    pub(super) fn live(&self, now: Instant) -> Vec<Incarnation> {
        self.deadlines.iter().filter(|(_, deadline)| **deadline > now).map(|(incarnation, _)| *incarnation).collect()
    }

    /// The remaining time of each live lease.
    pub(super) fn left(&self, now: Instant) -> Vec<(Incarnation, Duration)> {
        let live = self.deadlines.iter().filter(|(_, deadline)| **deadline > now);
        live.map(|(incarnation, deadline)| (*incarnation, *deadline - now)).collect()
    }

    /// The terms of the live nodes, which are all of one build.
    pub(super) fn terms(&self, now: Instant) -> Vec<Terms> {
        let of = |node: Incarnation| Some(Terms { node, version: VERSION, lease: *self.ttls.get(&node)? });
        self.live(now).into_iter().filter_map(of).collect()
    }

    pub(super) fn expired(&self, now: Instant, grace: Duration) -> Vec<Incarnation> {
        let dead = |deadline: &Instant| *deadline + grace <= now;
        self.deadlines.iter().filter(|(_, deadline)| dead(deadline)).map(|(incarnation, _)| *incarnation).collect()
    }

    /// Fences an expired incarnation; `false` when its lease is alive.
    pub(super) fn fence(&mut self, now: Instant, incarnation: Incarnation) -> bool {
        if self.deadlines.get(&incarnation).is_some_and(|deadline| *deadline > now) {
            return false;
        }
        self.reaped.insert(incarnation);
        true
    }

    pub(super) fn is_reaped(&self, incarnation: Incarnation) -> bool {
        self.reaped.contains(&incarnation)
    }

    pub(super) fn forget(&mut self, incarnation: Incarnation) {
        self.deadlines.remove(&incarnation);
        self.labels.remove(&incarnation);
        self.ttls.remove(&incarnation);
    }

    pub(super) fn set_label(&mut self, incarnation: Incarnation, label: String) {
        self.labels.insert(incarnation, label);
    }

    pub(super) fn label(&self, incarnation: Incarnation) -> Option<String> {
        self.labels.get(&incarnation).cloned()
    }
}
