//! All that the cluster actor can be told.

use super::outcome::Refusal;
use super::port::port;
use crate::backend::{BackendError, Denial, DirectoryEntry, Lease, Subject};
use crate::probe::Probe;
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::{Address, CloseCode, Incarnation, OwnClose, SessionId, UserId};
use tokio::sync::oneshot;

/// From whoever renews the lease: what the broker answered.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Renewed {
    /// The answer.
    pub answer: Result<Lease, BackendError>,
    /// Whether the lease had ended before.
    pub had_ended: bool,
}

/// From the node while it stops: give the lease back. Answered when the broker took it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Release {
    /// The answer.
    pub answer: oneshot::Sender<()>,
}

/// From the server API: deny a user or tokens.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Deny {
    /// What.
    pub denial: Denial,
    /// The answer.
    pub answer: oneshot::Sender<Result<(), Refusal>>,
}

/// From the server API: end a denial before its time. Answered with whether there was one.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Allow {
    /// The subject of the block.
    pub subject: Subject,
    /// The answer.
    pub answer: oneshot::Sender<Result<bool, Refusal>>,
}

/// From the server API: all denials.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ListDenials {
    /// The answer.
    pub answer: oneshot::Sender<Result<Vec<Denial>, Refusal>>,
}

/// From the server API: the sessions of a user on live nodes.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ListSessions {
    /// The user.
    pub user: UserId,
    /// The answer.
    pub answer: oneshot::Sender<Result<Vec<SessionEntry>, Refusal>>,
}

/// A session on a live node, and what people call that node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEntry {
    /// What the directory says of it.
    pub entry: DirectoryEntry,
    /// Label of its node; absent where the node is of a version that does not say it.
    pub node: Option<String>,
}

/// From the server API: close all sessions of a user, on every node. Answered with how many there were.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DisconnectUser {
    /// The user.
    pub user: UserId,
    /// Why.
    pub code: CloseCode,
    /// How an application says it, where the client's protocol has words for it.
    pub own: Option<OwnClose>,
    /// The answer.
    pub answer: oneshot::Sender<Result<usize, Refusal>>,
}

/// From the server API: close one session. Answered with whether its node heard it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DisconnectSession {
    /// Which.
    pub session: SessionId,
    /// Why.
    pub code: CloseCode,
    /// How an application says it, where the client's protocol has words for it.
    pub own: Option<OwnClose>,
    /// The answer.
    pub answer: oneshot::Sender<Result<bool, Refusal>>,
}

/// From the server API: all sessions of a user join a channel, or are taken out. Answered with how many were told.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PlaceUser {
    /// The user.
    pub user: UserId,
    /// Only this one of its sessions.
    pub only: Option<SessionId>,
    /// The channel.
    pub channel: Address,
    /// In or out.
    pub joined: bool,
    /// Whether its later sessions join, too.
    pub persist: bool,
    /// The answer.
    pub answer: oneshot::Sender<Result<usize, Refusal>>,
}

/// From the server API: everybody is removed from a channel. Answered with how many sessions were asked.
#[derive(Message)]
#[rtype(result = "()")]
pub struct EmptyChannel {
    /// The channel.
    pub channel: Address,
    /// The answer.
    pub answer: oneshot::Sender<Result<usize, Refusal>>,
}

/// From the node: another node is to drain.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AskToDrain {
    /// Which.
    pub node: Incarnation,
}

/// From the node, for an operator: a question or an answer for another node.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TellNode {
    /// The node.
    pub node: Incarnation,
    /// The encoded cluster message.
    pub message: Bytes,
}

port! {
    /// The cluster.
    ClusterPort: Renewed, Release, Deny, Allow, ListDenials, ListSessions, DisconnectUser, DisconnectSession, PlaceUser,
        EmptyChannel, AskToDrain, TellNode, Probe
}
