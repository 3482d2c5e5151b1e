//! A person the user has a relation to.

use crate::engine::presence::Profile;
use hubwire_protocol::people::ContactState;
use hubwire_protocol::UserId;
use serde::Deserialize;

/// Another user and the relation to it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Contact {
    /// The other user.
    pub user: UserId,
    /// The relation.
    pub state: ContactState,
    /// Its profile, in the results of [`People::name`](crate::People::name).
    #[serde(default)]
    pub profile: Option<Profile>,
}
