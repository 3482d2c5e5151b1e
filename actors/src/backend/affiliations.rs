//! The organisations of users, for nodes that limit whom a user may reach; and whether one user may reach another.

use super::reply::Reply;
use crate::access::within::Within;
use hubwire_protocol::{OrgId, UserId};
use std::time::Duration;

/// The organisations of users, as the latest session of each reported them. Kept only if an option needs them.
pub trait Affiliations {
    /// Replaces the organisations of a user, for some time. Every later attach or append is checked against them.
    fn note_orgs(&self, user: UserId, orgs: Vec<OrgId>, keep: Duration) -> Reply<()>;

    /// Whether a user is within these bounds. A user with no entry is in no organisation and has no contacts; the
    /// look-up takes the same time.
    fn reaches(&self, user: UserId, within: Within) -> Reply<bool>;
}
