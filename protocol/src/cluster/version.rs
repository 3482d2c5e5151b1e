//! Which nodes understand each other.

/// The version of what this build stores in the broker and says to other nodes. It grows by one with a release whose
/// nodes write something that nodes of the release before cannot read.
pub const VERSION: u16 = 1;

/// Whether nodes of these versions work together: the same, or neighbours for as long as a rolling update takes.
pub fn is_neighbour(one: u16, other: u16) -> bool {
    one.abs_diff(other) <= 1
}
