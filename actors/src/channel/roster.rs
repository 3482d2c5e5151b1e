//! The members of the channel, as far as this node knows them.
//!
//! The channel reads them from the broker once it follows its topic, and again after the broker lost data;
//! announcements keep them up to date. The answer to a join therefore needs no call to the broker, and agrees with
//! later announcements: a change that a client has seen is announced, even if it was undone at once. For a crowd only
//! the number is known.

use crate::backend::Shown;
use crate::words::present::Users;
use hubwire_protocol::{MemberState, Profile, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The known members.
#[derive(Debug)]
pub(super) enum KnownMembers {
    /// The broker did not answer.
    Unknown,
    /// Few enough to be named, with their states and profiles. The answers to joins share the list; a change replaces
    /// it.
    Named(Users),
    /// The size of a crowd.
    Counted(usize),
}

impl KnownMembers {
    /// The number of members, if it is known.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            KnownMembers::Unknown => None,
            KnownMembers::Named(users) => Some(users.len()),
            KnownMembers::Counted(count) => Some(*count),
        }
    }

    /// A user joined or left. Returns false if the roster had this change already.
    pub(super) fn change(&mut self, user: &UserId, joined: bool) -> bool {
        let KnownMembers::Named(users) = self else { return true };
        *users = match (place(users, user), joined) {
            (Ok(_), true) | (Err(_), false) => return false,
            (Err(at), true) => {
                let (before, behind) = users.split_at(at);
                before.iter().cloned().chain([(user.clone(), Shown::default())]).chain(behind.iter().cloned()).collect()
            }
            (Ok(at), false) => users[..at].iter().chain(&users[at + 1..]).cloned().collect(),
        };
        true
    }

    /// The state or profile of a member changed. Returns false if the roster had this change already, or names no
    /// members.
    pub(super) fn show(&mut self, user: &UserId, change: Showing) -> bool {
        let KnownMembers::Named(users) = self else { return false };
        let Ok(at) = place(users, user) else { return false };
        let mut shown = users[at].1.clone();
        match change {
            Showing::State(state) => shown.state = state,
            Showing::Profile(profile) => shown.profile = profile,
        }
        let differs = shown != users[at].1;
        if differs {
            Arc::make_mut(users)[at].1 = shown;
        }
        differs
    }
}

/// The index of a user in a list (`Ok`), or where it would be inserted (`Err`).
pub(super) fn place(users: &[(UserId, Shown)], user: &UserId) -> Result<usize, usize> {
    users.binary_search_by(|(other, _)| other.cmp(user))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    #[test]
    fn users_are_listed_in_order_each_once_and_what_was_shown_before_stays_as_it_was() {
        let mut roster = KnownMembers::Named(Users::default());
        for name in ["b", "c", "a"] {
            assert!(roster.change(&user(name), true));
            assert!(!roster.change(&user(name), true), "{name} is known");
        }
        let KnownMembers::Named(shown) = &roster else { panic!("{roster:?}") };
        let shown = shown.clone();
        let state = Some(MemberState::from_text("{}".into()).unwrap());
        assert!(roster.show(&user("b"), Showing::State(state.clone())));
        assert!(!roster.show(&user("b"), Showing::State(state)), "that was known");
        assert!(!roster.show(&user("x"), Showing::State(None)), "nobody");
        assert!(roster.change(&user("a"), false) && !roster.change(&user("a"), false));
        let names = |users: &Users| users.iter().map(|(user, _)| user.to_string()).collect::<Vec<_>>();
        let KnownMembers::Named(users) = &roster else { panic!("{roster:?}") };
        assert_eq!(
            (names(users), names(&shown)),
            (vec!["b".into(), "c".into()], vec!["a".into(), "b".into(), "c".into()])
        );
        assert!(users[0].1.state.is_some() && shown[1].1.state.is_none());
    }
}
