//! Who is where: sessions of users, members of channels, and the inverted index a reaper works along.

use super::super::{Attach, Attached, DirectoryEntry, Member, Members, Placed, Reaped};
use super::members::Channels;
use hubwire_protocol::{Address, Incarnation, Position, SessionId, UserId};
use std::collections::{BTreeSet, HashMap};
use tokio::time::Instant;

/// The directory. Whatever is listed comes in a fixed order, so that a simulation repeats itself.
#[derive(Debug, Default, Clone)]
pub(super) struct Directory {
    users: HashMap<UserId, Vec<DirectoryEntry>>,
    channels: Channels,
    index: HashMap<Incarnation, BTreeSet<Route>>,
}

/// What an incarnation has in the directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Route {
    Session(UserId, SessionId),
    Membership(Address, UserId, SessionId),
}

impl Directory {
    pub(super) fn attach(&mut self, since_ms: u64, top: Position, attach: Attach) -> Attached {
        let Attach { user, session, device, policy, live } = attach;
        let sessions = self.users.entry(user.clone()).or_default();
        let others = |entry: &&DirectoryEntry| entry.session != session && live.contains(&entry.session.incarnation());
        let mut others: Vec<DirectoryEntry> = sessions.iter().filter(others).cloned().collect();
        let first = others.is_empty();
        // a session that is in the directory already has passed the policy
        let known = sessions.iter().any(|entry| entry.session == session);
        let excess = match policy.max_sessions {
            0 => 0,
            _ if known => 0,
            max => (others.len() + 1).saturating_sub(max),
        };
        if excess > 0 && !policy.close_oldest {
            return Attached::Refused;
        }
        others.sort_by_key(|entry| (entry.since_ms, entry.session));
        let replaced: Vec<SessionId> = others.iter().take(excess).map(|entry| entry.session).collect();
        sessions.retain(|entry| !replaced.contains(&entry.session));
        match sessions.iter_mut().find(|entry| entry.session == session) {
            Some(entry) => entry.device = device,
            None => {
                sessions.reserve_exact(1); // most users have one
                sessions.push(DirectoryEntry { session, device, since_ms });
            }
        }
        for session in &replaced {
            self.unindex(&Route::Session(user.clone(), *session), *session);
        }
        self.index.entry(session.incarnation()).or_default().insert(Route::Session(user, session));
        Attached::Entered { top, replaced, first }
    }

    /// `true` when the user has no session left on a live incarnation.
    pub(super) fn detach(&mut self, user: &UserId, session: SessionId, live: &[Incarnation]) -> bool {
        self.remove_session(user, session);
        self.unindex(&Route::Session(user.clone(), session), session);
        let alive = |entry: &DirectoryEntry| live.contains(&entry.session.incarnation());
        !self.users.get(user).is_some_and(|sessions| sessions.iter().any(alive))
    }

    pub(super) fn sessions(&self, user: &UserId) -> Vec<DirectoryEntry> {
        self.users.get(user).cloned().unwrap_or_default()
    }

    pub(super) fn session_ids(&self, user: &UserId) -> Vec<SessionId> {
        self.users.get(user).map_or_else(Vec::new, |sessions| sessions.iter().map(|entry| entry.session).collect())
    }

    pub(super) fn join(&mut self, channel: Address, member: Member, live: &[Incarnation]) -> bool {
        let Member { session, user } = member.clone();
        let first = self.channels.join(channel.clone(), member, live);
        self.index.entry(session.incarnation()).or_default().insert(Route::Membership(channel, user, session));
        first
    }

    pub(super) fn depart(&mut self, channel: Address, member: Member, live: &[Incarnation], due: Instant) {
        self.channels.depart(&channel, &member, live, due);
        self.unindex(&Route::Membership(channel, member.user, member.session), member.session);
    }

    pub(super) fn take_left(
        &mut self,
        now: Instant,
        live: &[Incarnation],
        limit: usize,
    ) -> (usize, Vec<(Address, UserId)>) {
        self.channels.take_left(now, live, limit)
    }

    pub(super) fn members(&self, channel: &Address) -> Members {
        self.channels.members(channel)
    }

    /// What an incarnation has here.
    pub(super) fn placed(&self, incarnation: Incarnation) -> Vec<Placed> {
        let placed = |route: &Route| match route.clone() {
            Route::Session(user, session) => Placed { channel: None, member: Member { session, user } },
            Route::Membership(channel, user, session) => {
                Placed { channel: Some(channel), member: Member { session, user } }
            }
        };
        self.index.get(&incarnation).into_iter().flatten().map(placed).collect()
    }

    /// Removes what a dead incarnation has here, at most `limit` entries.
    pub(super) fn reap(
        &mut self,
        incarnation: Incarnation,
        live: &[Incarnation],
        limit: usize,
        due: Instant,
    ) -> Reaped {
        let mut reaped = Reaped::default();
        let mut routes = self.index.remove(&incarnation).unwrap_or_default();
        for _ in 0..limit.max(1) {
            match routes.pop_first() {
                None => break,
                Some(Route::Session(user, session)) => {
                    reaped.sessions += usize::from(self.remove_session(&user, session))
                }
                Some(Route::Membership(channel, user, session)) => {
                    self.channels.depart(&channel, &Member { session, user }, live, due);
                }
            }
        }
        reaped.done = routes.is_empty();
        if !reaped.done {
            self.index.insert(incarnation, routes);
        }
        reaped
    }

    fn remove_session(&mut self, user: &UserId, session: SessionId) -> bool {
        let Some(sessions) = self.users.get_mut(user) else { return false };
        let before = sessions.len();
        sessions.retain(|entry| entry.session != session);
        let removed = sessions.len() < before;
        if sessions.is_empty() {
            self.users.remove(user);
        }
        removed
    }

    fn unindex(&mut self, route: &Route, session: SessionId) {
        let Some(routes) = self.index.get_mut(&session.incarnation()) else { return };
        routes.remove(route);
        if routes.is_empty() {
            self.index.remove(&session.incarnation());
        }
    }
}
