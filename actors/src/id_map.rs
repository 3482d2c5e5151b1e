//! Maps on the delivery path, by who chooses their keys.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by keys that clients choose, such as user ids. Its hash has a random key, so that no client can make entries
/// collide. Its order means nothing; where it does, see [`Environment::map`](crate::environment::Environment::map).
pub type KeyedMap<K, V> = HashMap<K, V, ahash::RandomState>;

/// A map by ids that this process generates itself, such as [`FeedId`](crate::words::ids::FeedId). No client can make
/// them collide, so they need no keyed hash, which would cost more than the rest of a look-up. Its order means nothing.
pub type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<Spread>>;

/// Spreads consecutive numbers over all bits (Fibonacci hashing).
#[derive(Debug, Default)]
pub struct Spread(u64);

/// 2^64 divided by the golden ratio, made odd.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(FACTOR);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::hash::{BuildHasher, Hash};

    /// A map selects a bucket by the low bits, and distinguishes the entries of a bucket by the highest seven.
    #[test]
    fn consecutive_ids_share_neither_buckets_nor_marks() {
        #[derive(Hash)]
        struct Id(u64);
        let build = BuildHasherDefault::<Spread>::default();
        let hashes: Vec<u64> = (1..=1024).map(|id| build.hash_one(Id(id))).collect();
        let buckets: BTreeSet<u64> = hashes.iter().map(|hash| hash % 1024).collect();
        let marks: BTreeSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert_eq!((buckets.len(), marks.len()), (1024, 128));
    }
}
