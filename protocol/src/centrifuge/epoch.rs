//! Positions as these clients keep them: an offset and an epoch.
//!
//! The offset is a position's `seq`. A publication carries its nonce as epoch, so a client that keeps both has exactly
//! the position. Clients that keep the epoch of the answer they began with have an *anchor* in it: the whole position
//! they began at, from which the entry at a later offset is found.

use crate::Position;
use std::fmt;
use std::str::FromStr;

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
            Epoch::Entry(nonce) => Some(Position { seq: offset, nonce }),
            Epoch::Anchor(anchor) => (anchor.seq == offset).then_some(anchor),
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
        assert_eq!(Epoch::Entry(99).position(7), Some(at));
        assert_eq!((Epoch::Anchor(at).position(7), Epoch::Anchor(at).position(8)), (Some(at), None));
        for text in ["", "x", "1.", ".1", "1-2", "1.2.3", "01", "281474976710656"] {
            assert_eq!(text.parse::<Epoch>(), Err(EpochError), "{text}");
        }
    }
}
