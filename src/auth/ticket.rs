//! Tickets: short-lived, valid once, and suitable for a query string.
//!
//! A browser cannot set headers on a WebSocket, and a token in a URL ends up in access logs, where it can be used until
//! it expires. The application's server therefore requests a ticket for its user, and the page connects with the
//! ticket, which is useless to anybody who reads it later in a log. The broker stores only its digest.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use bytes::Bytes;
use hubwire_actors::node::Ticketed;
use std::fmt;

/// A ticket in clear text, which only [`Ticket::text`] prints.
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

/// The stored content: the identity of the bearer, and the origin of the pages that may redeem the ticket.
pub fn content(ticketed: &Ticketed) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(ticketed).map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::origin::same_origin;
    use hubwire_actors::access::scopes::Scopes;
    use hubwire_actors::identity::{Identity, OrgMembership};

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
        let membership = OrgMembership { roles: ["admin".to_string()].into(), teams: ["ops".parse().unwrap()].into() };
        let stored = Identity {
            device: Some("phone".parse().unwrap()),
            orgs: [("acme".parse().unwrap(), membership)].into_iter().collect(),
            expires_at: Some(1_795_239_502),
            issued_at: Some(1_795_239_000),
            token: Some("t7".into()),
            scopes: Scopes::new(vec!["join:ch:acme/*".into()]).unwrap(),
            ..Identity::of("u1".parse().unwrap())
        };
        for origin in [None, Some("https://app.example.org".to_owned())] {
            let stored = Ticketed { identity: stored.clone(), origin };
            assert_eq!(serde_json::from_slice::<Ticketed>(&content(&stored).unwrap()).unwrap(), stored);
        }
        assert!(serde_json::from_slice::<Ticketed>(b"{}").is_err());
        // the form that nodes of an earlier version store and read
        let plain = serde_json::to_vec(&stored).unwrap();
        let read: Ticketed = serde_json::from_slice(&plain).unwrap();
        assert_eq!((&read.identity, &read.origin), (&stored, &None));
        assert_eq!(serde_json::from_slice::<Identity>(&content(&read).unwrap()).unwrap(), stored);
    }

    #[test]
    fn a_ticket_for_an_origin_is_for_nobody_else() {
        let bound = || Ticketed {
            identity: Identity::of("u1".parse().unwrap()),
            origin: Some("https://app.example.org".into()),
        };
        for (header, is_taken) in [
            (Some("https://app.example.org"), true),
            (Some("https://APP.example.org:443"), true),
            (Some("http://app.example.org"), false),
            (Some("https://app.example.org.evil.example"), false),
            (Some("https://sub.app.example.org"), false),
            (Some("null"), false),
            (None, false),
        ] {
            assert_eq!(bound().for_page(|origin| same_origin(header, origin)).is_ok(), is_taken, "{header:?}");
        }
        let free = Ticketed { origin: None, ..bound() };
        assert!(free.for_page(|_| false).is_ok());
    }
}
