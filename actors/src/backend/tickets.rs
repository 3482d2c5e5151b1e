//! Tickets: credentials for a single connection.

use super::reply::Reply;
use bytes::Bytes;
use std::time::Duration;

/// Tickets by their digest.
pub trait Tickets {
    /// Stores a ticket's content under the digest of the ticket, for `ttl`. Fails with `Refused` when there is one
    /// already.
    fn put_ticket(&self, digest: String, content: Bytes, ttl: Duration) -> Reply<()>;

    /// Whether the ticket exists now. It is kept.
    fn has_ticket(&self, digest: String) -> Reply<bool>;

    /// Removes and returns a ticket's content: exactly one caller in the cluster gets it.
    fn take_ticket(&self, digest: String) -> Reply<Option<Bytes>>;
}
