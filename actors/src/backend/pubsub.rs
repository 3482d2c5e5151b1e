//! Topics and node channels: how nodes hear of each other at once. What gets lost here is in a log.

use super::reply::Reply;
use bytes::Bytes;
use hubwire_protocol::{Address, Incarnation};

/// What a backend tells the bridge by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendEvent {
    /// A message on this node's channel or on a topic it subscribed to: an encoded cluster message.
    Message {
        /// The bytes.
        payload: Bytes,
    },
    /// A message of this node's own to a topic that it did not have to share: it has all members of the channel.
    Kept {
        /// The bytes.
        payload: Bytes,
    },
    /// A call had no answer with which a message of this node's own could have come: what it is told directly is in
    /// doubt. Said once for many calls.
    Unanswered,
    /// Messages may have been lost (reconnected, or this queue was full): every local stream is behind.
    Lossy,
    /// It is not proven that messages arrive. Said again every one or two seconds until it is: only the logs tell what
    /// the local streams miss.
    Deaf,
}

/// Topics, and the channel of each node.
pub trait Topics {
    /// Starts delivery of a topic (a stream's address) as [`BackendEvent::Message`]. Resolves when the broker
    /// confirmed: what is published after that arrives, until [`BackendEvent::Lossy`].
    /// Idempotent, kept across reconnects. A node with members of a channel is not told of it directly from then on.
    fn subscribe(&self, topic: Address) -> Reply<()>;

    /// Ends delivery of a topic.
    fn unsubscribe(&self, topic: Address) -> Reply<()>;

    /// Publishes an encoded cluster message on a topic without a log.
    fn publish_topic(&self, topic: Address, message: Bytes) -> Reply<()>;

    /// Publishes an encoded cluster message on a node's channel (one's own included: it comes back as an event).
    /// Resolves with whether anybody listens. Calls take effect in call order.
    fn publish_node(&self, node: Incarnation, message: Bytes) -> Reply<bool>;
}
