//! Which organisations users are in, for those who may only reach users of their own.

use super::reply::Reply;
use hubwire_protocol::{OrgId, UserId};
use std::time::Duration;

/// The organisations of users, as the latest of each user's sessions said. Kept only where something depends on it.
pub trait Affiliations {
    /// Notes the organisations of a user for some time. What was noted before is forgotten. What is attached or
    /// appended after this call is judged by it.
    fn note_orgs(&self, user: UserId, orgs: Vec<OrgId>, keep: Duration) -> Reply<()>;

    /// Whether a user is in one of these organisations. A user that nobody noted is in none, and costs the same.
    fn shares_org(&self, user: UserId, orgs: Vec<OrgId>) -> Reply<bool>;
}
