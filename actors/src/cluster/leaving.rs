//! Announces in channels that users left: those whose last socket ended, on whatever node, and who did not come back
//! within the grace. Any node does it, and the broker sees to it that each is announced once. So it does not matter
//! what becomes of the node the users were on.

use super::Cluster;
use actix::prelude::*;
use std::time::Duration;

/// How often it is looked for.
const LOOK: Duration = Duration::from_secs(1);
/// Users looked at in one step.
const STEP: usize = 256;

impl Cluster {
    pub(super) fn start_telling_left(&self, ctx: &mut Context<Self>) {
        ctx.run_interval(LOOK, |cluster, ctx| cluster.tell_left(ctx));
    }

    fn tell_left(&mut self, ctx: &mut Context<Self>) {
        // before it serves and past its lease a node does not know who lives
        if !self.core.knows_nodes() || !self.core.holds_lease() {
            return;
        }
        let told = self.core.backend.tell_left(self.core.live(), STEP);
        ctx.spawn(told.into_actor(self).map(|told, cluster, ctx| match told {
            Ok(STEP) => cluster.tell_left(ctx), // there may be more
            Ok(_) => {}
            Err(error) => log::debug!("cannot tell who left yet error={error}"),
        }));
    }
}
