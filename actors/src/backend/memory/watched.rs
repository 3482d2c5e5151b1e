//! Watched users, and the nodes that watch them.

use super::endpoint::Endpoint;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::UserId;
use std::collections::HashMap;
use std::rc::Rc;

/// The nodes that watch each user, until they unwatch it or their process ends.
#[derive(Default)]
pub(super) struct WatchingNodes(HashMap<UserId, Vec<Rc<Endpoint>>>);

impl WatchingNodes {
    pub(super) fn add(&mut self, user: UserId, node: &Rc<Endpoint>) {
        let nodes = self.0.entry(user).or_default();
        if !nodes.iter().any(|other| Rc::ptr_eq(other, node)) {
            nodes.push(Rc::clone(node));
        }
    }

    pub(super) fn remove(&mut self, user: &UserId, node: &Rc<Endpoint>) {
        let Some(nodes) = self.0.get_mut(user) else { return };
        nodes.retain(|other| !Rc::ptr_eq(other, node));
        if nodes.is_empty() {
            self.0.remove(user);
        }
    }

    /// Removes a node that has ended.
    pub(super) fn leave(&mut self, node: &Rc<Endpoint>) {
        self.0.retain(|_, nodes| {
            nodes.retain(|other| !Rc::ptr_eq(other, node));
            !nodes.is_empty()
        });
    }

    /// Notifies all watching nodes: sessions of unknown users have ended.
    pub(super) fn stir_all(&self) {
        self.0.keys().for_each(|user| self.stir(user));
    }

    /// Notifies the nodes that watch this user: a session of it was attached or detached, or its profile changed.
    pub(super) fn stir(&self, user: &UserId) {
        let Some(nodes) = self.0.get(user) else { return };
        let message: bytes::Bytes = ClusterMessage::Stirred { user: user.as_str() }.encode().into();
        for node in nodes {
            node.events.message(message.clone()); // a node that is gone leaves by itself
        }
    }
}
