//! The version of the cluster protocol.

/// The version of what this build stores in the broker and sends to other nodes. It grows by one with each release
/// whose nodes write something that nodes of the previous release cannot read.
pub const VERSION: u16 = 1;

/// Whether nodes of these versions can work together: they must be equal or neighbours, which allows rolling updates.
pub fn is_neighbour(one: u16, other: u16) -> bool {
    one.abs_diff(other) <= 1
}
