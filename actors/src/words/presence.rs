//! All that presence can be told.

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

/// From the node at its start: the bridge, which was made after presence.
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
    /// Its user's organisations, where it has to be known.
    pub orgs: Option<Vec<OrgId>>,
    /// Where it resumes the user's stream.
    pub resume: Option<Start>,
}

/// From a session that is over.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DetachSession {
    /// The member.
    pub member: MemberRef,
}

/// From a session: go on from another position of its user's stream.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Resume {
    /// The member.
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
    /// Whether it is for one session of the receiver, or for all but one: somebody has to look which that is.
    pub selects: bool,
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
    /// Told only if the user is within these bounds.
    pub within: Option<Within>,
    /// The account that pays; `None` for the server.
    pub payer: Option<Payer>,
    /// Receives the outcome.
    pub answer: Answer,
}

/// From a session whose organisations are other ones now.
#[derive(Message)]
#[rtype(result = "()")]
pub struct NoteOrgs {
    /// The user.
    pub user: UserId,
    /// Which.
    pub orgs: Vec<OrgId>,
}

/// From a session or the server API: a user has another profile.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SetProfile {
    /// The user.
    pub user: UserId,
    /// The profile; an empty one ends what there was.
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
    /// Which.
    pub session: SessionId,
    /// Why.
    pub code: CloseCode,
    /// How an application says it, where the client's protocol has words for it.
    pub own: Option<OwnClose>,
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

/// From the server API: ask one session. Answered with what it brought.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CallSession {
    /// Which.
    pub session: SessionId,
    /// What it is asked.
    pub body: CallBody,
    /// For how long its reply is waited for.
    pub timeout: Duration,
    /// The answer.
    pub answer: oneshot::Sender<Result<Brought, Refusal>>,
}

/// From the bridge, on behalf of the server API: a session of this node is asked.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Ask {
    /// Which.
    pub session: SessionId,
    /// What.
    pub asked: CallAsked,
}

/// From a session that was asked: what became of the call.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Return {
    /// The node that waits for it.
    pub node: Incarnation,
    /// Which of its calls.
    pub call: u64,
    /// What became of it.
    pub returned: Returned,
}

/// From the bridge: what became of a call of this node.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CallReturned {
    /// Which.
    pub call: u64,
    /// What became of it.
    pub returned: Returned,
}

/// From the server API: the application's late answer to an rpc. Answered with whether the session's node lives.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplySession {
    /// Which session asked.
    pub session: SessionId,
    /// The answer.
    pub reply: LateReply,
    /// Whether its node lives.
    pub answer: oneshot::Sender<Result<bool, Refusal>>,
}

/// From the bridge, on behalf of the server API: a late answer for a session of this node.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ReplyHere {
    /// Which session asked.
    pub session: SessionId,
    /// The answer.
    pub reply: LateReply,
}

/// From a session: remember how far its device has come.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PutCursors {
    /// The user.
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
    /// The user.
    pub user: UserId,
    /// Which device.
    pub device: DeviceId,
    /// What it resumes; comes back with the answer.
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

/// From a session: its client wants to do something that no actor of this thread does.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CountAction {
    /// The accounts that pay.
    pub payer: Payer,
    /// What it is counted as.
    pub class: ActionClass,
    /// Does it, or says why not now. Must not wait.
    pub then: Box<dyn FnOnce(Result<(), Refusal>) + Send>,
}

/// From a session: an answer cost as much as so many actions more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ChargeAction {
    /// The accounts that pay.
    pub payer: Payer,
    /// What they are counted as.
    pub class: ActionClass,
    /// How many.
    pub more: usize,
}

port! {
    /// Presence.
    PresencePort(FeedPort): SetBridge, AttachSession, NoteOrgs, SetProfile, DetachSession, Resume,
        Direct, DirectEphemeral, ChangeContact, CheckAll, CloseSession, PlaceSession, DescribeSession,
        PutCursors, FindCursors, MarkRead, LookForLoss, Reenter, Fenced, CallSession, Ask, Return,
        CallReturned, ReplySession, ReplyHere, TellLastHeard, LastHeard, Rejoin, EndMembership,
        CountAction, ChargeAction
}
