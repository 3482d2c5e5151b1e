//! Handshakes that do not become a session: counted by reason, and logged so that an operator sees why,
//! at a bounded rate.

use crate::log_limit::LogLimit;
use crate::printable::printable_line as printable;
use prometheus::{IntCounterVec, Opts, Registry};
use std::net::SocketAddr;
use std::time::Duration;

/// One line of each kind per second at most.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// See the module. Shared by all workers.
pub struct Refusals {
    by_reason: IntCounterVec,
    origins: LogLimit,
    credentials: LogLimit,
}

impl Refusals {
    /// Registers the counter.
    ///
    /// # Errors
    /// When the name is taken: a mistake in the program.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let options = Opts::new(
            "hubwire_handshakes_refused_total",
            "Handshakes that were refused, by reason: origin, credentials, or an error code.",
        );
        let by_reason = IntCounterVec::new(options, &["reason"])?;
        registry.register(Box::new(by_reason.clone()))?;
        Ok(Refusals { by_reason, origins: LogLimit::new(LOG_EVERY), credentials: LogLimit::new(LOG_EVERY) })
    }

    /// A page that may not connect. Returns the reason for the client.
    pub fn origin(&self, origin: &str, host: Option<&str>, peer: SocketAddr) -> String {
        self.by_reason.with_label_values(&["origin"]).inc();
        let origin = printable(origin);
        if let Some(more) = self.origins.pass() {
            let host = printable(host.unwrap_or_default());
            log::warn!(
                "refused a page: its origin is not in auth.allowed_origins, add it there if the page is yours \
                 origin={origin} host={host} peer={peer} not_shown={more}"
            );
        }
        format!("origin {origin} is not in auth.allowed_origins")
    }

    /// Credentials that prove nothing. `reason` quotes none of them.
    pub fn credentials(&self, reason: &str, peer: SocketAddr) {
        self.by_reason.with_label_values(&["credentials"]).inc();
        if let Some(more) = self.credentials.pass() {
            log::warn!("refused credentials reason={:?} peer={peer} not_shown={more}", printable(reason));
        }
    }

    /// Any other reason, by its error code.
    pub fn other(&self, code: &str) {
        self.by_reason.with_label_values(&[code]).inc();
    }
}
