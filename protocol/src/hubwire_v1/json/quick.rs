//! Fast path for the JSON that clients send most: checked, split and interpreted in one pass.
//!
//!  Any other frame is left to the slow path, which reads the text several times and reports what is wrong with it:
//!  [`Quick::frame`] never refuses a frame, it only finds that it cannot decide. So it must be right about every frame
//!  that it accepts; every build with debug assertions (all tests, the fuzz targets) compares it with the slow path.

use super::super::action::{Action, HubMeta};
use crate::Limits;
use std::borrow::Cow;

/// A text and the current offset in it.
pub(super) struct Quick<'a, 'l> {
    text: &'a str,
    at: usize,
    depth_max: usize,
    limits: &'l Limits,
}

impl<'a, 'l> Quick<'a, 'l> {
    pub fn new(text: &'a str, depth_max: usize, limits: &'l Limits) -> Self {
        Quick { text, at: 0, depth_max, limits }
    }

    /// The actions of the frame, if the whole frame is of the usual form.
    pub fn frame<T>(mut self, make: impl Fn(Action<'a>) -> T) -> Option<Vec<T>> {
        self.skip_space();
        let actions = match self.peek()? {
            b'[' => self.array(make)?,
            _ => vec![make(self.action(0)?)],
        };
        self.skip_space();
        (self.at == self.text.len()).then_some(actions)
    }

    fn array<T>(&mut self, make: impl Fn(Action<'a>) -> T) -> Option<Vec<T>> {
        self.open(b'[', 0)?;
        let mut actions = Vec::new();
        loop {
            if actions.len() == self.limits.actions_max {
                return None;
            }
            actions.push(make(self.action(1)?));
            if self.is_last(b']')? {
                return Some(actions);
            }
        }
    }

    /// An action nested in `depth` containers.
    fn action(&mut self, depth: usize) -> Option<Action<'a>> {
        let (mut kind, mut payload, mut error, mut hub) = (None, None, None, None);
        self.open(b'{', depth)?;
        loop {
            let is_new = match self.key()? {
                "type" => kind.replace(self.label(self.limits.type_bytes_max)?).is_none(),
                "payload" => payload.replace(self.value(depth + 1)?).is_none(),
                "error" => error.replace(self.boolean()?).is_none(),
                "meta" => hub.replace(self.meta(depth + 1)?).is_none(),
                _ => return None,
            };
            if !is_new {
                return None;
            }
            if self.is_last(b'}')? {
                let payload = payload.map(Cow::Borrowed);
                return Some(Action { kind: kind?.into(), payload, error, meta: None, hub: hub.unwrap_or_default() });
            }
        }
    }

    /// `meta` with the single key `hub`, and in that only keys that clients may set.
    fn meta(&mut self, depth: usize) -> Option<HubMeta<'a>> {
        self.open(b'{', depth)?;
        if self.key()? != "hub" {
            return None;
        }
        self.open(b'{', depth + 1)?;
        let (mut to, mut id, mut ephemeral) = (None, None, None);
        loop {
            let is_new = match self.key()? {
                "to" => to.replace(self.plain_text()?.parse().ok()?).is_none(),
                "id" => id.replace(self.label(self.limits.id_bytes_max)?).is_none(),
                "ephemeral" => ephemeral.replace(self.boolean()?).is_none(),
                _ => return None,
            };
            if !is_new {
                return None;
            }
            if self.is_last(b'}')? {
                break;
            }
        }
        let ephemeral = ephemeral.unwrap_or_default();
        self.is_last(b'}')?.then(|| HubMeta { to, id: id.map(Cow::Borrowed), ephemeral, ..HubMeta::default() })
    }

