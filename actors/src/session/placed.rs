//! Channels that the server adds the session to or removes it from.

use super::membership::{JoinRequest, LeftBy};
use super::{Phase, Session, SessionContext};
use crate::access::{may, Capability};
use crate::audit::{AuditEvent, AuditKind};
use crate::mail;
use crate::words::persistent::EndMembership;
use crate::words::session as messages;
use hubwire_protocol::Address;

impl Session {
    /// Applies a decision of the server. The credentials limit it as if the client had asked.
    pub(super) fn placed(&mut self, message: messages::PlacedByServer, _: &mut SessionContext) {
        let messages::PlacedByServer { channel, joined } = message;
        let Some(identity) = self.credentials.identity().cloned().filter(|_| matches!(self.phase, Phase::Open)) else {
            return;
        };
        if joined == self.memberships.wants(&channel) {
            return;
        }
        if !joined {
            self.memberships.look_away(&channel);
            self.audit(AuditEvent { to: Some(channel.clone()), ..AuditEvent::of(AuditKind::Kicked) });
            return self.wish_leave(&channel, LeftBy::Kicked);
        }
        if may(&identity, &self.worker.node.rules().policy, Capability::Join, &channel).is_ok() {
            let join = JoinRequest {
                resume: None,
                presence: true,
                state: None,
                past: None,
                re: None,
                as_resume: false,
                by_client: false,
            };
            self.wish_join(&channel, join);
        }
    }

    /// A channel that the client leaves by itself is removed from the persistent memberships.
    pub(super) fn end_membership(&self, channel: &Address) {
        let Some(identity) = self.credentials.identity().filter(|_| self.settings.persistent_max > 0) else { return };
        let (user, channel) = (identity.user.clone(), channel.clone());
        mail::insist(self.worker.node.presence(), EndMembership { session: self.id, user, channel });
    }
}
