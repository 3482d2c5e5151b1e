//! The position of a publication in its stream.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// `<seq>-<nonce>`: the position of a publication in its stream, and at the same time the id of its Redis Stream entry
/// (`XADD`).
///
///  `seq` grows by one per publication and orders a stream. `nonce` is random and distinguishes two histories in which
///  the same `seq` was assigned twice (after a failover in which the log lost its tail): a position is valid only if
///  exactly this pair exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Position {
    /// Order within the stream. Below 2^53.
    pub seq: u64,
    /// Random, at most 48 bits.
    pub nonce: u64,
}

impl Position {
    /// The position before the first publication of an empty stream: `0-0`.
    pub const START: Position = Position { seq: 0, nonce: 0 };
    /// Largest nonce.
    pub const NONCE_MAX: u64 = (1 << 48) - 1;
    /// Where the broker counts publications from 1 on, so many bits of `seq` are the count. Above them stands when the
    /// broker began.
    pub const COUNT_BITS: u32 = 22;
    /// From here on a `seq` has a count. One that began at a clock in milliseconds is below until the year 2109.
    const COUNTED_MIN: u64 = 1 << 42;
    /// Seconds from 1970 to 2025, so that what counts from there is below 2^53 until the year 2093.
    const COUNTED_SINCE_S: u64 = 1_735_689_600;

    /// The `seq` before the first one of a broker that begins at that time and counts.
    pub fn counted_from(unix_ms: u64) -> u64 {
        (unix_ms / 1000).saturating_sub(Position::COUNTED_SINCE_S).max(1) << Position::COUNT_BITS
    }

    /// Which publication of its log it is, where the broker counts them.
    pub fn count(self) -> Option<u64> {
        let count = (self.seq.wrapping_sub(1) & ((1 << Position::COUNT_BITS) - 1)) + 1;
        (self.seq > Position::COUNTED_MIN).then_some(count)
    }
}

/// A text that is not `<seq>-<nonce>` in decimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("position must be <seq>-<nonce>, two decimal numbers, seq below 2^53 and nonce below 2^48")]
pub struct PositionError;

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (seq, nonce) = text.split_once('-').ok_or(PositionError)?;
        let position = Position { seq: number(seq)?, nonce: number(nonce)? };
        if position.seq >= 1 << 53 || position.nonce > Position::NONCE_MAX {
            return Err(PositionError);
        }
        Ok(position)
    }
}

/// Digits only, without sign or leading zero, so that each position has exactly one text form.
fn number(text: &str) -> Result<u64, PositionError> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten().ok_or(PositionError)
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.seq, self.nonce)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::deserialize(deserializer, "position", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_order_by_seq() {
        let position: Position = "58123-4182736655".parse().unwrap();
        assert_eq!(position.to_string(), "58123-4182736655");
        assert!(position < "58124-1".parse().unwrap());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "1", "1-", "-1", "+1-2", "01-2", "1-02", "a-b", "1-2-3", "9007199254740992-1", "1-281474976710656"]
        {
            assert_eq!(text.parse::<Position>(), Err(PositionError), "{text}");
        }
    }
}
