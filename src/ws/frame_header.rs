//! The header of a client's frame (RFC 6455, section 5.2), read byte by byte and checked as early as its bytes allow.

use super::violation::Violation;

/// Longest header: two bytes, eight of length, four of mask.
const HEADER_BYTES_MAX: usize = 14;

/// The first of the three reserved bits.
const RSV1: u8 = 0b100;

/// The kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The next fragment of a message.
    Continuation,
    /// The first or only fragment of a text message.
    Text,
    /// The first or only fragment of a binary message.
    Binary,
    /// A close frame.
    Close,
    /// A ping.
    Ping,
    /// A pong.
    Pong,
}

impl Kind {
    fn of(opcode: u8) -> Result<Kind, Violation> {
        Ok(match opcode {
            0 => Kind::Continuation,
            1 => Kind::Text,
            2 => Kind::Binary,
            8 => Kind::Close,
            9 => Kind::Ping,
            10 => Kind::Pong,
            _ => return Err(Violation::Opcode(opcode)),
        })
    }

    /// Whether it is a close, ping or pong frame, which may come between the fragments of a message.
    pub fn is_control(self) -> bool {
        matches!(self, Kind::Close | Kind::Ping | Kind::Pong)
    }
}

/// A complete header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The kind of the frame.
    pub kind: Kind,
    /// Whether it is the last fragment.
    pub is_final: bool,
    /// Bytes of payload; below 2^63.
    pub payload_bytes: u64,
    /// Masking key.
    pub mask: [u8; 4],
}

/// The header of a data frame that is a whole message, uncompressed and below 64 KiB, and its length in bytes. `None`
/// for any other header, and for one that is not whole or wrong: those are read byte by byte.
pub fn of_whole_message(bytes: &[u8]) -> Option<(Header, usize)> {
    let (kind, second) = match *bytes {
        [0x81, second, ..] => (Kind::Text, second),
        [0x82, second, ..] => (Kind::Binary, second),
        _ => return None,
    };
    let (payload_bytes, at) = match second {
        0x80..=0xfd => (u64::from(second & 0x7f), 2),
        0xfe => (u64::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)), 4),
        _ => return None,
    };
    let is_shortest = at == 2 || payload_bytes > 125;
    let mask = *bytes.get(at..)?.first_chunk()?;
    is_shortest.then_some((Header { kind, is_final: true, payload_bytes, mask }, at + mask.len()))
}

/// A step of reading a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// More bytes are needed.
    More,
    /// The first byte of a data frame is known.
    Began {
        /// Its kind.
        kind: Kind,
        /// Whether it ends its message.
        is_final: bool,
        /// Whether the message is compressed (RFC 7692, section 6): only its first frame tells.
        is_compressed: bool,
    },
    /// The length of a data frame is known; the mask is still to come.
    Declared(u64),
    /// The header is complete.
    Whole(Header),
}

/// A header that may still be partial.
#[derive(Debug, Default, Clone, Copy)]
pub struct HeaderReader {
    /// Whether compression was negotiated, which gives RSV1 a meaning.
    takes_compressed: bool,
    bytes: [u8; HEADER_BYTES_MAX],
    count: u8,
}

impl HeaderReader {
    /// A reader for a socket with or without negotiated compression.
    pub fn new(takes_compressed: bool) -> Self {
        HeaderReader { takes_compressed, ..HeaderReader::default() }
    }

    /// Reads the next byte. After [`Step::Whole`] the next header begins.
    pub fn push(&mut self, byte: u8) -> Result<Step, Violation> {
        let count = usize::from(self.count) + 1;
        self.bytes[count - 1] = byte;
        self.count = count as u8;
        match count {
            1 => self.first(),
            2 if byte & 0x80 == 0 => Err(Violation::Unmasked),
            2 if byte & 0x7f > 125 && Kind::of(self.bytes[0] & 0x0f)?.is_control() => Err(Violation::LongControl),
            2 if Kind::of(self.bytes[0] & 0x0f)?.is_control() => Ok(Step::More),
            _ if count == 2 + self.length_bytes() => self.length().map(Step::Declared),
            _ if count == 2 + self.length_bytes() + 4 => self.whole().map(Step::Whole),
            _ => Ok(Step::More),
        }
    }

    /// Whether no header is partially read.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn first(&self) -> Result<Step, Violation> {
        let byte = self.bytes[0];
        let (reserved, kind) = (byte >> 4 & 0x07, Kind::of(byte & 0x0f));
        let begins_message = matches!(kind, Ok(Kind::Text | Kind::Binary));
        let is_compressed = reserved == RSV1 && begins_message && self.takes_compressed;
        if reserved != 0 && !is_compressed {
            return Err(Violation::ReservedBits(reserved));
        }
        let kind = kind?;
        let is_final = byte & 0x80 != 0;
        if kind.is_control() && !is_final {
            return Err(Violation::FragmentedControl);
        }
        Ok(if kind.is_control() { Step::More } else { Step::Began { kind, is_final, is_compressed } })
    }

    /// Bytes of the extended length.
    fn length_bytes(&self) -> usize {
        match self.bytes[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        }
    }

    fn length(&self) -> Result<u64, Violation> {
        let extended = self.bytes[2..2 + self.length_bytes()].iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        match self.bytes[1] & 0x7f {
            126 if extended < 126 => Err(Violation::LengthForm(extended)),
            127 if extended <= 0xffff => Err(Violation::LengthForm(extended)),
            127 if extended >> 63 != 0 => Err(Violation::LengthRange),
            126 | 127 => Ok(extended),
            short => Ok(u64::from(short)),
        }
    }

    fn whole(&mut self) -> Result<Header, Violation> {
        let at = 2 + self.length_bytes();
        let header = Header {
            kind: Kind::of(self.bytes[0] & 0x0f)?,
            is_final: self.bytes[0] & 0x80 != 0,
            payload_bytes: self.length()?,
            mask: [self.bytes[at], self.bytes[at + 1], self.bytes[at + 2], self.bytes[at + 3]],
        };
        self.count = 0;
        Ok(header)
    }
}
