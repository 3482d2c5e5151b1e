//! Frames as a server writes them: unmasked, whole (RFC 6455, section 5.2). Header and payload are one shared buffer.

use bytes::{BufMut, Bytes, BytesMut};

/// Longest header of an unmasked frame.
pub const HEADER_BYTES_MAX: usize = 10;

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
    out.put_u8(0x80 | opcode as u8);
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
    fn a_close_reason_is_cut_between_characters() {
        let frame = close(1002, &"é".repeat(100));
        assert_eq!(frame.len(), 2 + 2 + 122);
        assert!(std::str::from_utf8(&frame[4..]).is_ok());
    }
}
