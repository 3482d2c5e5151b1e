//! Names that are good within one process.

use std::sync::atomic::{AtomicU64, Ordering};

/// Names a feed within the process. Never reused, so that a message about an ended feed finds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(u64);

impl FeedId {
    /// An id that no other feed has or had.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        FeedId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Names a session on its worker. The generation tells it from a later session in the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemberKey {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}
