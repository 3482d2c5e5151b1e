//! What clients may ask.

use super::{CallReply, Positions, Presenting, Rpc, StreamStart};
use crate::{Address, ChannelPath, DeviceId, MemberState, OrgId, Position, UserId};
use serde::Deserialize;
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
    View(View),
    /// `@@hub/state` to a `ch:` address: what its user shows of itself there changes.
    State(State),
    /// `@@hub/presence` of a `ch:` or `user:` address, or of several users.
    Presence(PresenceQuery),
    /// `@@hub/watch`: be told when these users come online and go offline.
    Watch(Users),
    /// `@@hub/unwatch`: be told so no more.
    Unwatch(Users),
    /// `@@hub/history` of a stream.
    History(History),
    /// `@@hub/resume`: go on from positions.
    Resume(Resume),
    /// `@@hub/live`: go on from now; the first message of a session that is held.
    Live,
    /// `@@hub/cursor`: remember how far this device has come.
    Cursor(Cursor),
    /// `@@hub/rpc`: ask the application.
    Rpc(Rpc),
    /// `@@hub/reply`: what became of a call of the application.
    Reply(CallReply),
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
    pub resume: Positions,
    /// The node pings with `@@hub/ping` instead of WebSocket pings, which a browser does not see.
    #[serde(default)]
    pub ping: bool,
}

/// Payload of `@@hub/refresh`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The new JWT, of the same `sub`.
    #[serde(default)]
    pub token: Option<String>,
    /// A new one-time ticket of the same user.
    #[serde(default)]
    pub ticket: Option<String>,
}

/// Payload of `@@hub/join` and `@@hub/view`; may be absent.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Go on from there instead of from now.
    #[serde(default)]
    pub pos: Option<StreamStart>,
    /// Whether to be told who joins and leaves, and what to show of oneself.
    #[serde(default)]
    pub presence: Presenting,
}

/// Payload of `@@hub/view`; may be absent. The channel is `to`, or `ch:<org>/<view>`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// With `view`, instead of an address: the organisation.
    #[serde(default)]
    pub org: Option<OrgId>,
    /// The channel's path in that organisation.
    #[serde(default)]
    pub view: Option<ChannelPath>,
    /// As in [`Join::pos`].
    #[serde(default)]
    pub pos: Option<StreamStart>,
    /// As in [`Join::presence`].
    #[serde(default)]
    pub presence: Presenting,
}

/// Payload of `@@hub/state`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// What the user shows from now on; `null`: nothing.
    #[serde(deserialize_with = "Option::deserialize")]
    pub state: Option<MemberState>,
}

/// Payload of `@@hub/presence`; may be absent.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceQuery {
    /// Only how many users there are.
    #[serde(default)]
    pub count: bool,
    /// Only users behind this one; a page is in the order of their ids.
    #[serde(default)]
    pub after: Option<UserId>,
    /// How many users at most; the node bounds it too.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Instead of an address: these users.
    #[serde(default)]
    pub users: Option<Vec<UserId>>,
}

/// Payload of `@@hub/watch` and `@@hub/unwatch`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Users {
    /// Whom it is about.
    pub users: Vec<UserId>,
}

/// Payload of `@@hub/history`; may be absent.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Only publications older than this one, the newest of them; absent: from the newest.
    #[serde(default)]
    pub before: Option<Position>,
    /// Instead of `before`: only publications newer than this one, the oldest of them.
    #[serde(default)]
    pub after: Option<Position>,
    /// How many at most; the node bounds it too.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// Payload of `@@hub/resume`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Stream -> the last position seen; `null` = the position this device acknowledged with `@@hub/cursor`.
    pub positions: Positions,
}

/// Payload of `@@hub/cursor`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Stream -> everything up to here was processed.
    pub positions: BTreeMap<Address, Position>,
}
