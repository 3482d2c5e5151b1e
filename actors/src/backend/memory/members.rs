//! Who is in a channel, and whose `left` is put off.

use super::super::{Member, Members, Placed, Roster};
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
    told: Told,
}

/// What those who want to know were told of a user.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It is there, and nobody was told yet.
    Not,
    /// That it is there.
    #[default]
    There,
    /// That it is there; from then on that it left, unless it is back.
    LeftFrom(Instant),
    /// That it left; the sessions that remain are those of dead nodes.
    Left,
}

impl Place {
    fn is_there(&self, live: &[Incarnation]) -> bool {
        self.sessions.iter().any(|session| live.contains(&session.incarnation()))
    }
}

impl Channels {
    /// `true` when the user's coming is to be told.
    pub(super) fn join(&mut self, channel: Address, member: Member, live: &[Incarnation], known: bool) -> bool {
        let Member { session, user } = member;
        let place = self.places.entry(Key { channel, user: Some(user) }).or_default();
        let is_there = |it: &SessionId| *it == session || live.contains(&it.incarnation());
        let first = match place.told {
            Told::Left | Told::Not => true,
            Told::LeftFrom(_) => false,
            Told::There => !place.sessions.iter().any(is_there),
        };
        let first = first && !known;
        place.told = if first { Told::Not } else { Told::There };
        if !place.sessions.contains(&session) {
            place.sessions.push(session);
        }
        first
    }

    /// Puts `left` off when no session of the user remains.
    pub(super) fn depart(&mut self, channel: &Address, member: &Member, live: &[Incarnation], due: Instant) {
        let Some(place) = self.remove(channel, member) else { return };
        if !place.is_there(live) && place.told == Told::There {
            place.told = Told::LeftFrom(due);
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
            let Some(place) = place.filter(|place| place.told == Told::LeftFrom(due)) else { continue };
            let there = place.is_there(live);
            place.told = if there { Told::There } else { Told::Left };
            self.tidy(&channel, &user);
            if !there {
                left.push((channel, user));
            }
        }
        (seen, left)
    }

    /// Whether the arrival of a user was not announced yet. From this call on it counts as announced.
    pub(super) fn take_untold(&mut self, channel: &Address, user: &UserId) -> bool {
        let place = self.places.get_mut(&Key::of(channel, user)).filter(|place| place.told == Told::Not);
        place.map(|place| place.told = Told::There).is_some()
    }

    pub(super) fn roster(&self, channel: &Address, users_max: usize) -> Roster {
        let told = self.places(channel).filter(|(_, place)| !matches!(place.told, Told::Not | Told::Left));
        let count = told.clone().count();
        let users = (count <= users_max).then(|| told.map(|(user, _)| user.clone()).collect());
        Roster { count, users }
    }

    fn places<'a>(&'a self, channel: &'a Address) -> impl Iterator<Item = (&'a UserId, &'a Place)> + Clone {
        let first = Key { channel: channel.clone(), user: None };
        let places = self.places.range(first..).take_while(move |(key, _)| key.channel == *channel);
        places.filter_map(|(key, place)| Some((key.user.as_ref()?, place)))
    }

    pub(super) fn members(&self, channel: &Address) -> Members {
        let mut members = Members::default();
        for (user, place) in self.places(channel) {
            let of = |session: &SessionId| Member { session: *session, user: user.clone() };
            members.sessions.extend(place.sessions.iter().map(of));
            members.leaving.extend(matches!(place.told, Told::LeftFrom(_)).then(|| user.clone()));
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
        if self.places.get(&key).is_some_and(|it| it.sessions.is_empty() && !matches!(it.told, Told::LeftFrom(_))) {
            self.places.remove(&key);
        }
    }
}
