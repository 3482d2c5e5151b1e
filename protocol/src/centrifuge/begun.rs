//! The start of a connection: what its endpoint finds out before the session exists, for the reply to `connect`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// See the module documentation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Begun {
    /// The key that lets a client post to its session, on transports that post.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Data of the application for the client, a JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The subscriptions that the server makes, by channel name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub subs: BTreeMap<String, Standing>,
}

/// Where a server-side subscription starts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// The position's epoch; empty: the subscription has no position.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub epoch: String,
    /// The position's offset.
    #[serde(skip_serializing_if = "is_default")]
    pub offset: u64,
    /// The client asked to recover from a position of its own.
    #[serde(skip_serializing_if = "is_default")]
    pub was_recovering: bool,
    /// Everything after that position follows.
    #[serde(skip_serializing_if = "is_default")]
    pub recovered: bool,
    /// Data of the application about the subscription, a JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
