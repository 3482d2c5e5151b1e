//! The members of a channel, and the users whose `left` waits for its grace.

use super::super::{Joining, Member, Members, Placed, Roster, Shown};
use super::standings::Standings;
use super::states::States;
use hubwire_protocol::{Address, Incarnation, MemberState, Profile, SessionId, UserId};
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::time::Instant;

/// The members of all channels, in one tree: a tree for each would be mostly empty, because most channels are small.
#[derive(Debug, Default, Clone)]
pub(super) struct Channels {
    places: BTreeMap<Key, ChannelUser>,
    /// When it is to be told that a user left.
    due: BTreeSet<(Instant, Address, UserId)>,
    /// What the call that is under way changed of what is shown.
    changed: Vec<StateChanged>,
    /// The channels of each user in their order, where users have profiles: a change is told in all of them. A set of
    /// its own for each user would be mostly empty, because most are in one channel.
    homes: HashMap<UserId, Vec<Address>>,
    /// Which nodes are to hear what is said in them.
    pub standings: Standings,
}

/// Says what a user's profile is.
pub(super) type ProfileOf<'a> = &'a dyn Fn(&UserId) -> Profile;

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
struct ChannelUser {
    /// Most members have one.
    sessions: SmallVec<[SessionId; 1]>,
    told: Told,
    states: States,
}

/// What is shown of a user changed, and is to be told.
#[derive(Debug, Clone)]
pub(super) struct StateChanged {
    pub channel: Address,
    pub user: UserId,
    pub state: Option<MemberState>,
}

/// What was announced about a user to those who watch it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It is there, and not yet announced.
    Not,
    /// That it is there.
    #[default]
    There,
    /// That it is there; from then on that it left, unless it is back.
    LeftFrom(Instant),
    /// That it left; the sessions that remain are those of dead nodes.
    Left,
}

impl ChannelUser {
    fn is_there(&self, live: &[Incarnation]) -> bool {
        self.sessions.iter().any(|session| live.contains(&session.incarnation()))
    }

    fn shown(&self, profile: Profile) -> Shown {
        Shown { state: self.states.shown().cloned(), profile }
    }

    /// Changes what the sessions show. `Some`: that is shown of the user from now on. What nobody was told of yet is
    /// told with the user's coming.
    fn show(&mut self, change: impl FnOnce(&mut States, &[SessionId])) -> Option<Option<MemberState>> {
        let before = self.states.shown().cloned();
        change(&mut self.states, &self.sessions);
        let differs = self.states.shown() != before.as_ref();
        (differs && self.told == Told::There).then(|| self.states.shown().cloned())
    }
}

impl Channels {
    /// `true` when the user's coming is to be told.
    pub(super) fn join(&mut self, joining: Joining) -> bool {
        let Joining { channel, member: Member { session, user }, live, known, state, profiles_kept, fresh } = joining;
        if profiles_kept.is_some() {
            let homes = self.homes.entry(user.clone()).or_default();
            if let Err(at) = homes.binary_search(&channel) {
                homes.reserve_exact(usize::from(homes.is_empty()));
                homes.insert(at, channel.clone());
            }
        }
        let place = self.places.entry(Key::of(&channel, &user)).or_default();
        let is_there = |it: &SessionId| *it == session || live.contains(&it.incarnation());
        let first = match place.told {
            Told::Left | Told::Not => true,
            Told::LeftFrom(_) => false,
            Told::There => !place.sessions.iter().any(is_there),
        };
        let first = first && !known;
        place.told = if first { Told::Not } else { Told::There };
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
        self.changed.extend(shown.map(|state| StateChanged { channel, user, state }));
        first
    }

    /// False when the session is not there.
    pub(super) fn set_state(&mut self, channel: Address, member: Member, state: Option<MemberState>) -> bool {
        let Member { session, user } = member;
        let place = self.places.get_mut(&Key::of(&channel, &user));
        let Some(place) = place.filter(|place| place.sessions.contains(&session)) else { return false };
        let shown = place.show(|states, _| states.set(session, state));
        self.changed.extend(shown.map(|state| StateChanged { channel, user, state }));
        true
    }

    /// What is to be told of what changed.
    pub(super) fn take_changed(&mut self) -> Vec<StateChanged> {
        std::mem::take(&mut self.changed)
    }

