//! Positions as the clients of this protocol store them: an offset and an epoch.
//!
//! A publication carries its nonce as the epoch, so a client that stores both has the exact position. Other clients
//! keep the epoch of the reply they started with. It holds an *anchor*: the whole position they started at, from which
//! the entry at a later offset is found. Such a client sends back nothing of that entry but the offset.
//!
//! If the broker can lose the tail of a log, the offset combines the entry's `seq` with the low bits of its nonce (the
//! mark): after a failover, another entry with the same `seq` has a different mark, but for a chance of 1 in 2048. A
//! broker in memory loses everything or nothing. It counts the publications of a log, and the offset is that count; the
//! rest of `seq` is in the epoch.

use crate::Position;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

/// Bits of an offset that hold the mark. Clients store offsets as doubles, which hold 53 bits; `seq` starts at the
/// broker's clock in milliseconds, which needs 42 of them until the year 2109.
const MARK_BITS: u32 = 11;
const MARK: u64 = (1 << MARK_BITS) - 1;

/// The offset of a position.
pub fn offset_of(position: Position) -> u64 {
    position.count().unwrap_or(position.seq << MARK_BITS | (position.nonce & MARK))
}

/// The `seq` at an offset of the log that another position is of.
pub fn seq_at(offset: u64, of_log: Position) -> u64 {
    match of_log.count() {
        Some(_) => in_era(era(of_log), offset),
        None => offset >> MARK_BITS,
    }
}

/// When the broker of a position began, where it counts; 0 where it does not.
fn era(position: Position) -> u64 {
    position.count().map_or(0, |_| (position.seq - 1) >> Position::COUNT_BITS)
}

fn in_era(era: u64, count: u64) -> u64 {
    (era << Position::COUNT_BITS).saturating_add(count)
}

static LIFE: OnceLock<u64> = OnceLock::new();

/// Names the life of a broker in memory, before its first client: what began at nothing in another life of it saw
/// another history.
pub fn begin_life(random: u64) {
    LIFE.get_or_init(|| (random & Position::NONCE_MAX).max(1));
}

/// The content of `epoch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epoch {
    /// Of the entry at the offset.
    Entry {
        /// When the broker began, where it counts; else 0.
        era: u64,
        /// The nonce.
        nonce: u64,
    },
    /// The position where the client started.
    Anchor(Position),
}

impl Epoch {
    /// That of an entry.
    pub fn of(entry: Position) -> Epoch {
        Epoch::Entry { era: era(entry), nonce: entry.nonce }
    }

    /// That of a client that begins where a log stands.
    pub fn at(top: Position) -> Epoch {
        let nonce = if top == Position::START { LIFE.get().copied().unwrap_or_default() } else { top.nonce };
        Epoch::Anchor(Position { nonce, ..top })
    }

    /// Whether it is of another life of a broker that loses all when it ends.
    pub fn is_of_another_life(self) -> bool {
        let life = LIFE.get().copied();
        matches!(self, Epoch::Anchor(Position { seq: 0, nonce }) if life.is_some_and(|life| life != nonce))
    }

    /// The position of an offset, if the epoch determines it without reading the log.
    pub fn position(self, offset: u64) -> Option<Position> {
        let position = match self {
            Epoch::Entry { era: 0, nonce } => Position { seq: offset >> MARK_BITS, nonce },
            Epoch::Entry { era, nonce } => Position { seq: in_era(era, offset), nonce },
            Epoch::Anchor(Position { seq: 0, .. }) => Position::START,
            Epoch::Anchor(anchor) => anchor,
        };
        (offset_of(position) == offset).then_some(position)
    }
}

/// The text is no epoch that a node wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no epoch of this server")]
pub struct EpochError;

impl FromStr for Epoch {
    type Err = EpochError;

