//! Announces changes in the directory to the sessions that watch.

use super::{KnownState, Watchers};
use crate::context::Context;
use crate::mail;
use crate::words::delivery::TellOne;
use crate::words::member::MemberRef;
use crate::words::outcome::Occupant;
use actix::prelude::*;
use hubwire_protocol::event::{Event, Presence};
use hubwire_protocol::SessionId;
use std::collections::BTreeMap;
use tokio::time::Instant;

impl Watchers {
    /// Compares the directory with what was announced. `answered`: a session that gets the state as an answer instead.
    pub(super) fn judge(&mut self, found: Vec<Occupant>, answered: Option<SessionId>, ctx: &mut Context<Self>) {
        let mut changed: BTreeMap<SessionId, (MemberRef, Vec<Occupant>)> = BTreeMap::new();
        for occupant in found {
            if !self.is_news(&occupant, ctx) {
                continue;
            }
            let Some(watched) = self.users.get(&occupant.user) else { continue };
            for member in watched.by.iter().filter(|member| Some(member.session) != answered) {
                let news = changed.entry(member.session).or_insert_with(|| (member.clone(), Vec::new()));
                news.1.push(occupant.clone());
            }
        }
        for (member, users) in changed.into_values() {
            let users = users.iter().map(Occupant::shown).collect();
            let presence = Event::Presence(Presence { users, ..Presence::default() });
            // some dialects cannot express it
            let Some(frame) = member.dialect.event(&presence, None, None) else { continue };
            let told = TellOne { key: member.key, frame };
            if mail::tell(&member.delivery, told).is_err() {
                self.core.overflow("delivery");
            }
        }
    }

    /// Whether a user came online, went offline and stayed away for the grace, or has another profile. During the grace
    /// another profile waits until it is known whether the user comes back.
    fn is_news(&mut self, occupant: &Occupant, ctx: &mut Context<Self>) -> bool {
        let (now, grace) = (Instant::now(), self.core.settings.left_grace);
        let Some(watched) = self.users.get_mut(&occupant.user) else { return false };
        let found = KnownState::of(occupant);
        let was_online = watched.told.as_ref().is_some_and(|told| told.online);
        if found.online || !was_online {
            watched.leaves_at = None;
            let told = watched.told.replace(found);
            return told.is_some_and(|told| watched.told != Some(told));
        }
        let leaves_at = *watched.leaves_at.get_or_insert(now + grace);
        if leaves_at <= now {
            (watched.told, watched.leaves_at) = (Some(found), None);
            return true;
        }
        // an earlier look-up finds the same; this one finds that the grace is over
        let user = occupant.user.clone();
        ctx.run_later(leaves_at - now, move |watchers, ctx| {
            if watchers.users.get(&user).is_some_and(|watched| watched.leaves_at == Some(leaves_at)) {
                watchers.look(vec![user], false, ctx);
            }
        });
        false
    }
}
