//! What the user of a session is called and looks like.

use super::Session;
use crate::mail;
use crate::words::answer::{Answer, Pending};
use crate::words::outcome::Refusal;
use crate::words::payer::Payer;
use crate::words::presence::SetProfile;
use hubwire_protocol::Profile;

impl Session {
    pub(super) fn profile(&mut self, profile: Profile, re: Option<&str>) {
        let Some(identity) = self.identity.clone() else { return };
        let user = identity.user.clone();
        let payer = Some(Payer { user: user.clone(), org: None });
        let answer = Answer::Session(Pending::new(self.accept(), re));
        let set = SetProfile { user, profile, payer, answer };
        if let Err(SetProfile { answer, .. }) = mail::offer(self.worker.node.presence(), set) {
            answer.give(Err(Refusal::overloaded()));
        }
    }
}
