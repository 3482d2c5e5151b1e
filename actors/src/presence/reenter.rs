//! The broker lost its data, and with it the directory: the sessions of this node are entered again, some at a time. No
//! socket is closed, and nobody left.

use super::Presence;
use crate::backend::{Attach, Attached, BackendError, SessionPolicy};
use crate::bridge::messages::{Recheck, Relist};
use crate::mail;
use actix::prelude::*;
use futures_util::future::join_all;
use hubwire_protocol::{DeviceId, SessionId, UserId};
use std::time::Duration;

/// Sessions entered side by side.
const STEP: usize = 64;
/// How soon sessions that could not be entered are tried again.
const RETRY: Duration = Duration::from_millis(500);
/// They passed the policy when they came.
const ANY_NUMBER: SessionPolicy = SessionPolicy { max_sessions: 0, close_oldest: false };

/// A session that is to be entered again.
type Lost = (UserId, SessionId, Option<DeviceId>);

impl Presence {
    pub(super) fn reenter(&mut self, ctx: &mut Context<Self>) {
        let locals = self.users.iter().flat_map(|(user, local)| local.sessions.iter().map(move |it| (user, it)));
        let lost: Vec<Lost> = locals
            .filter(|(_, local)| local.attached)
            .map(|(user, local)| (user.clone(), local.member.session, local.device.clone()))
            .collect();
        log::warn!("the broker lost its data, entering the sessions of this node again sessions={}", lost.len());
        if let Some(bridge) = &self.bridge {
            mail::insist(bridge, Relist);
        }
        self.reenter_some(lost, ctx);
    }

    fn reenter_some(&mut self, mut lost: Vec<Lost>, ctx: &mut Context<Self>) {
        let step = lost.split_off(lost.len().saturating_sub(STEP));
        if step.is_empty() {
            // nobody could notify this node of anything meanwhile
            return self.bridge.iter().for_each(|bridge| mail::insist(bridge, Recheck));
        }
        let attached = join_all(step.iter().cloned().map(|(user, session, device)| {
            let attach = Attach { user, session, device, policy: ANY_NUMBER, live: self.core.live() };
            self.core.backend.attach(attach)
        }));
        ctx.spawn(attached.into_actor(self).map(move |attached, presence, ctx| {
            let failed = presence.reentered(step, attached, ctx);
            if failed.is_empty() {
                return presence.reenter_some(lost, ctx);
            }
            lost.extend(failed);
            ctx.run_later(RETRY, move |presence, ctx| presence.reenter_some(lost, ctx));
        }));
    }

    /// Returns those that have to be tried again.
    fn reentered(
        &mut self,
        step: Vec<Lost>,
        attached: Vec<Result<Attached, BackendError>>,
        ctx: &mut Context<Self>,
    ) -> Vec<Lost> {
        let mut failed = Vec::new();
        for (lost, attached) in step.into_iter().zip(attached) {
            if !self.sessions.contains_key(&lost.1) {
                // over meanwhile, and taken out before it was entered
                self.leave_directory(lost.0, lost.1, ctx);
            } else if attached.is_err() {
                failed.push(lost);
            }
        }
        failed
    }
}
