//! Persistent memberships: channels that the server has a user join with every later session.

use super::reply::Reply;
use hubwire_protocol::{Address, UserId};

/// The persistent memberships of users. They are kept until they end.
pub trait PersistentMembership {
    /// Adds a channel. `false`: the user has `max` others, and nothing changed.
    fn keep_membership(&self, user: UserId, channel: Address, max: usize) -> Reply<bool>;

    /// Removes a channel. Returns whether the user had it.
    fn end_membership(&self, user: UserId, channel: Address) -> Reply<bool>;

    /// The user's persistent channels, in no order.
    fn kept_memberships(&self, user: UserId) -> Reply<Vec<Address>>;
}
