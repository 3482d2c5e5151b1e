//! Questions between nodes, for an operator or for a client that is connected to another node.

use super::Node;
use crate::inquiry::Inquiry;
use crate::live_channels::LiveChannels;
use crate::mail;
use crate::words::cluster::TellNode;
use bytes::Bytes;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::Incarnation;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

impl Node {
    /// Lists the channels of the cluster for sessions; absent where no node does.
    pub(crate) fn live_channels(&self) -> Option<&Arc<dyn LiveChannels>> {
        self.0.live_channels.get()
    }

    /// Asks a node, which may be this one. `None`: no answer came in time.
    pub async fn inquire(&self, node: Incarnation, question: Bytes, wait: Duration) -> Option<Bytes> {
        let (id, from) = (self.environment().random(), self.incarnation());
        let asked = self.0.inquiries.ask(id)?;
        match node == from {
            true => self.0.inquiries.take(Inquiry { from, id, question }),
            false => self.tell_node(node, &ClusterMessage::Question { from, id, question: &question }),
        }
        tokio::time::timeout(wait, asked.answer()).await.ok().flatten()
    }

    /// Questions to this node. For one caller.
    pub fn questions(&self) -> Option<mpsc::Receiver<Inquiry>> {
        self.0.inquiries.questions()
    }

    /// Answers a question.
    pub fn answer(&self, inquiry: &Inquiry, answer: Bytes) {
        match inquiry.from == self.incarnation() {
            true => self.0.inquiries.answered(inquiry.id, answer),
            false => self.tell_node(inquiry.from, &ClusterMessage::Answer { id: inquiry.id, answer: &answer }),
        }
    }

    fn tell_node(&self, node: Incarnation, message: &ClusterMessage<'_>) {
        // if the cluster actor's mailbox is full the answer is lost, as with any pub/sub message
        let _ = mail::tell(self.cluster(), TellNode { node, message: message.encode().into() });
    }
}
