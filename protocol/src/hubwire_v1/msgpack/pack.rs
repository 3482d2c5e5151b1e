//! Writes MessagePack into a frame.

use crate::hubwire_v1::json::text::unescape;
use crate::hubwire_v1::json::token::{Token, Tokens};
use bytes::buf::Writer;
use bytes::{BufMut, BytesMut};
use rmp::encode;
use std::fmt::Display;

/// Writes values in their shortest form. The number of entries is written before the entries.
pub(super) struct Pack<'o> {
    out: Writer<&'o mut BytesMut>,
}

/// Unwraps the result of a write: the buffer grows, so that writing cannot fail.
fn written<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.expect("the buffer grows")
}

impl<'o> Pack<'o> {
    pub fn new(out: &'o mut BytesMut) -> Self {
        Pack { out: out.writer() }
    }

    pub fn map(&mut self, entries: usize) {
        written(encode::write_map_len(&mut self.out, length(entries)));
    }

    pub fn array(&mut self, elements: usize) {
        written(encode::write_array_len(&mut self.out, length(elements)));
    }

    pub fn text(&mut self, text: &str) {
        written(encode::write_str(&mut self.out, text));
    }

    pub fn display(&mut self, value: impl Display) {
        self.text(&value.to_string());
    }

    pub fn boolean(&mut self, value: bool) {
        written(encode::write_bool(&mut self.out, value));
    }

    pub fn unsigned(&mut self, value: u64) {
        written(encode::write_uint(&mut self.out, value));
    }

    /// Writes any serializable value, structs as maps with string keys.
    pub fn serialize(&mut self, value: &impl serde::Serialize) {
        let mut serializer = rmp_serde::Serializer::new(&mut self.out).with_struct_map();
        // Cannot fail: only plain structs are written here.
        value.serialize(&mut serializer).expect("controls are plain structs");
    }

    /// Writes a JSON text that one of the decoders produced.
    pub fn json(&mut self, text: &str) {
        self.json_tokens(text, &entry_counts(text));
    }

    /// Writes the entries of a JSON object after a header that counts one entry more, which the caller adds.
    pub fn json_object_and_one(&mut self, text: &str) {
        let mut counts = entry_counts(text);
        match counts.first_mut() {
            Some(count) => *count += 2,
            None => return self.map(1),
        }
        self.json_tokens(text, &counts);
    }

    fn json_tokens(&mut self, text: &str, counts: &[u32]) {
        let mut counts = counts.iter().map(|count| *count as usize);
        for token in Tokens::new(text) {
            match token {
                Token::OpenObject => self.map(counts.next().unwrap_or_default() / 2),
                Token::OpenArray => self.array(counts.next().unwrap_or_default()),
                Token::Close => {}
                Token::Text(quoted) => self.text(&unescape(quoted).unwrap_or_default()),
                Token::Scalar(scalar) => self.scalar(scalar),
            }
        }
    }

    /// Integers are exact within the range of MessagePack; all other numbers become the nearest double.
    fn scalar(&mut self, scalar: &str) {
        match scalar {
            "null" => return written(encode::write_nil(&mut self.out)),
            "true" => return self.boolean(true),
            "false" => return self.boolean(false),
            // As an integer it would lose its sign.
            "-0" => return written(encode::write_f64(&mut self.out, -0.0)),
            _ => {}
        }
        if let Ok(value) = scalar.parse::<u64>() {
            self.unsigned(value);
        } else if let Ok(value) = scalar.parse::<i64>() {
            written(encode::write_sint(&mut self.out, value));
        } else {
            written(encode::write_f64(&mut self.out, scalar.parse().unwrap_or_default()));
        }
    }
}

/// The number of values in each object (keys count too) and array, in the order in which they open: MessagePack needs
/// the number before the values.
fn entry_counts(text: &str) -> Vec<u32> {
    let mut counts: Vec<u32> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for token in Tokens::new(text) {
        if token == Token::Close {
            open.pop();
            continue;
        }
        if let Some(parent) = open.last() {
            counts[*parent] += 1;
        }
        if matches!(token, Token::OpenObject | Token::OpenArray) {
            open.push(counts.len());
            counts.push(0);
        }
    }
    counts
}

/// Texts are bounded far below 4 GiB, and so are their numbers of entries.
fn length(entries: usize) -> u32 {
    u32::try_from(entries).unwrap_or(u32::MAX)
}
