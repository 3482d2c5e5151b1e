//! What has to hold of a user before another one reaches it, for the broker to look up.

use hubwire_protocol::{OrgId, UserId};

/// What has to be known of a user before another one reaches it. The broker looks it up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Within {
    /// It is in one of these organisations.
    pub orgs: Option<Vec<OrgId>>,
    /// It does not block that one, and more.
    pub people: Option<Peer>,
}

/// The user that wants to reach another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The user.
    pub user: UserId,
    /// Whether the two have to be contacts.
    pub as_contact: bool,
}

impl Within {
    /// Members of these organisations.
    pub fn orgs(orgs: Vec<OrgId>) -> Self {
        Within { orgs: Some(orgs), people: None }
    }
}
