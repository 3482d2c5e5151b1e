//! Positions as the clients of this protocol store them: an offset and an epoch.
//!
//!  A publication carries its nonce as the epoch, so a client that stores both has the exact position. Other clients
//!  keep the epoch of the reply they started with. It holds an *anchor*: the whole position they started at, from which
//!  the entry at a later offset is found. Such a client sends back nothing of that entry but the offset, so the offset
//!  combines the entry's `seq` with the low bits of its nonce (the mark): after a failover, another entry with the same
//!  `seq` has a different mark, but for a chance of 1 in 2048.

use crate::Position;
use std::fmt;
use std::str::FromStr;

/// Bits of an offset that hold the mark. Clients store offsets as doubles, which hold 53 bits; `seq` starts at the
/// broker's clock in milliseconds, which needs 42 of them until the year 2109.
const MARK_BITS: u32 = 11;
const MARK: u64 = (1 << MARK_BITS) - 1;

/// The offset of a position.
pub fn offset_of(position: Position) -> u64 {
    position.seq << MARK_BITS | (position.nonce & MARK)
}

/// The `seq` of the position at an offset.
pub fn seq_at(offset: u64) -> u64 {
    offset >> MARK_BITS
}

/// The content of `epoch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epoch {
    /// The nonce of the entry at the offset.
    Entry(u64),
    /// The position where the client started.
    Anchor(Position),
}

impl Epoch {
    /// The position of an offset, if the epoch determines it without reading the log.
    pub fn position(self, offset: u64) -> Option<Position> {
        match self {
            Epoch::Entry(nonce) => Some(Position { seq: seq_at(offset), nonce }).filter(|it| offset_of(*it) == offset),
            Epoch::Anchor(anchor) => (offset_of(anchor) == offset).then_some(anchor),
        }
    }
}

/// The text is no epoch that a node wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no epoch of this server")]
pub struct EpochError;

impl FromStr for Epoch {
    type Err = EpochError;

    fn from_str(text: &str) -> Result<Self, EpochError> {
        let position = |text: String| text.parse::<Position>().map_err(|_| EpochError);
        match text.split_once('.') {
            Some((seq, nonce)) => Ok(Epoch::Anchor(position(format!("{seq}-{nonce}"))?)),
            None => Ok(Epoch::Entry(position(format!("0-{text}"))?.nonce)),
        }
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Epoch::Entry(nonce) => write!(f, "{nonce}"),
            Epoch::Anchor(Position { seq, nonce }) => write!(f, "{seq}.{nonce}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_has_one_text_and_tells_the_position_it_holds() {
        let at = Position { seq: 7, nonce: 99 };
        for (text, epoch) in
            [("99", Epoch::Entry(99)), ("7.99", Epoch::Anchor(at)), ("0.0", Epoch::Anchor(Position::START))]
        {
            assert_eq!((text.parse(), epoch.to_string().as_str()), (Ok(epoch), text));
        }
        let offset = offset_of(at);
        assert_eq!(Epoch::Entry(99).position(offset), Some(at));
        assert_eq!(Epoch::Entry(98).position(offset), None, "of another entry at that place");
        assert_eq!((Epoch::Anchor(at).position(offset), Epoch::Anchor(at).position(offset + 1)), (Some(at), None));
        for text in ["", "x", "1.", ".1", "1-2", "1.2.3", "01", "281474976710656"] {
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
        assert_eq!(seq_at(offset_of(in_2109)), in_2109.seq);
        // whatever a client says
        assert!(Epoch::Anchor(position(u64::MAX, 0)).position(u64::MAX).is_none());
    }
}
