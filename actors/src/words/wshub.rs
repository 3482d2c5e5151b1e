//! All that the hub and its workers can be told.

use super::answer::Answer;
use super::port::port;
use crate::backend::plain::{PlainEvent, Subscription};
use crate::backend::BackendError;
use actix::prelude::*;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, OwnedSemaphorePermit};

/// Names a connection on its worker. The generation tells it from a later one in the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnectionKey {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl ConnectionKey {
    pub(crate) fn new(index: u32, generation: u32) -> Self {
        ConnectionKey { index, generation }
    }
}

// -- to the hub ---------------------------------------------------------------------------------------------------

/// From a connection that opened: register its key and announce it. `entered` is told once both are under way: what the
/// connection publishes after that comes after the announcement. It is dropped when the connection is to end.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Enter {
    /// Its key.
    pub key: Bytes,
    /// Its worker.
    pub worker: Arc<dyn WorkerPort>,
    /// Its place there.
    pub place: ConnectionKey,
    /// The other end, for reports.
    pub peer: Arc<str>,
    /// Notified at that time.
    pub entered: oneshot::Sender<()>,
}

/// From the hub to itself: a key was announced, and nobody has answered yet.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Unanswered {
    /// The key.
    pub key: Bytes,
    /// How long to wait before it is repeated; absent: the shortest time.
    pub pause: Option<Duration>,
    /// Whether somebody heard it.
    pub is_taken: bool,
}

/// From a connection that ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave {
    /// Its key.
    pub key: Bytes,
    /// Its worker.
    pub worker: Arc<dyn WorkerPort>,
    /// Its place there.
    pub place: ConnectionKey,
}

/// From a connection: publish a client's message.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ClientData {
    /// Its key.
    pub key: Bytes,
    /// The message.
    pub message: Bytes,
    /// Its share of what may be in flight; given back when the broker answered.
    pub permit: OwnedSemaphorePermit,
}

/// From the HTTP API: publish on one of the contract's channels. Answered with how many subscriptions took it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Publish {
    /// The whole name of the channel.
    pub channel: Bytes,
    /// The payload.
    pub payload: Bytes,
    /// Gets the answer.
    pub answer: oneshot::Sender<Result<u64, BackendError>>,
}

/// From the HTTP API: hand over what comes on some channels, until the receiver is dropped.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Listen {
    /// Which channels.
    pub subscription: Subscription,
    /// Where to.
    pub events: mpsc::Sender<PlainEvent>,
}

/// From the HTTP API: how many connections there are.
#[derive(Message)]
#[rtype(result = "usize")]
pub struct CountConnections;

/// From the internal listener: lists the connections.
#[derive(Message)]
#[rtype(result = "Vec<ClientReport>")]
pub struct ReportClients;

/// A key that is connected here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientReport {
    /// The key.
    pub key: Bytes,
    /// Its groups.
    pub groups: Vec<Bytes>,
    /// The other ends of its connections.
    pub peers: Vec<Arc<str>>,
    /// A listener answered its last announcement.
    pub is_answered: bool,
}

/// From whoever stops the node: end all connections with this code.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseAll {
    /// Close code.
    pub code: u16,
    /// Close reason.
    pub reason: &'static str,
}

/// From the bridge: a native publication for a group.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FromNative {
    /// The group.
    pub group: Bytes,
    /// The encoded envelope.
    pub envelope: Bytes,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From the hub to the bridge: a message for a group, for the native members on this node.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ToNative {
    /// The group.
    pub group: Bytes,
    /// The message.
    pub payload: Bytes,
}

// -- to a worker --------------------------------------------------------------------------------------------------

/// From the hub: these connections are now in exactly these groups. Older versions that come later are ignored.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SetGroups {
    /// Which connections.
    pub places: Vec<ConnectionKey>,
    /// Their groups.
    pub groups: Arc<[Bytes]>,
    /// Grows with each change.
    pub version: u64,
}

/// From the hub: a frame for each member of a group.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Deliver {
    /// The group.
    pub group: Bytes,
    /// The whole frame.
    pub frame: Bytes,
}

/// From the worker to itself: the mailbox turn is over.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Flush;

/// From the hub: end a connection with this code.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ClosePlace {
    /// Which one.
    pub place: ConnectionKey,
    /// Close code.
    pub code: u16,
    /// Close reason.
    pub reason: &'static str,
}

port! {
    /// A worker of the hub.
    WorkerPort: SetGroups, Deliver, ClosePlace, CloseAll
}
