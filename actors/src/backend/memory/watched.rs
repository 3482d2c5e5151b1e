//! Watched users, and the nodes that watch them.

use super::endpoint::Endpoint;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::UserId;
use std::collections::HashMap;
use std::rc::Rc;

/// The nodes that watch each user. They end it themselves, or with their process.
#[derive(Default)]
pub(super) struct Watched(HashMap<UserId, Vec<Rc<Endpoint>>>);

impl Watched {
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

    /// A node is gone.
    pub(super) fn leave(&mut self, node: &Rc<Endpoint>) {
        self.0.retain(|_, nodes| {
            nodes.retain(|other| !Rc::ptr_eq(other, node));
            !nodes.is_empty()
        });
    }

    /// Sessions of any users went.
    pub(super) fn stir_all(&self) {
        self.0.keys().for_each(|user| self.stir(user));
    }

    /// A session of this user came or went, or its profile is another.
    pub(super) fn stir(&self, user: &UserId) {
        let Some(nodes) = self.0.get(user) else { return };
        let message: bytes::Bytes = ClusterMessage::Stirred { user: user.as_str() }.encode().into();
        for node in nodes {
            node.events.message(message.clone()); // a node that is gone leaves by itself
        }
    }
}
