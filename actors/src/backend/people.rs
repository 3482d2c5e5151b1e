//! Who knows whom: contacts, invitations, blocks. Two users' relation stands with each of the two, so that whoever
//! needs one side finds it with that user's other data.

use super::reply::Reply;
use crate::words::relation::{Relation, Transitions};
use hubwire_protocol::conversations::ReadUpTo;
use hubwire_protocol::{Position, UserId};
use std::time::Duration;

/// One step of one user's side of a relation.
#[derive(Debug, Clone)]
pub struct ChangeRelation {
    /// The user whose side it is.
    pub user: UserId,
    /// To whom.
    pub other: UserId,
    /// What becomes of each relation.
    pub transitions: Transitions,
    /// A relation that begins finds room among so many.
    pub people_max: usize,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationChanged {
    /// From the former to the latter, which may be the same.
    Changed(Relation, Relation),
    /// Nothing: the transition is refused.
    Refused(Relation),
    /// Nothing: the user has as many people as it may have.
    Full,
}

/// The relations of users. They are kept until they end.
pub trait People {
    /// Does one step, atomically.
    fn change_relation(&self, change: ChangeRelation) -> Reply<RelationChanged>;

    /// Everybody a user has a relation to, in no order.
    fn people(&self, user: UserId) -> Reply<Vec<(UserId, Relation)>>;

    /// Notes how far a user has read of another one. It never goes back; says whether it moved. Of `marks_max` users,
    /// where there is one more, the mark that lies farthest back goes. All of them are forgotten when none moved for
    /// `keep`.
    fn mark_read(&self, user: UserId, read: ReadUpTo, marks_max: usize, keep: Duration) -> Reply<bool>;

    /// How far a user has read of each other one, in no order.
    fn read_marks(&self, user: UserId) -> Reply<Vec<(UserId, Position)>>;
}
