//! Which organisations users are in, for those who may only reach users of their own; and who reaches whom.

use super::reply::Reply;
use crate::access::within::Within;
use hubwire_protocol::{OrgId, UserId};
use std::time::Duration;

/// The organisations of users, as the latest of each user's sessions said. Kept only where something depends on it.
pub trait Affiliations {
    /// Notes the organisations of a user for some time. What was noted before is forgotten. What is attached or
    /// appended after this call is judged by it.
    fn note_orgs(&self, user: UserId, orgs: Vec<OrgId>, keep: Duration) -> Reply<()>;

    /// Whether a user is within these bounds. A user of whom nothing is noted is in no organisation and knows nobody,
    /// and costs the same.
    fn reaches(&self, user: UserId, within: Within) -> Reply<bool>;
}
