//! Joins and leaves, debounced and announced together: a storm of joins costs one action per delay and member, not one
//! per join. In a crowd only the number of members is announced, once a second.

use super::local_members::MemberStage;
use super::roster::KnownMembers;
use super::Channel;
use crate::context::Context;
use crate::words::channel::PresenceChanged;
use crate::words::delivery::Audience;
use crate::words::receivers::Receivers;
use actix::prelude::*;
use hubwire_protocol::event::{Event, Joined, Left};
use hubwire_protocol::UserId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// From this many simultaneous changes on, each member receives all of them; below this number, no member receives its
/// own.
const TOLD_APART_MAX: usize = 16;
/// Delay before the members are read again when an announcement contradicts the roster.
const CONTRADICTED: Duration = Duration::from_millis(200);
/// How often the members of a crowd receive the number of members.
const CROWD_DELAY: Duration = Duration::from_secs(1);

/// Changes that were not announced yet. An idle channel has none.
#[derive(Default)]
pub(super) struct Announcements(Option<Box<PendingAnnouncements>>);

/// See [`Announcements`].
#[derive(Default)]
pub(super) struct PendingAnnouncements {
    pub changes: BTreeMap<UserId, MemberChange>,
    /// Users whose state or profile has to be announced.
    pub shown: BTreeSet<UserId>,
}

impl Announcements {
    /// Whether there is nothing to announce.
    pub(super) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|pending| pending.changes.is_empty() && pending.shown.is_empty())
    }

    /// The users that joined or left.
    pub(super) fn changes(&self) -> impl Iterator<Item = (&UserId, &MemberChange)> {
        self.0.iter().flat_map(|pending| &pending.changes)
    }

    /// Whether there is a join or leave of the user to announce.
    pub(super) fn has_change(&self, user: &UserId) -> bool {
        self.0.as_ref().is_some_and(|pending| pending.changes.contains_key(user))
    }

    /// Drops joins and leaves: the members are no longer named.
    pub(super) fn clear_changes(&mut self) {
        if let Some(pending) = &mut self.0 {
            pending.changes.clear();
        }
    }

    /// The pending changes, for adding to them.
    pub(super) fn need(&mut self) -> &mut PendingAnnouncements {
        self.0.get_or_insert_default()
    }
}

/// The pending announcement of a user.
#[derive(Debug, Clone, Copy)]
pub(super) struct MemberChange {
    /// Whether the user is there now.
    pub joined: bool,
    /// Whether the user was there at the latest announcement.
    was_there: bool,
    /// How often the roster had been sent to a client before this change.
    shown: u64,
    /// Whether a client received a roster with the change.
    is_seen: bool,
}

impl MemberChange {
    fn first(joined: bool, shown: u64) -> Self {
        MemberChange { joined, was_there: !joined, shown, is_seen: false }
    }

    fn then(self, joined: bool, shown: u64) -> Self {
        MemberChange { joined, shown, is_seen: self.is_seen || self.shown != shown, ..self }
    }

    /// Whether the user joined and left (or left and joined) within the delay. This is not announced, unless a client
    /// saw the change.
    fn is_void(self) -> bool {
        self.joined == self.was_there && !self.is_seen
    }
}

impl Channel {
    pub(super) fn presence_changed(&mut self, message: PresenceChanged, ctx: &mut Context<Self>) {
        let PresenceChanged { user, joined } = message;
        if self.is_unwatched() {
            return;
        }
        if let Some(heard) = &mut self.looking {
            heard.users.insert(user.clone());
        }
        // a user with a session on this node has not left: the answer to its join overtook this announcement
        if !joined && self.is_here(&user) {
            self.look_later(CONTRADICTED, ctx);
        }
        if self.roster.change(&user, joined) {
            self.note(user, joined);
            self.announce_soon(ctx);
        }
    }

