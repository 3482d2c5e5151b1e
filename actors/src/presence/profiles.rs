//! Profiles of users.

use super::Presence;
use crate::context::Context;
use crate::words::action_class::ActionClass;
use crate::words::outcome::Refusal;
use crate::words::presence::SetProfile;
use hubwire_protocol::event::Ack;
use hubwire_protocol::ErrorCode;

impl Presence {
    /// Sets a profile; the broker announces it in the user's channels.
    pub(super) fn set_profile(&mut self, message: SetProfile, _: &mut Context<Self>) {
        let SetProfile { user, profile, payer, answer } = message;
        let Some(keep) = self.core.settings.profile_ttl else {
            let message = "users have no profiles here (presence.profile_ttl_s = 0)";
            return answer.give(Err(Refusal::new(ErrorCode::NotFound, message)));
        };
        if let Some(Err(refusal)) = payer.map(|payer| self.core.act(&payer, ActionClass::Profile)) {
            return answer.give(Err(refusal));
        }
        let set = self.core.backend.set_profile(user, profile, keep);
        // a task of its own: an actor polls everything that it spawned with every message
        actix::spawn(async move {
            answer.give(set.await.map(|()| Ack::default()).map_err(Refusal::from));
        });
    }
}
