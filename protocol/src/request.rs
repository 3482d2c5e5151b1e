//! Everything a client can request, independent of its wire protocol.

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

/// One request of a client.
#[derive(Debug, Clone, PartialEq)]
pub struct Request<'a> {
    /// The id that the answer repeats; absent: no answer is wanted.
    pub re: Option<Cow<'a, str>>,
    /// The address that it is about.
    pub to: Option<Address>,
    /// The request itself.
    pub want: Want<'a>,
}

/// The kinds of requests.
#[derive(Debug, Clone, PartialEq)]
pub enum Want<'a> {
    /// Send something to the address.
    Publish(Publish<'a>),
    /// Send something to the channel that the session views. The request has no address.
    PublishInView(Publish<'a>),
    /// Authenticate; the first message of a connection.
    Auth(Auth),
    /// Replace the credentials with new ones of the same user.
    Refresh(Refresh),
    /// Join a channel.
    Join(Join),
    /// Leave a channel.
    Leave,
    /// Leave the channel viewed before and join this one, in one step. Without an address: only leave.
    View(View),
    /// Change the user's state in a channel.
    State(State),
    /// Store the snapshot of a channel.
    Snapshot(Snapshot),
    /// Take a user out of a channel.
    Kick(Guest),
    /// Invite a user to a channel.
    Invite(Guest),
    /// Change the user's profile, which is shown in all channels.
    Profile(Profile),
    /// Presence of a channel, of a user, or of several users.
    Presence(PresenceQuery),
    /// Receive the presence of these users, and of the members of these organisations.
    Watch(Watched),
    /// Stop watching.
    Unwatch(Watched),
    /// Change the relation to another user.
    Contact(Contact),
    /// A page of the user's people.
    People(PeopleQuery),
    /// The newest conversations of its user.
    Conversations(ConversationQuery),
    /// Mark one of the user's conversations as read up to a position.
    Read(ReadUpTo),
    /// The occupied channels of an organisation.
    Channels(ChannelQuery),
    /// A page of a stream's log.
    History(History),
    /// Resume streams from positions.
    Resume(Resume),
    /// Continue from now; the first message of a session whose delivery is on hold.
    Live,
    /// Store how far this device has processed its streams.
    Cursor(Cursor),
    /// Call a method of the application.
    Rpc(Rpc),
    /// The reply to a call by the application.
    Reply(CallReply),
    /// Request an answer as proof that the node is alive.
    Ping,
    /// A request that could not be parsed; the other requests of the frame are not affected.
    Unreadable {
        /// Code for the client.
        code: ErrorCode,
        /// What is wrong and where.
        message: String,
    },
}

/// A publication to be sent. `payload` and `meta` are JSON texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Publish<'a> {
    /// Idempotency key: with the same id it is stored once, however often it is sent.
    pub id: Option<Cow<'a, str>>,
    /// Its type.
    pub kind: Cow<'a, str>,
    /// The payload.
    pub payload: Option<Cow<'a, str>>,
    /// Whether it reports an error.
    pub error: Option<bool>,
    /// The application's metadata, as the text of an object.
    pub meta: Option<Cow<'a, str>>,
    /// Delivered to sessions connected now; it has no position and is in no log.
    pub ephemeral: bool,
    /// Restricts the receivers at the address.
    pub narrowing: Narrowing,
}

impl Publish<'_> {
    /// An owned copy, independent of the frame.
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
    /// The kind of device, so that senders can select by it.
    #[serde(default)]
    pub device_class: Option<DeviceClass>,
    /// Stream -> the last position seen; `null` = the position this device acknowledged.
    #[serde(default)]
    pub resume: Positions,
    /// The node pings with messages instead of WebSocket pings, which browser scripts cannot see.
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

/// How a session joins a channel.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Resume from there instead of starting now.
    #[serde(default)]
    pub pos: Option<StreamStart>,
    /// Whether to receive joins and leaves, and the user's state.
    #[serde(default)]
    pub presence: Presenting,
    /// How many of the channel's newest publications to include in the answer.
    #[serde(default)]
    pub recent: Option<u32>,
    /// Whether to include the channel's snapshot in the answer; publications after it follow.
    #[serde(default)]
    pub snapshot: bool,
    /// A token that admits its user to this channel.
    #[serde(default)]
    pub token: Option<Box<str>>,
    /// Whether to refuse the join if the session is in the channel already, instead of starting over.
    #[serde(skip)]
    pub once: bool,
}

impl Join {
    /// The token, from either of the two places where it may be.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref().or_else(|| self.pos.as_ref()?.token.as_deref())
    }
}

/// The view of a session: the channel of the address, or `ch:<org>/<view>`.
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

/// The state of a channel at a position, as defined by the application.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The position of the last publication that it includes.
    pub pos: Position,
    /// The state.
    pub payload: Json,
}

/// Another user who is the object of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// The user.
    pub user: UserId,
}

/// A query for a page of history, or for one publication.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Only publications before this one, the newest of them; absent: from the newest.
    #[serde(default)]
    pub before: Option<Position>,
    /// Instead of `before`: only publications after this one, the oldest of them.
    #[serde(default)]
    pub after: Option<Position>,
    /// Most publications in the page; the node has a limit of its own.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Instead of a page: the newest publication with this id, as set by its sender.
    #[serde(default)]
    pub id: Option<Box<str>>,
    /// With `id`: only publications of this user.
    #[serde(default)]
    pub from: Option<UserId>,
    /// Whether the answer includes the last position of the log.
    #[serde(skip)]
    pub top: bool,
}

/// The positions to resume streams from.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// By stream: the last position seen; `null` = the cursor of this device.
    pub positions: Positions,
}

/// The cursors of a device.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// By stream: everything up to this position was processed.
    pub positions: BTreeMap<Address, Position>,
}
