//! Commands of a client, in either encoding.

use super::begun::Begun;
use crate::rpc::Json;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub struct Command<'a> {
    /// What its reply names; 0: it wants none.
    pub id: u32,
    /// What it wants; `None`: it answers a ping.
    pub call: Option<Call<'a>>,
}

/// What a command wants.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the names of the protocol's schema
pub enum Call<'a> {
    Connect(Connect<'a>),
    Subscribe(Subscribe<'a>),
    Unsubscribe(OfChannel<'a>),
    Publish(Publish<'a>),
    Presence(OfChannel<'a>),
    PresenceStats(OfChannel<'a>),
    History(History<'a>),
    Ping,
    Send,
    Rpc(Rpc<'a>),
    Refresh(Refresh<'a>),
    SubRefresh(SubRefresh<'a>),
}

impl Call<'_> {
    /// The channel it is about.
    pub fn channel(&self) -> Option<&str> {
        match self {
            Call::Subscribe(it) => Some(&it.channel),
            Call::Unsubscribe(it) | Call::Presence(it) | Call::PresenceStats(it) => Some(&it.channel),
            Call::Publish(it) => Some(&it.channel),
            Call::History(it) => Some(&it.channel),
            Call::SubRefresh(it) => Some(&it.channel),
            Call::Connect(_) | Call::Ping | Call::Send | Call::Rpc(_) | Call::Refresh(_) => None,
        }
    }
}

/// The first command of a connection.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Connect<'a> {
    /// A JWT; empty: none.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub token: Cow<'a, str>,
    /// Subscriptions of the server's that are to be recovered.
    #[serde(borrow, skip_serializing_if = "BTreeMap::is_empty")]
    pub subs: BTreeMap<Cow<'a, str>, Subscribe<'a>>,
    /// Which client it is.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub name: Cow<'a, str>,
    /// What the application receives of it, a JSON text.
    #[serde(deserialize_with = "text", borrow, serialize_with = "put_text", skip_serializing_if = "Option::is_none")]
    pub data: Option<Cow<'a, str>>,
    /// Not of clients: how the connection begins, as the node found it.
    #[serde(rename = "@begun", skip_serializing_if = "Option::is_none")]
    pub begun: Option<Begun>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscribe<'a> {
    /// Of which channel.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub channel: Cow<'a, str>,
    /// A JWT for this channel; empty: none.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub token: Cow<'a, str>,
    /// Go on after the position.
    #[serde(skip_serializing_if = "is_default")]
    pub recover: bool,
    /// The position's epoch.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub epoch: Cow<'a, str>,
    /// The position's offset.
    #[serde(skip_serializing_if = "is_default")]
    pub offset: u64,
    /// Bits of what the client can: [`REJECT_UNRECOVERED`].
    #[serde(skip_serializing_if = "is_default")]
    pub flag: i64,
    /// What deltas of publications are wanted in; empty: none.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub delta: Cow<'a, str>,
    /// Whether only some publications are wanted, by their tags.
    #[serde(rename = "tf", deserialize_with = "is_there", skip_serializing_if = "is_default")]
    pub filtered: bool,
    /// Not of clients: in how many seconds the token ends, as the node found it.
    #[serde(rename = "@ttl", skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// Not of clients: see [`Publish::info`].
    #[serde(rename = "@info", skip_serializing_if = "Option::is_none")]
    pub info: Option<Cow<'a, str>>,
    /// Not of clients: the code of the error it is answered with, in its turn.
    #[serde(rename = "@refused", skip_serializing_if = "is_default")]
    pub refused: u32,
}

/// The one kind of deltas there is, as [`Subscribe::delta`] names it.
pub const FOSSIL: &str = "fossil";

/// A bit of [`Subscribe::flag`]: refuse the subscription where the position is gone.
pub const REJECT_UNRECOVERED: i64 = 2;

/// What is about one channel and no more.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OfChannel<'a> {
    /// Which.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
}

/// Something to be published.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Publish<'a> {
    /// Where.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    /// A JSON text.
    #[serde(deserialize_with = "text", borrow, serialize_with = "put_text", skip_serializing_if = "Option::is_none")]
    pub data: Option<Cow<'a, str>>,
    /// What stands in `data` of the protobuf format and is no JSON.
    #[serde(skip)]
    pub bytes: Option<Cow<'a, [u8]>>,
    /// Not of clients: what their tokens say of them, as [`crate::cluster::sender()`] writes it.
    #[serde(rename = "@info", skip_serializing_if = "Option::is_none")]
    pub info: Option<Cow<'a, str>>,
}

/// A part of a channel's past.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct History<'a> {
    /// Of which channel.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    /// How many; 0: none, negative: as many as the server gives.
    pub limit: i32,
    /// Where it begins; absent: at the end of the log that `reverse` says.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since<'a>>,
    /// Newest first.
    pub reverse: bool,
}

/// A position.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Since<'a> {
    /// Its offset.
    pub offset: u64,
    /// Its epoch.
    #[serde(borrow)]
    pub epoch: Cow<'a, str>,
}

/// A question to the application.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Rpc<'a> {
    /// What is to be done.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// Its arguments.
    pub data: Option<Json>,
}

/// New credentials.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Refresh<'a> {
    /// The new JWT.
    #[serde(borrow)]
    pub token: Cow<'a, str>,
}

/// New credentials for one channel.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct SubRefresh<'a> {
    /// Which.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    /// The new JWT.
    #[serde(borrow)]
    pub token: Cow<'a, str>,
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

impl Connect<'_> {
    /// The same without the frame it came in.
    pub fn into_owned(self) -> Connect<'static> {
        let subs = self.subs.into_iter().map(|(channel, it)| (owned(channel), it.into_owned())).collect();
        // the application's answer does not concern the session any more
        Connect { token: owned(self.token), subs, name: owned(self.name), data: None, begun: self.begun }
    }
}

impl Subscribe<'_> {
    /// The same without the frame it came in.
    pub fn into_owned(self) -> Subscribe<'static> {
        let (channel, token, epoch) = (owned(self.channel), owned(self.token), owned(self.epoch));
        let Subscribe { recover, offset, flag, filtered, ttl, refused, .. } = self;
        let (info, delta) = (self.info.map(owned), owned(self.delta));
        Subscribe { channel, token, epoch, recover, offset, flag, delta, filtered, ttl, info, refused }
    }
}

impl Publish<'_> {
    /// The same without the frame it came in.
    pub fn into_owned(self) -> Publish<'static> {
        let (data, info) = (self.data.map(owned), self.info.map(owned));
        let bytes = self.bytes.map(|bytes| Cow::Owned(bytes.into_owned()));
        Publish { channel: owned(self.channel), data, bytes, info }
    }
}

impl History<'_> {
    /// The same without the frame it came in.
    pub fn into_owned(self) -> History<'static> {
        let since = self.since.map(|since| Since { offset: since.offset, epoch: owned(since.epoch) });
        History { channel: owned(self.channel), limit: self.limit, since, reverse: self.reverse }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<serde::de::IgnoredAny>::deserialize(deserializer)?.is_some())
}

fn text<'de: 'a, 'a, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    Ok(Option::<&serde_json::value::RawValue>::deserialize(deserializer)?.map(|raw| Cow::Borrowed(raw.get())))
}

fn put_text<S: serde::Serializer>(text: &Option<Cow<'_, str>>, serializer: S) -> Result<S::Ok, S::Error> {
    let raw = text.as_deref().map(serde_json::from_str::<&serde_json::value::RawValue>).transpose();
    raw.map_err(serde::ser::Error::custom)?.serialize(serializer)
}
