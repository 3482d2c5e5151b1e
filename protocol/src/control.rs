//! The protocol's own actions (`@@hub/*`): what clients may ask and what the server says.

use crate::action::RESERVED_PREFIX;
use crate::codec::DecodeError;
use crate::{Action, Address, ChannelPath, DeviceId, ErrorCode, OrgId, Position, SessionId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a client asks of its node. The payload of each `@@hub/<name>` action; `meta.hub.to` is taken from the action.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientControl {
    /// `@@hub/auth`: credentials as first message.
    Auth(Auth),
    /// `@@hub/refresh`: a new token for the same user.
    Refresh(Refresh),
    /// `@@hub/join` to a `ch:` address.
    Join(Join),
    /// `@@hub/leave` of a `ch:` address.
    Leave,
    /// `@@hub/view`: leave the channel viewed before and join this one (`to`), in one step. Without `to`: leave only.
    View(Join),
    /// `@@hub/presence` of a `ch:` or `user:` address.
    Presence,
    /// `@@hub/history` of a stream.
    History(History),
    /// `@@hub/resume`: go on from positions.
    Resume(Resume),
    /// `@@hub/cursor`: remember how far this device has come.
    Cursor(Cursor),
    /// `@@hub/ping`: answered with an ack.
    Ping,
}

/// Payload of `@@hub/auth`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// A JWT.
    #[serde(default)]
    pub token: Option<String>,
    /// A one-time ticket.
    #[serde(default)]
    pub ticket: Option<String>,
    /// Stable id of this installation.
    #[serde(default)]
    pub device: Option<DeviceId>,
    /// As in [`Resume::positions`].
    #[serde(default)]
    pub resume: BTreeMap<Address, Option<Position>>,
}

/// Payload of `@@hub/refresh`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The new JWT, of the same `sub`.
    pub token: String,
}

/// Payload of `@@hub/join` and `@@hub/view`; may be absent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Go on from this position instead of from now.
    #[serde(default)]
    pub pos: Option<Position>,
    /// Whether to be told who joins and leaves.
    #[serde(default = "yes")]
    pub presence: bool,
}

impl Default for Join {
    fn default() -> Self {
        Join { pos: None, presence: true }
    }
}

fn yes() -> bool {
    true
}

/// Payload of `@@hub/history`; may be absent.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Only publications older than this one; absent: from the newest.
    #[serde(default)]
    pub before: Option<Position>,
    /// How many at most; the node bounds it too.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// Payload of `@@hub/resume`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Stream -> the last position seen; `null` = the position this device acknowledged with `@@hub/cursor`.
    pub positions: BTreeMap<Address, Option<Position>>,
}

/// Payload of `@@hub/cursor`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Stream -> everything up to here was processed.
    pub positions: BTreeMap<Address, Position>,
}

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

/// The channel a `ch:` address names.
pub fn channel_of(address: &Address) -> Option<(&OrgId, &ChannelPath)> {
    match address {
        Address::Channel(org, path) => Some((org, path)),
        _ => None,
    }
}

/// What a client may ask, by the name after `@@hub/`.
const CLIENT_NAMES: &[&str] =
    &["auth", "refresh", "join", "leave", "view", "presence", "history", "resume", "cursor", "ping"];
/// What only the server says.
const SERVER_NAMES: &[&str] = &["welcome", "joined", "left", "resumed", "lag", "ack", "error", "bye"];

/// Reads a `@@hub/` action of a client.
pub fn parse(action: &Action<'_>) -> Result<ClientControl, DecodeError> {
    let name = action.kind.strip_prefix(RESERVED_PREFIX).unwrap_or(&action.kind);
    Ok(match name {
        "auth" => ClientControl::Auth(required(action)?),
        "refresh" => ClientControl::Refresh(required(action)?),
        "join" => ClientControl::Join(optional(action)?),
        "leave" => ClientControl::Leave,
        "view" => ClientControl::View(optional(action)?),
        "presence" => ClientControl::Presence,
        "history" => ClientControl::History(optional(action)?),
        "resume" => ClientControl::Resume(required(action)?),
        "cursor" => ClientControl::Cursor(required(action)?),
        "ping" => ClientControl::Ping,
        _ if SERVER_NAMES.contains(&name) => {
            return Err(refusal(action, ErrorCode::ForbiddenType, format!("only the server sends {}", action.kind)));
        }
        _ => {
            let known = CLIENT_NAMES.join(", ");
            let message = format!("{} is not known; known are {RESERVED_PREFIX} followed by {known}", action.kind);
            return Err(refusal(action, ErrorCode::UnknownType, message));
        }
    })
}

fn required<'a, T: Deserialize<'a>>(action: &'a Action<'_>) -> Result<T, DecodeError> {
    match &action.payload {
        Some(payload) => read(action, payload),
        None => Err(refusal(action, ErrorCode::BadPayload, format!("{} needs a payload", action.kind))),
    }
}

fn optional<'a, T: Deserialize<'a> + Default>(action: &'a Action<'_>) -> Result<T, DecodeError> {
    match action.payload.as_deref() {
        None | Some("null") => Ok(T::default()),
        Some(payload) => read(action, payload),
    }
}

fn read<'a, T: Deserialize<'a>>(action: &Action<'_>, payload: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(payload)
        .map_err(|error| refusal(action, ErrorCode::BadPayload, format!("payload of {}: {error}", action.kind)))
}

fn refusal(action: &Action<'_>, code: ErrorCode, message: String) -> DecodeError {
    DecodeError { code, message, re: action.hub.id.as_deref().map(String::from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(kind: &'static str, payload: Option<&'static str>) -> Result<ClientControl, ErrorCode> {
        let action = Action { kind: kind.into(), payload: payload.map(Into::into), ..Action::default() };
        parse(&action).map_err(|error| error.code)
    }

    #[test]
    fn client_controls_are_read() {
        assert_eq!(parsed("@@hub/join", None), Ok(ClientControl::Join(Join::default())));
        assert_eq!(parsed("@@hub/ping", Some("{}")), Ok(ClientControl::Ping));
        let resume = parsed("@@hub/resume", Some(r#"{"positions":{"user:u1":"1-2","org:acme":null}}"#));
        let Ok(ClientControl::Resume(resume)) = resume else { panic!("{resume:?}") };
        assert_eq!(resume.positions[&"user:u1".parse().unwrap()], Some(Position { seq: 1, nonce: 2 }));
        assert_eq!(resume.positions[&"org:acme".parse().unwrap()], None);
    }

    #[test]
    fn others_are_refused_with_their_code() {
        assert_eq!(parsed("@@hub/ack", None), Err(ErrorCode::ForbiddenType));
        assert_eq!(parsed("@@hub/nope", None), Err(ErrorCode::UnknownType));
        assert_eq!(parsed("@@hub/resume", None), Err(ErrorCode::BadPayload));
        assert_eq!(parsed("@@hub/join", Some(r#"{"po":"1-2"}"#)), Err(ErrorCode::BadPayload));
        assert_eq!(parsed("@@hub/join", Some(r#"{"pos":"x"}"#)), Err(ErrorCode::BadPayload));
    }
}
