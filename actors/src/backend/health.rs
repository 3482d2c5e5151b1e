//! Checks of the broker's condition.

use super::reply::Reply;

/// The words in a sentence of [`Health::advice`] that distinguish a broker that accepts no publications now from one
/// with settings that could be better. They are part of the sentence, as nodes and operators pass on nothing but
/// sentences.
pub const STORES_NOTHING: &str = "so nothing is stored";

/// Checks that a node makes of its broker.
pub trait Health {
    /// One round trip that proves that the broker accepts writes, and whether publishes come back to this node. An
    /// error says what to do about it. A broker that is full or cannot save does not count as an error: everything that
    /// stores nothing still works.
    fn ping(&self) -> Reply<()>;

    /// The requirements of the configuration that the connected broker does not meet (eviction policy, persistence,
    /// version, replicas): one sentence each, for the log at start.
    fn advice(&self) -> Reply<Vec<String>>;
}
