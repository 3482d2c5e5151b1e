//! Reads the members from the broker, and sends them to sessions that join.

use super::roster::{place, Heard, KnownMembers, Showing};
use super::Channel;
use crate::apart;
use crate::backend::{self, BackendError, Shown};
use crate::context::Context;
use crate::retry;
use crate::words::channel::LookAgain;
use crate::words::delivery::Audience;
use crate::words::present::{member, Present};
use actix::prelude::*;
use hubwire_protocol::event::{Changed, Event};
use hubwire_protocol::UserId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// After the broker lost data, all channels of a node read their members again, spread over this time.
const SPREAD_MS: u64 = 1000;

impl Channel {
    /// Reads the members from the broker.
    pub(super) fn look(&mut self, ctx: &mut Context<Self>) {
        if self.looking.is_some() {
            return;
        }
        self.looking = Some(Box::default());
        let settings = &self.core.settings;
        let users_max = match self.roster {
            // hysteresis: a crowd that has shrunk by one is not listed at once
            KnownMembers::Counted(_) => settings.presence_members_max.min(settings.presence_named_max),
            KnownMembers::Unknown | KnownMembers::Named(_) => settings.presence_named_max,
        };
        let found = self.core.backend.roster(self.address().clone(), users_max);
        apart::wait(ctx.shared_address(), found, |found, channel: &mut Channel, ctx| {
            let heard = channel.looking.take().unwrap_or_default();
            channel.looked(found, &heard, ctx);
        });
    }

    fn looked(&mut self, found: Result<backend::Roster, BackendError>, heard: &Heard, ctx: &mut Context<Self>) {
        match found {
            Ok(_) if self.is_unwatched() => {}
            Ok(found) => self.take_over(found, heard, ctx),
            Err(error) => {
                log::debug!("cannot read the members of a channel yet channel={} error={error}", self.address());
                self.look_later(retry::LATER, ctx);
            }
        }
        self.begin(ctx);
    }

    fn take_over(&mut self, found: backend::Roster, heard: &Heard, ctx: &mut Context<Self>) {
        let backend::Roster { count, users } = found;
        let users: Option<BTreeMap<UserId, Shown>> = users.map(|users| users.into_iter().collect());
        match (&self.roster, users) {
            (KnownMembers::Named(_), Some(users)) => self.compare(users, heard),
            (KnownMembers::Unknown, Some(users)) => {
                self.roster = KnownMembers::Named(users.into_iter().collect());
                // repeated, because a member that joined without a list may have missed the announcement
                for (user, change) in self.announcements.changes() {
                    self.roster.change(user, change.joined);
                }
            }
            (KnownMembers::Counted(_), Some(users)) => {
                self.roster = KnownMembers::Named(users.into_iter().collect());
                self.changed();
                let roster = &mut self.roster;
                self.announcements.need().changes.retain(|user, change| roster.change(user, change.joined));
            }
            (KnownMembers::Counted(told), None) if *told == count => self.announcements.clear_changes(),
            (_, None) => {
                self.announcements.clear_changes();
                self.roster = KnownMembers::Counted(count);
                self.changed();
            }
        }
        // states and profiles that were announced while the members were not named
        let states = heard.states.iter().map(|(user, state)| (user, Showing::State(state.clone())));
        let profiles = heard.profiles.iter().map(|(user, profile)| (user, Showing::Profile(profile.clone())));
        for (user, change) in states.chain(profiles) {
            if self.roster.show(user, change) {
                self.announcements.need().shown.insert(user.clone());
            }
        }
        if !self.announcements.is_empty() {
            self.announce_soon(ctx);
        }
    }

    /// Records the differences from what members here know. An announcement that arrived during the call is newer than
    /// its answer.
    fn compare(&mut self, users: BTreeMap<UserId, Shown>, heard: &Heard) {
        let KnownMembers::Named(told) = &self.roster else { return };
        let is_older = |user: &&UserId| heard.users.contains(*user) || self.announcements.has_change(user);
        let gone = told.iter().map(|(user, _)| user).filter(|user| !users.contains_key(*user));
        let came = users.keys().filter(|user| place(told, user).is_err());
        let differ: Vec<UserId> = gone.chain(came).filter(|user| !is_older(user)).cloned().collect();
        for user in differ {
            let joined = users.contains_key(&user);
            self.roster.change(&user, joined);
            self.note(user, joined);
        }
        for (user, Shown { state, profile }) in users {
            let state = !heard.states.contains_key(&user) && self.roster.show(&user, Showing::State(state));
            let profile = !heard.profiles.contains_key(&user) && self.roster.show(&user, Showing::Profile(profile));
            if state || profile {
                self.announcements.need().shown.insert(user);
            }
        }
    }

    /// The channel has become a crowd: from now on it does not name its members.
    pub(super) fn become_a_crowd(&mut self) {
        if let Some(count) = self.roster.count() {
            self.roster = KnownMembers::Counted(count);
        }
        self.changed();
    }

    /// Announces the number of members, and the members themselves if they were not named before.
    fn changed(&mut self) {
        self.version += 1;
        let present = self.show();
        if let Some(present) = present.filter(|_| self.feed.is_started()) {
            let members = present.users.as_ref();
            let members = members.map(|users| users.iter().map(|(user, shown)| member(user, shown)).collect());
            let changed = Changed { members, count: present.count, version: present.version };
            self.tell(&Event::Changed(changed), Audience::Presence);
        }
    }

    /// Called when a list of members is about to be sent.
    pub(super) fn list(&mut self) {
        self.shown += 1;
        self.show();
    }

    /// The list of members for sessions that join now.
    pub(super) fn show(&mut self) -> Option<Arc<Present>> {
        let count = self.roster.count()?;
        let users = match &self.roster {
            KnownMembers::Named(users) if count <= self.core.settings.presence_members_max => Some(users.clone()),
            _ => None,
        };
        let present = Arc::new(Present { users, count, version: self.version });
        self.feed.set_present(present.clone());
        Some(present)
    }

    pub(super) fn look_again(&mut self, _: LookAgain, ctx: &mut Context<Self>) {
        if !self.feed.is_started() || self.is_unwatched() {
            return; // the members are read when the channel begins
        }
        let wait = Duration::from_millis(self.core.environment.below(SPREAD_MS));
        self.look_later(wait, ctx);
    }

    /// Reads the members later; several requests lead to one call.
    pub(super) fn look_later(&mut self, wait: Duration, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.look_due, true) {
            ctx.run_later(wait, |channel, ctx| {
                channel.look_due = false;
                channel.look(ctx);
            });
        }
    }
}
