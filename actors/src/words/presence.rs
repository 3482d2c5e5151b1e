//! All that presence can be told.

use super::answer::{Answer, Pending};
use super::bridge::BridgePort;
use super::delivery::Start;
use super::feed::FeedPort;
use super::member::MemberRef;
use super::outcome::Refusal;
use super::payer::Payer;
use super::port::port;
use super::status::SessionStatus;
use crate::backend::{BackendError, Denial, DirectoryEntry, Lease, Subject};
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::control::Positions;
use hubwire_protocol::{Address, CloseCode, DeviceId, Position, SessionId, UserId};
use std::sync::Arc;
use tokio::sync::oneshot;

/// From the node at its start: the bridge, which was made after presence.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SetBridge(pub Arc<dyn BridgePort>);

/// From a session that authenticated: enter the directory and follow the user's stream. Answered with
/// `session::Attached` or `AttachFailed`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AttachSession {
    /// Who.
    pub member: MemberRef,
    /// Its device.
    pub device: Option<DeviceId>,
    /// Where it resumes the user's stream.
    pub resume: Option<Start>,
}

/// From a session that is over.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DetachSession {
    /// Who.
    pub member: MemberRef,
}

/// From a session: go on from another position of its user's stream.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Resume {
    /// Who.
    pub member: MemberRef,
    /// From where.
    pub start: Start,
    /// The action's id.
    pub re: Option<Box<str>>,
}

/// From a session or the server API: a direct message.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Direct {
    /// The session that sends it; it gets no copy.
    pub origin: Option<SessionId>,
    /// What is appended.
    pub append: crate::backend::AppendDirect,
    /// When the node accepted it, Unix milliseconds.
    pub ts: u64,
    /// The account that pays; `None` for the server.
    pub payer: Option<Payer>,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From a session or the server API: something for a user or one session that is in no log.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DirectEphemeral {
    /// A `user:` or `session:` address.
    pub to: Address,
    /// The encoded envelope.
    pub envelope: Bytes,
    /// The account that pays; `None` for the server.
    pub payer: Option<Payer>,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From the bridge: compare every local user's stream with its log.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CheckAll;

/// From the bridge, on another node's behalf: close a session.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseSession {
    /// Which.
    pub session: SessionId,
    /// Why.
    pub code: CloseCode,
}

/// From the server API: close all sessions of a user, on every node. Answered with how many there were.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DisconnectUser {
    /// Who.
    pub user: UserId,
    /// Why.
    pub code: CloseCode,
    /// The answer.
    pub answer: oneshot::Sender<Result<usize, Refusal>>,
}

/// From the server API: all sessions of a user join a channel, or are taken out. Answered with how many were told.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PlaceUser {
    /// Who.
    pub user: UserId,
    /// The channel.
    pub channel: Address,
    /// In or out.
    pub joined: bool,
    /// The answer.
    pub answer: oneshot::Sender<Result<usize, Refusal>>,
}

/// From the server API: everybody is taken out of a channel. Answered with how many sessions were told.
#[derive(Message)]
#[rtype(result = "()")]
pub struct EmptyChannel {
    /// The channel.
    pub channel: Address,
    /// The answer.
    pub answer: oneshot::Sender<Result<usize, Refusal>>,
}

/// From the bridge, on behalf of the server API: a session of this node joins a channel, or is taken out.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PlaceSession {
    /// Which.
    pub session: SessionId,
    /// The channel.
    pub channel: Address,
    /// In or out.
    pub joined: bool,
}

/// From the server API: close one session. Answered with whether its node heard it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DisconnectSession {
    /// Which.
    pub session: SessionId,
    /// Why.
    pub code: CloseCode,
    /// The answer.
    pub answer: oneshot::Sender<Result<bool, Refusal>>,
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
    /// Who or what.
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
    /// Who.
    pub user: UserId,
    /// The answer.
    pub answer: oneshot::Sender<Result<Vec<SessionEntry>, Refusal>>,
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

/// A session on a live node, and what people call that node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEntry {
    /// What the directory says of it.
    pub entry: DirectoryEntry,
    /// Label of its node; absent where the node is of a version that does not say it.
    pub node: Option<String>,
}

/// From a session: remember how far its device has come.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PutCursors {
    /// Who.
    pub user: UserId,
    /// Which device.
    pub device: DeviceId,
    /// Streams and positions.
    pub positions: Vec<(Address, Position)>,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From a session: how far has its device come. Answered with `session::CursorsFound`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FindCursors {
    /// Whose.
    pub user: UserId,
    /// Which device.
    pub device: DeviceId,
    /// What it resumes; comes back with the answer.
    pub positions: Positions,
    /// Receives the answer.
    pub pending: Pending,
}

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

port! {
    /// Presence.
    PresencePort(FeedPort): SetBridge, AttachSession, DetachSession, Resume, Direct, DirectEphemeral, CheckAll,
        CloseSession, DisconnectUser, DisconnectSession, PlaceUser, PlaceSession,
        EmptyChannel, Deny, Allow, ListDenials, ListSessions, DescribeSession, PutCursors, FindCursors, Release, Renewed
}
