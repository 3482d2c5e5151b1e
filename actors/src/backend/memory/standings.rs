//! Nodes with members of a channel, and which of them are notified directly because they are not subscribed to its
//! topic.

use hubwire_protocol::{Address, Incarnation};
use smallvec::SmallVec;
use std::collections::HashMap;

/// The nodes of each channel; see the module. A channel without members takes no memory.
#[derive(Debug, Default, Clone)]
pub(super) struct Standings(HashMap<Address, Nodes>);

/// One node, except in a simulated cluster.
type Nodes = SmallVec<[Standing; 1]>;

#[derive(Debug, Clone, Copy)]
struct Standing {
    node: Incarnation,
    /// How many sessions of the node are in the channel.
    sessions: usize,
    near: bool,
}

impl Standings {
    /// Counts a session of a node. `is_new`: it was not in the channel before. `fresh`: the node has no subscription
    /// there.
    pub(super) fn enter(&mut self, channel: &Address, node: Incarnation, is_new: bool, fresh: bool) {
        let Address::Channel(..) = channel else { return };
        let nodes = self.0.entry(channel.clone()).or_default();
        match nodes.iter_mut().find(|standing| standing.node == node) {
            Some(standing) => {
                standing.sessions += usize::from(is_new);
                standing.near |= fresh;
            }
            None => nodes.push(Standing { node, sessions: 1, near: true }),
        }
    }

    /// Removes a session of a node.
    pub(super) fn leave(&mut self, channel: &Address, node: Incarnation) {
        let Some(nodes) = self.0.get_mut(channel) else { return };
        nodes.retain(|standing| {
            standing.sessions -= usize::from(standing.node == node);
            standing.sessions > 0
        });
        if nodes.is_empty() {
            self.0.remove(channel);
        }
    }

    /// The node has subscribed to the topic.
    pub(super) fn follow(&mut self, channel: &Address, node: Incarnation) {
        let nodes = self.0.get_mut(channel).into_iter().flatten();
        nodes.filter(|standing| standing.node == node).for_each(|standing| standing.near = false);
    }

    /// The nodes that are notified directly.
    pub(super) fn near(&self, channel: &Address) -> SmallVec<[Incarnation; 1]> {
        self.nodes(channel).filter(|standing| standing.near).map(|standing| standing.node).collect()
    }

    /// Whether a node has members.
    pub(super) fn is_some(&self, channel: &Address, node: Incarnation) -> bool {
        self.nodes(channel).any(|standing| standing.node == node)
    }

    /// Whether all members are on one node.
    pub(super) fn is_all(&self, channel: &Address, node: Incarnation) -> bool {
        self.nodes(channel).map(|standing| standing.node).eq([node])
    }

    fn nodes(&self, channel: &Address) -> impl Iterator<Item = &Standing> {
        self.0.get(channel).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_there_until_its_last_session_left_and_near_until_it_follows() {
        let (mut standings, channel) = (Standings::default(), "ch:acme/a".parse().unwrap());
        let [one, other] = [1, 2].map(Incarnation::from_random);
        standings.enter(&channel, one, true, true);
        standings.enter(&channel, one, true, false);
        standings.enter(&channel, one, false, false);
        standings.enter(&channel, other, true, true);
        standings.follow(&channel, one);
        assert_eq!((standings.near(&channel).to_vec(), standings.is_all(&channel, one)), (vec![other], false));
        standings.leave(&channel, other);
        standings.leave(&channel, one);
        assert!(standings.is_all(&channel, one) && standings.near(&channel).is_empty());
        standings.leave(&channel, one);
        assert!(standings.0.is_empty());
    }

    #[test]
    fn the_lists_of_organisations_have_no_standings() {
        let (mut standings, org) = (Standings::default(), "org:acme".parse().unwrap());
        standings.enter(&org, Incarnation::from_random(1), true, true);
        assert!(standings.0.is_empty());
    }
}
