//! All messages to the WS-HUB hub and its workers.

use super::answer::Answer;
use super::ids::MemberKey;
use super::port::port;
use crate::backend::plain::{PlainEvent, Subscription};
use crate::backend::BackendError;
use actix::prelude::*;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, OwnedSemaphorePermit};

// -- to the hub ---------------------------------------------------------------------------------------------------

/// From a connection that opened: register its key and announce it. `entered` is notified once both are in progress:
/// what the connection publishes afterwards comes after the announcement. It is dropped when the connection has to end.
#[derive(Message)]
#[rtype(result = "()")]
pub struct EnterKey {
    /// Its key.
    pub key: Bytes,
    /// Its worker.
    pub worker: Arc<dyn WorkerPort>,
    /// Its slot there.
    pub place: MemberKey,
    /// The address of the client, for reports.
    pub peer: Arc<str>,
    /// Notified when it has entered.
    pub entered: oneshot::Sender<()>,
}

/// From the hub to itself: a key was announced, and no listener has answered yet.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Unanswered {
    /// The key.
    pub key: Bytes,
    /// The pause before it is repeated; absent: the shortest.
    pub pause: Option<Duration>,
    /// Whether any subscriber received it.
    pub is_taken: bool,
}

/// From a connection that ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LeaveKey {
    /// Its key.
    pub key: Bytes,
    /// Its worker.
    pub worker: Arc<dyn WorkerPort>,
    /// Its slot there.
    pub place: MemberKey,
}

/// From a connection: publish a client's message.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ClientData {
    /// Its key.
    pub key: Bytes,
    /// The message.
    pub message: Bytes,
    /// Its share of the bytes in flight; returned when the broker has answered.
    pub permit: OwnedSemaphorePermit,
}

/// From the HTTP API: publish on one of the contract's channels. Answered with the number of subscriptions that
/// received it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PublishPlain {
    /// The full name of the channel.
    pub channel: Bytes,
    /// The payload.
    pub payload: Bytes,
    /// Receives the answer.
    pub answer: oneshot::Sender<Result<u64, BackendError>>,
}

/// From the HTTP API: forward the messages of some channels, until the receiver is dropped.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Listen {
    /// The channels.
    pub subscription: Subscription,
    /// Receives the messages.
    pub events: mpsc::Sender<PlainEvent>,
}

/// From the HTTP API: the number of connections.
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
    /// The addresses of its clients.
    pub peers: Vec<Arc<str>>,
    /// Whether a listener has answered its last announcement.
    pub is_answered: bool,
}

/// From the node when it stops: end all connections with this code.
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

/// From the hub: sets the groups of these connections. An older version that arrives later is ignored.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SetGroups {
    /// The connections.
    pub places: Vec<MemberKey>,
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

/// From the worker to itself: the mailbox turn is complete.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct FlushBatch;

/// From the hub: end a connection with this code.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ClosePlace {
    /// The connection.
    pub place: MemberKey,
    /// Close code.
    pub code: u16,
    /// Close reason.
    pub reason: &'static str,
}

port! {
    /// A worker of the hub.
    WorkerPort: SetGroups, Deliver, ClosePlace, CloseAll
}
