//! Reads the fields of an envelope: every publication is read once on each node that delivers it, at a third of what
//! serde takes.

use crate::SessionId;

/// A cursor in the MessagePack array of an envelope. Lends strings, and allocates nothing.
pub(super) struct FieldReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> FieldReader<'a> {
    /// At the start of the array.
    pub fn new(bytes: &'a [u8]) -> Self {
        FieldReader { bytes, at: 0 }
    }

    /// The start of an array of that many elements, which are fewer than 16: its marker has their number.
    pub fn array(&mut self, elements: u32) -> Option<()> {
        (u32::from(self.byte()?) == 0x90 | elements).then_some(())
    }

    /// What follows the fields that were read.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Where a field could not be read.
    pub fn fault(&self) -> String {
        format!("unexpected content at byte {} of {}", self.at, self.bytes.len())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..count)?;
        self.at += count;
        Some(taken)
    }

    /// An unsigned number of that many bytes, big-endian.
    fn unsigned(&mut self, count: usize) -> Option<u64> {
        Some(self.take(count)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn length(&mut self, count: usize) -> Option<usize> {
        usize::try_from(self.unsigned(count)?).ok()
    }

    /// A value, or nil.
    pub fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.bytes.get(self.at) == Some(&0xc0) {
            self.at += 1;
            return Some(None);
        }
        read(self).map(Some)
    }

    /// A string.
    pub fn text(&mut self) -> Option<&'a str> {
        let length = match self.byte()? {
            short @ 0xa0..=0xbf => usize::from(short & 0x1f),
            0xd9 => self.length(1)?,
            0xda => self.length(2)?,
            0xdb => self.length(4)?,
            _ => return None,
        };
        std::str::from_utf8(self.take(length)?).ok()
    }

    /// A session, written as its 16 bytes.
    pub fn session(&mut self) -> Option<SessionId> {
        let length = match self.byte()? {
            0xc4 => self.length(1)?,
            _ => return None,
        };
        SessionId::from_bytes(self.take(length)?).ok()
    }

    /// A number.
    pub fn number(&mut self) -> Option<u64> {
        match self.byte()? {
            small @ 0..=0x7f => Some(small.into()),
            0xcc => self.unsigned(1),
            0xcd => self.unsigned(2),
            0xce => self.unsigned(4),
            0xcf => self.unsigned(8),
            _ => None,
        }
    }

    /// A truth value.
    pub fn boolean(&mut self) -> Option<bool> {
        match self.byte()? {
            0xc2 => Some(false),
            0xc3 => Some(true),
            _ => None,
        }
    }
}
