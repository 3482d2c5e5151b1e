//! Announces that a user joined. The call can be repeated until it is answered, because the broker knows whether the
//! join has been announced.

use super::Channel;
use crate::context::Context;
use crate::retry;
use actix::prelude::*;
use hubwire_protocol::UserId;

impl Channel {
    /// Announces that a user joined. The channel does not end before the broker has answered.
    pub(super) fn publish_joined(&mut self, user: UserId, ctx: &mut Context<Self>) {
        self.unsettled += 1;
        self.try_to_publish_joined(user, ctx);
    }

    fn try_to_publish_joined(&mut self, user: UserId, ctx: &mut Context<Self>) {
        let told = self.core.backend.tell_joined(self.address().clone(), user.clone());
        ctx.spawn(told.into_actor(self).map(|result, channel, ctx| match result {
            Ok(()) => channel.settled(),
            Err(error) => {
                log::debug!("cannot announce presence yet channel={} error={error}", channel.address());
                ctx.run_later(retry::SOON, |channel, ctx| channel.try_to_publish_joined(user, ctx));
            }
        }));
    }
}
