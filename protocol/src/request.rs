//! All that a client can want, whatever wire protocol it speaks.

pub use crate::channel_list::ChannelQuery;
pub use crate::conversations::{ConversationQuery, ReadUpTo};
pub use crate::people::{Contact, PeopleQuery};
pub use crate::presence_query::{PresenceQuery, State, Watched};
pub use crate::presenting::Presenting;
pub use crate::rpc::{CallReply, Json, Rpc};
pub use crate::start::{Begin, Positions, StreamStart};

use crate::{Address, ChannelPath, DeviceClass, DeviceId, ErrorCode, Narrowing, OrgId, Position, Profile, UserId};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One thing a client wants.
#[derive(Debug, Clone, PartialEq)]
pub struct Request<'a> {
    /// What its answer names; absent: it wants none.
    pub re: Option<Cow<'a, str>>,
    /// What it is about.
    pub to: Option<Address>,
    /// What.
    pub want: Want<'a>,
}

/// What a client wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Want<'a> {
    /// Send something to the address.
    Publish(Publish<'a>),
    /// Send something to the channel that the session views. Has no address.
    PublishInView(Publish<'a>),
    /// Credentials as first message.
    Auth(Auth),
    /// New credentials of the same user.
    Refresh(Refresh),
    /// Take part in a channel.
    Join(Join),
    /// Take part in a channel no more.
    Leave,
    /// Leave the channel viewed before and join this one, in one step. Without an address: leave only.
    View(View),
    /// What its user shows of itself in a channel changes.
    State(State),
    /// Keep this as the snapshot of a channel.
    Snapshot(Snapshot),
    /// Take a user out of a channel.
    Kick(Guest),
    /// Tell a user that it is invited to a channel.
    Invite(Guest),
    /// The profile of its user, wherever that is, is another one.
    Profile(Profile),
    /// Presence of a channel, of a user, or of several users.
    Presence(PresenceQuery),
    /// Be told when these users come online and go offline, and who comes to these organisations and goes.
    Watch(Watched),
    /// Stop watching.
    Unwatch(Watched),
    /// A step towards another user.
    Contact(Contact),
    /// The people of its user.
    People(PeopleQuery),
    /// The newest conversations of its user.
    Conversations(ConversationQuery),
    /// How far its user has read one of them.
    Read(ReadUpTo),
    /// The channels of an organisation that somebody is in.
    Channels(ChannelQuery),
    /// A page of a stream's log.
    History(History),
    /// Go on from positions.
    Resume(Resume),
    /// Go on from now; the first message of a session that is held.
    Live,
    /// Remember how far this device has come.
    Cursor(Cursor),
    /// Ask the application.
    Rpc(Rpc),
    /// What became of a call of the application.
    Reply(CallReply),
    /// An answer, as proof that the node is there.
    Ping,
    /// Nothing that could be read; the other requests of the frame are not concerned.
    Unreadable {
        /// Code for the client.
        code: ErrorCode,
        /// What is wrong and where.
        message: String,
    },
}

/// Something to be sent. `payload` and `meta` are JSON texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Publish<'a> {
    /// Under which it is stored once, however often it is sent.
    pub id: Option<Cow<'a, str>>,
    /// Its type.
    pub kind: Cow<'a, str>,
    /// What it carries.
    pub payload: Option<Cow<'a, str>>,
    /// Whether it tells of an error.
    pub error: Option<bool>,
    /// What else stands beside it, as the text of an object.
    pub meta: Option<Cow<'a, str>>,
    /// It goes to whoever is there now, has no position and is in no log.
    pub ephemeral: bool,
    /// Receivers, where they are not everybody at the address.
    pub narrowing: Narrowing,
}

impl Publish<'_> {
    /// The same without the frame it came in.
    pub fn to_owned(&self) -> Publish<'static> {
        let owned = |text: &Cow<'_, str>| Cow::Owned(text.clone().into_owned());
        Publish {
            id: self.id.as_ref().map(owned),
            kind: owned(&self.kind),
            payload: self.payload.as_ref().map(owned),
            error: self.error,
            meta: self.meta.as_ref().map(owned),
            ephemeral: self.ephemeral,
            narrowing: self.narrowing.clone(),
        }
    }
}

/// Credentials and identity of the client.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// What kind of device it is, for whoever selects by that.
    #[serde(default)]
    pub device_class: Option<DeviceClass>,
    /// Stream -> the last position seen; `null` = the position this device acknowledged.
    #[serde(default)]
    pub resume: Positions,
    /// The node pings with messages instead of WebSocket pings, which a browser does not see.
    #[serde(default)]
    pub ping: bool,
}

/// New credentials of the same user.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The new JWT, of the same `sub`.
    #[serde(default)]
    pub token: Option<String>,
    /// A new one-time ticket of the same user.
    #[serde(default)]
    pub ticket: Option<String>,
}

/// How a session takes part in a channel.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Go on from there instead of from now.
    #[serde(default)]
    pub pos: Option<StreamStart>,
    /// Whether to be told who joins and leaves, and what to show of oneself.
    #[serde(default)]
    pub presence: Presenting,
    /// So many of the channel's newest publications come with the answer.
    #[serde(default)]
    pub recent: Option<u32>,
    /// The channel's snapshot comes with the answer, and what was published after it follows.
    #[serde(default)]
    pub snapshot: bool,
    /// A token that lets its user into this channel.
    #[serde(default)]
    pub token: Option<Box<str>>,
    /// Refused where the session is in the channel, instead of starting over.
    #[serde(skip)]
    pub once: bool,
}

impl Join {
    /// The token, wherever it stands.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref().or_else(|| self.pos.as_ref()?.token.as_deref())
    }
}

/// What a session views: the channel of the address, or `ch:<org>/<view>`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct View {
    /// With `view`, instead of an address: the organisation.
    #[serde(default)]
    pub org: Option<OrgId>,
    /// The channel's path in that organisation.
    #[serde(default)]
    pub view: Option<ChannelPath>,
    /// Go on from there instead of from now.
    #[serde(default)]
    pub pos: Option<StreamStart>,
    /// Whether to be told who joins and leaves, and what to show of oneself.
    #[serde(default)]
    pub presence: Presenting,
    /// So many of the channel's newest publications come with the answer.
    #[serde(default)]
    pub recent: Option<u32>,
    /// The channel's snapshot comes with the answer, and what was published after it follows.
    #[serde(default)]
    pub snapshot: bool,
    /// A token that lets its user into this channel.
    #[serde(default)]
    pub token: Option<Box<str>>,
}

/// The state of a channel at a position, as the application sees it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The last publication that is part of it.
    pub pos: Position,
    /// The state.
    pub payload: Json,
}

/// Somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// The user.
    pub user: UserId,
}

/// Which page of a log, or which one publication.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Instead of a page: the newest publication that its sender gave this id.
    #[serde(default)]
    pub id: Option<Box<str>>,
    /// With `id`: only one that this user sent.
    #[serde(default)]
    pub from: Option<UserId>,
    /// The answer says where the log stands, too.
    #[serde(skip)]
    pub top: bool,
}

/// From where streams go on.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Stream -> the last position seen; `null` = the position this device acknowledged.
    pub positions: Positions,
}

/// How far a device has come.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Stream -> everything up to here was processed.
    pub positions: BTreeMap<Address, Position>,
}