    /// A string without escapes and control characters, not empty and within a bound.
    fn label(&mut self, bytes_max: usize) -> Option<&'a str> {
        let text = self.plain_text()?;
        (1..=bytes_max).contains(&text.len()).then_some(text)
    }

    /// A key and the colon that follows.
    fn key(&mut self) -> Option<&'a str> {
        let key = self.plain_text()?;
        self.skip_space();
        self.take(b':')?;
        self.skip_space();
        Some(key)
    }

    /// A string of printable ASCII without escapes.
    fn plain_text(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let start = self.at;
        self.at += printable_bytes(self.text.as_bytes().get(start..)?);
        self.take(b'"')?;
        self.text.get(start..self.at - 1)
    }

    fn boolean(&mut self) -> Option<bool> {
        match self.peek()? {
            b't' => self.word("true").map(|()| true),
            _ => self.word("false").map(|()| false),
        }
    }

    /// The text of any value nested in `depth` containers.
    fn value(&mut self, depth: usize) -> Option<&'a str> {
        let start = self.at;
        self.pass(depth)?;
        self.text.get(start..self.at)
    }

    /// Skips a value. Not all JSON can be delivered in both encodings: forms that may be undeliverable are left to the
    /// slow path.
    fn pass(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' => {
                self.open(b'{', depth)?;
                if self.peek()? == b'}' {
                    return self.take(b'}');
                }
                loop {
                    self.string()?;
                    self.skip_space();
                    self.take(b':')?;
                    self.skip_space();
                    self.pass(depth + 1)?;
                    if self.is_last(b'}')? {
                        return Some(());
                    }
                }
            }
            b'[' => {
                self.open(b'[', depth)?;
                if self.peek()? == b']' {
                    return self.take(b']');
                }
                loop {
                    self.pass(depth + 1)?;
                    if self.is_last(b']')? {
                        return Some(());
                    }
                }
            }
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    /// Skips a string. A `\u` escape may be a lone surrogate, so it is left to the slow path.
    fn string(&mut self) -> Option<()> {
        self.take(b'"')?;
        loop {
            self.at += plain_bytes(self.text.as_bytes().get(self.at..)?);
            match self.peek()? {
                b'"' => return self.take(b'"'),
                b'\\' => match self.text.as_bytes().get(self.at + 1)? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    /// Skips a number short enough to fit a double. An exponent stops here, and the caller, which expects a comma or an
    /// end, leaves the frame to the slow path.
    fn number(&mut self) -> Option<()> {
        const LENGTH_MAX: usize = 64;
        let start = self.at;
        if self.peek()? == b'-' {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.text.as_bytes().get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        (self.at - start <= LENGTH_MAX).then_some(())
    }

    fn digits(&mut self) -> Option<()> {
        let digits = self.text.as_bytes().get(self.at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        (digits > 0).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text.as_bytes().get(self.at..)?.starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    /// Enters a container nested in `depth` others, up to its first value or its end.
    fn open(&mut self, bracket: u8, depth: usize) -> Option<()> {
        self.take(bracket)?;
        self.skip_space();
        (depth < self.depth_max).then_some(())
    }

    /// After a value: whether the container ends here; otherwise skips to the next value.
    fn is_last(&mut self, bracket: u8) -> Option<bool> {
        self.skip_space();
        let is_last = self.peek()? == bracket;
        self.take(if is_last { bracket } else { b',' })?;
        if !is_last {
            self.skip_space();
        }
        Some(is_last)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }
}

/// The number of bytes at the start of `bytes` up to a quote, a backslash or a control character.
fn plain_bytes(bytes: &[u8]) -> usize {
    bytes_before(bytes, ends_plain, |byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
}

/// As [`plain_bytes`], also up to the first byte that is not printable ASCII.
fn printable_bytes(bytes: &[u8]) -> usize {
    let ends = |eight_bytes| ends_plain(eight_bytes) | zero(eight_bytes ^ eight(0x7f)) | eight_bytes;
    bytes_before(bytes, ends, |byte| matches!(byte, b'"' | b'\\' | 0..=0x1f | 0x7f..))
}

/// The number of bytes before the first one that ends the run. `ends` sets the high bit of each such byte among eight;
/// it has to be right up to the first of them.
fn bytes_before(bytes: &[u8], ends: impl Fn(u64) -> u64, is_end: impl Fn(u8) -> bool) -> usize {
    let mut chunks = bytes.chunks_exact(8);
    let mut passed = 0;
    for chunk in &mut chunks {
        let Ok(chunk) = chunk.try_into().map(u64::from_le_bytes) else { break };
        let found = ends(chunk) & eight(0x80);
        if found != 0 {
            return passed + (found.trailing_zeros() / 8) as usize;
        }
        passed += 8;
    }
    passed + chunks.remainder().iter().position(|byte| is_end(*byte)).unwrap_or(chunks.remainder().len())
}

/// The byte repeated eight times.
const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Sets the high bit of each zero byte; reliable up to the first one, which is all that is needed.
const fn zero(bytes: u64) -> u64 {
    bytes.wrapping_sub(eight(1)) & !bytes
}

/// Sets the high bit of each quote, backslash and control character, up to the first one.
const fn ends_plain(bytes: u64) -> u64 {
    zero(bytes ^ eight(b'"')) | zero(bytes ^ eight(b'\\')) | (bytes.wrapping_sub(eight(0x20)) & !bytes)
}

#[cfg(test)]
mod tests;
