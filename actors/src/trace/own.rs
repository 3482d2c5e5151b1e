//! The traced publications that this node accepted from their senders. That matters only until they reach their feeds,
//! so the latest are enough.

use super::Context;
use std::sync::atomic::{AtomicU64, Ordering};

/// Publications that are remembered; a new one can evict an older one, by chance.
const SLOTS: usize = 4096;

/// The remembered publications; see the module. If one was evicted, its trace shows it as forwarded.
pub(super) struct Own(Box<[AtomicU64]>);

impl Default for Own {
    fn default() -> Self {
        Own((0..SLOTS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Own {
    /// Remembers a publication that the node accepts.
    pub fn remember(&self, publish: &Context) {
        let (slot, id) = self.place(publish);
        // the broker is between this store and the arrival: no further memory ordering is needed
        slot.store(id, Ordering::Relaxed);
    }

    /// Whether the node accepted it.
    pub fn knows(&self, publish: &Context) -> bool {
        let (slot, id) = self.place(publish);
        slot.load(Ordering::Relaxed) == id
    }

    /// The id is a hash, so any part of it selects evenly.
    fn place(&self, publish: &Context) -> (&AtomicU64, u64) {
        let id = u64::from_be_bytes(publish.span);
        (&self.0[id as usize % SLOTS], id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_node_took_is_known_until_another_takes_its_place() {
        let of = |id: u64| Context { trace: [1; 16], span: id.to_be_bytes() };
        let own = Own::default();
        let (first, beside, over) = (of(7), of(8), of(7 + SLOTS as u64));
        own.remember(&first);
        own.remember(&beside);
        assert_eq!([&first, &beside, &over].map(|it| own.knows(it)), [true, true, false]);
        own.remember(&over);
        assert_eq!([&first, &beside, &over].map(|it| own.knows(it)), [false, true, true]);
    }
}
