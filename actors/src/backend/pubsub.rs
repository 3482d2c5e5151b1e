//! Topics and node channels: immediate messages between nodes. A publication that is lost here is still in a log.

use super::log::Entry;
use super::reply::Reply;
use bytes::Bytes;
use hubwire_protocol::{Address, Incarnation};

/// Events that a backend sends to the bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendEvent {
    /// A message on this node's channel or on a topic it subscribed to: an encoded cluster message.
    Message {
        /// The bytes.
        payload: Bytes,
    },
    /// A message of this node to a topic that no other node had to receive: this node has all members of the channel.
    Kept {
        /// The bytes.
        payload: Bytes,
    },
    /// A new entry of a stream that this node subscribed to, from a broker in this process: the same as a message with
    /// a `ClusterMessage::Publication`, without its bytes.
    Stored {
        /// The stream.
        stream: Address,
        /// The entry.
        entry: Entry,
        /// Whether it is one of [`BackendEvent::Kept`].
        kept: bool,
    },
    /// A call got no answer, and with the answer a message of this node may have been lost, so direct notifications are
    /// in doubt. Sent once for many calls.
    Unanswered,
    /// Messages may have been lost (after a reconnect, or because this queue was full): every local stream is behind.
    Lossy,
    /// There is no proof that messages arrive. Repeated every one or two seconds until there is: only the logs reveal
    /// what the local streams miss.
    Deaf,
}

/// Topics, and the channel of each node.
pub trait Topics {
    /// Starts delivery of a topic (a stream's address) as [`BackendEvent::Message`]. Resolves when the broker has
    /// confirmed: later messages arrive, until [`BackendEvent::Lossy`]. Idempotent, kept across reconnects. From then
    /// on a node with members of the channel is not notified directly any more.
    fn subscribe(&self, topic: Address) -> Reply<()>;

    /// Ends delivery of a topic.
    fn unsubscribe(&self, topic: Address) -> Reply<()>;

    /// Publishes an encoded cluster message on a topic without a log.
    fn publish_topic(&self, topic: Address, message: Bytes) -> Reply<()>;

    /// Publishes an encoded cluster message on a node's channel (the own one included: it comes back as an event).
    /// Resolves with whether the node listens. Calls take effect in call order.
    fn publish_node(&self, node: Incarnation, message: Bytes) -> Reply<bool>;
}
