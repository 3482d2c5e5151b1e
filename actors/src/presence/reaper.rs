//! Removes what dead nodes left behind. Any node does it; a lock in the broker lets one at a time.

use super::Presence;
use crate::backend::Reaped;
use actix::prelude::*;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::Incarnation;
use std::time::Duration;
use tokio::time::Instant;

/// How often dead nodes are looked for.
const LOOK: Duration = Duration::from_secs(2);
/// Index entries removed in one step.
const STEP: usize = 256;

impl Presence {
    pub(super) fn start_reaper(&self, ctx: &mut Context<Self>) {
        ctx.run_interval(LOOK, |presence, ctx| presence.look_for_dead(ctx));
    }

    fn look_for_dead(&mut self, ctx: &mut Context<Self>) {
        let lease = self.core.settings.lease;
        // after an outage nobody could renew: everybody gets one full lease first
        if self.healthy_since.is_none_or(|since| Instant::now() < since + lease) || !self.core.holds_lease() {
            return;
        }
        let expired = self.core.backend.expired(lease / 2);
        ctx.spawn(expired.into_actor(self).map(|expired, presence, ctx| match expired {
            Ok(expired) => expired.into_iter().for_each(|incarnation| presence.reap(incarnation, ctx)),
            Err(error) => log::debug!("cannot look for dead nodes error={error}"),
        }));
    }

    fn reap(&mut self, dead: Incarnation, ctx: &mut Context<Self>) {
        if dead == self.core.incarnation {
            return;
        }
        let reaped = self.core.backend.reap(dead, self.core.live(), STEP);
        ctx.spawn(reaped.into_actor(self).map(move |reaped, presence, ctx| match reaped {
            Ok(reaped) => presence.reaped(dead, reaped, ctx),
            Err(error) => log::warn!("cannot remove a dead node node={dead} error={error}"),
        }));
    }

    fn reaped(&mut self, dead: Incarnation, reaped: Reaped, ctx: &mut Context<Self>) {
        self.core.metrics.reaped.inc_by(reaped.sessions as u64);
        for (address, user) in reaped.left {
            let (channel, user) = (address.to_string(), user.as_str());
            let message = ClusterMessage::Presence { channel: &channel, user, joined: false }.encode();
            let published = self.core.backend.publish_topic(address, message.into());
            ctx.spawn(published.into_actor(self).map(|result, _, _| {
                if let Err(error) = result {
                    log::warn!("cannot announce presence error={error}");
                }
            }));
        }
        if reaped.done {
            log::info!("removed a dead node node={dead}");
        } else if !reaped.locked {
            self.reap(dead, ctx);
        }
    }
}
