//! Questions of clients about presence.

use crate::{MemberState, OrgId, UserId};
use serde::Deserialize;

/// What a user shows of itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct State {
    /// What the user shows from now on; `null`: nothing.
    #[serde(deserialize_with = "crate::member_state::of_client")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::nullable_object"))]
    pub state: Option<MemberState>,
}

/// Which part of a list of users.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PresenceQuery {
    /// Only how many users there are.
    #[serde(default)]
    pub count: bool,
    /// Only users behind this one; a page is in the order of their ids.
    #[serde(default)]
    pub after: Option<UserId>,
    /// How many users at most; the node bounds it too.
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
    /// Whether they are there.
    #[serde(default)]
    pub users: Option<Vec<UserId>>,
    /// The organisations.
    #[serde(default)]
    pub orgs: Option<Vec<OrgId>>,
}