    /// Puts `left` off when no session of the user remains. What it showed stays until then.
    pub(super) fn depart(&mut self, channel: &Address, member: &Member, live: &[Incarnation], due: Instant) {
        let Some(place) = self.remove(channel, member) else { return };
        let there = place.is_there(live);
        if there {
            let shown = place.show(|states, _| states.set(member.session, None));
            let changed = |state| StateChanged { channel: channel.clone(), user: member.user.clone(), state };
            self.changed.extend(shown.map(changed));
        } else if place.told == Told::There {
            place.told = Told::LeftFrom(due);
            self.due.insert((due, channel.clone(), member.user.clone()));
        } else {
            place.states = States::default();
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
            if place.is_there(live) {
                place.told = Told::There;
                let shown = place.show(|states, sessions| states.keep(|of| sessions.contains(&of)));
                self.changed.extend(shown.map(|state| StateChanged { channel, user, state }));
                continue;
            }
            (place.told, place.states) = (Told::Left, States::default());
            self.tidy(&channel, &user);
            left.push((channel, user));
        }
        (seen, left)
    }

    /// Whether the arrival of a user was not announced yet. From this call on it counts as announced.
    pub(super) fn take_untold(&mut self, channel: &Address, user: &UserId) -> bool {
        let place = self.places.get_mut(&Key::of(channel, user)).filter(|place| place.told == Told::Not);
        let Some(place) = place else { return false };
        place.told = Told::There;
        let state = place.states.shown().cloned();
        let changed = |state| StateChanged { channel: channel.clone(), user: user.clone(), state: Some(state) };
        self.changed.extend(state.map(changed));
        true
    }

    /// The channels in which the user was announced as present.
    pub(super) fn homes(&self, user: &UserId) -> Vec<Address> {
        let is_told = |channel: &&Address| {
            let place = self.places.get(&Key::of(channel, user));
            place.is_some_and(|place| matches!(place.told, Told::There | Told::LeftFrom(_)))
        };
        self.homes.get(user).into_iter().flatten().filter(is_told).cloned().collect()
    }

    pub(super) fn roster(&self, channel: &Address, users_max: usize, profile: ProfileOf<'_>) -> Roster {
        let told = self.places(channel).filter(|(_, place)| !matches!(place.told, Told::Not | Told::Left));
        let count = told.clone().count();
        let users = (count <= users_max)
            .then(|| told.map(|(user, place)| (user.clone(), place.shown(profile(user)))).collect());
        Roster { count, users }
    }

    pub(super) fn is_occupied(&self, channel: &Address) -> bool {
        self.places(channel).next().is_some()
    }

    fn places<'a>(&'a self, channel: &'a Address) -> impl Iterator<Item = (&'a UserId, &'a ChannelUser)> + Clone {
        let first = Key { channel: channel.clone(), user: None };
        let places = self.places.range(first..).take_while(move |(key, _)| key.channel == *channel);
        places.filter_map(|(key, place)| Some((key.user.as_ref()?, place)))
    }

    pub(super) fn members(&self, channel: &Address, profile: ProfileOf<'_>) -> Members {
        let mut members = Members::default();
        for (user, place) in self.places(channel) {
            let of = |session: &SessionId| Member { session: *session, user: user.clone() };
            members.sessions.extend(place.sessions.iter().map(of));
            members.leaving.extend(matches!(place.told, Told::LeftFrom(_)).then(|| user.clone()));
            let shown = place.shown(profile(user));
            members.shown.extend((shown != Shown::default()).then(|| (user.clone(), shown)));
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
    fn remove(&mut self, channel: &Address, member: &Member) -> Option<&mut ChannelUser> {
        let place = self.places.get_mut(&Key::of(channel, &member.user))?;
        let at = place.sessions.iter().position(|session| *session == member.session)?;
        place.sessions.remove(at);
        self.standings.leave(channel, member.session.incarnation());
        Some(place)
    }

    /// Forgets what says nothing.
    fn tidy(&mut self, channel: &Address, user: &UserId) {
        let key = Key::of(channel, user);
        if self.places.get(&key).is_some_and(|it| it.sessions.is_empty() && !matches!(it.told, Told::LeftFrom(_))) {
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
