//! Tickets: identities that are good for one connection.

use super::reply::Reply;
use bytes::Bytes;
use std::time::Duration;

/// Tickets by their digest.
pub trait Tickets {
    /// Stores a ticket's content under the digest of the ticket, for `ttl`. `Refused` when there is one.
    fn put_ticket(&self, digest: String, content: Bytes, ttl: Duration) -> Reply<()>;

    /// Whether there is such a ticket now. It stays.
    fn has_ticket(&self, digest: String) -> Reply<bool>;

    /// Takes a ticket's content: exactly one caller in the cluster gets it.
    fn take_ticket(&self, digest: String) -> Reply<Option<Bytes>>;
}
