//! All that a session can be told by actors. What its client says comes by [`Incoming`](crate::outbox::Incoming).

use super::hooks::{Question, Verdict};
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

/// From presence: the directory has the session; its user's stream stands at `position`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Attached {
    /// Where the user's stream stands.
    pub position: Position,
}

/// From presence: the directory did not take the session. It closes.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AttachFailed {
    /// Why.
    pub code: CloseCode,
    /// What is said before, and the stream it is about.
    pub said: Option<(Address, Refusal)>,
}

/// From a hub: the session takes part in the organisation.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Entered {
    /// The organisation.
    pub org: OrgId,
    /// Its hub.
    pub hub: Arc<dyn HubPort>,
    /// Where the streams of the organisation and of the session's teams stand.
    pub positions: BTreeMap<Address, Position>,
}

/// From a channel: the session is in. Its delivery actor has notified the client.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Joined {
    /// The channel.
    pub channel: Address,
}

/// From the reader of logs: the past of a channel that the session is about to join.
#[derive(Message)]
#[rtype(result = "()")]
pub struct JoinPrepared {
    /// Comes back with it.
    pub permit: Permit,
    /// The channel.
    pub channel: Address,
    /// Its past.
    pub found: Result<Found, Refusal>,
}

/// From presence, on behalf of the server API: the session joins a channel, or is taken out.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Placed {
    /// The channel.
    pub channel: Address,
    /// In or out.
    pub joined: bool,
}

/// From a channel: the session is out. Its delivery actor has notified the client.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Left {
    /// The channel.
    pub channel: Address,
}

/// From a channel: the session is not in.
#[derive(Message)]
#[rtype(result = "()")]
pub struct JoinFailed {
    /// The channel.
    pub channel: Address,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// Why.
    pub refusal: Refusal,
    /// Whether it is answered with `resumed`.
    pub as_resume: bool,
}

/// From whoever ended an action: the session has fewer in flight than it may, and waits for that.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RoomAgain;

/// From the bridge or presence: what became of an action.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Done {
    /// Returned when the client has been answered.
    pub permit: Permit,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// What became of it.
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

/// From presence: how far the session's device has come.
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

/// From whoever asked the application: what became of an rpc.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Replied {
    /// Returned when the client has been answered.
    pub permit: Permit,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// What became of it.
    pub outcome: Result<RpcOutcome, Refusal>,
}

/// From whoever asked the application: whether something may be done.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Judged {
    /// Comes back with the verdict.
    pub permit: Permit,
    /// What was asked.
    pub question: Question,
    /// What it said.
    pub verdict: Verdict,
}

/// From presence, on behalf of the server API: the application's late answer to an rpc.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RepliedLate(pub LateReply);

/// From presence, on behalf of the server API: the application asks this session.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Called(pub CallAsked);

/// From the node: what the ticket of a first message was good for.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TicketTaken {
    /// The identity it holds, or why not.
    pub identity: Result<Identity, Refusal>,
}

/// From presence, for an operator: what there is to see of the session.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Describe {
    /// The answer.
    pub answer: oneshot::Sender<SessionStatus>,
}

port! {
    /// A session.
    SessionPort: Attached, AttachFailed, Entered, Joined, Left, Placed, JoinFailed, JoinPrepared, RoomAgain, Done,
        Answered, CursorsFound, TicketTaken, Replied, RepliedLate, Called, Describe, Judged
}
