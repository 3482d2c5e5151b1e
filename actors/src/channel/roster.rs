//! Who is in the channel, as this node heard.
//!
//! It is read from the broker once the channel's topic is heard, and kept up by what is told there; after a loss it is read
//! again. So the answer to a join says who is there without a question to the broker, and agrees with what is told after it: a
//! change that somebody was shown is told, also when it was undone at once. Of a crowd only the number is known.

use hubwire_protocol::UserId;
use std::collections::BTreeSet;

/// See the module.
#[derive(Debug)]
pub(super) enum Roster {
    /// The broker did not say.
    Unknown,
    /// Few enough to be named.
    Named(BTreeSet<UserId>),
    /// A crowd of so many.
    Counted(usize),
}

impl Roster {
    /// How many there are, if that is known.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            Roster::Unknown => None,
            Roster::Named(users) => Some(users.len()),
            Roster::Counted(count) => Some(*count),
        }
    }

    /// Somebody came or left; false when that was known.
    pub(super) fn change(&mut self, user: &UserId, joined: bool) -> bool {
        match (self, joined) {
            (Roster::Named(users), true) => users.insert(user.clone()),
            (Roster::Named(users), false) => users.remove(user),
            (Roster::Unknown | Roster::Counted(_), _) => true,
        }
    }
}
