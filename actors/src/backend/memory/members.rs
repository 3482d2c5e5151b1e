//! The members of channels, and the users whose `left` is delayed by its grace.

use super::super::{Joining, Member, Members, Placement, Roster, Shown};
use super::standings::Standings;
use super::states::States;
use hubwire_protocol::{Address, Incarnation, MemberState, Profile, SessionId, UserId};
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::time::Instant;

/// The members of all channels, in one tree: a tree for each would be mostly empty, because most channels are small.
#[derive(Debug, Default, Clone)]
pub(super) struct Channels {
    places: BTreeMap<PlaceKey, ChannelUser>,
    /// When to announce that a user left.
    due: BTreeSet<(Instant, Address, UserId)>,
    /// Changes of states made by the current call.
    changed: Vec<StateChange>,
    /// The channels of each user in their order, if users have profiles: a new profile is announced in all of them. A
    /// set per user would be mostly empty, because most users are in one channel.
    homes: HashMap<UserId, Vec<Address>>,
    /// Which nodes receive the messages of each channel.
    pub standings: Standings,
}

/// Looks up the profile of a user.
pub(super) type ProfileOf<'a> = &'a dyn Fn(&UserId) -> Profile;

/// A user in a channel. `None` sorts before every user, as the start of the channel's range.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct PlaceKey {
    channel: Address,
    user: Option<UserId>,
}

impl PlaceKey {
    fn of(channel: &Address, user: &UserId) -> Self {
        PlaceKey { channel: channel.clone(), user: Some(user.clone()) }
    }
}

/// A user's place in a channel.
#[derive(Debug, Default, Clone)]
struct ChannelUser {
    /// Most members have one session.
    sessions: SmallVec<[SessionId; 1]>,
    told: LastAnnounced,
    states: States,
}

/// A change of a user's state or profile, to be announced.
#[derive(Debug, Clone)]
pub(super) struct StateChange {
    pub channel: Address,
    pub user: UserId,
    pub state: Option<MemberState>,
}

/// What was last announced about a user in a channel.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum LastAnnounced {
    /// The user is a member, and not announced yet.
    Not,
    /// The user was announced as joined.
    #[default]
    There,
    /// The user was announced as joined; `left` is due at this time, unless the user comes back.
    LeftFrom(Instant),
    /// The user was announced as left; remaining sessions are those of dead nodes.
    Left,
}

impl ChannelUser {
    fn is_there(&self, live: &[Incarnation]) -> bool {
        self.sessions.iter().any(|session| live.contains(&session.incarnation()))
    }

    fn shown(&self, profile: Profile) -> Shown {
        Shown { state: self.states.shown().cloned(), profile }
    }

    /// Changes the states of the sessions. `Some`: the user's new state, to be announced. For a user that was not
    /// announced yet it is announced together with the join.
    fn show(&mut self, change: impl FnOnce(&mut States, &[SessionId])) -> Option<Option<MemberState>> {
        let before = self.states.shown().cloned();
        change(&mut self.states, &self.sessions);
        let differs = self.states.shown() != before.as_ref();
        (differs && self.told == LastAnnounced::There).then(|| self.states.shown().cloned())
    }
}

impl Channels {
    /// Returns `true` when the user's join has to be announced.
    pub(super) fn join(&mut self, joining: Joining) -> bool {
        let Joining { channel, member: Member { session, user }, live, known, state, profiles_kept, fresh } = joining;
        if profiles_kept.is_some() {
            let homes = self.homes.entry(user.clone()).or_default();
            if let Err(at) = homes.binary_search(&channel) {
                homes.reserve_exact(usize::from(homes.is_empty()));
                homes.insert(at, channel.clone());
            }
        }
        let place = self.places.entry(PlaceKey::of(&channel, &user)).or_default();
        let is_there = |it: &SessionId| *it == session || live.contains(&it.incarnation());
        let first = match place.told {
            LastAnnounced::Left | LastAnnounced::Not => true,
            LastAnnounced::LeftFrom(_) => false,
            LastAnnounced::There => !place.sessions.iter().any(is_there),
        };
        let first = first && !known;
        place.told = if first { LastAnnounced::Not } else { LastAnnounced::There };
        let is_new = !place.sessions.contains(&session);
        if is_new {
            place.sessions.push(session);
        }
        self.standings.enter(&channel, session.incarnation(), is_new, fresh);
        let shown = place.show(|states, sessions| {
            match state {
                Some(state) => states.set(session, state),
                None => states.take_over(session, |of| sessions.contains(&of) && live.contains(&of.incarnation())),
            }
            states.keep(|of| sessions.contains(&of));
        });
        self.changed.extend(shown.map(|state| StateChange { channel, user, state }));
        first
    }

    /// Returns `false` when the session is not a member.
    pub(super) fn set_state(&mut self, channel: Address, member: Member, state: Option<MemberState>) -> bool {
        let Member { session, user } = member;
        let place = self.places.get_mut(&PlaceKey::of(&channel, &user));
        let Some(place) = place.filter(|place| place.sessions.contains(&session)) else { return false };
        let shown = place.show(|states, _| states.set(session, state));
        self.changed.extend(shown.map(|state| StateChange { channel, user, state }));
        true
    }

    /// The changes to announce.
    pub(super) fn take_changed(&mut self) -> Vec<StateChange> {
        std::mem::take(&mut self.changed)
    }

