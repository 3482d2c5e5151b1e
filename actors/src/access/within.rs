//! Conditions on a user that the broker checks before another user may reach it.

use hubwire_protocol::{OrgId, UserId};

/// Conditions on the user to be reached; the broker checks them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Within {
    /// The user is in one of these organisations.
    pub orgs: Option<Vec<OrgId>>,
    /// The user does not block the other one and, if contacts are required, has it as a contact.
    pub people: Option<Peer>,
}

/// The user that wants to reach another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The user.
    pub user: UserId,
    /// Whether the two have to be contacts.
    pub as_contact: bool,
}

impl Within {
    /// Bounds that admit members of these organisations.
    pub fn orgs(orgs: Vec<OrgId>) -> Self {
        Within { orgs: Some(orgs), people: None }
    }
}
