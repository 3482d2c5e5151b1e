//! What the server says on its own account.

use super::rpc::{Call, Reply};
use super::welcome::{Memberships, Welcome};
use crate::{ErrorCode, MemberState, OrgId, Position, UserId};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the server says on its own account. `re` (the id of the action answered) and `to` stand in `meta.hub`.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum ServerControl<'a> {
    /// `@@hub/welcome`, first after authentication.
    Welcome(Welcome<'a>),
    /// `@@hub/joined`: with `re` the answer to join/view; without it others joined.
    Joined(Joined<'a>),
    /// `@@hub/left`: with `re` the answer to leave; without it others left.
    Left(Left<'a>),
    /// `@@hub/changed`: what users show of themselves changed; or a channel has too many users for its changes to be told by
    /// name, or few enough again.
    Changed(Changed<'a>),
    /// `@@hub/presence`: with `re` an answer; without it watched users came online or went offline.
    Presence(Presence<'a>),
    /// `@@hub/history`, answer; newest last.
    History(HistoryPage<'a>),
    /// `@@hub/resumed`, one per stream, before what was missed.
    Resumed(Resumed<'a>),
    /// `@@hub/orgs`: a refresh changed the organisations or teams.
    Orgs(Orgs<'a>),
    /// `@@hub/lag`: the stream goes on at `pos`; what lay before it and was not delivered is gone.
    Lag(Lag),
    /// `@@hub/rpc`: the application asks this session.
    Rpc(Call<'a>),
    /// `@@hub/reply`, answer to an rpc.
    Reply(Reply<'a>),
    /// `@@hub/ack`.
    Ack(Ack),
    /// `@@hub/error`; `error:true` stands on the action.
    Error(ErrorBody<'a>),
    /// `@@hub/ping`: application-level ping for clients that cannot see WebSocket pings.
    Ping {},
    /// `@@hub/bye`: the node drains.
    Bye(Bye),
}

impl ServerControl<'_> {
    /// The action's type.
    pub fn kind(&self) -> &'static str {
        match self {
            ServerControl::Welcome(_) => "@@hub/welcome",
            ServerControl::Joined(_) => "@@hub/joined",
            ServerControl::Left(_) => "@@hub/left",
            ServerControl::Changed(_) => "@@hub/changed",
            ServerControl::Presence(_) => "@@hub/presence",
            ServerControl::History(_) => "@@hub/history",
            ServerControl::Resumed(_) => "@@hub/resumed",
            ServerControl::Orgs(_) => "@@hub/orgs",
            ServerControl::Lag(_) => "@@hub/lag",
            ServerControl::Rpc(_) => "@@hub/rpc",
            ServerControl::Reply(_) => "@@hub/reply",
            ServerControl::Ack(_) => "@@hub/ack",
            ServerControl::Error(_) => "@@hub/error",
            ServerControl::Ping {} => "@@hub/ping",
            ServerControl::Bye(_) => "@@hub/bye",
        }
    }

    /// Whether it repeats what a client wrote, which is JSON text.
    pub(crate) fn repeats_json(&self) -> bool {
        let members = match self {
            ServerControl::Joined(joined) => &joined.members,
            ServerControl::Resumed(resumed) => &resumed.members,
            ServerControl::Changed(changed) => &changed.members,
            ServerControl::Presence(presence) => return presence.users.iter().any(|user| user.state.is_some()),
            _ => return false,
        };
        members.iter().flatten().any(|member| member.state.is_some())
    }
}

/// Payload of `@@hub/orgs`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Orgs<'a> {
    /// Organisations whose events arrive without asking, from now on.
    pub orgs: Vec<&'a OrgId>,
    /// What the user is in each of them.
    pub memberships: Memberships<'a>,
    /// Where the streams stand that the session follows now and did not before.
    pub resume: BTreeMap<String, Position>,
}

/// Payload of `@@hub/joined`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Joined<'a> {
    /// Who joined (pushed), or nothing (answer).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<&'a UserId>,
    /// Answer: the position the channel goes on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos: Option<Position>,
    /// Answer to a join with `pos`: whether everything after it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered: Option<bool>,
    /// Answer: the last position of the log at that moment, where what follows from it ends; `0-0` when it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<Position>,
    /// Who is in the channel, the asker included; absent when there are more than the node lists, or it does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<PresentMember<'a>>>,
    /// How many users are in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Grows with each change that this node tells of the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// A user in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PresentMember<'a> {
    /// Who.
    pub user: &'a UserId,
    /// What it shows of itself there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a MemberState>,
}

/// Payload of `@@hub/left`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Left<'a> {
    /// Who left (pushed), or nothing (answer).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<&'a UserId>,
    /// Pushed to the user itself: why the node took the session out of the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<LeftReason>,
    /// How many users are in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Grows with each change that this node tells of the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// Why the node took a session out of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftReason {
    /// Its credentials do not allow the channel any more.
    Forbidden,
    /// The server took it out, or closed the channel.
    Kicked,
}

/// Payload of `@@hub/changed`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed<'a> {
    /// Those of whom something changed, as they are now. As many as `count`: everybody in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<PresentMember<'a>>>,
    /// How many users are in the channel.
    pub count: usize,
    /// Grows with each change that this node tells of the channel.
    pub version: u64,
}

/// Payload of `@@hub/presence`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Presence<'a> {
    /// Who is there: of a channel its users; of a user itself, or nobody.
    pub users: Vec<PresentUser<'a>>,
    /// Of a channel: how many users there are, on this page and others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Whether there are users behind the last one of this page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A user who is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PresentUser<'a> {
    /// Who.
    pub user: &'a UserId,
    /// Among several users asked for or watched: whether it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// With how many sessions.
    pub sessions: usize,
    /// What it shows of itself in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a MemberState>,
}

/// Payload of `@@hub/history`.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryPage<'a> {
    /// The publications as they were delivered, oldest first. JSON texts; in MessagePack they are maps.
    pub publications: Vec<&'a serde_json::value::RawValue>,
    /// Whether the log holds older ones; where the page was asked for with `after`, newer ones.
    pub more: bool,
}

/// Payload of `@@hub/resumed`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Resumed<'a> {
    /// Whether everything after the client's position follows.
    pub recovered: bool,
    /// The position the stream goes on from: the client's own, or where it had to be set to. Absent when it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos: Option<Position>,
    /// The last position of the log at that moment, where what follows from it ends; `0-0` when it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<Position>,
    /// Why this stream is not resumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<StreamError<'a>>,
    /// Who is in the channel, the asker included; absent when there are more than the node lists, or it does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<PresentMember<'a>>>,
    /// How many users are in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Grows with each change that this node tells of the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// Why one of several streams is refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreamError<'a> {
    /// Stable code.
    pub code: ErrorCode,
    /// For people: what, where, what to do.
    pub message: &'a str,
}

/// Payload of `@@hub/lag`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lag {
    /// The stream goes on after this position.
    pub pos: Position,
}

/// Payload of `@@hub/ack`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Ack {
    /// Where the publication stands in the stream it was sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos: Option<Position>,
    /// Direct message: sessions it went to; 0 = it waits for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<usize>,
    /// Direct message: nodes it went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<usize>,
    /// The same id was stored before; this is its position.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// Direct message: the position of the copy in the sender's own stream. Absent when there is none but `pos`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_pos: Option<Position>,
    /// When it was stored, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<u64>,
    /// Refresh: when the new credentials end, in milliseconds; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_ms: Option<u64>,
}

/// Payload of `@@hub/error`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorBody<'a> {
    /// Stable code.
    pub code: ErrorCode,
    /// For people: what, where, what to do.
    pub message: &'a str,
    /// Whether the same action may succeed later.
    pub retry: bool,
    /// When to try again, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// A frame was refused as a whole: the ids of its actions, as far as they could be read. None of them was done.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub not_done: &'a [String],
}

/// Payload of `@@hub/bye`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bye {
    /// Why.
    pub reason: &'static str,
    /// Reconnect after this many milliseconds (jittered per session).
    pub retry_in_ms: u64,
}
