//! Who joined and who left, told together: a storm of joins costs one action per delay and member, not one per join.

use super::membership::Membership;
use super::Channel;
use crate::words::channel::PresenceChanged;
use crate::words::shard::Audience;
use actix::prelude::*;
use hubwire_protocol::control::{Joined, Left, ServerControl};
use hubwire_protocol::UserId;
use std::collections::BTreeMap;

/// From so many changes at once on, each member hears all of them; below, no member hears of itself.
const TOLD_APART_MAX: usize = 16;

/// Changes that were not told yet: who, and whether it is there now.
#[derive(Default)]
pub(super) struct Announcements {
    changes: BTreeMap<UserId, bool>,
    due: bool,
}

impl Channel {
    pub(super) fn presence_changed(&mut self, message: PresenceChanged, ctx: &mut Context<Self>) {
        let PresenceChanged { user, joined } = message;
        match self.announcements.changes.get(&user) {
            // came and went (or went and came) within the delay: nobody needs to know
            Some(before) if *before != joined => drop(self.announcements.changes.remove(&user)),
            _ => drop(self.announcements.changes.insert(user, joined)),
        }
        if !self.announcements.due {
            self.announcements.due = true;
            ctx.run_later(self.core.settings.presence_delay, |channel, _| channel.announce());
        }
    }

    fn announce(&mut self) {
        self.announcements.due = false;
        let changes = std::mem::take(&mut self.announcements.changes);
        for joined in [false, true] {
            let users = changes.iter().filter(|(_, is)| **is == joined).map(|(user, _)| user.clone());
            let users: Vec<UserId> = users.collect();
            match users.len() {
                0 => {}
                // so many at once: each member hears all of them, itself included
                TOLD_APART_MAX.. => self.tell_of(&users, joined, Audience::Presence),
                _ => {
                    self.tell_of(&users, joined, Audience::PresenceWithout(users.as_slice().into()));
                    self.tell_themselves(&users, joined);
                }
            }
        }
    }

    /// Announces to each of several users the others.
    fn tell_themselves(&mut self, users: &[UserId], joined: bool) {
        let here = |user: &&UserId| {
            self.members.values().any(|member| matches!(member, Membership::Joined { user: of } if of == *user))
        };
        let here: Vec<&UserId> = users.iter().filter(here).collect();
        for user in here {
            let others: Vec<UserId> = users.iter().filter(|other| *other != user).cloned().collect();
            if !others.is_empty() {
                self.tell_of(&others, joined, Audience::PresenceOf(user.clone()));
            }
        }
    }

    fn tell_of(&mut self, users: &[UserId], joined: bool, audience: Audience) {
        let users = users.iter().collect();
        let control = match joined {
            true => ServerControl::Joined(Joined { users, ..Joined::default() }),
            false => ServerControl::Left(Left { users, reason: None }),
        };
        let address = self.address();
        self.feed.tell(None, audience, |codec| codec.control(&control, Some(address), None));
    }
}
