//! Relations of users: contacts, invitations, blocks. The relation of two users is stored with each of the two, so that
//! either side is found with that user's other data.

use super::reply::Reply;
use crate::words::relation::{Relation, Transitions};
use hubwire_protocol::conversations::ReadUpTo;
use hubwire_protocol::{Position, UserId};
use std::time::Duration;

/// One act of a user that changes its relation to another one.
#[derive(Debug, Clone)]
pub struct ChangeRelation {
    /// The user that acts.
    pub user: UserId,
    /// The other user.
    pub other: UserId,
    /// The transition of each relation.
    pub transitions: Transitions,
    /// A new relation needs room below this number.
    pub people_max: usize,
}

/// The outcome of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationChanged {
    /// From the first relation to the second, which may be the same.
    Changed(Relation, Relation),
    /// Nothing changed: the transition is refused.
    Refused(Relation),
    /// Nothing changed: the user has as many relations as it may have.
    Full,
}

/// The relations of users. They are kept until they end.
pub trait People {
    /// Carries out one act, atomically.
    fn change_relation(&self, change: ChangeRelation) -> Reply<RelationChanged>;

    /// All users to whom a user has a relation, in no order.
    fn people(&self, user: UserId) -> Reply<Vec<(UserId, Relation)>>;

    /// Records how far a user has read the messages of another one. A mark never moves back; returns whether it moved.
    /// Beyond `marks_max` users, the mark with the oldest position is dropped. All marks expire when none has moved for
    /// `keep`.
    fn mark_read(&self, user: UserId, read: ReadUpTo, marks_max: usize, keep: Duration) -> Reply<bool>;

    /// How far a user has read the messages of each other user, in no order.
    fn read_marks(&self, user: UserId) -> Reply<Vec<(UserId, Position)>>;
}
