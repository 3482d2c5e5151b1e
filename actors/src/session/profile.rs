//! The profile of the session's user.

use super::Session;
use crate::mail;
use crate::words::answer::{Answer, Pending};
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use crate::words::presence::SetProfile;
use hubwire_protocol::Profile;
use tokio::sync::oneshot;

impl Session {
    /// Stores the profile that the credentials contain. Nobody waits for the outcome: the next session's credentials
    /// contain the profile again.
    pub(super) fn take_over_profile(&self) {
        let Some(identity) = self.credentials.identity() else { return };
        let Some(profile) = identity.profile.as_deref().cloned() else { return };
        if self.worker.node.settings().profile_ttl.is_none() {
            return;
        }
        let (answer, _) = oneshot::channel();
        let set = SetProfile { user: identity.user.clone(), profile, payer: None, answer: Answer::Api(answer) };
        if mail::tell(self.worker.node.presence(), set).is_err() {
            log::debug!("no room to store a profile session={}", self.id);
        }
    }

    pub(super) fn profile(&mut self, profile: Profile, re: Option<&str>) {
        let Some(identity) = self.credentials.identity().cloned() else { return };
        let user = identity.user.clone();
        let payer =
            Some(Payer { user: user.clone(), org: identity.orgs.keys().next().cloned(), network: self.handle.network });
        let answer = Answer::Session(Pending::new(self.accept(), re));
        let set = SetProfile { user, profile, payer, answer };
        if let Err(SetProfile { answer, .. }) = mail::offer(self.worker.node.presence(), set) {
            answer.give(Err(Refusal::overloaded()));
        }
    }
}
