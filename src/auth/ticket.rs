//! Tickets: short-lived, used once, and fit for a query string.
//!
//! A browser cannot set headers on a WebSocket, and a token in a URL ends up in access logs, where it can be used until
//! it expires. So the application's server requests a ticket for its user, and the page connects with that: it is
//! useless to anybody who reads it later in a log. The broker stores only its digest.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use bytes::Bytes;
use hubwire_actors::identity::Identity;
use std::fmt;

/// A ticket for its owner. It cannot be printed except by [`Ticket::text`].
pub struct Ticket(String);

impl Ticket {
    /// A ticket made of 256 random bits of a cryptographic source.
    pub fn new(random: [u8; 32]) -> Self {
        Ticket(URL_SAFE_NO_PAD.encode(random))
    }

    /// The ticket itself: 43 characters of base64url.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The key under which it is stored.
    pub fn digest(&self) -> String {
        digest(&self.0)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket([redacted])")
    }
}

pub use hubwire_actors::node::ticket_digest as digest;

/// The stored content: the identity of whoever redeems the ticket.
pub fn content(identity: &Identity) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(identity).map(Bytes::from)
}

/// The identity that was stored.
pub fn identity(content: &[u8]) -> Result<Identity, serde_json::Error> {
    serde_json::from_slice(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubwire_actors::access::scopes::Scopes;
    use hubwire_actors::identity::Membership;

    #[test]
    fn a_ticket_is_its_random_bytes_fit_for_a_url() {
        assert_eq!(Ticket::new([0; 32]).text(), "A".repeat(43));
        assert_eq!(Ticket::new([255; 32]).text(), format!("{}8", "_".repeat(42)));
    }

    #[test]
    fn what_is_stored_does_not_tell_the_ticket() {
        // the first test vector of FIPS 180-2
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let ticket = Ticket::new([7; 32]);
        assert_eq!(ticket.digest(), digest(ticket.text()));
        assert_eq!(format!("{ticket:?}"), "Ticket([redacted])");
    }

    #[test]
    fn an_identity_survives_being_stored() {
        let membership = Membership { roles: ["admin".to_string()].into(), teams: ["ops".parse().unwrap()].into() };
        let stored = Identity {
            device: Some("phone".parse().unwrap()),
            orgs: [("acme".parse().unwrap(), membership)].into_iter().collect(),
            expires_at: Some(1_795_239_502),
            issued_at: Some(1_795_239_000),
            token: Some("t7".into()),
            scopes: Scopes::new(vec!["join:ch:acme/*".into()]).unwrap(),
            ..Identity::of("u1".parse().unwrap())
        };
        assert_eq!(identity(&content(&stored).unwrap()).unwrap(), stored);
        assert!(identity(b"{}").is_err());
    }
}
