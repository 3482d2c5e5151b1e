//! The log of a session, at debug: connected, welcomed, joined, refused, closed. One line each, with the session and
//! its user as fields, so that one search answers "why is u1 not connected".

use super::Session;
use crate::audit::{AuditEvent, AuditKind};
use crate::outbox::Ended;
use hubwire_protocol::{Address, CloseCode, ErrorCode};
use log::{debug, log_enabled, Level};

/// The log target: `log.level = "info,hubwire::session=debug"` turns the lines on.
const TARGET: &str = "hubwire::session";

impl Session {
    /// Whether this session is in the sample: either all of its lines are logged, or none.
    fn is_told(&self) -> bool {
        if !log_enabled!(target: TARGET, Level::Debug) {
            return false;
        }
        let every = u64::from(self.worker.node.settings().log_sample.max(1));
        let [.., a, b, c, d] = self.id.to_bytes();
        u64::from(u32::from_be_bytes([a, b, c, d])) % every == 0
    }

    fn user(&self) -> &str {
        self.credentials.identity().map_or("-", |identity| identity.user.as_str())
    }

    pub(super) fn tell_connected(&self) {
        if self.is_told() {
            let peer = self.socket.address().map_or_else(|| "-".into(), |address| address.to_string());
            let protocol = self.socket.dialect().subprotocol();
            debug!(target: TARGET, "connected session={} peer={peer} protocol={protocol}", self.id);
        }
    }

    pub(super) fn tell_welcomed(&self) {
        if self.is_told() {
            let identity = self.credentials.identity();
            let device = identity.and_then(|it| it.device.as_ref()).map_or("-", |device| device.as_str());
            let orgs: Vec<&str> =
                identity.map(|it| it.orgs.keys().map(|org| org.as_str()).collect()).unwrap_or_default();
            let took_ms = self.socket.age().as_millis();
            debug!(
                target: TARGET,
                "welcomed session={} user={} device={device} orgs={} took_ms={took_ms}",
                self.id,
                self.user(),
                orgs.join(",")
            );
        }
    }

    pub(super) fn tell_joined(&self, channel: &Address) {
        if self.is_told() {
            debug!(target: TARGET, "joined session={} user={} channel={channel}", self.id, self.user());
        }
    }

    /// Logs a refusal; `reason` explains what to change.
    pub(super) fn tell_refused(&self, code: ErrorCode, reason: &str, to: Option<&Address>) {
        if self.is_told() {
            let to = to.map(Address::to_string).unwrap_or_else(|| "-".to_owned());
            debug!(
                target: TARGET,
                "refused session={} user={} error={code} to={to} reason={reason:?}",
                self.id,
                self.user()
            );
        }
    }

    /// Which side closed the socket, and with what code.
    fn closed_by(&self, ended: &Ended) -> (&'static str, u16) {
        match (self.socket.outbox().closed_with(), ended) {
            (Some(code), _) => ("node", code),
            (None, Ended::Refused { code }) => ("node", *code),
            (None, Ended::ByPeer { code }) => ("client", code.unwrap_or(1005)),
            (None, Ended::Lost) => ("nobody", 1006),
        }
    }

    /// Records the end of a user's session in the audit trail, because the log has it only if these lines were turned
    /// on before.
    pub(super) fn keep_end(&self, ended: &Ended) {
        if self.credentials.identity().is_none() {
            return;
        }
        let (by, code) = self.closed_by(ended);
        let reason = match CloseCode::from_code(code).map(CloseCode::reason) {
            None | Some("") => String::new(),
            Some(reason) => format!("{reason}, "),
        };
        let reason = format!("{reason}closed by {by} after {} s", self.socket.age().as_secs());
        self.audit(AuditEvent { code: Some(code), ..AuditEvent::of(AuditKind::SessionEnded) }.because(&reason));
    }

    pub(super) fn tell_closed(&self, ended: &Ended) {
        if self.is_told() {
            let (by, code) = self.closed_by(ended);
            let lasted_ms = self.socket.age().as_millis();
            debug!(
                target: TARGET,
                "closed session={} user={} code={code} by={by} lasted_ms={lasted_ms}",
                self.id,
                self.user()
            );
        }
    }
}
