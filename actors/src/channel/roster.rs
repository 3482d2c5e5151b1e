//! The members of the channel, as far as this node knows.
//!
//! It is read from the broker once the channel's topic is heard, and kept up by what is told there; after a loss it is
//! read again. So the answer to a join says who is there without a question to the broker, and agrees with what is told
//! after it: a change that somebody was shown is told, also when it was undone at once.
//! Of a crowd only the number is known.

use crate::backend::Shown;
use hubwire_protocol::{MemberState, Profile, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
#[derive(Debug)]
pub(super) enum Roster {
    /// The broker did not say.
    Unknown,
    /// Few enough to be named, with what is shown of them.
    Named(BTreeMap<UserId, Shown>),
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
            (Roster::Named(users), true) if users.contains_key(user) => false,
            (Roster::Named(users), true) => users.insert(user.clone(), Shown::default()).is_none(),
            (Roster::Named(users), false) => users.remove(user).is_some(),
            (Roster::Unknown | Roster::Counted(_), _) => true,
        }
    }

    /// Something else is shown of somebody who is there; false when that was known, and where nobody is named.
    pub(super) fn show(&mut self, user: &UserId, change: Showing) -> bool {
        let Roster::Named(users) = self else { return false };
        let Some(shown) = users.get_mut(user) else { return false };
        match change {
            Showing::State(state) => std::mem::replace(&mut shown.state, state.clone()) != state,
            Showing::Profile(profile) => std::mem::replace(&mut shown.profile, profile.clone()) != profile,
        }
    }
}

/// What is shown of a user from now on.
#[derive(Debug, Clone)]
pub(super) enum Showing {
    /// What it shows of itself.
    State(Option<MemberState>),
    /// Its profile.
    Profile(Profile),
}

/// Users with an announcement that arrived while the broker was asked for the members.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// That they came or left.
    pub users: BTreeSet<UserId>,
    /// What they show.
    pub states: BTreeMap<UserId, Option<MemberState>>,
    /// Their profiles.
    pub profiles: BTreeMap<UserId, Profile>,
}
