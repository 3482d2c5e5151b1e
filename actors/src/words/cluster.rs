//! All messages to the cluster actor.

use super::outcome::Refusal;
use super::port::port;
use crate::backend::{BackendError, Denial, DenialSubject, DirectoryEntry, Lease};
use crate::probe::Probe;
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::{Address, CloseCode, Incarnation, OwnClose, SessionId, UserId};
use tokio::sync::oneshot;

/// From the keeper of the lease: the broker's answer to a renewal.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Renewed {
    /// The answer.
    pub answer: Result<Lease, BackendError>,
    /// Whether the lease had ended before.
    pub had_ended: bool,
}

/// From the node while it stops: release the lease. Answered when the broker has done so.
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
    /// The denial.
    pub denial: Denial,
    /// The answer.
    pub answer: oneshot::Sender<Result<(), Refusal>>,
}

/// From the server API: end a denial early. Answered with whether there was one.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Allow {
    /// The denied subject.
    pub subject: DenialSubject,
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

/// A session on a live node, and the label of that node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEntry {
    /// Its entry in the directory.
    pub entry: DirectoryEntry,
    /// Label of its node; absent for nodes of a version without labels.
    pub node: Option<String>,
}

/// From the server API: close all sessions of a user, on every node. Answered with their number.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DisconnectUser {
    /// The user.
    pub user: UserId,
    /// The close code.
    pub code: CloseCode,
    /// How an application says it, where the client's protocol has words for it.
    pub own: Option<OwnClose>,
    /// The answer.
    pub answer: oneshot::Sender<Result<usize, Refusal>>,
}

/// From the server API: close one session. Answered with whether its node received that.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DisconnectSession {
    /// The session.
    pub session: SessionId,
    /// The close code.
    pub code: CloseCode,
    /// How an application says it, where the client's protocol has words for it.
    pub own: Option<OwnClose>,
    /// The answer.
    pub answer: oneshot::Sender<Result<bool, Refusal>>,
}

/// From the server API: all sessions of a user join a channel, or are removed. Answered with their number.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PlaceUser {
    /// The user.
    pub user: UserId,
    /// Only this one of its sessions.
    pub only: Option<SessionId>,
    /// The channel.
    pub channel: Address,
    /// Whether to join; otherwise to be removed.
    pub joined: bool,
    /// Whether its later sessions join, too.
    pub persist: bool,
    /// The answer.
    pub answer: oneshot::Sender<Result<usize, Refusal>>,
}

/// From the server API: remove all members from a channel. Answered with how many sessions were asked.
#[derive(Message)]
#[rtype(result = "()")]
pub struct EmptyChannel {
    /// The channel.
    pub channel: Address,
    /// The answer.
    pub answer: oneshot::Sender<Result<usize, Refusal>>,
}

/// From the node: ask another node to drain.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AskToDrain {
    /// The node.
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
