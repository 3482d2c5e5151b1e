//! The occupied channels of an organisation.

use crate::Address;
use serde::{Deserialize, Serialize};

/// A query for a page of channels.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChannelQuery {
    /// Only channels whose path has this prefix.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Only channels after this one; pages are in the order of addresses.
    #[serde(default)]
    pub after: Option<Address>,
    /// Most channels in the page; the node has a limit of its own.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// A page of channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelList<'a> {
    /// In the order of their addresses.
    pub channels: Vec<LiveChannel<'a>>,
    /// Whether there are more channels after the last one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A channel with at least one user in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LiveChannel<'a> {
    /// Its address.
    pub to: &'a Address,
    /// How many users are in it.
    pub count: usize,
}
