//! Tokens for single addresses: a join or resume may carry one, which gives the session rights at that address until
//! the token expires.

use super::membership::LeftBy;
use super::{Session, SessionContext};
use crate::access::{may, Capability};
use crate::identity::Identity;
use crate::words::outcome::Refusal;
use hubwire_protocol::{Address, ErrorCode};
use std::rc::Rc;

impl Session {
    /// Accepts the token of a request for `to`, which replaces an earlier one for that address.
    pub(super) fn present(&mut self, token: &str, to: &Address, ctx: &mut SessionContext) -> Result<(), Refusal> {
        let Some(identity) = self.credentials.identity().cloned() else { return Ok(()) };
        let presented = self.worker.node.authenticator().address_token(token)?;
        let wrong = |message: &str| Err(Refusal::new(ErrorCode::BadCredentials, message));
        if presented.user != identity.user {
            return wrong("the token belongs to another user");
        }
        if presented.grant.address != *to {
            return wrong("the token is for another address");
        }
        let others = identity.address_grants.iter().filter(|grant| grant.address != *to).count();
        let max = self.worker.node.settings().channels_max;
        if others >= max {
            let message = format!("a session may have tokens for at most {max} addresses (limits.channels_max)");
            return Err(Refusal::new(ErrorCode::TooMany, message));
        }
        let address_grants = identity.address_grants.with(presented.grant);
        let with_it = Identity { address_grants, ..(*identity).clone() };
        if let Some(denied) = self.worker.node.judge(&with_it) {
            return Err(denied.refusal());
        }
        self.speak_for(Rc::new(with_it), ctx);
        Ok(())
    }

    fn speak_for(&mut self, identity: Rc<Identity>, ctx: &mut SessionContext) {
        self.credentials.replace(identity.clone());
        self.worker.admit(self.socket.key(), identity);
        self.watch_expiry(ctx);
    }

    /// Leaves the channels that the session was in only because of tokens that have expired.
    pub(super) fn end_address_tokens(&mut self, ctx: &mut SessionContext) {
        let Some(identity) = self.credentials.identity().cloned() else { return };
        let address_grants = identity.address_grants.after(self.worker.node.environment().unix_ms() / 1000);
        let without = Rc::new(Identity { address_grants, ..(*identity).clone() });
        self.speak_for(without.clone(), ctx);
        let rules = self.worker.node.rules();
        let mut lost = self.memberships.wanted_channels();
        lost.retain(|channel| may(&without, &rules.policy, Capability::Join, channel).is_err());
        for channel in lost {
            self.memberships.look_away(&channel);
            self.wish_leave(&channel, LeftBy::Expired);
        }
    }
}
