//! Restores the directory entries of this node after the broker lost its data, or a part of them in a restart or
//! failover: the sessions of this node are entered again, in batches, and entries of ended sessions are removed again.
//! No socket is closed, and no user left.

use super::Presence;
use crate::backend::{Attach, AttachOutcome, BackendError, Member, Placement, Reply, SessionPolicy};
use crate::context::Context;
use crate::enter_again::{enter_again, EnterAgain};
use crate::mail;
use crate::retry;
use crate::words::bridge::{Recheck, Relist};
use crate::words::presence::{LookForLoss, Reenter};
use actix::prelude::*;
use hubwire_protocol::{Address, DeviceId, SessionId, UserId};
use std::time::Duration;

/// How long the end of a session may take.
const ENDING: Duration = Duration::from_secs(2);
/// These sessions passed the policy when they connected.
const ANY_NUMBER: SessionPolicy = SessionPolicy { max_sessions: 0, close_oldest: false };

/// A session to be entered again.
type LostSession = (UserId, SessionId, Option<DeviceId>);

impl Presence {
    /// Looks up one session: whether the directory still has it shows whether the broker lost the directory.
    pub(super) fn look_for_loss(&mut self, _: LookForLoss, ctx: &mut Context<Self>) {
        if self.looking_for_loss {
            return;
        }
        let locals = self.users.iter().flat_map(|(user, local)| local.sessions.iter().map(move |it| (user, it)));
        let mut attached = locals.filter(|(_, it)| it.attached).map(|(user, it)| (user.clone(), it.member.session));
        let Some((user, session)) = attached.next() else { return };
        self.looking_for_loss = true;
        let entries = self.core.backend.sessions(user);
        ctx.spawn(entries.into_actor(self).map(move |entries, presence, ctx| {
            presence.looking_for_loss = false;
            let Ok(entries) = entries else {
                ctx.run_later(retry::SOON, |presence, ctx| presence.look_for_loss(LookForLoss, ctx));
                return;
            };
            let is_lost = !entries.iter().any(|entry| entry.session == session);
            // a session that ended meanwhile proves nothing
            match (is_lost, presence.sessions.contains_key(&session)) {
                (true, true) => presence.reenter(Reenter, ctx),
                (true, false) => presence.look_for_loss(LookForLoss, ctx),
                (false, _) => {}
            }
        }));
    }

    pub(super) fn reenter(&mut self, _: Reenter, ctx: &mut Context<Self>) {
        let locals = self.users.iter().flat_map(|(user, local)| local.sessions.iter().map(move |it| (user, it)));
        let lost: Vec<LostSession> = locals
            .filter(|(_, local)| local.attached)
            .map(|(user, local)| (user.clone(), local.member.session, local.device.clone()))
            .collect();
        log::warn!("the broker may have lost data, entering the sessions of this node again sessions={}", lost.len());
        self.forget_gone(ctx);
        if let Some(bridge) = &self.bridge {
            mail::insist(bridge, Relist);
        }
        enter_again(self, lost, ctx);
    }

    /// Removes entries of ended sessions that came back with an older state of the broker: their removal was lost.
    fn forget_gone(&mut self, ctx: &mut Context<Self>) {
        let placed = self.core.backend.placed();
        ctx.spawn(placed.into_actor(self).map(|placed, presence, ctx| match placed {
            Ok(mut placed) => {
                placed.retain(|placed| !presence.sessions.contains_key(&placed.member.session));
                // a session that is just ending removes its own entry, and announces its `left`
                ctx.run_later(ENDING, |presence, ctx| presence.take_out(placed, ctx));
            }
            Err(error) => {
                log::debug!("cannot read the directory entries of this node yet error={error}");
                ctx.run_later(retry::SOON, |presence, ctx| presence.forget_gone(ctx));
            }
        }));
    }

    fn take_out(&mut self, gone: Vec<Placement>, ctx: &mut Context<Self>) {
        for Placement { channel, member } in gone {
            match channel {
                None => self.leave_directory(member.user, member.session, ctx),
                Some(channel) => self.leave_channel(channel, member, ctx),
            }
        }
    }

    fn leave_channel(&mut self, channel: Address, member: Member, ctx: &mut Context<Self>) {
        let (live, grace) = (self.core.live(), self.core.settings.left_grace);
        let left = self.core.backend.depart(channel.clone(), member.clone(), live, grace);
        ctx.spawn(left.into_actor(self).map(move |left, _, ctx| {
            if left.is_err() {
                ctx.run_later(retry::SOON, move |presence, ctx| presence.leave_channel(channel, member, ctx));
            }
        }));
    }
}

impl EnterAgain for Presence {
    type Item = LostSession;
    type Entered = AttachOutcome;

    fn enter_again(&self, (user, session, device): &LostSession) -> Reply<AttachOutcome> {
        let (user, session, device) = (user.clone(), *session, device.clone());
        self.core.backend.attach(Attach { user, session, device, policy: ANY_NUMBER, live: self.core.live() })
    }

    fn entered_again(
        &mut self,
        lost: LostSession,
        attached: Result<AttachOutcome, BackendError>,
        ctx: &mut Context<Self>,
    ) -> Option<LostSession> {
        if !self.sessions.contains_key(&lost.1) {
            // ended meanwhile, and removed before it was entered
            self.leave_directory(lost.0, lost.1, ctx);
            return None;
        }
        attached.is_err().then_some(lost)
    }

    fn all_entered(&mut self, _: &mut Context<Self>) {
        // in the meantime nobody could notify this node
        self.bridge.iter().for_each(|bridge| mail::insist(bridge, Recheck));
    }
}