    fn from_str(text: &str) -> Result<Self, EpochError> {
        let position =
            |above: &str, nonce: &str| format!("{above}-{nonce}").parse::<Position>().map_err(|_| EpochError);
        if let Some((seq, nonce)) = text.split_once('.') {
            return Ok(Epoch::Anchor(position(seq, nonce)?));
        }
        let (era, nonce) = text.split_once('_').unwrap_or(("0", text));
        let Position { seq: era, nonce } = position(era, nonce)?;
        let is_written_so = text.contains('_') == (era > 0) && era < 1 << (53 - Position::COUNT_BITS);
        is_written_so.then_some(Epoch::Entry { era, nonce }).ok_or(EpochError)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Epoch::Entry { era: 0, nonce } => write!(f, "{nonce}"),
            Epoch::Entry { era, nonce } => write!(f, "{era}_{nonce}"),
            Epoch::Anchor(Position { seq, nonce }) => write!(f, "{seq}.{nonce}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_2026: u64 = 1_796_000_000_000;

    fn entry(era: u64, nonce: u64) -> Epoch {
        Epoch::Entry { era, nonce }
    }

    #[test]
    fn an_epoch_has_one_text_and_tells_the_position_it_holds() {
        let at = Position { seq: 7, nonce: 99 };
        for (text, epoch) in [
            ("99", entry(0, 99)),
            ("5_99", entry(5, 99)),
            ("7.99", Epoch::Anchor(at)),
            ("0.0", Epoch::Anchor(Position::START)),
        ] {
            assert_eq!((text.parse(), epoch.to_string().as_str()), (Ok(epoch), text));
        }
        let offset = offset_of(at);
        assert_eq!(Epoch::of(at).position(offset), Some(at));
        assert_eq!(entry(0, 98).position(offset), None, "of another entry at that place");
        assert_eq!((Epoch::Anchor(at).position(offset), Epoch::Anchor(at).position(offset + 1)), (Some(at), None));
        for text in ["", "x", "1.", ".1", "1-2", "1.2.3", "01", "281474976710656", "0_1", "1_", "_1", "2147483648_1"] {
            assert_eq!(text.parse::<Epoch>(), Err(EpochError), "{text}");
        }
    }

    #[test]
    fn offsets_grow_with_their_positions_tell_entries_apart_and_are_exact_as_doubles() {
        let position = |seq, nonce| Position { seq, nonce };
        assert_eq!(offset_of(Position::START), 0);
        assert!(offset_of(position(7, Position::NONCE_MAX)) < offset_of(position(8, 0)));
        assert_ne!(offset_of(position(7, 1)), offset_of(position(7, 2)));
        let in_2109 = position(4_391_000_000_000, Position::NONCE_MAX);
        assert!(offset_of(in_2109) < 1 << 53, "{}", offset_of(in_2109));
        assert_eq!(seq_at(offset_of(in_2109), in_2109), in_2109.seq);
        // whatever a client says
        assert!(Epoch::Anchor(position(u64::MAX, 0)).position(u64::MAX).is_none());
        assert!(entry(1 << 30, 1).position(u64::MAX).is_none());
    }

    #[test]
    fn a_broker_in_memory_counts_from_one_and_each_of_its_epochs_tells_when_it_began() {
        let before = Position::counted_from(IN_2026);
        let first = Position { seq: before + 1, nonce: 5 };
        let third = Position { seq: before + 3, nonce: 9 };
        assert_eq!((offset_of(first), offset_of(third)), (1, 3));
        assert_eq!(Epoch::of(third).to_string().parse::<Epoch>().unwrap().position(3), Some(third));
        assert_eq!(seq_at(3, first), third.seq);
        assert_eq!(Epoch::at(first).position(1), Some(first));
        // what is beyond the count goes on in the next era, and an offset is never that of nothing
        let last = Position { seq: before + (1 << Position::COUNT_BITS), nonce: 5 };
        let next = Position { seq: last.seq + 1, nonce: 6 };
        assert_eq!((offset_of(last), offset_of(next)), (1 << Position::COUNT_BITS, 1));
        for at in [last, next] {
            assert_eq!(Epoch::of(at).position(offset_of(at)), Some(at));
        }
        assert!(offset_of(Position { seq: Position::counted_from(4_391_000_000_000), nonce: 0 }) < 1 << 53);
    }
}
