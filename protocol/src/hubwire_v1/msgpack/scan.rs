//! The syntax of MessagePack, checked before anything is built from it.
//!
//! Declared lengths are compared with the bytes that are present, so that five bytes cannot claim four billion
//! elements.

use crate::hubwire_v1::fault::{Fault, FaultAt};
use crate::ErrorCode;
use rmp::Marker;

/// The head of a value: its length and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Marker and length bytes.
    pub head_bytes: usize,
    pub body: Body,
}

/// What follows a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// This many bytes of UTF-8.
    Text(usize),
    /// This many bytes of something else: a number, `bin` or `ext`; 0 for `nil` and booleans.
    Bytes(usize),
    /// This many values.
    Array(usize),
    /// This many pairs of a key and a value.
    Map(usize),
}

/// Reads a head; `None` if bytes are missing or the marker is `0xc1`, which is undefined.
pub(super) fn head(bytes: &[u8]) -> Option<Head> {
    let fixed = |body| Some(Head { head_bytes: 1, body });
    let sized = |length_bytes: usize, body: fn(usize) -> Body| {
        let length = bytes.get(1..1 + length_bytes)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        Some(Head { head_bytes: 1 + length_bytes, body: body(length) })
    };
    // An ext has a type byte between its length and its data.
    let ext = |length: usize| Body::Bytes(length.saturating_add(1));
    match Marker::from_u8(*bytes.first()?) {
        Marker::Reserved => None,
        Marker::FixPos(_) | Marker::FixNeg(_) | Marker::Null | Marker::True | Marker::False => fixed(Body::Bytes(0)),
        Marker::U8 | Marker::I8 => fixed(Body::Bytes(1)),
        Marker::U16 | Marker::I16 | Marker::FixExt1 => fixed(Body::Bytes(2)),
        Marker::FixExt2 => fixed(Body::Bytes(3)),
        Marker::U32 | Marker::I32 | Marker::F32 => fixed(Body::Bytes(4)),
        Marker::FixExt4 => fixed(Body::Bytes(5)),
        Marker::U64 | Marker::I64 | Marker::F64 => fixed(Body::Bytes(8)),
        Marker::FixExt8 => fixed(Body::Bytes(9)),
        Marker::FixExt16 => fixed(Body::Bytes(17)),
        Marker::FixStr(length) => fixed(Body::Text(length.into())),
        Marker::FixArray(length) => fixed(Body::Array(length.into())),
        Marker::FixMap(length) => fixed(Body::Map(length.into())),
        Marker::Str8 => sized(1, Body::Text),
        Marker::Str16 => sized(2, Body::Text),
        Marker::Str32 => sized(4, Body::Text),
        Marker::Bin8 => sized(1, Body::Bytes),
        Marker::Bin16 => sized(2, Body::Bytes),
        Marker::Bin32 => sized(4, Body::Bytes),
        Marker::Ext8 => sized(1, ext),
        Marker::Ext16 => sized(2, ext),
        Marker::Ext32 => sized(4, ext),
        Marker::Array16 => sized(2, Body::Array),
        Marker::Array32 => sized(4, Body::Array),
        Marker::Map16 => sized(2, Body::Map),
        Marker::Map32 => sized(4, Body::Map),
    }
}

/// Checks that `message` is exactly one value, nested at most `depth_max` deep. Allocates nothing.
pub(super) fn check(message: &[u8], depth_max: usize) -> Result<(), FaultAt> {
    let scan = Scan { message, depth_max };
    match scan.value(0, 0)? {
        end if end == message.len() => Ok(()),
        end => Err(syntax(end, format!("{} bytes follow the frame's value", message.len() - end))),
    }
}

fn syntax(at: usize, what: impl std::fmt::Display) -> FaultAt {
    let fault = Fault::new(ErrorCode::BadSyntax, format!("frame is not MessagePack: {what} at byte {at}"));
    FaultAt { fault, at }
}

struct Scan<'a> {
    message: &'a [u8],
    depth_max: usize,
}

