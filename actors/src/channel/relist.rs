//! Enters the members on this node into the cluster's list again after the broker may have lost data. Nobody joined and
//! nobody left, so nothing is announced.

use super::membership::Membership;
use super::Channel;
use crate::apart;
use crate::backend::{Joining, Member};
use crate::context::Context;
use crate::feed::owner::follow;
use crate::retry;
use crate::words::channel::Relist;
use actix::prelude::*;
use futures_util::future::join_all;

/// Members that are entered in parallel.
const STEP: usize = 64;

impl Channel {
    pub(super) fn relist(&mut self, _: Relist, ctx: &mut Context<Self>) {
        let lost = self.members.iter().filter_map(|(session, membership)| match membership {
            Membership::Joined { user, .. } => Some(Member { session, user: user.clone() }),
            Membership::Joining { .. } => None, // its join enters it
        });
        let lost = lost.collect();
        self.relist_some(lost, ctx);
    }

    fn relist_some(&mut self, mut lost: Vec<Member>, ctx: &mut Context<Self>) {
        let step = lost.split_off(lost.len().saturating_sub(STEP));
        if step.is_empty() {
            return self.compare_with_log(ctx);
        }
        let (backend, live) = (self.core.backend.clone(), self.core.live());
        let listed = join_all(step.iter().map(|member| {
            let state = self.state_of(member.session).map(Some);
            let (channel, member, live) = (self.address().clone(), member.clone(), live.clone());
            let profiles_kept = self.core.settings.profile_ttl;
            // the broker may remember an earlier member, and that this node was subscribed to the topic then
            backend.join(Joining { channel, member, live, known: true, state, profiles_kept, fresh: true })
        }));
        ctx.spawn(listed.into_actor(self).map(move |listed, channel, ctx| {
            let mut failed = Vec::new();
            for (member, listed) in step.into_iter().zip(listed) {
                if !channel.members.contains(member.session) {
                    // the session left meanwhile, and its removal preceded this entry
                    let (core, grace) = (&channel.core, channel.core.settings.left_grace);
                    let left = core.backend.depart(channel.address().clone(), member, core.live(), grace);
                    ctx.spawn(left.into_actor(channel).map(|_, _, _| {})); // else it goes with this node
                } else if let Ok(entered) = listed {
                    channel.attend(entered.company, ctx);
                } else {
                    failed.push(member);
                }
            }
            if failed.is_empty() {
                return channel.relist_some(lost, ctx);
            }
            lost.extend(failed);
            ctx.run_later(retry::SOON, move |channel, ctx| channel.relist_some(lost, ctx));
        }));
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
