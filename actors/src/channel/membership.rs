//! Joining and leaving: the cluster's member list first, then the local feed.

use super::local_members::MemberStage;
use super::Channel;
use crate::apart;
use crate::backend::{BackendError, JoinOutcome, Joining, Member};
use crate::context::Context;
use crate::mail;
use crate::retry;
use crate::words;
use crate::words::channel::{Join, Leave};
use crate::words::delivery::{Announce, Gone, Start};
use crate::words::hub::{ChannelIdle, JoinChannel, LeaveChannel};
use crate::words::member::MemberRef;
use crate::words::outcome::Refusal;
use actix::prelude::*;
use std::time::Duration;

impl Channel {
    pub(super) fn join(&mut self, message: Join, ctx: &mut Context<Self>) {
        let join = message.0;
        self.joins += 1;
        let session = join.member.session;
        if let Some(MemberStage::Joined { .. }) = self.members.get(session) {
            return self.rejoin(join, ctx);
        }
        self.members.set(session, MemberStage::Joining { left: None });
        let joined = self.core.backend.join(Joining {
            channel: self.address().clone(),
            member: member_of(&join.member),
            live: self.core.live(),
            known: false,
            state: join.state.clone(),
            profiles_kept: self.core.settings.profile_ttl,
            fresh: !self.attended,
        });
        apart::wait(ctx.shared_address(), joined, move |result, channel: &mut Channel, ctx| {
            channel.listed(join, result, ctx)
        });
    }

    /// A member joins again: it continues from another position, or only receives its present one.
    fn rejoin(&mut self, join: JoinChannel, ctx: &mut Context<Self>) {
        if let Some(state) = &join.state {
            self.store_state(&join.member, state.clone(), None, ctx);
        }
        let announce = announce(&join);
        self.list();
        let stands = Start::After { pos: self.feed.last(), gone: Gone::Top };
        self.feed.resume(&join.member, join.resume.unwrap_or(stands), announce, join.presence);
        self.tell_joined(&join.member);
    }

    /// The session has been added to the cluster's list, or the broker could not be reached.
    fn listed(&mut self, join: JoinChannel, result: Result<JoinOutcome, BackendError>, ctx: &mut Context<Self>) {
        let member = join.member.clone();
        let left = match self.members.remove(member.session) {
            Some(MemberStage::Joining { left }) => left,
            _ => None,
        };
        let JoinOutcome { first, company } = match result {
            Ok(entered) => entered,
            Err(error) => return self.not_listed(join, error, ctx),
        };
        self.attend(company, ctx);
        let (user, state) = (member.user.clone(), join.state.clone().flatten());
        self.members.set(member.session, MemberStage::Joined { user, state });
        let announce = announce(&join);
        self.list();
        if self.feed.add(member.clone(), join.resume.unwrap_or(Start::Now), announce, join.presence) {
            self.tell_joined(&member);
        }
        match (first, self.feed.is_started()) {
            (true, true) => self.publish_joined(member.user, ctx),
            // announced once this node, too, can receive the announcement, because its members need it
            (true, false) => self.starting.get_or_insert_default().unsaid.push(member.user),
            (false, _) => {}
        }
        if let Some(left) = left {
            self.leave(Leave(*left), ctx);
        }
    }

    fn not_listed(&mut self, join: JoinChannel, error: BackendError, ctx: &mut Context<Self>) {
        let refusal = Refusal::from(error);
        let failed = words::session::JoinFailed {
            channel: self.address().clone(),
            re: join.re,
            refusal,
            as_resume: join.as_resume,
        };
        mail::insist(&join.member.handle, failed);
        self.unlist(join.member, Duration::ZERO, ctx); // the broker may have listed it nevertheless
    }

    /// The stream cannot be followed: refuses the joins that wait for it.
    pub(super) fn refuse_waiting(&mut self, error: &BackendError, ctx: &mut Context<Self>) {
        for (member, announce) in self.feed.give_up() {
            self.members.remove(member.session);
            if let Some(starting) = &mut self.starting {
                starting.unsaid.retain(|user| *user != member.user);
            }
            let (re, as_resume) = match announce {
                Announce::Joined { re, .. } => (re, false),
                Announce::Resumed { re } => (re, true),
                Announce::Silent => (None, false),
            };
            let (channel, refusal) = (self.address().clone(), Refusal::from(error.clone()));
            mail::insist(&member.handle, words::session::JoinFailed { channel, re, refusal, as_resume });
            self.unlist(member, Duration::ZERO, ctx);
        }
    }

    /// Tells the session, which keeps the list of its channels.
    pub(super) fn tell_joined(&self, member: &MemberRef) {
        mail::insist(&member.handle, words::session::Joined { channel: self.address().clone() });
    }

    pub(super) fn leave(&mut self, message: Leave, ctx: &mut Context<Self>) {
        let LeaveChannel { member, reply, over, path } = message.0;
        match self.members.get_mut(member.session) {
            Some(MemberStage::Joining { left }) => {
                *left = Some(Box::new(LeaveChannel { member, reply, over, path }));
            }
            Some(MemberStage::Joined { .. }) => {
                self.members.remove(member.session);
                self.feed.remove(&member, reply);
                if !over {
                    mail::insist(&member.handle, words::session::Left { channel: self.address().clone() });
                }
                // an explicit leave is announced at once; after a dropped socket the user may be back soon
                let grace = if over { self.core.settings.left_grace } else { Duration::ZERO };
                self.unlist(member, grace, ctx);
            }
            None => {} // its join failed, and it was removed from the list
        }
    }

    /// Removes a session from the cluster's list, which announces `left`.
    pub(super) fn unlist(&mut self, member: MemberRef, grace: Duration, ctx: &mut Context<Self>) {
        self.unsettled += 1;
        self.try_to_unlist(member, grace, ctx);
    }

    fn try_to_unlist(&mut self, member: MemberRef, grace: Duration, ctx: &mut Context<Self>) {
        let (listed, live) = (member_of(&member), self.core.live());
        let left = self.core.backend.depart(self.address().clone(), listed, live, grace);
        apart::wait(ctx.shared_address(), left, move |result, channel: &mut Channel, ctx| {
            if let Err(error) = result {
                log::debug!("cannot leave a channel yet channel={} error={error}", channel.address());
                // retried, or the session would be a ghost in the list until this node ends
                ctx.run_later(retry::SOON, move |channel, ctx| {
                    // a session that joined again meanwhile stays
                    match channel.members.contains(member.session) {
                        true => channel.settled(),
                        false => channel.try_to_unlist(member, grace, ctx),
                    }
                });
                return;
            }
            channel.settled();
        });
    }

    /// The broker has answered one of the pending calls.
    pub(super) fn settled(&mut self) {
        self.unsettled -= 1;
        self.idle_if_empty();
    }

    fn idle_if_empty(&self) {
        if self.members.is_empty() && self.unsettled == 0 {
            mail::insist(&self.hub, ChannelIdle { channel: self.address().clone(), joins: self.joins });
        }
    }
}

fn announce(join: &JoinChannel) -> Announce {
    match join.as_resume {
        true => Announce::Resumed { re: join.re.clone() },
        false => Announce::Joined { re: join.re.clone(), beginning: join.beginning.clone() },
    }
}

pub(super) fn member_of(member: &MemberRef) -> Member {
    Member { session: member.session, user: member.user.clone() }
}
