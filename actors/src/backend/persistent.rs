//! Channels that the server has a user be in for good: whatever session the user has later joins them.

use super::reply::Reply;
use hubwire_protocol::{Address, UserId};

/// The persistent memberships of users. They are kept until they end.
pub trait PersistentMembership {
    /// The user is in that channel from now on. `false`: it is in `max` others, and nothing was done.
    fn keep_membership(&self, user: UserId, channel: Address, max: usize) -> Reply<bool>;

    /// No more. Says whether it was.
    fn end_membership(&self, user: UserId, channel: Address) -> Reply<bool>;

    /// Where the user is so, in no order.
    fn kept_memberships(&self, user: UserId) -> Reply<Vec<Address>>;
}
