//! The membership of a user in an organisation: roles and teams.

use crate::small_set::SmallSet;
use hubwire_protocol::TeamId;
use serde::{Deserialize, Serialize};

/// Roles and teams of a user within one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OrgMembership {
    /// Names of roles; the rules define what each may do.
    #[serde(default)]
    pub roles: SmallSet<String>,
    /// Teams the user is in.
    #[serde(default)]
    pub teams: SmallSet<TeamId>,
}
