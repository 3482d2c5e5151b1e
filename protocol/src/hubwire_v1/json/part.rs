//! A value of a JSON frame, as the slice of text that encodes it.

use super::text::unescape;
use super::token::{Token, Tokens};
use crate::hubwire_v1::fault::Fault;
use crate::hubwire_v1::part::Part;
use crate::ErrorCode;
use std::borrow::Cow;
use std::fmt;

/// The text of one value, without surrounding white space. Part of a text that serde_json accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct JsonPart<'a>(pub &'a str);

impl JsonPart<'_> {
    /// The offset of its end in `text`, which it must be a slice of.
    pub fn end_in(self, text: &str) -> usize {
        self.0.as_ptr() as usize - text.as_ptr() as usize + self.0.len()
    }
}

impl<'a> Part<'a> for JsonPart<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
        unescape(self.0)
    }

    fn boolean(self) -> Option<bool> {
        self.0.parse().ok()
    }

    fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    fn is_array(self) -> bool {
        self.0.starts_with('[')
    }

    fn children(self) -> impl Iterator<Item = Self> {
        let mut tokens = Tokens::new(self.0);
        let is_container = matches!(tokens.next(), Some(Token::OpenObject | Token::OpenArray));
        std::iter::from_fn(move || is_container.then(|| next_value(self.0, &mut tokens)).flatten())
    }

    fn put_json(self, out: &mut dyn fmt::Write) -> Result<(), Fault> {
        out.write_str(self.0).map_err(|_| Fault::new(ErrorCode::Internal, "writing JSON failed"))
    }

    fn json(self, _: usize) -> Result<Cow<'a, str>, Fault> {
        Ok(Cow::Borrowed(self.0))
    }
}

fn next_value<'a>(text: &'a str, tokens: &mut Tokens<'a>) -> Option<JsonPart<'a>> {
    match tokens.next()? {
        Token::Text(text) | Token::Scalar(text) => Some(JsonPart(text)),
        Token::Close => None,
        Token::OpenObject | Token::OpenArray => {
            let start = tokens.at() - 1;
            let mut open = 1;
            while open > 0 {
                match tokens.next()? {
                    Token::OpenObject | Token::OpenArray => open += 1,
                    Token::Close => open -= 1,
                    Token::Text(_) | Token::Scalar(_) => {}
                }
            }
            Some(JsonPart(&text[start..tokens.at()]))
        }
    }
}
