//! Acknowledgements as JSON: nearly every publication with an id is answered with one, so they are written by hand. The
//! text is that of serde.

use super::number::{put_number, put_position};
use crate::event::Ack;
use crate::Position;
use bytes::{BufMut, BytesMut};

/// Writes an acknowledgement as an object, without the fields that are absent.
pub(super) fn put_ack(out: &mut BytesMut, ack: &Ack) {
    let Ack { pos, sessions, nodes, duplicate, own_pos, ts, expires_in_ms } = *ack;
    let start = out.len();
    put_pos(out, b",\"pos\":\"", pos);
    put_count(out, b",\"sessions\":", sessions.map(|count| count as u64));
    put_count(out, b",\"nodes\":", nodes.map(|count| count as u64));
    if duplicate {
        out.put_slice(b",\"duplicate\":true");
    }
    put_pos(out, b",\"own_pos\":\"", own_pos);
    put_count(out, b",\"ts\":", ts);
    put_count(out, b",\"expires_in_ms\":", expires_in_ms);
    // the brace takes the place of the first comma
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.put_u8(b'{'),
    }
    out.put_u8(b'}');
}

fn put_pos(out: &mut BytesMut, key: &[u8], pos: Option<Position>) {
    if let Some(pos) = pos {
        out.put_slice(key);
        put_position(out, pos);
        out.put_u8(b'"');
    }
}

fn put_count(out: &mut BytesMut, key: &[u8], count: Option<u64>) {
    if let Some(count) = count {
        out.put_slice(key);
        put_number(out, count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_is_written_as_serde_writes_it_whatever_it_has() {
        for has in 0_u32..128 {
            let has = |field: u32| has >> field & 1 == 1;
            let pos = |field, seq| has(field).then_some(Position { seq, nonce: u64::MAX >> 16 });
            let ack = Ack {
                pos: pos(0, 1),
                sessions: has(1).then_some(0),
                nodes: has(2).then_some(usize::MAX),
                duplicate: has(3),
                own_pos: pos(4, (1 << 53) - 1),
                ts: has(5).then_some(u64::MAX),
                expires_in_ms: has(6).then_some(17),
            };
            let mut out = BytesMut::from(&b"x"[..]);
            put_ack(&mut out, &ack);
            assert_eq!(out[1..], serde_json::to_vec(&ack).unwrap());
        }
    }
}
