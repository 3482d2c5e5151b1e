//! What the server says on its own account.

use crate::{ErrorCode, OrgId, Position, SessionId, UserId};
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
    /// `@@hub/presence`, answer.
    Presence(Presence<'a>),
    /// `@@hub/history`, answer; newest last.
    History(HistoryPage<'a>),
    /// `@@hub/resumed`, one per stream, before what was missed.
    Resumed(Resumed),
    /// `@@hub/lag`: the stream goes on at `pos`; what lay before it and was not delivered is gone.
    Lag(Lag),
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
            ServerControl::Presence(_) => "@@hub/presence",
            ServerControl::History(_) => "@@hub/history",
            ServerControl::Resumed(_) => "@@hub/resumed",
            ServerControl::Lag(_) => "@@hub/lag",
            ServerControl::Ack(_) => "@@hub/ack",
            ServerControl::Error(_) => "@@hub/error",
            ServerControl::Ping {} => "@@hub/ping",
            ServerControl::Bye(_) => "@@hub/bye",
        }
    }
}

/// Payload of `@@hub/welcome`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Welcome<'a> {
    /// Id of this socket.
    pub session: SessionId,
    /// Label of the node.
    pub node: &'a str,
    /// Who the node takes the client for.
    pub user: &'a UserId,
    /// Organisations whose events arrive without asking.
    pub orgs: Vec<&'a OrgId>,
    /// Where each stream stands now: what a client hands to `@@hub/resume` when nothing arrives before it reconnects.
    pub resume: BTreeMap<String, Position>,
    /// The node pings this often, in milliseconds.
    pub ping_ms: u64,
    /// Longest message the node takes.
    pub max_frame_bytes: usize,
    /// Names of what this node can do.
    pub features: &'a [&'a str],
    /// Version of the node.
    pub version: &'a str,
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
}

/// Payload of `@@hub/left`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Left<'a> {
    /// Who left (pushed), or nothing (answer).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<&'a UserId>,
}

/// Payload of `@@hub/presence`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Presence<'a> {
    /// Who is there: of a channel its users; of a user itself, or nobody.
    pub users: Vec<PresentUser<'a>>,
}

/// A user who is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PresentUser<'a> {
    /// Who.
    pub user: &'a UserId,
    /// With how many sessions.
    pub sessions: usize,
}

/// Payload of `@@hub/history`.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryPage<'a> {
    /// The publications as they were delivered, oldest first. JSON texts; in MessagePack they are maps.
    pub publications: Vec<&'a serde_json::value::RawValue>,
    /// Whether the log holds older ones.
    pub more: bool,
}

/// Payload of `@@hub/resumed`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resumed {
    /// Whether everything after the client's position follows.
    pub recovered: bool,
    /// The position the stream goes on from: the client's own, or where it had to be set to.
    pub pos: Position,
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
}

/// Payload of `@@hub/bye`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bye {
    /// Why.
    pub reason: &'static str,
    /// Reconnect after this many milliseconds (jittered per session).
    pub retry_in_ms: u64,
}
