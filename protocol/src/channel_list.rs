//! The channels of an organisation that somebody is in.

use crate::Address;
use serde::{Deserialize, Serialize};

/// Which of them.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChannelQuery {
    /// Only those whose path begins so.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Only those behind this one; a page is in the order of the addresses.
    #[serde(default)]
    pub after: Option<Address>,
    /// How many at most; the node bounds it too.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// A page of channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelList<'a> {
    /// In the order of their addresses.
    pub channels: Vec<LiveChannel<'a>>,
    /// There are further ones behind the last.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A channel that somebody is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LiveChannel<'a> {
    /// Which.
    pub to: &'a Address,
    /// How many users are in it.
    pub count: usize,
}
