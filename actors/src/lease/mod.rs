//! The node's lease: while it is valid the cluster routes to this node, and the node delivers and accepts.
//!
//! Nothing that a client causes may delay a renewal, so it is no actor's work: a task of its own renews, on a thread of its
//! own where the broker is far away, and leaves in [`Validity`] until when. Presence hears of each answer and does what
//! follows from it.

mod keeper;
mod validity;

pub use keeper::Keeper;
pub use validity::Validity;

use crate::backend::{Lease, Reply};
use std::time::Duration;

/// How the lease of a node is renewed. Said by its backend.
pub enum Renewal {
    /// By [`crate::backend::Backend::renew_lease`], as a task of the core thread: the broker is in the same process.
    Here,
    /// By what this makes, on a thread of its own. It is called there once, within a `LocalSet`.
    Apart(Box<dyn FnOnce() -> Box<dyn RenewLease> + Send>),
}

/// A connection to the broker that does nothing but renew this node's lease.
pub trait RenewLease {
    /// As [`crate::backend::Backend::renew_lease`].
    fn renew(&self, ttl: Duration) -> Reply<Lease>;
}
