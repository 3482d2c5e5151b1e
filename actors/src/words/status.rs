//! An operator's view of a session, a stream and a node.

use actix::Message;
use hubwire_protocol::{Address, DeviceId, Incarnation, OrgId, Position, SessionId, UserId};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::oneshot;

/// A session as its own node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionStatus {
    /// Its id.
    pub session: SessionId,
    /// Its user; absent before it authenticated.
    pub user: Option<UserId>,
    /// The device, if the client named one.
    pub device: Option<DeviceId>,
    /// The address of its client.
    pub address: Option<Box<str>>,
    /// Its subprotocol.
    pub codec: String,
    /// When it connected, Unix milliseconds.
    pub since_ms: u64,
    /// Its organisations.
    pub orgs: Vec<OrgId>,
    /// The channel that its user views.
    pub view: Option<Address>,
    /// The streams it follows, in order.
    pub streams: Vec<StreamOfSession>,
    /// Bytes in its outbox.
    pub outbox_bytes: usize,
    /// Bytes that its socket has accepted so far.
    pub written_bytes: u64,
}

/// The position of a session in one of its streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamOfSession {
    /// The stream.
    pub stream: Address,
    /// The last position that was sent to the session, or skipped for it.
    pub pos: Position,
    /// Whether it lags: it reads on from the log.
    pub lagging: bool,
}

/// From the node, for an operator: describe a session of this node. Not answered when there is none.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DescribeSession {
    /// The session.
    pub session: SessionId,
    /// The answer.
    pub answer: oneshot::Sender<SessionStatus>,
}

/// The state of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamStatus {
    /// Its last position; `0-0` when it does not exist.
    pub top: Position,
    /// Its oldest publication; `null` when it is empty.
    pub oldest: Option<Position>,
    /// The number of publications in it.
    pub length: usize,
}

/// A node with a valid lease, by the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveNode {
    /// The id of its process life.
    pub incarnation: Incarnation,
    /// Its label; absent while it has not stored one.
    pub label: Option<String>,
    /// How long its lease lasts without a renewal.
    pub left: Duration,
}

/// A part of the channels with members, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelFilter {
    /// Only of this organisation; absent: of all.
    pub org: Option<OrgId>,
    /// Only those whose path has this prefix.
    pub prefix: String,
    /// Only those after this one.
    pub after: Option<Address>,
    /// At most this many.
    pub limit: usize,
}

impl ChannelFilter {
    /// Whether an address is selected, apart from the limit.
    pub fn takes(&self, address: &Address) -> bool {
        let Address::Channel(org, path) = address else { return false };
        self.org.as_ref().is_none_or(|wanted| wanted == org)
            && path.as_str().starts_with(&self.prefix)
            && self.after.as_ref().is_none_or(|after| address > after)
    }
}

/// From the node to the delivery actor of each worker, for an operator: the channels with members on this worker, in
/// order, each with the number of them.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct ListChannels {
    /// The requested part.
    pub filter: ChannelFilter,
    /// The answer.
    pub answer: oneshot::Sender<Vec<(Address, usize)>>,
}

/// From the node to the delivery actor of each worker, for an operator: how many sessions of this worker follow a
/// stream.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct CountMembers {
    /// The stream.
    pub stream: Address,
    /// The answer.
    pub answer: oneshot::Sender<usize>,
}
