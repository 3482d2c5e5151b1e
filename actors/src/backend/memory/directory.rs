//! The sessions of users and the members of channels.
//!
//! The entries of an incarnation are found by a scan, because a session's id holds its incarnation: only a reaper needs
//! them, and a single node has none.

use super::super::{Attach, AttachOutcome, DirectoryEntry, Joining, Member, Members, Placement, Reaped, Roster};
use super::members::{Channels, ProfileOf, StateChange};
use crate::id_map::KeyedMap;
use crate::session_list::SessionList;
use hubwire_protocol::{Address, Incarnation, MemberState, Position, SessionId, UserId};
use smallvec::SmallVec;
use tokio::time::Instant;

/// The order in which sessions are closed, oldest first.
fn age(entry: &DirectoryEntry) -> (u64, SessionId) {
    (entry.since_ms, entry.session)
}

/// The directory. Lists come in a fixed order, so that a simulation can be replayed.
#[derive(Debug, Default, Clone)]
pub(super) struct MemoryDirectory {
    users: KeyedMap<UserId, SessionList<DirectoryEntry>>,
    channels: Channels,
}

impl MemoryDirectory {
    pub(super) fn attach(&mut self, since_ms: u64, top: Position, attach: Attach) -> AttachOutcome {
        let Attach { user, session, device, policy, live } = attach;
        let sessions = self.users.entry(user).or_default();
        let mut replaced = Vec::new();
        let counts = |entry: &DirectoryEntry| entry.session != session && live.contains(&entry.session.incarnation());
        // a session that is in the directory already has passed the policy
        let known = sessions.find(session).is_some();
        // a full check only if there are enough sessions at all
        if policy.max_sessions > 0 && !known && sessions.len() >= policy.max_sessions {
            let mut others: Vec<_> = sessions.iter().filter(|entry| counts(entry)).map(age).collect();
            let excess = (others.len() + 1).saturating_sub(policy.max_sessions);
            if excess > 0 && !policy.close_oldest {
                return AttachOutcome::Refused;
            }
            others.sort_unstable();
            replaced.extend(others.iter().take(excess).map(|(_, session)| *session));
            for other in &replaced {
                sessions.remove(*other);
            }
        }
        match sessions.find_mut(session) {
            Some(entry) => entry.device = device,
            None => sessions.push(DirectoryEntry { session, device, since_ms }),
        }
        AttachOutcome::Entered { top, replaced }
    }

    /// Removes a session; returns whether it was in the directory.
    pub(super) fn detach(&mut self, user: &UserId, session: SessionId) -> bool {
        self.remove_session(user, session)
    }

    /// Whether a channel has members.
    pub(super) fn is_occupied(&self, channel: &Address) -> bool {
        self.channels.is_occupied(channel)
    }

    pub(super) fn sessions(&self, user: &UserId) -> Vec<DirectoryEntry> {
        self.users.get(user).map_or_else(Vec::new, |sessions| sessions.as_slice().to_vec())
    }

    /// Whether the user has a session at all.
    pub(super) fn is_online(&self, user: &UserId) -> bool {
        self.users.contains_key(user)
    }

    /// Whether the user has this session.
    pub(super) fn has_session(&self, user: &UserId, session: SessionId) -> bool {
        self.users.get(user).is_some_and(|sessions| sessions.find(session).is_some())
    }

    pub(super) fn session_ids(&self, user: &UserId) -> SmallVec<[SessionId; 2]> {
        self.users.get(user).map_or_else(SmallVec::new, |sessions| sessions.iter().map(|entry| entry.session).collect())
    }

    pub(super) fn join(&mut self, joining: Joining) -> bool {
        self.channels.join(joining)
    }

    pub(super) fn set_state(&mut self, channel: Address, member: Member, state: Option<MemberState>) -> bool {
        self.channels.set_state(channel, member, state)
    }

    /// A node has subscribed to the topic of a channel.
    pub(super) fn follow(&mut self, channel: &Address, node: Incarnation) {
        self.channels.standings.follow(channel, node);
    }

    /// The nodes with members of a channel that are not subscribed to its topic.
    pub(super) fn near(&self, channel: &Address) -> SmallVec<[Incarnation; 1]> {
        self.channels.standings.near(channel)
    }

    /// Whether a node has members of a channel.
    pub(super) fn has_some(&self, channel: &Address, node: Incarnation) -> bool {
        self.channels.standings.is_some(channel, node)
    }

    /// Whether one node has all members of a channel.
    pub(super) fn has_all(&self, channel: &Address, node: Incarnation) -> bool {
        self.channels.standings.is_all(channel, node)
    }

    /// The states of users in channels that changed since the last call.
    pub(super) fn take_changed(&mut self) -> Vec<StateChange> {
        self.channels.take_changed()
    }

    pub(super) fn depart(&mut self, channel: Address, member: Member, live: &[Incarnation], due: Instant) {
        self.channels.depart(&channel, &member, live, due);
    }

    pub(super) fn take_untold(&mut self, channel: &Address, user: &UserId) -> bool {
        self.channels.take_untold(channel, user)
    }

    pub(super) fn take_left(
        &mut self,
        now: Instant,
        live: &[Incarnation],
        limit: usize,
    ) -> (usize, Vec<(Address, UserId)>) {
        self.channels.take_left(now, live, limit)
    }

    pub(super) fn members(&self, channel: &Address, profile: ProfileOf<'_>) -> Members {
        self.channels.members(channel, profile)
    }

    pub(super) fn roster(&self, channel: &Address, users_max: usize, profile: ProfileOf<'_>) -> Roster {
        self.channels.roster(channel, users_max, profile)
    }

    /// The channels in which the user is announced.
    pub(super) fn homes(&self, user: &UserId) -> Vec<Address> {
        self.channels.homes(user)
    }

    /// The entries of an incarnation: its sessions, then its members of channels, each in ascending order.
    pub(super) fn placed(&self, incarnation: Incarnation) -> Vec<Placement> {
        let sessions = self.users.iter().flat_map(|(user, sessions)| sessions.iter().map(move |entry| (user, entry)));
        let own = sessions.filter(|(_, entry)| entry.session.incarnation() == incarnation);
        let member = |(user, entry): (&UserId, &DirectoryEntry)| Member { session: entry.session, user: user.clone() };
        let mut placed: Vec<Placement> = own.map(|it| Placement { channel: None, member: member(it) }).collect();
        placed.extend(self.channels.of(incarnation));
        placed.sort_unstable_by(|one, other| {
            let key = |placed: &Placement| (placed.channel.clone(), placed.member.user.clone(), placed.member.session);
            key(one).cmp(&key(other))
        });
        placed
    }

    /// Removes entries of a dead incarnation, at most `limit`.
    pub(super) fn reap(
        &mut self,
        incarnation: Incarnation,
        live: &[Incarnation],
        limit: usize,
        due: Instant,
    ) -> Reaped {
        let placed = self.placed(incarnation);
        let mut reaped = Reaped { done: placed.len() <= limit.max(1), ..Reaped::default() };
        for Placement { channel, member } in placed.into_iter().take(limit.max(1)) {
            match channel {
                Some(channel) => self.channels.depart(&channel, &member, live, due),
                None => reaped.sessions += usize::from(self.remove_session(&member.user, member.session)),
            }
        }
        reaped
    }

    fn remove_session(&mut self, user: &UserId, session: SessionId) -> bool {
        let Some(sessions) = self.users.get_mut(user) else { return false };
        let removed = sessions.remove(session).is_some();
        if sessions.is_empty() {
            self.users.remove(user);
        }
        removed
    }
}
