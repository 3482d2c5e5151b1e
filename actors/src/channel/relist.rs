//! Enters the members on this node into the cluster's list again after the broker may have lost data. Nobody joined and
//! nobody left, so nothing is announced.

use super::local_members::MemberStage;
use super::Channel;
use crate::apart;
use crate::backend::{BackendError, JoinOutcome, Joining, Member, Reply};
use crate::context::Context;
use crate::enter_again::{enter_again, EnterAgain};
use crate::feed::owner::follow;
use crate::words::channel::Relist;
use actix::prelude::*;

impl Channel {
    pub(super) fn relist(&mut self, _: Relist, ctx: &mut Context<Self>) {
        let lost = self.members.iter().filter_map(|(session, membership)| match membership {
            MemberStage::Joined { user, .. } => Some(Member { session, user: user.clone() }),
            MemberStage::Joining { .. } => None, // its join enters it
        });
        let lost = lost.collect();
        enter_again(self, lost, ctx);
    }

    /// Compares the stream with its log, because the node was not notified of publications until its members were
    /// entered again.
    fn compare_with_log(&mut self, ctx: &mut Context<Self>) {
        if !self.attended {
            return;
        }
        let tops = self.core.backend.tops(vec![self.address().clone()]);
        apart::wait(ctx.shared_address(), tops, |tops, channel: &mut Channel, ctx| {
            // if this fails, the sweep compares all streams soon
            if let Some(top) = tops.ok().and_then(|tops| tops.first().copied()) {
                let (id, next) = (channel.feed.id(), channel.feed.tail(top));
                follow(channel, ctx, id, next);
            }
        });
    }
}

impl EnterAgain for Channel {
    type Item = Member;
    type Entered = JoinOutcome;

    fn enter_again(&self, member: &Member) -> Reply<JoinOutcome> {
        let (channel, live, member) = (self.address().clone(), self.core.live(), member.clone());
        let state = self.state_of(member.session).map(Some);
        let profiles_kept = self.core.settings.profile_ttl;
        // the broker may remember an earlier member, and that this node was subscribed to the topic then
        self.core.backend.join(Joining { channel, member, live, known: true, state, profiles_kept, fresh: true })
    }

    fn entered_again(
        &mut self,
        member: Member,
        entered: Result<JoinOutcome, BackendError>,
        ctx: &mut Context<Self>,
    ) -> Option<Member> {
        if !self.members.contains(member.session) {
            // the session left meanwhile, and its removal preceded this entry
            let (live, grace) = (self.core.live(), self.core.settings.left_grace);
            let left = self.core.backend.depart(self.address().clone(), member, live, grace);
            ctx.spawn(left.into_actor(self).map(|_, _, _| {})); // else it goes with this node
            return None;
        }
        match entered {
            Ok(JoinOutcome { company, .. }) => self.attend(company, ctx),
            Err(_) => return Some(member),
        }
        None
    }

    fn all_entered(&mut self, ctx: &mut Context<Self>) {
        self.compare_with_log(ctx);
    }
}
