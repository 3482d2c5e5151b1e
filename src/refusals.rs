//! Counts handshakes that do not become a session, by reason, and records them in the audit trail for operators.

use crate::printable::printable_line as printable;
use hubwire_actors::audit::{Audit, AuditEvent, AuditKind};
use hubwire_actors::node::Node;
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::UserId;
use prometheus::{IntCounterVec, Opts, Registry};
use std::net::SocketAddr;
use std::sync::Arc;

/// The refusals of a node; see the module. Shared by all workers.
pub struct Refusals {
    by_reason: IntCounterVec,
    audit: Arc<Audit>,
}

impl Refusals {
    /// Registers the counter.
    ///
    /// # Errors
    /// When the name is taken: a mistake in the program.
    pub fn new(registry: &Registry, audit: Arc<Audit>) -> Result<Self, prometheus::Error> {
        let options = Opts::new(
            "hubwire_handshakes_refused_total",
            "Handshakes that were refused, by reason: origin, credentials, blocked, forbidden, or another error code.",
        );
        let by_reason = IntCounterVec::new(options, &["reason"])?;
        registry.register(Box::new(by_reason.clone()))?;
        Ok(Refusals { by_reason, audit })
    }

    /// A page that may not connect. Returns the reason for the client.
    pub fn origin(&self, origin: &str, host: Option<&str>, peer: SocketAddr) -> String {
        self.by_reason.with_label_values(&["origin"]).inc();
        let (origin, host) = (printable(origin), printable(host.unwrap_or_default()));
        let why = format!(
            "a page of the origin {origin} at the host {host}: it is not in auth.allowed_origins, add it there if the \
             page is yours"
        );
        self.note(&why, None, peer);
        format!("origin {origin} is not in auth.allowed_origins")
    }

    /// Credentials that are not valid, or no longer: then their user is known. `reason` does not quote them.
    pub fn credentials(&self, reason: &str, user: Option<UserId>, peer: SocketAddr) {
        self.by_reason.with_label_values(&["credentials"]).inc();
        self.note(&printable(reason), user, peer);
    }

    /// Credentials that never were valid. An address that tried too many gets the refusal that is returned, and the
    /// audit trail has one event for all of them.
    pub fn wrong_credentials(
        &self,
        node: &Node,
        reason: &str,
        user: Option<UserId>,
        peer: SocketAddr,
    ) -> Option<Refusal> {
        let attempt = node.count_wrong_credentials(peer.ip());
        self.by_reason.with_label_values(&["credentials"]).inc();
        if let Some(reason) = attempt.listed(&printable(reason)) {
            self.note(&reason, user, peer);
        }
        attempt.refusal()
    }

    /// A client that may not connect with any credentials: `blocked`, or `forbidden` by the application.
    pub fn forbidden(&self, label: &str, reason: &str, user: Option<UserId>, peer: SocketAddr) {
        self.by_reason.with_label_values(&[label]).inc();
        self.note(&printable(reason), user, peer);
    }

    /// Any other reason, by its error code.
    pub fn other(&self, code: &str) {
        self.by_reason.with_label_values(&[code]).inc();
    }

    fn note(&self, reason: &str, user: Option<UserId>, peer: SocketAddr) {
        let address = Some(peer.ip().to_string().into());
        self.audit.note(AuditEvent { user, address, ..AuditEvent::of(AuditKind::HandshakeRefused) }.because(reason));
    }
}
