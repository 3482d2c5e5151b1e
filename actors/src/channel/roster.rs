//! The members of the channel, as far as this node knows them.
//!
//! They are read from the broker once the channel's topic is followed, and kept up to date by announcements; after a
//! loss they are read again. So the answer to a join needs no call to the broker, and agrees with later announcements:
//! a change that a client has seen is announced, even if it was undone at once. For a crowd only the number is known.

use crate::backend::Shown;
use hubwire_protocol::{MemberState, Profile, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// The known members.
#[derive(Debug)]
pub(super) enum Roster {
    /// The broker did not answer.
    Unknown,
    /// Few enough to be named, with their states and profiles.
    Named(BTreeMap<UserId, Shown>),
    /// The size of a crowd.
    Counted(usize),
}

impl Roster {
    /// The number of members, if it is known.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            Roster::Unknown => None,
            Roster::Named(users) => Some(users.len()),
            Roster::Counted(count) => Some(*count),
        }
    }

    /// A user joined or left; returns false when that was known.
    pub(super) fn change(&mut self, user: &UserId, joined: bool) -> bool {
        match (self, joined) {
            (Roster::Named(users), true) if users.contains_key(user) => false,
            (Roster::Named(users), true) => users.insert(user.clone(), Shown::default()).is_none(),
            (Roster::Named(users), false) => users.remove(user).is_some(),
            (Roster::Unknown | Roster::Counted(_), _) => true,
        }
    }

    /// The state or profile of a member changed; returns false when that was known, and while nobody is named.
    pub(super) fn show(&mut self, user: &UserId, change: Showing) -> bool {
        let Roster::Named(users) = self else { return false };
        let Some(shown) = users.get_mut(user) else { return false };
        match change {
            Showing::State(state) => std::mem::replace(&mut shown.state, state.clone()) != state,
            Showing::Profile(profile) => std::mem::replace(&mut shown.profile, profile.clone()) != profile,
        }
    }
}

/// A new state or profile of a user.
#[derive(Debug, Clone)]
pub(super) enum Showing {
    /// Its presence state.
    State(Option<MemberState>),
    /// Its profile.
    Profile(Profile),
}

/// Announcements that arrived while the members were being read.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Users that joined or left.
    pub users: BTreeSet<UserId>,
    /// Their states.
    pub states: BTreeMap<UserId, Option<MemberState>>,
    /// Their profiles.
    pub profiles: BTreeMap<UserId, Profile>,
}
