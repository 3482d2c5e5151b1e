//! Another user, as the user stands to it.

use crate::engine::presence::Profile;
use hubwire_protocol::people::ContactState;
use hubwire_protocol::UserId;
use serde::Deserialize;

/// Another user, and how the user stands to it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Contact {
    /// The user.
    pub user: UserId,
    /// How.
    pub state: ContactState,
    /// What it is called, in what [`People::name`] finds.
    #[serde(default)]
    pub profile: Option<Profile>,
}
