//! Splits JSON text into tokens.

/// One token. Commas, colons and white space are skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// `{`
    OpenObject,
    /// `[`
    OpenArray,
    /// `}` or `]`
    Close,
    /// A string with its quotes and unprocessed escapes.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Scalar(&'a str),
}

/// Bytes of a string that are examined one by one before a search starts: most strings are keys, types and ids, too
/// short to be worth setting up a search.
const SHORT: usize = 12;

/// Splits without checking: yields the tokens of valid JSON, arbitrary ones of any other text, and always terminates.
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Tokens { text, at: 0 }
    }

    /// Bytes consumed so far.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The end of the string whose opening quote is at `start`.
    fn string_end(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        for byte in bytes[at..].iter().take(SHORT) {
            match byte {
                b'"' => return at + 1,
                b'\\' => break,
                _ => at += 1,
            }
        }
        while let Some(step) = memchr::memchr2(b'"', b'\\', &bytes[at..]) {
            if bytes[at + step] == b'"' {
                return at + step + 1;
            }
            // Skip an escaped quote or backslash together with the backslash before it.
            at += step + if matches!(bytes.get(at + step + 1), Some(b'"' | b'\\')) { 2 } else { 1 };
        }
        bytes.len()
    }

    fn scalar_end(&self, start: usize) -> usize {
        let ends = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'[' | b']' | b'{' | b'}' | b'"');
        self.text.as_bytes()[start..].iter().position(ends).map_or(self.text.len(), |step| start + step)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        let mut start = self.at;
        while matches!(bytes.get(start), Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b':')) {
            start += 1;
        }
        self.at = start;
        let (token, end) = match bytes.get(start)? {
            b'{' => (Token::OpenObject, start + 1),
            b'[' => (Token::OpenArray, start + 1),
            b'}' | b']' => (Token::Close, start + 1),
            b'"' => {
                let end = self.string_end(start);
                (Token::Text(&self.text[start..end]), end)
            }
            _ => {
                let end = self.scalar_end(start);
                (Token::Scalar(&self.text[start..end]), end)
            }
        };
        self.at = end;
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_at_the_first_quote_that_is_not_escaped() {
        let tokens: Vec<_> = Tokens::new(r#"{"a\"\\":[1, true],"b\\":"é"}"#).collect();
        let expected = [
            Token::OpenObject,
            Token::Text(r#""a\"\\""#),
            Token::OpenArray,
            Token::Scalar("1"),
            Token::Scalar("true"),
            Token::Close,
            Token::Text(r#""b\\""#),
            Token::Text("\"é\""),
            Token::Close,
        ];
        assert_eq!(tokens, expected);
    }

    #[test]
    fn text_that_is_not_json_comes_to_an_end() {
        for text in ["", "\"", "\"\\", "\"\\\"", "é", "[[", "}}", "\u{0}"] {
            assert!(Tokens::new(text).count() <= text.len(), "{text:?}");
        }
    }
}
