//! How a connection begins: what its endpoint knows before the session does, and the answer to `connect` says.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Begun {
    /// What lets the client post to its session, where it posts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The subscriptions that the server makes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub subs: BTreeMap<String, Standing>,
}

/// Where a subscription of the server's begins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// The position's epoch; empty: it has no position.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub epoch: String,
    /// The position's offset.
    #[serde(skip_serializing_if = "is_default")]
    pub offset: u64,
    /// The client wanted to go on after a position of its own.
    #[serde(skip_serializing_if = "is_default")]
    pub was_recovering: bool,
    /// Everything after that position follows.
    #[serde(skip_serializing_if = "is_default")]
    pub recovered: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
