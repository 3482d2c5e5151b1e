//! A value of a MessagePack frame, as the slice of bytes that encodes it.

use super::scan::{head, value_bytes, Body};
use crate::hubwire_v1::fault::Fault;
use crate::hubwire_v1::json::text::put_text;
use crate::hubwire_v1::part::Part;
use crate::ErrorCode;
use rmp::Marker;
use std::borrow::Cow;
use std::fmt;

/// The bytes of one value. Part of a frame that [`check`](super::scan::check) accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackPart<'a>(pub &'a [u8]);

impl<'a> PackPart<'a> {
    /// The offset of its end in `message`, which it must be a slice of.
    pub fn end_in(self, message: &[u8]) -> usize {
        self.0.as_ptr() as usize - message.as_ptr() as usize + self.0.len()
    }

    fn body(self) -> Option<Body> {
        head(self.0).map(|head| head.body)
    }

    fn str(self) -> Option<&'a str> {
        let head = head(self.0)?;
        match head.body {
            Body::Text(length) => std::str::from_utf8(self.0.get(head.head_bytes..head.head_bytes + length)?).ok(),
            _ => None,
        }
    }

    /// The big-endian number after the marker.
    fn number<const N: usize>(self) -> [u8; N] {
        // A checked value has all its bytes.
        self.0.get(1..).and_then(|bytes| bytes.first_chunk()).copied().unwrap_or([0; N])
    }

    fn put_scalar(self, out: &mut dyn fmt::Write) -> Result<(), Fault> {
        match Marker::from_u8(self.0.first().copied().unwrap_or(0xc0)) {
            Marker::Null => written(out.write_str("null")),
            Marker::True => written(out.write_str("true")),
            Marker::False => written(out.write_str("false")),
            Marker::FixPos(value) => written(write!(out, "{value}")),
            Marker::FixNeg(value) => written(write!(out, "{value}")),
            Marker::U8 => written(write!(out, "{}", u8::from_be_bytes(self.number()))),
            Marker::U16 => written(write!(out, "{}", u16::from_be_bytes(self.number()))),
            Marker::U32 => written(write!(out, "{}", u32::from_be_bytes(self.number()))),
            Marker::U64 => written(write!(out, "{}", u64::from_be_bytes(self.number()))),
            Marker::I8 => written(write!(out, "{}", i8::from_be_bytes(self.number()))),
            Marker::I16 => written(write!(out, "{}", i16::from_be_bytes(self.number()))),
            Marker::I32 => written(write!(out, "{}", i32::from_be_bytes(self.number()))),
            Marker::I64 => written(write!(out, "{}", i64::from_be_bytes(self.number()))),
            Marker::F32 => {
                let value = f32::from_be_bytes(self.number());
                if !value.is_finite() {
                    return Err(not_json(format_args!("the number {value}")));
                }
                // Debug prints the shortest decimal that parses to the same value, always with a point or an exponent.
                written(write!(out, "{value:?}"))
            }
            Marker::F64 => {
                let value = f64::from_be_bytes(self.number());
                if !value.is_finite() {
                    return Err(not_json(format_args!("the number {value}")));
                }
                written(write!(out, "{value:?}"))
            }
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => Err(not_json(format_args!("binary data (bin)"))),
            _ => Err(not_json(format_args!("an extension type (ext)"))),
        }
    }
}

impl<'a> Part<'a> for PackPart<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
        self.str().map(Cow::Borrowed)
    }

    fn boolean(self) -> Option<bool> {
        match Marker::from_u8(*self.0.first()?) {
            Marker::True => Some(true),
            Marker::False => Some(false),
            _ => None,
        }
    }

    fn is_object(self) -> bool {
        matches!(self.body(), Some(Body::Map(_)))
    }

    fn is_array(self) -> bool {
        matches!(self.body(), Some(Body::Array(_)))
    }

    fn children(self) -> impl Iterator<Item = Self> {
        let (mut rest, count) = match head(self.0) {
            Some(head) => match head.body {
                Body::Array(count) => (&self.0[head.head_bytes..], count),
                Body::Map(count) => (&self.0[head.head_bytes..], 2 * count),
                Body::Text(_) | Body::Bytes(_) => (&[][..], 0),
            },
            None => (&[][..], 0),
        };
        (0..count).map_while(move |_| {
            let (value, after) = rest.split_at_checked(value_bytes(rest)?)?;
            rest = after;
            Some(PackPart(value))
        })
    }

    fn put_json(self, out: &mut dyn fmt::Write) -> Result<(), Fault> {
        put_value(&mut { self.0 }, out)
    }
}

/// Writes the value at the start of `bytes` as JSON and advances past it. Recursion is bounded by the depth checked
/// before.
fn put_value(bytes: &mut &[u8], out: &mut dyn fmt::Write) -> Result<(), Fault> {
    let whole = PackPart(bytes);
    let Some(head) = head(bytes) else { return Ok(()) };
    *bytes = &bytes[head.head_bytes..];
    match head.body {
        Body::Text(length) => {
            *bytes = &bytes[length..];
            written(put_text(out, whole.str().unwrap_or_default()))
        }
        Body::Bytes(length) => {
            *bytes = &bytes[length..];
            whole.put_scalar(out)
        }
        Body::Array(length) => {
            written(out.write_char('['))?;
            for index in 0..length {
                separate(out, index)?;
                put_value(bytes, out)?;
            }
            written(out.write_char(']'))
        }
        Body::Map(length) => {
            written(out.write_char('{'))?;
            for index in 0..length {
                separate(out, index)?;
                if PackPart(bytes).str().is_none() {
                    return Err(not_json(format_args!("a key that is not a string")));
                }
                put_value(bytes, out)?;
                written(out.write_char(':'))?;
                put_value(bytes, out)?;
            }
            written(out.write_char('}'))
        }
    }
}

fn separate(out: &mut dyn fmt::Write, index: usize) -> Result<(), Fault> {
    if index > 0 {
        written(out.write_char(','))?;
    }
    Ok(())
}

fn written(result: fmt::Result) -> Result<(), Fault> {
    result.map_err(|_| Fault::new(ErrorCode::Internal, "writing JSON failed"))
}

fn not_json(what: fmt::Arguments<'_>) -> Fault {
    let message = format!("payload and meta must fit JSON, which cannot hold {what}");
    Fault::new(ErrorCode::BadPayload, message)
}
