//! The node channels: messages from node to node, on one channel per node. Messages are sealed when sent and checked
//! when received.

use super::seal::Seal;
use crate::backend::Backend;
use crate::settings::ClusterSecrets;
use bytes::Bytes;
use futures_util::FutureExt;
use hubwire_protocol::Incarnation;
use std::rc::Rc;
use tokio::sync::oneshot;

/// Writes to and reads from node channels. Messages of one sender to one node keep their order.
pub struct NodeChannel {
    backend: Rc<dyn Backend>,
    seal: Rc<Seal>,
}

impl NodeChannel {
    /// Seals with the first of `secrets`, if there are any.
    pub(crate) fn new(backend: Rc<dyn Backend>, secrets: &ClusterSecrets) -> Self {
        NodeChannel { backend, seal: Rc::new(Seal::new(secrets)) }
    }

    /// Sends an encoded cluster message to a node. If it is lost, the tail or the sweep shows what the log has.
    pub(crate) fn tell(&self, node: Incarnation, message: Bytes) {
        let mut published = self.backend.publish_node(node, self.seal.close(message));
        if (&mut published).now_or_never().is_none() {
            actix::spawn(async move {
                if let Err(error) = published.await {
                    log::debug!("cannot notify a node node={node} error={error}");
                }
            });
        }
    }

    /// Like [`NodeChannel::tell`], at once; the answer is whether the node was listening.
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

    /// The content of a received message, and whether a node of this cluster sealed it. `None`: the seal is wrong.
    pub(crate) fn open(&self, message: &Bytes) -> Option<(Bytes, bool)> {
        self.seal.open(message)
    }

    /// A ticket's content in the form that the broker stores.
    pub(crate) fn close_ticket(&self, digest: &str, content: Bytes) -> Bytes {
        self.seal.close_ticket(digest, content)
    }

    /// The content of a ticket from a node of this cluster. `None`: somebody else made it.
    pub(crate) fn open_ticket(&self, digest: &str, kept: Bytes) -> Option<Bytes> {
        self.seal.open_ticket(digest, kept)
    }
}
