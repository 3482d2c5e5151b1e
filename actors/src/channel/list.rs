//! The members of an organisation or a team: a channel without publications of its own, which sessions join
//! automatically. Every session of the organisation is listed while it lasts; only sessions that watch receive changes.
//!
//! Its topic is that of the organisation or team, which the hub follows. While no session here watches, the node does
//! not know the members.

use super::local_members::MemberStage;
use super::roster::KnownMembers;
use super::Channel;
use crate::apart;
use crate::backend::{BackendError, JoinOutcome, Joining};
use crate::context::Context;
use crate::retry;
use crate::words::channel::{ListSession, Unlist, UnwatchList, WatchList};
use crate::words::delivery::{Announce, Start};
use crate::words::member::MemberRef;
use actix::prelude::*;
use hubwire_protocol::Address;
use std::time::Duration;

impl Channel {
    pub(super) fn is_list(&self) -> bool {
        !matches!(self.address(), Address::Channel(..))
    }

    /// Whether no session here receives changes.
    pub(super) fn is_unwatched(&self) -> bool {
        self.is_list() && self.watchers.is_empty()
    }

    pub(super) fn list_session(&mut self, message: ListSession, ctx: &mut Context<Self>) {
        self.joins += 1;
        self.members.set(message.member.session, MemberStage::Joining { left: None });
        self.try_to_list(message.member, ctx);
    }

    fn try_to_list(&mut self, member: MemberRef, ctx: &mut Context<Self>) {
        let listed = self.core.backend.join(Joining {
            channel: self.address().clone(),
            member: super::membership::member_of(&member),
            live: self.core.live(),
            known: false,
            state: Some(None),
            profiles_kept: self.core.settings.profile_ttl,
            fresh: false,
        });
        apart::wait(ctx.shared_address(), listed, move |listed, list: &mut Channel, ctx| {
            list.session_listed(member, listed, ctx);
        });
    }

    fn session_listed(
        &mut self,
        member: MemberRef,
        listed: Result<JoinOutcome, BackendError>,
        ctx: &mut Context<Self>,
    ) {
        if !self.members.contains(member.session) {
            // the session ended meanwhile: it is removed only now, so that the removal does not overtake the entry
            return self.unlist(member, self.core.settings.left_grace, ctx);
        }
        match listed {
            Ok(JoinOutcome { first, .. }) => {
                let user = member.user.clone();
                self.members.set(member.session, MemberStage::Joined { user: user.clone(), state: None });
                match (first, self.feed.is_started()) {
                    (true, true) => self.publish_joined(user, ctx),
                    // announced once this node, too, can receive the announcement
                    (true, false) => self.starting.get_or_insert_default().unsaid.push(user),
                    (false, _) => {}
                }
            }
            Err(error) => {
                log::debug!("cannot list a session yet list={} error={error}", self.address());
                ctx.run_later(retry::SOON, |list, ctx| list.try_to_list(member, ctx));
            }
        }
    }

    pub(super) fn unlist_session(&mut self, message: Unlist, ctx: &mut Context<Self>) {
        let Unlist { member, over } = message;
        self.unwatch_list(UnwatchList { session: member.session }, ctx);
        // a session that is being listed is removed when that is done
        if let Some(MemberStage::Joined { .. }) = self.members.remove(member.session) {
            let grace = if over { self.core.settings.left_grace } else { Duration::ZERO };
            self.unlist(member, grace, ctx);
        }
    }

    pub(super) fn watch_list(&mut self, message: WatchList, ctx: &mut Context<Self>) {
        let member = message.member;
        // the feed has one member per session
        if !self.members.contains(member.session) || self.watchers.contains_key(&member.session) {
            return;
        }
        if self.watchers.is_empty() && self.feed.is_started() {
            self.look(ctx);
        }
        self.feed.add(member.clone(), Start::Now, Announce::Silent, true);
        self.watchers.insert(member.session, member);
    }

    pub(super) fn unwatch_list(&mut self, message: UnwatchList, _: &mut Context<Self>) {
        let Some(member) = self.watchers.remove(&message.session) else { return };
        self.feed.remove(&member, None);
        if self.watchers.is_empty() {
            self.roster = KnownMembers::Unknown;
            self.announcements = Default::default();
        }
    }
}