impl Scan<'_> {
    /// Checks the value at offset `at`, nested in `depth` others, and returns its end.
    fn value(&self, at: usize, depth: usize) -> Result<usize, FaultAt> {
        let Some(head) = head(&self.message[at..]) else {
            return Err(match self.message.get(at) {
                Some(0xc1) => syntax(at, "0xc1 is no value"),
                _ => syntax(self.message.len(), "the frame ends within a value"),
            });
        };
        let start = at + head.head_bytes;
        let left = self.message.len() - start;
        // Each value takes at least one byte.
        let least = match head.body {
            Body::Text(length) | Body::Bytes(length) | Body::Array(length) => length,
            Body::Map(length) => length.saturating_mul(2),
        };
        if least > left {
            return Err(syntax(at, format!("a value needs {least} bytes, {left} are left")));
        }
        match head.body {
            Body::Bytes(length) => Ok(start + length),
            Body::Text(length) => match std::str::from_utf8(&self.message[start..start + length]) {
                Ok(_) => Ok(start + length),
                Err(error) => Err(syntax(start + error.valid_up_to(), "a string is not UTF-8")),
            },
            Body::Array(_) | Body::Map(_) if depth == self.depth_max => {
                Err(FaultAt { fault: Fault::too_deep(self.depth_max), at })
            }
            Body::Array(_) | Body::Map(_) => (0..least).try_fold(start, |at, _| self.value(at, depth + 1)),
        }
    }
}

/// The length of the value at the start of `bytes`. Only for bytes that passed [`check`].
pub(super) fn value_bytes(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut values = 1usize;
    while values > 0 {
        let head = head(bytes.get(at..)?)?;
        at += head.head_bytes;
        values -= 1;
        match head.body {
            Body::Text(length) | Body::Bytes(length) => at += length,
            Body::Array(length) => values += length,
            Body::Map(length) => values += 2 * length,
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(message: &[u8]) -> (ErrorCode, String) {
        let FaultAt { fault, .. } = check(message, 3).unwrap_err();
        (fault.code, fault.message)
    }

    #[test]
    fn a_declared_length_beyond_the_frame_is_refused_at_once() {
        for marker in [0xdd, 0xdf, 0xdb, 0xc6, 0xc9] {
            let (code, message) = refusal(&[marker, 0xff, 0xff, 0xff, 0xff]);
            assert_eq!(code, ErrorCode::BadSyntax);
            assert!(message.contains("are left at byte 0"), "{message}");
        }
    }

    #[test]
    fn every_marker_but_c1_heads_a_value() {
        for marker in 0..=255u8 {
            let mut message = vec![0; 64];
            message[0] = marker;
            assert_eq!(head(&message).is_none(), marker == 0xc1, "{marker:#x}");
        }
        assert_eq!(refusal(&[0x91, 0xc1]).1, "frame is not MessagePack: 0xc1 is no value at byte 1");
    }

    #[test]
    fn exactly_one_value_is_taken() {
        assert!(check(&[0x92, 0x01, 0xa1, b'x'], 3).is_ok());
        assert_eq!(refusal(&[0x01, 0x02]).1, "frame is not MessagePack: 1 bytes follow the frame's value at byte 1");
        assert_eq!(refusal(&[]).1, "frame is not MessagePack: the frame ends within a value at byte 0");
        assert_eq!(refusal(&[0xa1, 0xff]).1, "frame is not MessagePack: a string is not UTF-8 at byte 1");
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(check(&[0x91, 0x91, 0x90], 3).is_ok());
        assert_eq!(refusal(&[0x91, 0x91, 0x91, 0x90]).0, ErrorCode::TooDeep);
    }

    #[test]
    fn a_checked_value_knows_its_length() {
        let message = [0x82, 0xa1, b'a', 0x92, 0x01, 0x02, 0xa1, b'b', 0xc4, 2, 9, 9, 0x07];
        assert_eq!(value_bytes(&message), Some(message.len() - 1));
    }
}
