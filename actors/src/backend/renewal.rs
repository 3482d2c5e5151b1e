//! Who renews a node's lease.

use super::{Lease, Reply};
use std::time::Duration;

/// How the lease of a node is renewed. Said by its backend.
pub enum Renewal {
    /// By [`super::Backend::renew_lease`], as a task of the core thread: the broker is in the same process.
    Here,
    /// By what this makes, on a thread of its own. It is called there once, within a `LocalSet`.
    Apart(Box<dyn FnOnce() -> Box<dyn RenewLease> + Send>),
}

/// A connection to the broker that does nothing but renew this node's lease.
pub trait RenewLease {
    /// As [`super::Backend::renew_lease`].
    fn renew(&self, ttl: Duration) -> Reply<Lease>;
}
