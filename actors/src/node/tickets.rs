//! Tickets: stored and redeemed for the binary.

use super::Node;
use crate::identity::Identity;
use crate::words::bridge::Errand;
use crate::words::outcome::Refusal;
use bytes::Bytes;
use hubwire_protocol::ErrorCode;
use std::time::Duration;

impl Node {
    /// Stores a ticket's content under the ticket's digest.
    pub async fn put_ticket(&self, digest: String, content: Bytes, ttl: Duration) -> Result<(), Refusal> {
        self.errand(|answer| Errand::PutTicket { digest, content, ttl, answer }).await
    }

    /// Removes and returns a ticket's content; exactly one caller in the cluster gets it.
    pub async fn take_ticket(&self, digest: String) -> Result<Option<Bytes>, Refusal> {
        self.errand(|answer| Errand::TakeTicket { digest, answer }).await
    }

    /// Whether a ticket can be redeemed now. It stays valid.
    pub async fn has_ticket(&self, ticket: &str) -> Result<bool, Refusal> {
        let digest = ticket_digest(ticket);
        self.errand(|answer| Errand::HasTicket { digest, answer }).await
    }

    /// The identity a ticket was made for. The ticket is used up.
    pub async fn redeem(&self, ticket: &str) -> Result<Identity, Refusal> {
        let content = self.take_ticket(ticket_digest(ticket)).await?.ok_or_else(bad_ticket)?;
        serde_json::from_slice(&content).map_err(|_| bad_ticket())
    }
}

/// The refusal of a ticket that the broker does not hold, or whose content is not an identity.
fn bad_ticket() -> Refusal {
    Refusal::new(ErrorCode::BadCredentials, "the ticket is unknown, was used before or has expired; get a new one")
}

/// The digest under which a ticket is stored: its SHA-256 in hexadecimal, so that access to the broker's data yields no
/// tickets.
pub fn ticket_digest(ticket: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(ticket.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
