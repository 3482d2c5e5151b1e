//! Who joined and who left, told together: a storm of joins costs one action per delay and member, not one per join.

use super::messages::PresenceChanged;
use super::Channel;
use actix::prelude::*;
use hubwire_protocol::control::{Joined, Left, ServerControl};
use hubwire_protocol::UserId;
use std::collections::BTreeMap;

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
            let users: Vec<&UserId> = changes.iter().filter(|(_, is)| **is == joined).map(|(user, _)| user).collect();
            let alone = match users[..] {
                [] => continue,
                [user] => Some(user.clone()), // its own sessions know
                _ => None,
            };
            let control = match joined {
                true => ServerControl::Joined(Joined { users, ..Joined::default() }),
                false => ServerControl::Left(Left { users }),
            };
            let address = &self.address;
            self.feed.tell(None, Some(alone), |codec| codec.control(&control, Some(address), None));
        }
    }
}
