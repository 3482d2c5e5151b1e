//! The node's lease: while it is valid the cluster routes to this node, and the node delivers and accepts.

use super::Presence;
use crate::backend::{BackendError, Lease};
use crate::mail;
use crate::words::bridge::Recheck;
use crate::words::presence::Release;
use crate::words::shard::CloseMember;
use actix::prelude::*;
use hubwire_protocol::CloseCode;
use std::time::Duration;
use tokio::time::Instant;

/// The live set is asked for this often.
const REFRESH: Duration = Duration::from_secs(1);
/// How soon a renewal that failed is tried again when the lease is over.
const RETRY: Duration = Duration::from_millis(250);

impl Presence {
    pub(super) fn start_lease(&mut self, ctx: &mut Context<Self>) {
        self.renew(ctx);
        ctx.run_interval(self.core.settings.lease.mul_f64(0.3), |presence, ctx| presence.renew(ctx));
        ctx.run_interval(REFRESH, |presence, ctx| presence.refresh_live(ctx));
    }

    fn renew(&mut self, ctx: &mut Context<Self>) {
        let (lease, asked) = (self.core.settings.lease, Instant::now());
        let renewed = self.core.backend.renew_lease(lease);
        ctx.spawn(renewed.into_actor(self).map(move |result, presence, ctx| {
            // counted from before the question: never longer than the broker counts
            presence.renewed(result, asked + lease, ctx);
        }));
    }

    /// Without a lease the node is of no use: it does not wait for the next turn. However many turns fail, one retry follows
    /// at a time: each that fails has another one follow, for as long as the broker is away.
    fn retry(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.retrying, true) {
            return;
        }
        ctx.run_later(RETRY, |presence, ctx| {
            presence.retrying = false;
            if !presence.core.holds_lease() && presence.healthy_since.is_none() {
                presence.renew(ctx);
            }
        });
    }

    fn renewed(&mut self, result: Result<Lease, BackendError>, until: Instant, ctx: &mut Context<Self>) {
        match result {
            Ok(lease @ (Lease::Extended | Lease::Doubtful | Lease::Created)) => {
                let held = self.core.holds_lease();
                self.core.set_lease(until);
                if self.healthy_since.is_none() {
                    self.healthy_since = Some(Instant::now());
                }
                if let (false, Some(bridge)) = (held, &self.bridge) {
                    // nothing was delivered past the deadline: every stream may be behind
                    mail::insist(bridge, Recheck);
                }
                if std::mem::replace(&mut self.entered, true) && lease != Lease::Extended {
                    self.reenter(ctx);
                }
            }
            Ok(Lease::Reaped) => self.was_reaped(),
            Err(error) => {
                self.healthy_since = None;
                log::warn!("cannot renew the lease of this node error={error}");
                self.retry(ctx);
            }
        }
    }

    /// The cluster took this node for dead and removed its sessions: their clients come back and resume. Its incarnation is
    /// fenced for good, so the process has to end; whoever supervises it starts a new one.
    fn was_reaped(&mut self) {
        log::error!("the cluster removed this node after its lease expired, closing its sessions so that they resume");
        for local in self.users.values().flat_map(|local| &local.sessions) {
            let close = CloseMember { key: local.member.key, code: CloseCode::Draining };
            mail::insist(&local.member.shard, close);
        }
        self.fenced.notify_one();
    }

    fn refresh_live(&mut self, ctx: &mut Context<Self>) {
        let live = self.core.backend.live();
        ctx.spawn(live.into_actor(self).map(|live, presence, _| match live {
            Ok(live) => presence.core.set_live(live),
            Err(error) => log::debug!("cannot refresh the live nodes error={error}"), // the last known ones stay
        }));
    }

    pub(super) fn release(&mut self, message: Release, ctx: &mut Context<Self>) {
        let released = self.core.backend.release_lease();
        ctx.spawn(released.into_actor(self).map(move |result, _, _| {
            if let Err(error) = result {
                log::warn!("cannot give back the lease of this node, it expires by itself error={error}");
            }
            let _ = message.answer.send(()); // a caller that went away needs none
        }));
    }
}
