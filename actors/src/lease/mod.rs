//! The node's lease: while it is valid the cluster routes to this node, and the node delivers and accepts.
//!
//! Nothing that a client causes may delay a renewal, so it is no actor's work: a task of its own renews, on a thread of its
//! own where the broker is far away, and leaves in [`Validity`] until when. Presence hears of each answer and does what
//! follows from it.

mod keeper;
mod validity;

pub use keeper::Keeper;
pub use validity::Validity;
