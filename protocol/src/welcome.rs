//! The first action of a node: the client's identity, its streams, and the capabilities and limits of this node.

use crate::{OrgId, Position, SessionId, TeamId, UserId};
use serde::Serialize;
use std::collections::BTreeMap;

/// The user's roles and teams within each organisation.
pub type WelcomeMemberships<'a> = BTreeMap<&'a OrgId, WelcomeMembership<'a>>;

/// What a client has to know when its session starts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Welcome<'a> {
    /// Id of this session.
    pub session: SessionId,
    /// Label of the node.
    pub node: &'a str,
    /// The client's identity.
    pub user: &'a UserId,
    /// Organisations whose publications the session receives.
    pub orgs: Vec<&'a OrgId>,
    /// Where each stream stands now: where a client resumes when nothing arrives before it reconnects.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<crate::Address, Position>"))]
    pub resume: BTreeMap<String, Position>,
    /// Interval of the node's pings, in milliseconds.
    pub ping_ms: u64,
    /// Longest message that the node accepts, in bytes.
    pub max_frame_bytes: usize,
    /// Names of the node's features.
    pub features: &'a [&'a str],
    /// Version of the node.
    pub version: &'a str,
    /// The node's clock, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<u64>,
    /// Milliseconds until the credentials expire; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_ms: Option<u64>,
    /// The user's roles and teams in each organisation of `orgs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memberships: Option<WelcomeMemberships<'a>>,
    /// The node's limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<WelcomeLimits>,
}

/// The user's roles and teams within one organisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WelcomeMembership<'a> {
    /// Names of roles.
    pub roles: Vec<&'a str>,
    /// Teams the user is in.
    pub teams: Vec<&'a TeamId>,
}

/// The node's limits for one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WelcomeLimits {
    /// Longest message, in bytes.
    pub frame_bytes_max: usize,
    /// Actions in one array frame.
    pub actions_per_frame_max: usize,
    /// Actions that may be in progress; beyond it the node stops reading.
    pub in_flight_max: usize,
    /// Channels a session may be in.
    pub channels_max: usize,
    /// Publications in a page of history.
    pub history_max: usize,
    /// Actions per second on average; 0 = no limit.
    pub actions_per_second: u32,
    /// Actions that may be sent in a burst above the average.
    pub actions_burst: u32,
    /// Longest `type`, in bytes.
    pub type_bytes_max: usize,
    /// Longest id, in bytes.
    pub id_bytes_max: usize,
    /// How long an id is remembered at least, in milliseconds.
    pub idempotency_window_ms: u64,
}
