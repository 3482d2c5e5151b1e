//! The node channel: messages from node to node, on one channel for each node. Messages are sealed on the way out and
//! judged on the way in.

use super::seal::Seal;
use crate::apart::settled;
use crate::backend::Backend;
use crate::settings::ClusterSecrets;
use bytes::Bytes;
use hubwire_protocol::Incarnation;
use std::rc::Rc;
use tokio::sync::oneshot;

/// The channels of all nodes, as one of them writes and reads them.
/// Messages of one sender to one node keep their order.
pub struct NodeChannel {
    backend: Rc<dyn Backend>,
    seal: Rc<Seal>,
}

impl NodeChannel {
    /// Seals with the first of `secrets`, if there are any.
    pub(crate) fn new(backend: Rc<dyn Backend>, secrets: &ClusterSecrets) -> Self {
        NodeChannel { backend, seal: Rc::new(Seal::new(secrets)) }
    }

    /// Tells a node an encoded cluster message. One that is lost shows by what the log has: the tail or the sweep.
    pub(crate) fn tell(&self, node: Incarnation, message: Bytes) {
        let mut published = self.backend.publish_node(node, self.seal.close(message));
        if settled(&mut published).is_none() {
            actix::spawn(async move {
                if let Err(error) = published.await {
                    log::debug!("cannot notify a node node={node} error={error}");
                }
            });
        }
    }

    /// As [`NodeChannel::tell`], at once; the answer is whether the node was listening.
    pub(crate) fn tell_heard(&self, node: Incarnation, message: Bytes) -> oneshot::Receiver<bool> {
        let published = self.backend.publish_node(node, self.seal.close(message));
        let (heard, hears) = oneshot::channel();
        actix::spawn(async move {
            let published = published.await;
            if let Err(error) = &published {
                log::debug!("cannot notify a node node={node} error={error}");
            }
            let _ = heard.send(published.unwrap_or(false)); // a caller that went away wants no answer
        });
        hears
    }

    /// What a received message holds, and whether a node of this cluster sealed it. `None`: the seal is wrong.
    pub(crate) fn open(&self, message: &Bytes) -> Option<(Bytes, bool)> {
        self.seal.open(message)
    }

    /// A ticket's content as it is kept in the broker.
    pub(crate) fn close_ticket(&self, digest: &str, content: Bytes) -> Bytes {
        self.seal.close_ticket(digest, content)
    }

    /// The content of a ticket of a node of this cluster. `None`: somebody else made it.
    pub(crate) fn open_ticket(&self, digest: &str, kept: Bytes) -> Option<Bytes> {
        self.seal.open_ticket(digest, kept)
    }
}
