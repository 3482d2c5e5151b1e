//! Announces in channels that users left: users whose last socket ended, on whatever node, and who did not come back
//! within the grace. Any node does it, and the broker ensures that each departure is announced once. So the fate of the
//! user's node does not matter.

use super::Cluster;
use crate::context::Context;
use actix::prelude::*;
use std::time::Duration;

/// Interval between two scans.
const LOOK: Duration = Duration::from_secs(1);
/// Users checked in one step.
const STEP: usize = 256;

impl Cluster {
    pub(super) fn start_telling_left(&self, ctx: &mut Context<Self>) {
        ctx.run_interval(LOOK, |cluster, ctx| cluster.tell_left(ctx));
    }

    fn tell_left(&mut self, ctx: &mut Context<Self>) {
        // before it is ready, and after its lease has expired, a node does not know which nodes are alive
        if !self.core.knows_nodes() || !self.core.holds_lease() {
            return;
        }
        let told = self.core.backend.tell_left(self.core.live(), STEP);
        ctx.spawn(told.into_actor(self).map(|told, cluster, ctx| match told {
            Ok(STEP) => cluster.tell_left(ctx), // there may be more
            Ok(_) => {}
            Err(error) => log::debug!("cannot announce departures yet error={error}"),
        }));
    }
}