    /// Delays `left` when no session of the user remains. The user's state stays until then.
    pub(super) fn depart(&mut self, channel: &Address, member: &Member, live: &[Incarnation], due: Instant) {
        let Some(place) = self.remove(channel, member) else { return };
        let there = place.is_there(live);
        if there {
            let shown = place.show(|states, _| states.set(member.session, None));
            let changed = |state| StateChange { channel: channel.clone(), user: member.user.clone(), state };
            self.changed.extend(shown.map(changed));
        } else if place.told == LastAnnounced::There {
            place.told = LastAnnounced::LeftFrom(due);
            self.due.insert((due, channel.clone(), member.user.clone()));
        } else {
            place.states = States::default();
        }
        self.tidy(channel, &member.user);
    }

    /// The number of delayed departures that were due, and the users among them that have left.
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
            let place = self.places.get_mut(&PlaceKey::of(&channel, &user));
            // otherwise the user came back meanwhile
            let Some(place) = place.filter(|place| place.told == LastAnnounced::LeftFrom(due)) else { continue };
            if place.is_there(live) {
                place.told = LastAnnounced::There;
                let shown = place.show(|states, sessions| states.keep(|of| sessions.contains(&of)));
                self.changed.extend(shown.map(|state| StateChange { channel, user, state }));
                continue;
            }
            (place.told, place.states) = (LastAnnounced::Left, States::default());
            self.tidy(&channel, &user);
            left.push((channel, user));
        }
        (seen, left)
    }

    /// Whether the join of a user was not announced yet. From this call on it counts as announced.
    pub(super) fn take_untold(&mut self, channel: &Address, user: &UserId) -> bool {
        let place = self.places.get_mut(&PlaceKey::of(channel, user)).filter(|place| place.told == LastAnnounced::Not);
        let Some(place) = place else { return false };
        place.told = LastAnnounced::There;
        let state = place.states.shown().cloned();
        let changed = |state| StateChange { channel: channel.clone(), user: user.clone(), state: Some(state) };
        self.changed.extend(state.map(changed));
        true
    }

    /// The channels in which the user is announced.
    pub(super) fn homes(&self, user: &UserId) -> Vec<Address> {
        let is_told = |channel: &&Address| {
            let place = self.places.get(&PlaceKey::of(channel, user));
            place.is_some_and(|place| matches!(place.told, LastAnnounced::There | LastAnnounced::LeftFrom(_)))
        };
        self.homes.get(user).into_iter().flatten().filter(is_told).cloned().collect()
    }

    pub(super) fn roster(&self, channel: &Address, users_max: usize, profile: ProfileOf<'_>) -> Roster {
        let told =
            self.places(channel).filter(|(_, place)| !matches!(place.told, LastAnnounced::Not | LastAnnounced::Left));
        let count = told.clone().count();
        let users = (count <= users_max)
            .then(|| told.map(|(user, place)| (user.clone(), place.shown(profile(user)))).collect());
        Roster { count, users }
    }

    pub(super) fn is_occupied(&self, channel: &Address) -> bool {
        self.places(channel).next().is_some()
    }

    fn places<'a>(&'a self, channel: &'a Address) -> impl Iterator<Item = (&'a UserId, &'a ChannelUser)> + Clone {
        let first = PlaceKey { channel: channel.clone(), user: None };
        let places = self.places.range(first..).take_while(move |(key, _)| key.channel == *channel);
        places.filter_map(|(key, place)| Some((key.user.as_ref()?, place)))
    }

    pub(super) fn members(&self, channel: &Address, profile: ProfileOf<'_>) -> Members {
        let mut members = Members::default();
        for (user, place) in self.places(channel) {
            let of = |session: &SessionId| Member { session: *session, user: user.clone() };
            members.sessions.extend(place.sessions.iter().map(of));
            members.leaving.extend(matches!(place.told, LastAnnounced::LeftFrom(_)).then(|| user.clone()));
            let shown = place.shown(profile(user));
            members.shown.extend((shown != Shown::default()).then(|| (user.clone(), shown)));
            members.states.extend(place.states.each().cloned());
        }
        members
    }

    /// The members of an incarnation.
    pub(super) fn of(&self, incarnation: Incarnation) -> impl Iterator<Item = Placement> + '_ {
        self.places.iter().flat_map(move |(key, place)| {
            let own = place.sessions.iter().filter(move |session| session.incarnation() == incarnation);
            own.filter_map(move |session| {
                let member = Member { session: *session, user: key.user.clone()? };
                Some(Placement { channel: Some(key.channel.clone()), member })
            })
        })
    }

    /// Removes a session; `None` when it was not there.
    fn remove(&mut self, channel: &Address, member: &Member) -> Option<&mut ChannelUser> {
        let place = self.places.get_mut(&PlaceKey::of(channel, &member.user))?;
        let at = place.sessions.iter().position(|session| *session == member.session)?;
        place.sessions.remove(at);
        self.standings.leave(channel, member.session.incarnation());
        Some(place)
    }

    /// Removes an entry that holds nothing.
    fn tidy(&mut self, channel: &Address, user: &UserId) {
        let key = PlaceKey::of(channel, user);
        if self
            .places
            .get(&key)
            .is_some_and(|it| it.sessions.is_empty() && !matches!(it.told, LastAnnounced::LeftFrom(_)))
        {
            self.places.remove(&key);
            if let Some(homes) = self.homes.get_mut(user) {
                if let Ok(at) = homes.binary_search(channel) {
                    homes.remove(at);
                }
                if homes.is_empty() {
                    self.homes.remove(user);
                }
            }
        }
    }
}
