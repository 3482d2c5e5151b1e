//! The rate limit of a client's actions; a client that ignores it for long is disconnected.

use super::abuse::Persistence;
use super::refused::Refused;
use super::Session;
use crate::audit::{AuditEvent, AuditKind};
use hubwire_protocol::{CloseCode, ErrorCode};

impl Session {
    /// Whether one more action may be handled; otherwise it has been refused. A client that keeps sending is
    /// disconnected.
    pub(super) fn is_within_rate(&mut self, re: Option<&str>) -> bool {
        let settings = self.worker.node.settings();
        let Err(wait) = self.bucket.take(&settings) else { return true };
        let (code, message) = (ErrorCode::RateLimited, "too many actions");
        let retry_after_ms = Some(wait.as_millis() as u64 + 1);
        self.refuse_because(&Refused { code, message, retry_after_ms, path: None, to: None, re });
        let run = &mut self.seldom.need().persistence;
        if Persistence::is_abuse(run, settings.actions_per_second, settings.abuse_after) {
            self.audit(AuditEvent::of(AuditKind::SessionAbusive));
            self.close(CloseCode::Abuse);
        }
        false
    }

    /// Charges an action for its cost beyond its own token.
    pub(super) fn charge(&mut self, tokens: usize) {
        self.bucket.charge(&self.worker.node.settings(), tokens);
    }
}
