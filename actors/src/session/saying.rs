//! Sends answers and refusals, and the error before a close.

use super::refused::Refused;
use super::Session;
use crate::audit::{AuditEvent, AuditKind};
use crate::denylist::Denied;
use crate::words::outcome::{default_retry_after_ms, Refusal};
use crate::wrong_credentials::Attempt;
use hubwire_protocol::event::{ErrorBody, Event};
use hubwire_protocol::{Address, CloseCode, Dismissal, ErrorCode};

impl Session {
    pub(super) fn reply(&self, event: &Event<'_>, to: Option<&Address>, re: Option<&str>) {
        if let Some(frame) = self.socket.encode(event, to, re) {
            self.socket.write(&frame);
        }
    }

    /// Refuses an action without an address.
    pub(super) fn refuse(&self, code: ErrorCode, message: &str, re: Option<&str>) {
        self.refuse_at(code, message, None, re);
    }

    /// Refuses an action at an address.
    pub(super) fn refuse_at(&self, code: ErrorCode, message: &str, to: Option<&Address>, re: Option<&str>) {
        self.refuse_because(&Refused { code, message, retry_after_ms: None, path: None, to, re });
    }

    /// Passes on a refusal from another actor.
    pub(super) fn pass_on(&self, refusal: &Refusal, to: Option<&Address>, re: Option<&str>) {
        let Refusal { code, message, retry_after_ms } = refusal;
        self.refuse_because(&Refused { code: *code, message, retry_after_ms: *retry_after_ms, path: None, to, re });
    }

    /// Refuses an action, and records missing rights in the audit trail.
    pub(super) fn refuse_because(&self, refused: &Refused<'_>) {
        self.audit_refusal(refused.code, refused.message, refused.to);
        self.say_refused(refused);
    }

    fn say_refused(&self, refused: &Refused<'_>) {
        let Refused { code, message, retry_after_ms, path, to, re } = *refused;
        self.count_refusal(code);
        self.tell_refused(code, message, to);
        let retry_after_ms = retry_after_ms.or(default_retry_after_ms(code));
        let body = ErrorBody { code, message, retry: code.retry(), retry_after_ms, not_done: &[], path };
        self.reply(&Event::Error(body), to, re);
    }

    pub(super) fn count_refusal(&self, code: ErrorCode) {
        self.worker.node.metrics().actions_refused.with_label_values(&[code.as_str()]).inc();
    }

    /// Records in the audit trail that the client lacked a right.
    pub(super) fn audit_refusal(&self, code: ErrorCode, reason: &str, to: Option<&Address>) {
        if matches!(code, ErrorCode::Forbidden | ErrorCode::ForbiddenType) {
            self.audit(AuditEvent { to: to.cloned(), ..AuditEvent::of(AuditKind::ActionRefused) }.because(reason));
        }
    }

    /// Records an event of this session.
    pub(super) fn audit(&self, event: AuditEvent) {
        let user = event.user.clone().or_else(|| self.credentials.user().cloned());
        let address = self.socket.address().map(|address| address.to_string().into());
        self.worker.node.audit().note(AuditEvent { user, session: Some(self.id), address, ..event });
    }

    pub(super) fn close(&self, code: CloseCode) {
        self.close_for(code, code.reason());
    }

    pub(super) fn close_for(&self, code: CloseCode, reason: &str) {
        self.socket.close(code, reason);
    }

    /// Tells the client that it is blocked or revoked, then closes.
    pub(super) fn deny(&self, denied: Denied, re: Option<&str>) {
        let Refusal { code, message, .. } = denied.refusal();
        self.audit(AuditEvent::of(AuditKind::HandshakeRefused).because(&message));
        self.say_refused(&Refused { code, message: &message, retry_after_ms: None, path: None, to: None, re });
        let (code, reason) = denied.close();
        self.close_for(code, reason);
    }

    /// Tells the client why its credentials are not valid, then closes: a browser sees the code and the reason.
    pub(super) fn dismiss(&self, refusal: &Refusal, re: Option<&str>) {
        let attempt = match self.socket.address().filter(|_| refusal.code == ErrorCode::BadCredentials) {
            Some(address) => self.worker.node.count_wrong_credentials(address),
            None => Attempt::Within,
        };
        if let Some(reason) = attempt.listed(&refusal.message).filter(|_| refusal.code != ErrorCode::TokenExpired) {
            self.audit(AuditEvent::of(AuditKind::HandshakeRefused).because(&reason));
        }
        if let Some(beyond) = attempt.refusal() {
            self.pass_on(&beyond, None, re);
            return self.close(CloseCode::Overloaded);
        }
        self.refuse(refusal.code, &refusal.message, re);
        self.close_for(CloseCode::Unauthenticated, Dismissal::of(refusal.code).reason());
    }
}
