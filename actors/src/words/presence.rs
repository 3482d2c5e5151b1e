//! All messages to presence.

use super::action_class::ActionClass;
use super::answer::{Answer, Pending};
use super::bridge::BridgePort;
use super::delivery::Start;
use super::feed::FeedPort;
use super::last_heard::{LastHeard, TellLastHeard};
use super::member::MemberRef;
use super::outcome::Refusal;
use super::payer::Payer;
use super::people::{ChangeContact, MarkRead};
use super::persistent::{EndMembership, Rejoin};
use super::port::port;
use super::rpc::{Brought, CallAsked, CallBody, LateReply, Returned};
use super::session::RulesChanged;
use super::status::DescribeSession;
use crate::access::within::Within;
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::request::Positions;
use hubwire_protocol::{
    Address, CloseCode, DeviceId, Incarnation, OrgId, OwnClose, Position, Profile, SessionId, UserId,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// From the node at its start: the bridge, which is created after presence.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SetBridge(pub Arc<dyn BridgePort>);

/// From a session that authenticated: enter the directory and follow the user's stream. Answered with
/// `session::Attached` or `AttachFailed`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AttachSession {
    /// The member.
    pub member: MemberRef,
    /// Its device.
    pub device: Option<DeviceId>,
    /// Its user's organisations, if they have to be stored.
    pub orgs: Option<Vec<OrgId>>,
    /// The start position of the user's stream, if resumed.
    pub resume: Option<Start>,
}

/// From a session that has ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DetachSession {
    /// The member.
    pub member: MemberRef,
}

/// From a session: continue from another position of its user's stream.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ResumeUser {
    /// The member.
    pub member: MemberRef,
    /// The start.
    pub start: Start,
    /// The action's id.
    pub re: Option<Box<str>>,
}

/// From a session or the server API: a direct message.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Direct {
    /// The session that sent it; it gets no copy.
    pub origin: Option<SessionId>,
    /// The append.
    pub append: crate::backend::AppendDirect,
    /// When the node accepted it, Unix milliseconds.
    pub ts: u64,
    /// Whether it is for one session of the receiver, or for all but one, which has to be selected.
    pub selects: bool,
    /// The account that pays; `None` for the server.
    pub payer: Option<Payer>,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From a session or the server API: an action for a user or one session that is in no log.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DirectEphemeral {
    /// A `user:` or `session:` address.
    pub to: Address,
    /// The encoded envelope.
    pub envelope: Bytes,
    /// Delivered only if the user is within these bounds.
    pub within: Option<Within>,
    /// The account that pays; `None` for the server.
    pub payer: Option<Payer>,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From a session whose organisations have changed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct NoteOrgs {
    /// The user.
    pub user: UserId,
    /// The organisations.
    pub orgs: Vec<OrgId>,
}

/// From a session or the server API: sets a user's profile.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SetProfile {
    /// The user.
    pub user: UserId,
    /// The profile; an empty one removes the former one.
    pub profile: Profile,
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
    /// The session.
    pub session: SessionId,
    /// The close code.
    pub code: CloseCode,
    /// How an application says it, where the client's protocol has words for it.
    pub own: Option<OwnClose>,
}

/// From the bridge, on behalf of the server API: a session of this node joins a channel, or is removed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PlaceSession {
    /// The session.
    pub session: SessionId,
    /// The channel.
    pub channel: Address,
    /// Whether to join; otherwise to be removed.
    pub joined: bool,
}

/// From the server API: call one session. Answered with its reply.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CallSession {
    /// The session.
    pub session: SessionId,
    /// The call.
    pub body: CallBody,
    /// How long to wait for its reply.
    pub timeout: Duration,
    /// The answer.
    pub answer: oneshot::Sender<Result<Brought, Refusal>>,
}

/// From the bridge, on behalf of the server API: call a session of this node.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CallHere {
    /// The session.
    pub session: SessionId,
    /// The call.
    pub asked: CallAsked,
}

/// From a session that was called: the outcome.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Return {
    /// The node that waits for the reply.
    pub node: Incarnation,
    /// That node's id of the call.
    pub call: u64,
    /// The outcome.
    pub returned: Returned,
}

/// From the bridge: the outcome of a call of this node.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CallReturned {
    /// The id of the call.
    pub call: u64,
    /// The outcome.
    pub returned: Returned,
}

/// From the server API: the application's late answer to an rpc. Answered with whether the session's node is alive.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplySession {
    /// The session that made the call.
    pub session: SessionId,
    /// The answer.
    pub reply: LateReply,
    /// Whether its node is alive.
    pub answer: oneshot::Sender<Result<bool, Refusal>>,
}

/// From the bridge, on behalf of the server API: a late answer for a session of this node.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplyHere {
    /// The session that made the call.
    pub session: SessionId,
    /// The answer.
    pub reply: LateReply,
}

/// From a session: store how far its device has read.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PutCursors {
    /// The user.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// Streams and positions.
    pub positions: Vec<(Address, Position)>,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From a session: read how far its device has read. Answered with `session::CursorsFound`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FindCursors {
    /// The user.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// What it resumes; returned with the answer.
    pub positions: Positions,
    /// Receives the answer.
    pub pending: Pending,
}

/// From the cluster: a renewal of the lease had no answer, so the broker may have lost its data meanwhile.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LookForLoss;

/// From the cluster: the broker lost data; the sessions of this node enter the directory again.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reenter;

/// From the cluster: it removed this node after its lease expired. All sessions are closed, and the process ends.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Fenced;

/// From a session: count an action that no actor of this thread carries out.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CountAction {
    /// The accounts that pay.
    pub payer: Payer,
    /// The class that it counts in.
    pub class: ActionClass,
    /// Carries it out, or gets the refusal. Must not wait.
    pub then: Box<dyn FnOnce(Result<(), Refusal>) + Send>,
}

/// From a session: an answer cost as much as this many further actions.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ChargeAction {
    /// The accounts that pay.
    pub payer: Payer,
    /// The class that they count in.
    pub class: ActionClass,
    /// Their number.
    pub more: usize,
}

port! {
    /// Presence.
    PresencePort(FeedPort): SetBridge, AttachSession, NoteOrgs, SetProfile, DetachSession, ResumeUser,
        Direct, DirectEphemeral, ChangeContact, CheckAll, CloseSession, PlaceSession, DescribeSession,
        PutCursors, FindCursors, MarkRead, LookForLoss, Reenter, Fenced, CallSession, CallHere, Return,
        CallReturned, ReplySession, ReplyHere, TellLastHeard, LastHeard, Rejoin, EndMembership,
        CountAction, ChargeAction, RulesChanged
}
