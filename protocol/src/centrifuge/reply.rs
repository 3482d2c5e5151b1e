//! Replies and pushes to a client, independent of the encoding. The names are those of the protocol's schema; fields
//! with default values are left out.

pub use super::client_info::ClientInfo;
pub use super::data::Data;

use super::codes;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A reply to a command, or, with the id 0, a push.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply<'a> {
    /// The id of the command.
    pub id: u32,
    /// The content.
    pub body: Body<'a>,
}

/// The content of a reply.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the names of the protocol's schema
pub enum Body<'a> {
    Error(codes::Error),
    /// An error of the application's own.
    Failure {
        /// Its code.
        code: u32,
        /// Its message.
        message: Cow<'a, str>,
    },
    Push(Push<'a>),
    Connect(Connected<'a>),
    Subscribe(Subscribed<'a>),
    Unsubscribe,
    Publish,
    Presence(BTreeMap<String, ClientInfo<'a>>),
    PresenceStats(PresenceStats),
    History(Page<'a>),
    Rpc(Data<'a>),
    Refresh(Expiry),
    SubRefresh(Expiry),
    /// A ping.
    Ping,
}

/// A message that answers no command.
#[derive(Debug, Clone, PartialEq)]
pub struct Push<'a> {
    /// The channel that it is about; empty: the connection.
    pub channel: Cow<'a, str>,
    /// The event.
    pub what: Pushed<'a>,
}

/// The event of a push.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the names of the protocol's schema
pub enum Pushed<'a> {
    Publication(Publication<'a>),
    Join(ClientInfo<'a>),
    Leave(ClientInfo<'a>),
    Unsubscribe(Unsubscribed<'a>),
    Subscribe(Subscribed<'a>),
    Disconnect(Disconnected<'a>),
}

impl<'a> Body<'a> {
    /// A push about a channel, or about the connection if `channel` is empty.
    pub fn push(channel: &'a str, what: Pushed<'a>) -> Self {
        Body::Push(Push { channel: channel.into(), what })
    }
}

/// The connection is established.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Connected<'a> {
    /// The id of the connection.
    pub client: String,
    /// Version of the server.
    pub version: &'a str,
    /// When the credentials expire.
    #[serde(flatten)]
    pub expiry: Expiry,
    /// Data of the application for the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Data<'a>>,
    /// Server-side subscriptions, by channel.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub subs: BTreeMap<String, Subscribed<'a>>,
    /// Seconds between pings.
    pub ping: u32,
    /// Whether the client has to answer pings.
    pub pong: bool,
    /// Together with `node`, names the session for clients that post.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub session: String,
    /// The label of the node.
    pub node: &'a str,
}

/// A subscription has started.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Subscribed<'a> {
    /// When its token expires.
    #[serde(flatten)]
    pub expiry: Expiry,
    /// Whether it can be recovered.
    #[serde(skip_serializing_if = "is_default")]
    pub recoverable: bool,
    /// Whether it has a position.
    #[serde(skip_serializing_if = "is_default")]
    pub positioned: bool,
    /// The position's epoch.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub epoch: String,
    /// The position's offset.
    #[serde(skip_serializing_if = "is_default")]
    pub offset: u64,
    /// Whether the client asked to recover from a position.
    #[serde(skip_serializing_if = "is_default")]
    pub was_recovering: bool,
    /// Whether everything after that position follows.
    #[serde(skip_serializing_if = "is_default")]
    pub recovered: bool,
    /// Whether publications are sent as deltas.
    #[serde(skip_serializing_if = "is_default")]
    pub delta: bool,
    /// Data of the application about the subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Data<'a>>,
    /// Missed publications that are part of the reply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub publications: Vec<Publication<'a>>,
}

/// When something expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Expiry {
    /// Whether it expires.
    #[serde(skip_serializing_if = "is_default")]
    pub expires: bool,
    /// In how many seconds.
    #[serde(skip_serializing_if = "is_default")]
    pub ttl: u32,
}

impl Expiry {
    /// Expires in this many seconds, at least one; `None`: never.
    pub fn after(seconds: Option<u32>) -> Self {
        seconds.map_or(Expiry::default(), |seconds| Expiry { expires: true, ttl: seconds.max(1) })
    }
}

/// A subscription has ended.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Unsubscribed<'a> {
    /// From 2500 on the client subscribes again.
    pub code: u32,
    /// For people.
    pub reason: &'a str,
}

/// The connection ends; for clients on transports without a close frame.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Disconnected<'a> {
    /// The code, as in a close frame.
    pub code: u16,
    /// For people.
    pub reason: &'a str,
}

/// A publication.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Publication<'a> {
    /// Its data.
    pub data: Data<'a>,
    /// `data` stands for bytes that it holds in Base64.
    #[serde(skip)]
    pub is_bytes: bool,
    /// The publisher, if it is a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<ClientInfo<'a>>,
    /// Its position's offset; 0: it is in no log.
    #[serde(skip_serializing_if = "is_default")]
    pub offset: u64,
    /// Its position's epoch.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub epoch: String,
    /// Tags set by the server that published it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The size of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct PresenceStats {
    /// Number of connections.
    pub num_clients: u32,
    /// Number of users.
    pub num_users: u32,
}

/// A page of history.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Page<'a> {
    /// In the requested order.
    pub publications: Vec<Publication<'a>>,
    /// The epoch of the last position of the log.
    pub epoch: String,
    /// The offset of the last position of the log.
    pub offset: u64,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// See [`Body::Failure`].
#[derive(serde::Serialize)]
struct Failure<'a> {
    code: u32,
    message: &'a str,
}

/// An empty object.
struct Nothing;

impl Serialize for Nothing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_map(Some(0))?.end()
    }
}