    /// Records a change to be announced.
    pub(super) fn note(&mut self, user: UserId, joined: bool) {
        // the number of members is read from the broker; a change that arrives during the call may be newer than the
        // answer
        if matches!(self.roster, KnownMembers::Counted(_)) && self.looking.is_none() {
            return;
        }
        let (changes, shown) = (&mut self.announcements.need().changes, self.shown);
        let change = match changes.get(&user) {
            Some(before) => before.then(joined, shown),
            None => MemberChange::first(joined, shown),
        };
        match change.is_void() {
            true => drop(changes.remove(&user)),
            false => drop(changes.insert(user, change)),
        }
    }

    pub(super) fn announce_soon(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.announce_due, true) {
            return;
        }
        let delay = match self.roster {
            KnownMembers::Counted(_) => CROWD_DELAY.max(self.core.settings.presence_delay),
            KnownMembers::Unknown | KnownMembers::Named(_) => self.core.settings.presence_delay,
        };
        ctx.run_later(delay, Channel::announce);
    }

    fn announce(&mut self, ctx: &mut Context<Self>) {
        self.announce_due = false;
        if let KnownMembers::Counted(_) = self.roster {
            return self.look(ctx);
        }
        if self.announcements.is_empty() || !self.feed.is_started() {
            return; // there are no members here yet
        }
        let PendingAnnouncements { changes, shown } = std::mem::take(self.announcements.need());
        self.announcements = Announcements::default();
        if self.roster.count().is_some_and(|count| count > self.core.settings.presence_named_max) {
            return self.become_a_crowd();
        }
        self.version += 1;
        self.show();
        for joined in [false, true] {
            let users = changes.iter().filter(|(_, change)| change.joined == joined).map(|(user, _)| user.clone());
            let users: Vec<UserId> = users.collect();
            match users.len() {
                0 => {}
                // with so many changes, each member receives all of them, its own included
                TOLD_APART_MAX.. => self.tell_of(&users, joined, Audience::Presence),
                _ => {
                    self.tell_of(&users, joined, Audience::PresenceWithout(users.as_slice().into()));
                    self.tell_themselves(&users, joined);
                }
            }
        }
        self.tell_shown(&shown);
    }

    /// Announces to each of several users the changes of the others.
    fn tell_themselves(&mut self, users: &[UserId], joined: bool) {
        let here: Vec<&UserId> = users.iter().filter(|user| self.is_here(user)).collect();
        for user in here {
            let others: Vec<UserId> = users.iter().filter(|other| *other != user).cloned().collect();
            if !others.is_empty() {
                self.tell_of(&others, joined, Audience::PresenceOf(user.clone()));
            }
        }
    }

    /// Whether a session of a user on this node is in the channel.
    fn is_here(&self, user: &UserId) -> bool {
        self.members.iter().any(|(_, member)| matches!(member, MemberStage::Joined { user: of, .. } if of == user))
    }

    fn tell_of(&self, users: &[UserId], joined: bool, audience: Audience) {
        let users = users.iter().collect();
        let count = self.roster.count();
        let version = count.map(|_| self.version);
        let control = match joined {
            true => Event::Joined(Joined { users, count, version, ..Joined::default() }),
            false => Event::Left(Left { users, count, version, reason: None }),
        };
        self.tell(&control, audience);
    }

    pub(super) fn tell(&self, control: &Event<'_>, audience: Audience) {
        let address = self.address();
        self.feed.tell(&Receivers::default(), audience, |dialect| dialect.event(control, Some(address), None));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_undone_is_told_when_somebody_saw_it() {
        let undone = |shown: [u64; 2]| MemberChange::first(true, shown[0]).then(false, shown[1]);
        assert!(undone([3, 3]).is_void());
        assert!(!undone([3, 4]).is_void(), "shown in between");
        // announced once a client saw it, whatever follows
        let again = undone([3, 4]).then(true, 4);
        assert!(again.joined && !again.is_void() && !again.then(false, 4).is_void());
    }
}
