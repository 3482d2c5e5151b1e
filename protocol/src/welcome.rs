//! The first action of a node: the client's identity, what it follows, and what this node can do and allows.

use crate::{OrgId, Position, SessionId, TeamId, UserId};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a user is within each organisation.
pub type Memberships<'a> = BTreeMap<&'a OrgId, Membership<'a>>;

/// What a client that begins has to know.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Welcome<'a> {
    /// Id of this socket.
    pub session: SessionId,
    /// Label of the node.
    pub node: &'a str,
    /// The client's identity.
    pub user: &'a UserId,
    /// Organisations whose events arrive without asking.
    pub orgs: Vec<&'a OrgId>,
    /// Where each stream stands now: where a client resumes when nothing arrives before it reconnects.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<crate::Address, Position>"))]
    pub resume: BTreeMap<String, Position>,
    /// The node pings this often, in milliseconds.
    pub ping_ms: u64,
    /// Longest message the node takes.
    pub max_frame_bytes: usize,
    /// Names of what this node can do.
    pub features: &'a [&'a str],
    /// Version of the node.
    pub version: &'a str,
    /// The node's clock, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<u64>,
    /// When the credentials end, in milliseconds; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_ms: Option<u64>,
    /// What the user is in each organisation of `orgs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memberships: Option<Memberships<'a>>,
    /// How much of what the node takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<WelcomeLimits>,
}

/// What a user is within one organisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Membership<'a> {
    /// Names of roles.
    pub roles: Vec<&'a str>,
    /// Teams the user is in.
    pub teams: Vec<&'a TeamId>,
}

/// How much of what the node takes from one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WelcomeLimits {
    /// Longest message, in bytes.
    pub frame_bytes_max: usize,
    /// Actions in one array frame.
    pub actions_per_frame_max: usize,
    /// Actions that may wait for their outcome; beyond it the node stops reading.
    pub in_flight_max: usize,
    /// Channels a session may be in.
    pub channels_max: usize,
    /// Publications a page of history holds.
    pub history_max: usize,
    /// Actions per second on average; 0 = no limit.
    pub actions_per_second: u32,
    /// Actions at once above the average.
    pub actions_burst: u32,
    /// Longest `type`, in bytes.
    pub type_bytes_max: usize,
    /// Longest id, in bytes.
    pub id_bytes_max: usize,
    /// How long an id is remembered at least, in milliseconds.
    pub idempotency_window_ms: u64,
}
