//! The calls of operators to the node that they are connected to.

use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use hubwire_actors::node::Node;
use hubwire_actors::words::outcome::Refusal;
use hubwire_actors::words::status::{ChannelFilter, LiveNode, SessionStatus, StreamStatus};
use hubwire_protocol::{Address, DeviceId, Incarnation, Position, SessionId, UserId};
use std::time::Duration;

/// An observation, or a refusal.
pub type Seen<'a, T> = LocalBoxFuture<'a, Result<T, Refusal>>;

/// The node as its operators see it.
pub trait Inspect: Send + Sync {
    /// The nodes whose lease is valid.
    fn nodes(&self) -> Seen<'_, Vec<LiveNode>>;

    /// Asks a node, which may be this one. `None`: no answer came in time.
    fn inquire(&self, node: Incarnation, question: Bytes, wait: Duration) -> LocalBoxFuture<'_, Option<Bytes>>;

    /// The states of sessions of this node.
    fn describe(&self, sessions: Vec<SessionId>) -> LocalBoxFuture<'_, Vec<SessionStatus>>;

    /// The first channels with members on this node, each with the number of its sessions here.
    fn channels(&self, filter: ChannelFilter) -> LocalBoxFuture<'_, Vec<(Address, usize)>>;

    /// How many sessions of this node follow a stream.
    fn sessions_following(&self, stream: Address) -> LocalBoxFuture<'_, usize>;

    /// The state of a log.
    fn stream(&self, stream: Address) -> Seen<'_, StreamStatus>;

    /// A stored publication; `None` if the log does not hold it.
    fn publication(&self, stream: Address, pos: Position) -> Seen<'_, Option<Bytes>>;

    /// The cursors of devices of a user, in the given order.
    fn cursors(&self, user: UserId, devices: Vec<DeviceId>) -> Seen<'_, Vec<Vec<(Address, Position)>>>;

    /// The numbers of users in channels, and the tops of their logs, in the given order.
    fn occupancy(&self, channels: Vec<Address>) -> Seen<'_, Vec<(usize, Position)>>;

    /// Requirements of the configuration that the broker does not meet.
    fn advice(&self) -> Seen<'_, Vec<String>>;
}

impl Inspect for Node {
    fn nodes(&self) -> Seen<'_, Vec<LiveNode>> {
        Box::pin(Node::nodes(self))
    }

    fn inquire(&self, node: Incarnation, question: Bytes, wait: Duration) -> LocalBoxFuture<'_, Option<Bytes>> {
        Box::pin(Node::inquire(self, node, question, wait))
    }

    fn describe(&self, sessions: Vec<SessionId>) -> LocalBoxFuture<'_, Vec<SessionStatus>> {
        Box::pin(Node::describe(self, sessions))
    }

    fn channels(&self, filter: ChannelFilter) -> LocalBoxFuture<'_, Vec<(Address, usize)>> {
        Box::pin(Node::channels(self, filter))
    }

    fn sessions_following(&self, stream: Address) -> LocalBoxFuture<'_, usize> {
        Box::pin(async move { Node::sessions_following(self, &stream).await })
    }

    fn stream(&self, stream: Address) -> Seen<'_, StreamStatus> {
        Box::pin(Node::stream(self, stream))
    }

    fn publication(&self, stream: Address, pos: Position) -> Seen<'_, Option<Bytes>> {
        Box::pin(Node::publication(self, stream, pos))
    }

    fn cursors(&self, user: UserId, devices: Vec<DeviceId>) -> Seen<'_, Vec<Vec<(Address, Position)>>> {
        Box::pin(Node::cursors(self, user, devices))
    }

    fn occupancy(&self, channels: Vec<Address>) -> Seen<'_, Vec<(usize, Position)>> {
        Box::pin(Node::occupancy(self, channels))
    }

    fn advice(&self) -> Seen<'_, Vec<String>> {
        Box::pin(Node::advice(self))
    }
}
