//! Payloads of the node's own actions, as far as a client needs them; unknown keys are ignored.

use crate::error::Refusal;
use hubwire_protocol::{Address, OrgId, Position, UserId};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::Value;
use std::collections::BTreeMap;

use super::limits::Limits;
use super::presence::{Member, Members};

/// Positions by stream, as texts: a newer node may name kinds of streams that this version does not know.
pub type Tops = BTreeMap<String, String>;

/// The entries that this version knows.
pub fn known(tops: &Tops) -> BTreeMap<Address, Position> {
    tops.iter().filter_map(|(stream, pos)| Some((stream.parse().ok()?, pos.parse().ok()?))).collect()
}

/// Payload of `@@hub/welcome`: the client's identity, and the node's features and limits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Welcome {
    /// The session's id.
    pub session: String,
    /// The node's label.
    pub node: String,
    /// The client's user.
    pub user: UserId,
    /// Organisations the user is a member of.
    pub orgs: Vec<OrgId>,
    /// Roles and teams by organisation.
    #[serde(default)]
    pub memberships: BTreeMap<OrgId, Membership>,
    /// The node's features.
    #[serde(default)]
    pub features: Vec<String>,
    /// The node's version.
    #[serde(default)]
    pub version: String,
    /// Time until the credentials expire; `None`: never, or the node does not say.
    pub expires_in_ms: Option<u64>,
    /// The current positions of the streams.
    #[serde(default)]
    pub(crate) resume: Tops,
    pub(crate) ping_ms: Option<u64>,
    pub(crate) limits: Option<Limits>,
}

/// The user's roles and teams in an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Membership {
    /// Roles.
    pub roles: Vec<String>,
    /// Teams.
    pub teams: Vec<String>,
}

impl Welcome {
    /// Whether the node has a feature.
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|known| known == feature)
    }
}

/// Payload of `@@hub/ack`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Acked {
    pub pos: Option<Position>,
    pub own_pos: Option<Position>,
    pub ts: Option<u64>,
    pub sessions: Option<u64>,
    pub nodes: Option<u64>,
    pub duplicate: bool,
    pub expires_in_ms: Option<u64>,
}

/// Payload of `@@hub/joined`, `@@hub/left`, `@@hub/changed` and `@@hub/resumed`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Told {
    pub users: Vec<UserId>,
    pub members: Option<Vec<Named>>,
    pub count: Option<usize>,
    pub reason: Option<String>,
    pub pos: Option<Position>,
    pub top: Option<Position>,
    pub recovered: Option<bool>,
    pub recent: Vec<Box<RawValue>>,
    /// `Some(None)`: it was requested, and there is none.
    #[serde(deserialize_with = "present")]
    pub snapshot: Option<Option<Kept>>,
    pub error: Option<Refusal>,
}

/// A snapshot in the answer to a join.
#[derive(Debug, Deserialize)]
pub struct Kept {
    pub pos: Position,
    #[serde(default)]
    pub ts: Option<u64>,
    pub payload: Box<RawValue>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Kept>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Payload of `@@hub/presence`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Listed {
    pub users: Vec<Named>,
    pub sessions: Option<usize>,
    pub more: bool,
}

/// A user in a channel, by name.
#[derive(Debug, Deserialize)]
pub struct Named {
    pub user: UserId,
    #[serde(flatten)]
    pub member: Member,
}

/// As a map.
pub fn members(list: Vec<Named>) -> Members {
    list.into_iter().map(|named| (named.user, named.member)).collect()
}

/// Payload of `@@hub/orgs`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Orgs {
    pub orgs: Vec<OrgId>,
    pub memberships: BTreeMap<OrgId, Membership>,
    pub resume: Tops,
}

/// Payload of an `@@hub/rpc` from the node.
#[derive(Debug, Deserialize)]
pub struct Call {
    pub call: Value,
    pub method: String,
    #[serde(default)]
    pub params: Value,
}

/// Payload of `@@hub/bye`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Bye {
    pub retry_in_ms: u64,
}
