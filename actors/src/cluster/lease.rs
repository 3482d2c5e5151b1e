//! Acts on each answer to a renewal of the node's lease. The [`Keeper`] makes the renewals.

use super::keeper::Keeper;
use super::renewals::Loss;
use super::Cluster;
use crate::backend::Lease;
use crate::context::Context;
use crate::mail;
use crate::words::bridge::Recheck;
use crate::words::cluster::{Release, Renewed};
use crate::words::presence::{Fenced, LookForLoss, Reenter};
use actix::prelude::*;
use std::time::Duration;

/// Interval between two reads of the live set.
const REFRESH: Duration = Duration::from_secs(1);

impl Cluster {
    pub(super) fn start_lease(&mut self, ctx: &mut Context<Self>) {
        let (core, cluster) = (&self.core, ctx.shared_address());
        let tell = move |answer, had_ended| mail::insist(&cluster, Renewed { answer, had_ended });
        let keeper =
            Keeper::start(&core.backend, core.settings.lease, core.lease.clone(), Box::new(tell), core.vital.clone());
        self.keeper = Some(keeper);
        ctx.run_interval(REFRESH, |cluster, ctx| {
            cluster.core.lease.beat();
            cluster.refresh_live(ctx);
        });
    }

    pub(super) fn renewed(&mut self, message: Renewed, ctx: &mut Context<Self>) {
        match message.answer {
            Ok(Lease::Reaped) => {
                log::error!(
                    "the cluster removed this node after its lease expired, closing its sessions so that they resume"
                );
                mail::insist(&self.presence, Fenced);
            }
            Ok(lease) => self.holds(lease, message.had_ended, ctx),
            Err(error) => {
                if let Some(times) = self.renewals.failed() {
                    log::warn!("cannot renew the lease of this node times={times} error={error}");
                }
            }
        }
    }

    fn holds(&mut self, lease: Lease, had_ended: bool, ctx: &mut Context<Self>) {
        self.core.metrics.lease_held.set(1);
        let loss = self.renewals.answered(lease);
        if !self.renewals.labelled {
            self.say_label(ctx);
        }
        if !self.core.knows_nodes() {
            self.refresh_live(ctx);
        }
        if had_ended {
            // nothing was delivered after the deadline: every stream may be behind
            mail::insist(&self.bridge, Recheck);
        }
        match loss {
            Loss::Yes => mail::insist(&self.presence, Reenter),
            Loss::Possible => mail::insist(&self.presence, LookForLoss),
            Loss::No => {}
        }
    }

    /// Stores the label of this node; repeated after the next renewal if that fails.
    fn say_label(&mut self, ctx: &mut Context<Self>) {
        let said = self.core.backend.set_label(self.core.settings.node.clone());
        ctx.spawn(said.into_actor(self).map(|said, cluster, _| match said {
            Ok(()) => cluster.renewals.labelled = true,
            Err(error) => log::debug!("cannot store the label of this node error={error}"),
        }));
    }

    pub(super) fn refresh_live(&mut self, ctx: &mut Context<Self>) {
        let live = self.core.backend.live();
        ctx.spawn(live.into_actor(self).map(|live, cluster, ctx| match live {
            Ok(live) => cluster.looked(live, ctx),
            Err(error) => log::debug!("cannot refresh the live nodes error={error}"), // the last known ones stay
        }));
    }

    pub(super) fn release(&mut self, message: Release, ctx: &mut Context<Self>) {
        self.keeper = None; // a renewal after this would take the lease again
        let released = self.core.backend.release_lease();
        ctx.spawn(released.into_actor(self).map(move |result, _, _| {
            if let Err(error) = result {
                log::warn!("cannot release the lease of this node, it expires by itself error={error}");
            }
            let _ = message.answer.send(()); // a caller that went away needs none
        }));
    }
}
