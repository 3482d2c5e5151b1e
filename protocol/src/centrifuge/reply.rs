//! Replies and pushes to a client, in either encoding. The names are those of the protocol's schema; what is nothing is
//! left out.

pub use super::client_info::ClientInfo;
pub use super::data::Data;

use super::codes;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A reply to a command, or with the id 0 a push.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply<'a> {
    /// The id of the command.
    pub id: u32,
    /// What it says.
    pub body: Body<'a>,
}

/// What a reply says.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the names of the protocol's schema
pub enum Body<'a> {
    Error(codes::Error),
    /// An error in the words of the application.
    Failure {
        /// Its number.
        code: u32,
        /// Its text.
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

/// Something nobody asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Push<'a> {
    /// The channel it is about; empty: the connection.
    pub channel: Cow<'a, str>,
    /// What happened.
    pub what: Pushed<'a>,
}

/// What happened.
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
    /// A push about a channel, or none.
    pub fn push(channel: &'a str, what: Pushed<'a>) -> Self {
        Body::Push(Push { channel: channel.into(), what })
    }
}

/// The connection is open.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Connected<'a> {
    /// The id of the connection.
    pub client: String,
    /// What the server is.
    pub version: &'a str,
    /// When the credentials end.
    #[serde(flatten)]
    pub expiry: Expiry,
    /// Subscriptions that the server made.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub subs: BTreeMap<String, Subscribed<'a>>,
    /// Seconds between pings.
    pub ping: u32,
    /// Pings are to be answered.
    pub pong: bool,
    /// With `node`, what a client that posts names its session by.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub session: String,
    /// The label of the node.
    pub node: &'a str,
}

/// A subscription began.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Subscribed<'a> {
    /// When its token ends.
    #[serde(flatten)]
    pub expiry: Expiry,
    /// It may be recovered.
    #[serde(skip_serializing_if = "is_default")]
    pub recoverable: bool,
    /// It has a position.
    #[serde(skip_serializing_if = "is_default")]
    pub positioned: bool,
    /// The position's epoch.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub epoch: String,
    /// The position's offset.
    #[serde(skip_serializing_if = "is_default")]
    pub offset: u64,
    /// It was to go on after a position.
    #[serde(skip_serializing_if = "is_default")]
    pub was_recovering: bool,
    /// Everything after that position follows.
    #[serde(skip_serializing_if = "is_default")]
    pub recovered: bool,
    /// Publications come as deltas.
    #[serde(skip_serializing_if = "is_default")]
    pub delta: bool,
    /// What was missed and comes with the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub publications: Vec<Publication<'a>>,
}

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Expiry {
    /// It does.
    #[serde(skip_serializing_if = "is_default")]
    pub expires: bool,
    /// In so many seconds.
    #[serde(skip_serializing_if = "is_default")]
    pub ttl: u32,
}

impl Expiry {
    /// In so many seconds, at least one; `None`: never.
    pub fn after(seconds: Option<u32>) -> Self {
        seconds.map_or(Expiry::default(), |seconds| Expiry { expires: true, ttl: seconds.max(1) })
    }
}

/// A subscription ended.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Unsubscribed<'a> {
    /// From 2500 on the client subscribes again.
    pub code: u32,
    /// For people.
    pub reason: &'a str,
}

/// The connection ends, to clients that get no close frame.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Disconnected<'a> {
    /// As of a close frame.
    pub code: u16,
    /// For people.
    pub reason: &'a str,
}

/// A publication.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Publication<'a> {
    /// What it carries.
    pub data: Data<'a>,
    /// It carries the bytes that `data` holds in Base64.
    #[serde(skip)]
    pub is_bytes: bool,
    /// The publisher, where it is a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<ClientInfo<'a>>,
    /// Its position's offset; 0: it is in no log.
    #[serde(skip_serializing_if = "is_default")]
    pub offset: u64,
    /// Its position's epoch.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub epoch: String,
    /// What the server that published it says of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// How many are in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct PresenceStats {
    /// Connections.
    pub num_clients: u32,
    /// Users.
    pub num_users: u32,
}

/// A part of a log.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Page<'a> {
    /// In the order asked for.
    pub publications: Vec<Publication<'a>>,
    /// The epoch of the log's top.
    pub epoch: String,
    /// The offset of the log's top.
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

/// An object without keys.
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
