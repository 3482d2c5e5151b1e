//! Tickets: stored and redeemed for the binary.

use super::Node;
use crate::identity::Identity;
use crate::words::bridge::Errand;
use crate::words::outcome::Refusal;
use bytes::Bytes;
use hubwire_protocol::ErrorCode;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a ticket stands for, as the broker keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticketed {
    /// The identity of the bearer.
    #[serde(flatten)]
    pub identity: Identity,
    /// The origin of the pages that may redeem it; `None`: anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl Ticketed {
    /// The identity, if the bearer `is_there`: on a page of that origin.
    ///
    /// # Errors
    /// When it is for others.
    pub fn for_page(self, is_there: impl FnOnce(&str) -> bool) -> Result<Identity, Refusal> {
        match self.origin {
            Some(origin) if !is_there(&origin) => {
                let message = "the ticket is for pages of another origin, in the URL of their handshake; it is used up";
                Err(Refusal::new(ErrorCode::BadCredentials, message))
            }
            _ => Ok(self.identity),
        }
    }
}

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

    /// What a ticket was made for. The ticket is used up.
    pub async fn redeem(&self, ticket: &str) -> Result<Ticketed, Refusal> {
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
