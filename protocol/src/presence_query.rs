//! Clients' requests about presence.

use crate::{MemberState, OrgId, UserId};
use serde::Deserialize;

/// A change of the user's state in a channel.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The new state; `null`: none.
    #[serde(deserialize_with = "crate::member_state::of_client")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::nullable_object"))]
    pub state: Option<MemberState>,
}

/// A query for a page of users.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PresenceQuery {
    /// Whether only the number of users is wanted.
    #[serde(default)]
    pub count: bool,
    /// Only users after this one; pages are in the order of ids.
    #[serde(default)]
    pub after: Option<UserId>,
    /// Most users in the page; the node has a limit of its own.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Instead of an address: these users.
    #[serde(default)]
    pub users: Option<Vec<UserId>>,
}

/// What to watch: users, organisations, or both.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Watched {
    /// Users whose presence is watched.
    #[serde(default)]
    pub users: Option<Vec<UserId>>,
    /// Organisations whose members' presence is watched.
    #[serde(default)]
    pub orgs: Option<Vec<OrgId>>,
}
