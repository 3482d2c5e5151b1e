//! All messages of actors to a session. Input of its client comes as [`Incoming`](crate::outbox::Incoming).

use super::hooks::{HookQuestion, Verdict};
use super::hub::HubPort;
use super::member::Permit;
use super::outcome::{Found, Refusal};
use super::port::port;
use super::rpc::{CallAsked, LateReply, RpcOutcome};
use super::status::SessionStatus;
use crate::identity::Identity;
use actix::prelude::*;
use hubwire_protocol::event::Ack;
use hubwire_protocol::request::Positions;
use hubwire_protocol::{Address, CloseCode, OrgId, Position};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::oneshot;

/// From presence: the directory has the session; the top of its user's stream is `position`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Attached {
    /// The top of the user's stream.
    pub position: Position,
}

/// From presence: the directory has refused the session. It closes.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AttachFailed {
    /// The close code.
    pub code: CloseCode,
    /// The error before the close, and the stream it is about.
    pub said: Option<(Address, Refusal)>,
}

/// From a hub: the session has entered the organisation.
#[derive(Message)]
#[rtype(result = "()")]
pub struct OrgEntered {
    /// The organisation.
    pub org: OrgId,
    /// Its hub.
    pub hub: Arc<dyn HubPort>,
    /// The tops of the streams of the organisation and of the session's teams.
    pub positions: BTreeMap<Address, Position>,
}

/// From a channel: the session has joined. Its delivery actor has told the client.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Joined {
    /// The channel.
    pub channel: Address,
}

/// From the log reader: the past of a channel that the session is about to join.
#[derive(Message)]
#[rtype(result = "()")]
pub struct JoinPrepared {
    /// Returned with it.
    pub permit: Permit,
    /// The channel.
    pub channel: Address,
    /// Its past.
    pub found: Result<Found, Refusal>,
}

/// From presence, on behalf of the server API: join a channel, or leave it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PlacedByServer {
    /// The channel.
    pub channel: Address,
    /// Whether to join; otherwise to leave.
    pub joined: bool,
}

/// From a channel: the session has left. Its delivery actor has told the client.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Left {
    /// The channel.
    pub channel: Address,
}

/// From a channel: the session could not join.
#[derive(Message)]
#[rtype(result = "()")]
pub struct JoinFailed {
    /// The channel.
    pub channel: Address,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// The reason.
    pub refusal: Refusal,
    /// Whether the answer is `resumed`.
    pub as_resume: bool,
}

/// From a returned permit: the session has room for actions in flight again, for which it waits.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RoomAgain;

/// From the bridge or presence: the outcome of an action.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Done {
    /// Returned when the client has been answered.
    pub permit: Permit,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// The outcome.
    pub outcome: Result<Ack, Refusal>,
}

/// From the bridge: the answer to a question.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Answered {
    /// Returned when the client has been answered.
    pub permit: Permit,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// The address that the question was about; absent: several users.
    pub to: Option<Address>,
    /// The answer.
    pub found: Result<Found, Refusal>,
}

/// From presence: how far the session's device has read.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CursorsFound {
    /// Returned when the client has been answered.
    pub permit: Permit,
    /// Streams and positions.
    pub cursors: Result<Vec<(Address, Position)>, Refusal>,
    /// What the session resumes.
    pub positions: Positions,
    /// The id of the resume that asked.
    pub re: Option<Box<str>>,
}

/// From the client of the application: the outcome of an rpc.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Replied {
    /// Returned when the client has been answered.
    pub permit: Permit,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// The outcome.
    pub outcome: Result<RpcOutcome, Refusal>,
}

/// From the client of the application: the verdict of a hook.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Judged {
    /// Returned with the verdict.
    pub permit: Permit,
    /// The question.
    pub question: HookQuestion,
    /// The verdict.
    pub verdict: Verdict,
}

/// From presence, on behalf of the server API: the application's late answer to an rpc.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RepliedLate(pub LateReply);

/// From presence, on behalf of the server API: a call of the application.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Called(pub CallAsked);

/// From the node: the result of redeeming the ticket in a first message.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TicketTaken {
    /// The identity in it, or the refusal.
    pub identity: Result<Identity, Refusal>,
}

/// From presence, for an operator: describe the session.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Describe {
    /// The answer.
    pub answer: oneshot::Sender<SessionStatus>,
}

/// From the node to presence, and from there to each session: the access rules were replaced. A session leaves what it
/// may not follow any more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RulesChanged;

port! {
    /// A session.
    SessionPort: Attached, AttachFailed, OrgEntered, Joined, Left, PlacedByServer, JoinFailed, JoinPrepared, RoomAgain,
        Done, Answered, CursorsFound, TicketTaken, Replied, RepliedLate, Called, Describe, Judged, RulesChanged
}
