//! Frames as a server writes them: unmasked and unfragmented (RFC 6455, section 5.2). Header and payload share one
//! buffer.

use bytes::{BufMut, Bytes, BytesMut};
use std::ops::Range;

/// Longest header of an unmasked frame.
pub const HEADER_BYTES_MAX: usize = 10;

/// The bit of the first byte that marks a compressed message (RFC 7692, section 6).
pub const RSV1: u8 = 0x40;

/// Opcode of a server frame (RFC 6455, section 11.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// UTF-8 text.
    Text = 1,
    /// Bytes.
    Binary = 2,
    /// Close.
    Close = 8,
    /// Ping.
    Ping = 9,
    /// Pong.
    Pong = 10,
}

/// Appends the header of a frame with `payload_bytes` of payload.
pub fn put_header(out: &mut impl BufMut, opcode: Opcode, payload_bytes: usize) {
    put_header_of(out, 0x80 | opcode as u8, payload_bytes);
}

/// As [`put_header`], with a given first byte.
pub fn put_header_of(out: &mut impl BufMut, first: u8, payload_bytes: usize) {
    out.put_u8(first);
    match payload_bytes {
        n @ 0..=125 => out.put_u8(n as u8),
        n @ 126..=0xffff => {
            out.put_u8(126);
            out.put_u16(n as u16);
        }
        n => {
            out.put_u8(127);
            out.put_u64(n as u64);
        }
    }
}

/// One whole frame.
pub fn frame(opcode: Opcode, payload: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(HEADER_BYTES_MAX + payload.len());
    put_header(&mut out, opcode, payload.len());
    out.put_slice(payload);
    out.freeze()
}

/// The location of one frame in a buffer of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Offset of its first byte.
    pub start: usize,
    /// Range of its payload.
    pub payload: Range<usize>,
    /// Whether it is a data frame, as opposed to a ping, pong or close frame.
    pub is_message: bool,
}

/// Finds the frames in a concatenation of frames that this module wrote. Stops at the first invalid one.
pub fn parts(frames: &[u8]) -> impl Iterator<Item = Part> + '_ {
    let mut start = 0;
    std::iter::from_fn(move || {
        let part = part(frames, start)?;
        start = part.payload.end;
        Some(part)
    })
}

fn part(frames: &[u8], start: usize) -> Option<Part> {
    let (first, short) = (*frames.get(start)?, *frames.get(start + 1)?);
    let (length, begin) = match short {
        126 => (u64::from(u16::from_be_bytes(*frames.get(start + 2..)?.first_chunk()?)), start + 4),
        127 => (u64::from_be_bytes(*frames.get(start + 2..)?.first_chunk()?), start + 10),
        short => (u64::from(short), start + 2),
    };
    let end = begin.checked_add(usize::try_from(length).ok()?).filter(|end| *end <= frames.len())?;
    Some(Part { start, payload: begin..end, is_message: first & 0x08 == 0 })
}

/// A close frame (RFC 6455, section 5.5.1). The reason is cut to 123 bytes at a character boundary.
pub fn close(code: u16, reason: &str) -> Bytes {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let mut payload = Vec::with_capacity(2 + end);
    payload.extend_from_slice(&code.to_be_bytes());
    payload.extend_from_slice(&reason.as_bytes()[..end]);
    frame(Opcode::Close, &payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        assert_eq!(&frame(Opcode::Text, b"hi")[..], b"\x81\x02hi");
        assert_eq!(frame(Opcode::Binary, &[0; 126])[..4], [0x82, 126, 0, 126]);
        assert_eq!(frame(Opcode::Binary, &[0; 0x10000])[..10], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn frames_that_were_put_together_are_found_again() {
        let payloads = [0, 1, 125, 126, 0xffff, 0x10000];
        let frames: Vec<Bytes> = payloads.iter().map(|length| frame(Opcode::Text, &vec![b'x'; *length])).collect();
        let all = [frames.concat(), frame(Opcode::Ping, b"p").to_vec()].concat();
        let found: Vec<Part> = parts(&all).collect();
        assert_eq!(
            found.iter().map(|part| part.payload.len()).collect::<Vec<_>>(),
            [0, 1, 125, 126, 0xffff, 0x10000, 1]
        );
        assert_eq!(found.iter().filter(|part| part.is_message).count(), 6);
        assert_eq!(found.last().map(|part| part.payload.end), Some(all.len()));
        for cut in 0..all.len().min(400) {
            assert!(parts(&all[..cut]).all(|part| part.payload.end <= cut));
        }
    }

    #[test]
    fn a_close_reason_is_cut_between_characters() {
        let frame = close(1002, &"é".repeat(100));
        assert_eq!(frame.len(), 2 + 2 + 122);
        assert!(std::str::from_utf8(&frame[4..]).is_ok());
    }
}
