//! The numbering of logs: from 1 on, above a number that depends on the start of the process, so that positions keep
//! growing when another process takes its place. A log that ended and starts again continues after its last number.
//!
//! Ended logs are not recorded individually: streams share a bounded table by their hashes, so a log may start at a
//! higher number than necessary, but never at one that it had before.

use hubwire_protocol::{Address, Position};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// Entries of the table.
const ENDED: usize = 1 << 16;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    base: u64,
    /// The last numbers of ended logs; empty until one has ended.
    ended: Vec<u32>,
}

impl Numbers {
    /// Those of a process that began at that time.
    pub(super) fn since(unix_ms: u64) -> Self {
        Numbers { base: Position::counted_from(unix_ms), ended: Vec::new() }
    }

    /// The `seq` before the first one of a log that begins.
    pub(super) fn before(&self, stream: &Address) -> u64 {
        self.base + u64::from(self.ended.get(place(stream)).copied().unwrap_or_default())
    }

    /// Records that a log ended, or was removed before it had any entry, at this `seq`.
    pub(super) fn end(&mut self, stream: &Address, seq: u64) {
        if seq <= self.base {
            return;
        }
        if self.ended.is_empty() {
            self.ended.resize(ENDED, 0);
        }
        let count = u32::try_from(seq - self.base).unwrap_or(u32::MAX);
        let ended = &mut self.ended[place(stream)];
        *ended = count.max(*ended);
    }
}

fn place(stream: &Address) -> usize {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(stream) as usize % ENDED
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_2026: u64 = 1_796_000_000_000;

    fn stream(name: &str) -> Address {
        name.parse().unwrap()
    }

    #[test]
    fn a_log_begins_at_one_and_goes_on_where_it_ended() {
        let mut numbers = Numbers::since(IN_2026);
        let (a, b) = (stream("ch:acme/a"), stream("ch:acme/b"));
        let base = numbers.before(&a);
        assert_eq!(Position { seq: base + 1, nonce: 7 }.count(), Some(1));
        numbers.end(&a, base);
        assert!(numbers.ended.is_empty(), "nothing was in it");
        numbers.end(&a, base + 5);
        numbers.end(&a, base + 3);
        assert_eq!((numbers.before(&a), numbers.before(&b)), (base + 5, base));
    }

    #[test]
    fn a_later_process_counts_above_an_earlier_one() {
        let (earlier, later) = (Numbers::since(IN_2026), Numbers::since(IN_2026 + 1000));
        let a = stream("user:u1");
        assert!(later.before(&a) - earlier.before(&a) > 1_000_000);
    }
}
