//! Compares the terms that other nodes publish with their leases to this node's: incompatible versions of the cluster
//! protocol, and settings that must be the same on all nodes.

use super::Cluster;
use crate::backend::{Live, Terms};
use crate::context::Context;
use actix::prelude::*;
use hubwire_protocol::cluster::{is_neighbour, VERSION};
use hubwire_protocol::Incarnation;

/// A difference to another node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    /// Its version differs by more than one.
    Stranger(u16),
    /// Its version differs by one.
    Neighbour(u16),
    /// It renews its lease for a different duration, in ms.
    Lease(u128),
}

impl Cluster {
    /// Logs new differences to other nodes. Returns whether this node may serve: one that has not started to serve does
    /// not join a cluster of nodes that it does not understand. One that serves already continues, because the newcomer
    /// stays out.
    pub(super) fn agrees(&mut self, live: &Live, ctx: &mut Context<Self>) -> bool {
        let own = self.core.settings.lease;
        let differences = |terms: &Terms| {
            let version = match terms.version {
                VERSION => None,
                other if is_neighbour(VERSION, other) => Some(Difference::Neighbour(other)),
                other => Some(Difference::Stranger(other)),
            };
            let lease = (terms.lease != own).then_some(Difference::Lease(terms.lease.as_millis()));
            version.into_iter().chain(lease).map(|difference| (terms.node, difference)).collect::<Vec<_>>()
        };
        let found: Vec<(Incarnation, Difference)> = live.terms.iter().flat_map(differences).collect();
        let leases = found.iter().filter(|(_, it)| matches!(it, Difference::Lease(_))).count();
        self.core.metrics.nodes_other_lease.set(leases as i64);
        self.core.metrics.nodes_other_version.set((found.len() - leases) as i64);
        let news: Vec<_> = found.iter().filter(|it| !self.differences.contains(it)).copied().collect();
        if !news.is_empty() {
            self.say(news, ctx);
        }
        let strangers = found.iter().filter(|(_, it)| matches!(it, Difference::Stranger(_))).count();
        self.core.set_strangers(strangers);
        self.differences = found;
        strangers == 0 || self.core.knows_nodes()
    }

    /// One line for each kind of difference, with the names of the nodes.
    fn say(&self, news: Vec<(Incarnation, Difference)>, ctx: &mut Context<Self>) {
        let nodes = news.iter().map(|(node, _)| *node).collect();
        let serves = self.core.knows_nodes();
        let own = self.core.settings.lease.as_millis();
        ctx.spawn(self.core.backend.labels(nodes).into_actor(self).map(move |labels, _, _| {
            let labels = labels.unwrap_or_default().into_iter().chain(std::iter::repeat(None));
            let mut by_difference: Vec<(Difference, Vec<String>)> = Vec::new();
            for ((node, difference), label) in news.into_iter().zip(labels) {
                let label = label.unwrap_or_else(|| node.to_string());
                match by_difference.iter_mut().find(|(other, _)| *other == difference) {
                    Some((_, labels)) => labels.push(label),
                    None => by_difference.push((difference, vec![label])),
                }
            }
            for (difference, labels) in by_difference {
                difference.log(&labels.join(", "), serves, own);
            }
        }));
    }
}

impl Difference {
    fn log(self, nodes: &str, serves: bool, own_lease: u128) {
        match self {
            Difference::Lease(ms) => log::warn!(
                "nodes differ in directory.lease_ms: {ms} on {nodes}, {own_lease} here; give all nodes the same"
            ),
            Difference::Neighbour(version) => log::warn!(
                "nodes differ in version: {nodes} speak cluster protocol {version}, this one {VERSION}; \
                 finish the update soon"
            ),
            Difference::Stranger(version) if serves => log::error!(
                "cannot work with {nodes}: they speak cluster protocol {version}, this node {VERSION}; \
                 they stay out until nodes of this version are gone"
            ),
            Difference::Stranger(version) => log::error!(
                "cannot work with {nodes}: they speak cluster protocol {version}, this node {VERSION}; \
                 this node waits until they are gone, see docs/upgrades.md"
            ),
        }
    }
}
