//! Numbers and positions, without the formatting machinery: with it, they would take a tenth of the time to encode a
//! publication, which has three numbers.

use crate::Position;
use bytes::{BufMut, BytesMut};

/// Writes a number.
pub(super) fn put_number(out: &mut BytesMut, number: u64) {
    out.put_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes a position, without quotes.
pub(super) fn put_position(out: &mut BytesMut, pos: Position) {
    put_number(out, pos.seq);
    out.put_u8(b'-');
    put_number(out, pos.nonce);
}
