//! What an operator sees of a session, a stream and a node.

use actix::Message;
use hubwire_protocol::{Address, DeviceId, Incarnation, OrgId, Position, SessionId, UserId};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::oneshot;

/// A session as its own node knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionStatus {
    /// Its id.
    pub session: SessionId,
    /// Its user; absent before it authenticated.
    pub user: Option<UserId>,
    /// The installation it speaks through, when the client named one.
    pub device: Option<DeviceId>,
    /// Where its connection comes from.
    pub address: Option<Box<str>>,
    /// The subprotocol it speaks.
    pub codec: String,
    /// Since when it is connected, Unix milliseconds.
    pub since_ms: u64,
    /// Its organisations.
    pub orgs: Vec<OrgId>,
    /// The channel its user looks at.
    pub view: Option<Address>,
    /// The streams it follows, in order.
    pub streams: Vec<StreamOfSession>,
    /// Bytes that wait for its socket.
    pub outbox_bytes: usize,
    /// Bytes its socket took so far.
    pub written_bytes: u64,
}

/// How far a session is in one of its streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamOfSession {
    /// The stream.
    pub stream: Address,
    /// The last position the session was sent, or is passed by.
    pub pos: Position,
    /// Whether it lags: it reads on from the log.
    pub lagging: bool,
}

/// From the node, for an operator: what there is to see of a session of this node. Not answered when there is none.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DescribeSession {
    /// Which.
    pub session: SessionId,
    /// The answer.
    pub answer: oneshot::Sender<SessionStatus>,
}

/// What a log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamStatus {
    /// Its last position; `0-0` when it does not exist.
    pub top: Position,
    /// Its oldest publication; `null` when it holds nothing.
    pub oldest: Option<Position>,
    /// How many publications it holds.
    pub length: usize,
}

/// A node whose lease is valid, as the broker knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveNode {
    /// Its process life.
    pub incarnation: Incarnation,
    /// What people call it; absent where it has not said so yet.
    pub label: Option<String>,
    /// How long its lease goes on without a renewal.
    pub left: Duration,
}

/// Which of the channels with members somebody wants to see, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelFilter {
    /// Of this organisation; absent: of all.
    pub org: Option<OrgId>,
    /// Channels whose path begins with it.
    pub prefix: String,
    /// Only those behind this one.
    pub after: Option<Address>,
    /// At most so many.
    pub limit: usize,
}

impl ChannelFilter {
    /// Whether an address is among them, the bound aside.
    pub fn takes(&self, address: &Address) -> bool {
        let Address::Channel(org, path) = address else { return false };
        self.org.as_ref().is_none_or(|wanted| wanted == org)
            && path.as_str().starts_with(&self.prefix)
            && self.after.as_ref().is_none_or(|after| address > after)
    }
}

/// From the node to the delivery actor of each worker, for an operator: the channels with members on this worker, in
/// order, each with how many.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct ListChannels {
    /// Which.
    pub filter: ChannelFilter,
    /// The answer.
    pub answer: oneshot::Sender<Vec<(Address, usize)>>,
}

/// From the node to the delivery actor of each worker, for an operator:
/// how many sessions of this worker follow a stream.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct CountMembers {
    /// The stream.
    pub stream: Address,
    /// The answer.
    pub answer: oneshot::Sender<usize>,
}