impl Serialize for Reply<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.id != 0 {
            map.serialize_entry("id", &self.id)?;
        }
        match &self.body {
            Body::Error(error) => map.serialize_entry("error", error)?,
            Body::Failure { code, message } => map.serialize_entry("error", &Failure { code: *code, message })?,
            Body::Push(push) => map.serialize_entry("push", push)?,
            Body::Connect(connected) => map.serialize_entry("connect", connected)?,
            Body::Subscribe(subscribed) => map.serialize_entry("subscribe", subscribed)?,
            Body::Unsubscribe => map.serialize_entry("unsubscribe", &Nothing)?,
            Body::Publish => map.serialize_entry("publish", &Nothing)?,
            Body::Presence(presence) => map.serialize_entry("presence", &BTreeMap::from([("presence", presence)]))?,
            Body::PresenceStats(stats) => map.serialize_entry("presence_stats", stats)?,
            Body::History(page) => map.serialize_entry("history", page)?,
            Body::Rpc(data) => map.serialize_entry("rpc", &BTreeMap::from([("data", data)]))?,
            Body::Refresh(expiry) => map.serialize_entry("refresh", expiry)?,
            Body::SubRefresh(expiry) => map.serialize_entry("sub_refresh", expiry)?,
            Body::Ping => {}
        }
        map.end()
    }
}

impl Serialize for Push<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.channel.is_empty() {
            map.serialize_entry("channel", &self.channel)?;
        }
        match &self.what {
            Pushed::Publication(publication) => map.serialize_entry("pub", publication)?,
            Pushed::Join(info) => map.serialize_entry("join", &BTreeMap::from([("info", info)]))?,
            Pushed::Leave(info) => map.serialize_entry("leave", &BTreeMap::from([("info", info)]))?,
            Pushed::Unsubscribe(unsubscribed) => map.serialize_entry("unsubscribe", unsubscribed)?,
            Pushed::Subscribe(subscribed) => map.serialize_entry("subscribe", subscribed)?,
            Pushed::Disconnect(disconnected) => map.serialize_entry("disconnect", disconnected)?,
        }
        map.end()
    }
}

impl Serialize for codes::Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("code", &self.code)?;
        map.serialize_entry("message", self.message)?;
        if self.temporary {
            map.serialize_entry("temporary", &true)?;
        }
        map.end()
    }
}
