//! Positions as these clients keep them: an offset and an epoch.
//!
//! A publication carries its nonce as epoch, so a client that keeps both has exactly the position. Clients that keep
//! the epoch of the answer they began with have an *anchor* in it: the whole position they began at, from which the
//! entry at a later offset is found. All that such a client brings back of that entry is the offset, so the offset is
//! the entry's `seq` with a mark of its nonce below: another entry that was given the same `seq` after a failover has
//! another mark.

use crate::Position;
use std::fmt;
use std::str::FromStr;

/// Bits of an offset that are of the nonce. Clients keep offsets as doubles, which hold 53 bits; `seq` begins at the
/// broker's clock in milliseconds, which takes 42 of them until the year 2109.
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

/// What stands in `epoch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epoch {
    /// The nonce of the entry at the offset.
    Entry(u64),
    /// The position where the client began.
    Anchor(Position),
}

impl Epoch {
    /// The position of an offset, where the epoch tells it without a look into the log.
    pub fn position(self, offset: u64) -> Option<Position> {
        match self {
            Epoch::Entry(nonce) => Some(Position { seq: seq_at(offset), nonce }).filter(|it| offset_of(*it) == offset),
            Epoch::Anchor(anchor) => (offset_of(anchor) == offset).then_some(anchor),
        }
    }
}

/// A text that no node wrote.
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
