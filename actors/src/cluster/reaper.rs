//! Removes entries of dead nodes. Any node does it; a lock in the broker admits one at a time.

use super::Cluster;
use crate::backend::Reaped;
use crate::context::Context;
use actix::prelude::*;
use hubwire_protocol::Incarnation;
use std::time::Duration;

/// Interval between two searches for dead nodes.
const LOOK: Duration = Duration::from_secs(2);
/// Index entries removed in one step.
const STEP: usize = 256;

impl Cluster {
    pub(super) fn start_reaper(&self, ctx: &mut Context<Self>) {
        ctx.run_interval(LOOK, |cluster, ctx| cluster.look_for_dead(ctx));
    }

    fn look_for_dead(&mut self, ctx: &mut Context<Self>) {
        let lease = self.core.settings.lease;
        // neither may a node that is not ready
        if !self.core.knows_nodes() || !self.renewals.healthy_for(lease) || !self.core.holds_lease() {
            return;
        }
        let expired = self.core.backend.expired(lease / 2);
        ctx.spawn(expired.into_actor(self).map(|expired, cluster, ctx| match expired {
            Ok(expired) => expired.into_iter().for_each(|incarnation| cluster.reap(incarnation, 0, ctx)),
            Err(error) => log::debug!("cannot look for dead nodes error={error}"),
        }));
    }

    fn reap(&mut self, dead: Incarnation, removed: usize, ctx: &mut Context<Self>) {
        let lease = self.core.settings.lease;
        if dead == self.core.incarnation {
            return;
        }
        // its users have had the time since its last renewal to come back: at least one lease
        let grace = self.core.settings.left_grace.saturating_sub(lease);
        let backend = self.core.backend.clone();
        let live = self.core.live();
        let reaped = async move {
            // read first, because the last step removes it
            let label = backend.labels(vec![dead]).await.ok().and_then(|mut labels| labels.pop().flatten());
            backend.reap(dead, live, STEP, grace).await.map(|reaped| (reaped, label))
        };
        ctx.spawn(reaped.into_actor(self).map(move |reaped, cluster, ctx| match reaped {
            Ok((reaped, label)) => cluster.reaped(dead, removed, reaped, label, ctx),
            Err(error) => log::warn!("cannot remove a dead node node={dead} error={error}"),
        }));
    }

    fn reaped(
        &mut self,
        dead: Incarnation,
        removed: usize,
        reaped: Reaped,
        label: Option<String>,
        ctx: &mut Context<Self>,
    ) {
        self.core.metrics.reaped.inc_by(reaped.sessions as u64);
        let removed = removed + reaped.sessions;
        let node = label.unwrap_or_else(|| dead.to_string());
        match reaped {
            // it removed its sessions itself, as every drained node does
            Reaped { done: true, .. } if removed == 0 => log::info!("node {node} left"),
            Reaped { done: true, .. } => log::info!("removed dead node {node} sessions={removed} incarnation={dead}"),
            Reaped { locked: true, .. } => {}
            _ => self.reap(dead, removed, ctx),
        }
    }
}
