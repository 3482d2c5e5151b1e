//! Ids that are unique within one process.

use std::sync::atomic::{AtomicU64, Ordering};

/// The id of a feed within the process. Never reused, so that a message about an ended feed finds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(u64);

impl FeedId {
    /// A new id.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        FeedId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The id of a session, or of a connection of WS-HUB, on its worker. The generation distinguishes members that use the
/// same slot one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemberKey {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}
