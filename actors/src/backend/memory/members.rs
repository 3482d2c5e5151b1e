//! Who is in a channel, and whose `left` is put off.

use super::super::{Member, Members, Placed};
use hubwire_protocol::{Address, Incarnation, SessionId, UserId};
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::Instant;

/// The members of all channels, in one tree: a tree for each would be mostly empty, because most channels are small.
#[derive(Debug, Default, Clone)]
pub(super) struct Channels {
    places: BTreeMap<Key, Place>,
    /// When it is to be told that a user left.
    due: BTreeSet<(Instant, Address, UserId)>,
}

/// Whose place; nobody's comes before everybody's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    channel: Address,
    user: Option<UserId>,
}

impl Key {
    fn of(channel: &Address, user: &UserId) -> Self {
        Key { channel: channel.clone(), user: Some(user.clone()) }
    }
}

/// A user's place in a channel.
#[derive(Debug, Default, Clone)]
struct Place {
    /// Most members have one.
    sessions: SmallVec<[SessionId; 1]>,
    left: Left,
}

/// What is to be said about a user's `left`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Nothing: it is there.
    #[default]
    No,
    /// To be told from then on, unless the user is back.
    PutOff(Instant),
    /// Told; the sessions that remain are those of dead nodes.
    Told,
}

impl Place {
    fn is_there(&self, live: &[Incarnation]) -> bool {
        self.sessions.iter().any(|session| live.contains(&session.incarnation()))
    }
}

impl Channels {
    /// `true` when the user's coming is to be told.
    pub(super) fn join(&mut self, channel: Address, member: Member, live: &[Incarnation]) -> bool {
        let Member { session, user } = member;
        let place = self.places.entry(Key { channel, user: Some(user) }).or_default();
        let others = |other: &SessionId| *other != session && live.contains(&other.incarnation());
        let first = match std::mem::take(&mut place.left) {
            Left::Told => true,
            Left::PutOff(_) => false,
            Left::No => !place.sessions.iter().any(others),
        };
        if !place.sessions.contains(&session) {
            place.sessions.push(session);
        }
        first
    }

    /// Puts `left` off when no session of the user remains.
    pub(super) fn depart(&mut self, channel: &Address, member: &Member, live: &[Incarnation], due: Instant) {
        let Some(place) = self.remove(channel, member) else { return };
        if !place.is_there(live) && place.left == Left::No {
            place.left = Left::PutOff(due);
            self.due.insert((due, channel.clone(), member.user.clone()));
        }
        self.tidy(channel, &member.user);
    }

    /// How many of what was put off were due, and those who have left.
    pub(super) fn take_left(
        &mut self,
        now: Instant,
        live: &[Incarnation],
        limit: usize,
    ) -> (usize, Vec<(Address, UserId)>) {
        let (mut seen, mut left) = (0, Vec::new());
        while seen < limit && self.due.first().is_some_and(|(due, ..)| *due <= now) {
            let Some((due, channel, user)) = self.due.pop_first() else { break };
            seen += 1;
            let place = self.places.get_mut(&Key::of(&channel, &user));
            // else the user was back meanwhile
            let Some(place) = place.filter(|place| place.left == Left::PutOff(due)) else { continue };
            let there = place.is_there(live);
            place.left = if there { Left::No } else { Left::Told };
            self.tidy(&channel, &user);
            if !there {
                left.push((channel, user));
            }
        }
        (seen, left)
    }

    pub(super) fn members(&self, channel: &Address) -> Members {
        let mut members = Members::default();
        let first = Key { channel: channel.clone(), user: None };
        let places = self.places.range(first..).take_while(|(key, _)| key.channel == *channel);
        for (user, place) in places.filter_map(|(key, place)| Some((key.user.as_ref()?, place))) {
            let of = |session: &SessionId| Member { session: *session, user: user.clone() };
            members.sessions.extend(place.sessions.iter().map(of));
            members.leaving.extend(matches!(place.left, Left::PutOff(_)).then(|| user.clone()));
        }
        members
    }

    /// The members of an incarnation.
    pub(super) fn of(&self, incarnation: Incarnation) -> impl Iterator<Item = Placed> + '_ {
        self.places.iter().flat_map(move |(key, place)| {
            let own = place.sessions.iter().filter(move |session| session.incarnation() == incarnation);
            own.filter_map(move |session| {
                let member = Member { session: *session, user: key.user.clone()? };
                Some(Placed { channel: Some(key.channel.clone()), member })
            })
        })
    }

    /// Removes a session; `None` when it was not there.
    fn remove(&mut self, channel: &Address, member: &Member) -> Option<&mut Place> {
        let place = self.places.get_mut(&Key::of(channel, &member.user))?;
        let at = place.sessions.iter().position(|session| *session == member.session)?;
        place.sessions.remove(at);
        Some(place)
    }

    /// Forgets what says nothing.
    fn tidy(&mut self, channel: &Address, user: &UserId) {
        let key = Key::of(channel, user);
        if self.places.get(&key).is_some_and(|it| it.sessions.is_empty() && !matches!(it.left, Left::PutOff(_))) {
            self.places.remove(&key);
        }
    }
}
