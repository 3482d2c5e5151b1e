//! Commands of clients, independent of the encoding.

use super::begun::Begun;
use crate::rpc::Json;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub struct Command<'a> {
    /// The id that the reply repeats; 0: no reply is wanted.
    pub id: u32,
    /// The request; `None`: the command is the answer to a ping.
    pub call: Option<Call<'a>>,
}

/// The request of a command.
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
    /// The channel that the request is about.
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
    /// Server-side subscriptions to recover, by channel.
    #[serde(borrow, skip_serializing_if = "BTreeMap::is_empty")]
    pub subs: BTreeMap<Cow<'a, str>, Subscribe<'a>>,
    /// Name of the client, such as its library.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub name: Cow<'a, str>,
    /// Data for the application, a JSON text.
    #[serde(deserialize_with = "text", borrow, serialize_with = "put_text", skip_serializing_if = "Option::is_none")]
    pub data: Option<Cow<'a, str>>,
    /// Never from clients: the start of the connection, as found by the node.
    #[serde(rename = "@begun", skip_serializing_if = "Option::is_none")]
    pub begun: Option<Begun>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscribe<'a> {
    /// The channel.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub channel: Cow<'a, str>,
    /// A JWT for this channel; empty: none.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub token: Cow<'a, str>,
    /// Whether to recover from the position.
    #[serde(skip_serializing_if = "is_default")]
    pub recover: bool,
    /// The position's epoch.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub epoch: Cow<'a, str>,
    /// The position's offset.
    #[serde(skip_serializing_if = "is_default")]
    pub offset: u64,
    /// Capabilities of the client as bits: [`REJECT_UNRECOVERED`].
    #[serde(skip_serializing_if = "is_default")]
    pub flag: i64,
    /// Format of the deltas wanted; empty: none.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub delta: Cow<'a, str>,
    /// Whether the client asks for a filter by tags.
    #[serde(rename = "tf", deserialize_with = "is_there", skip_serializing_if = "is_default")]
    pub filtered: bool,
    /// Never from clients: seconds until the token expires, as found by the node.
    #[serde(rename = "@ttl", skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// Never from clients: see [`Publish::info`].
    #[serde(rename = "@info", skip_serializing_if = "Option::is_none")]
    pub info: Option<Cow<'a, str>>,
    /// Never from clients: the code of the error with which the command is answered, in the order of the commands.
    #[serde(rename = "@refused", skip_serializing_if = "is_default")]
    pub refused: u32,
}

/// The only supported format of deltas, as [`Subscribe::delta`] names it.
pub const FOSSIL: &str = "fossil";

/// A bit of [`Subscribe::flag`]: refuse the subscription if the position cannot be recovered.
pub const REJECT_UNRECOVERED: i64 = 2;

/// A request with no argument but a channel.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OfChannel<'a> {
    /// The channel.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
}

/// A publication.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Publish<'a> {
    /// The channel.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    /// The data, a JSON text.
    #[serde(deserialize_with = "text", borrow, serialize_with = "put_text", skip_serializing_if = "Option::is_none")]
    pub data: Option<Cow<'a, str>>,
    /// The data of the protobuf format, if it is not JSON.
    #[serde(skip)]
    pub bytes: Option<Cow<'a, [u8]>>,
    /// Never from clients: the infos of the sender's tokens, as [`crate::cluster::sender()`] writes them.
    #[serde(rename = "@info", skip_serializing_if = "Option::is_none")]
    pub info: Option<Cow<'a, str>>,
}

/// A request for a part of a channel's history.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct History<'a> {
    /// The channel.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    /// Most publications; 0: none, negative: as many as the server allows.
    pub limit: i32,
    /// Where to start; absent: at the end of the log that `reverse` selects.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since<'a>>,
    /// Whether the newest come first.
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

/// A remote procedure call to the application.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Rpc<'a> {
    /// Name of the method.
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

/// New credentials for one subscription.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct SubRefresh<'a> {
    /// The channel.
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
    /// An owned copy, independent of the frame.
    pub fn into_owned(self) -> Connect<'static> {
        let subs = self.subs.into_iter().map(|(channel, it)| (owned(channel), it.into_owned())).collect();
        // `data` is for the application only, which has answered by now: the session does not need it
        Connect { token: owned(self.token), subs, name: owned(self.name), data: None, begun: self.begun }
    }
}

impl Subscribe<'_> {
    /// An owned copy, independent of the frame.
    pub fn into_owned(self) -> Subscribe<'static> {
        let (channel, token, epoch) = (owned(self.channel), owned(self.token), owned(self.epoch));
        let Subscribe { recover, offset, flag, filtered, ttl, refused, .. } = self;
        let (info, delta) = (self.info.map(owned), owned(self.delta));
        Subscribe { channel, token, epoch, recover, offset, flag, delta, filtered, ttl, info, refused }
    }
}

impl Publish<'_> {
    /// An owned copy, independent of the frame.
    pub fn into_owned(self) -> Publish<'static> {
        let (data, info) = (self.data.map(owned), self.info.map(owned));
        let bytes = self.bytes.map(|bytes| Cow::Owned(bytes.into_owned()));
        Publish { channel: owned(self.channel), data, bytes, info }
    }
}

impl History<'_> {
    /// An owned copy, independent of the frame.
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
