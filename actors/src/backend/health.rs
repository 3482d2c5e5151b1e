//! Whether the broker is fit for its work.

use super::reply::Reply;

/// What a node asks of the broker itself.
pub trait Health {
    /// One round trip that proves the broker takes writes, and whether what is published comes back to this node. An
    /// error says what to do about it. A broker that is full or cannot save is no error: what is not stored goes on.
    fn ping(&self) -> Reply<()>;

    /// What the connected broker does not meet of what is configured (eviction policy, persistence, version, replicas):
    /// one sentence each, for the log at start.
    fn advice(&self) -> Reply<Vec<String>>;
}
