//! The JSON that clients send most, read in one pass: checked, cut and judged byte by byte.
//!
//! A frame that is anything else is left to the other way, which reads it several times and says what is wrong with it:
//! [`Quick::frame`] never refuses, it only finds that it cannot tell. So it has to be right about what it takes, and
//! every build with debug assertions (all tests, the fuzz targets) holds it against the other way.

use super::super::action::{Action, HubMeta};
use crate::Limits;
use std::borrow::Cow;

/// A text, and how far it is read.
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

    /// The actions of the frame, if all of it is of the usual form.
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

    /// An action below `depth` containers.
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

    /// `meta` with nothing in it but `hub`, and in that only what clients say.
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

    /// A text without escapes and control characters, not empty and within a bound.
    fn label(&mut self, bytes_max: usize) -> Option<&'a str> {
        let text = self.plain_text()?;
        (1..=bytes_max).contains(&text.len()).then_some(text)
    }

    /// A key and the colon after it.
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
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => return None,
                b' '..=b'~' => self.at += 1,
                _ => return None,
            }
        }
        self.at += 1;
        self.text.get(start..self.at - 1)
    }

    fn boolean(&mut self) -> Option<bool> {
        match self.peek()? {
            b't' => self.word("true").map(|()| true),
            _ => self.word("false").map(|()| false),
        }
    }

    /// The text of any value below `depth` containers.
    fn value(&mut self, depth: usize) -> Option<&'a str> {
        let start = self.at;
        self.pass(depth)?;
        self.text.get(start..self.at)
    }

    /// Passes a value. What both encodings can deliver is not all of JSON: the form that may be more is left alone.
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

    /// Passes a string. `\u` may be half of a character, so it is left alone.
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

    /// Passes a number that any double can hold: not a long one. An exponent is left to whoever expects a comma here.
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

    /// Opens a container below `depth` others, up to its first value or its end.
    fn open(&mut self, bracket: u8, depth: usize) -> Option<()> {
        self.take(bracket)?;
        self.skip_space();
        (depth < self.depth_max).then_some(())
    }

    /// After a value: whether the container ends here; else the next value stands here.
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

/// How many bytes at the start of `bytes` neither end a string nor are an escape or a control character.
fn plain_bytes(bytes: &[u8]) -> usize {
    /// The same byte eight times.
    const fn eight(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let mut chunks = bytes.chunks_exact(8);
    let mut passed = 0;
    for chunk in &mut chunks {
        let Ok(chunk) = chunk.try_into().map(u64::from_le_bytes) else { break };
        // the high bit of each byte that is below its bound; right up to the first one, which is all that counts
        let (quote, escape) = (chunk ^ eight(b'"'), chunk ^ eight(b'\\'));
        let zero = |bytes: u64| bytes.wrapping_sub(eight(1)) & !bytes;
        let found = (zero(quote) | zero(escape) | (chunk.wrapping_sub(eight(0x20)) & !chunk)) & eight(0x80);
        if found != 0 {
            return passed + (found.trailing_zeros() / 8) as usize;
        }
        passed += 8;
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    passed + chunks.remainder().iter().position(ends).unwrap_or(chunks.remainder().len())
}

#[cfg(test)]
mod tests;
