//! Checks of a JSON text beyond its syntax, before anything is built from it.

use super::token::{Token, Tokens};
use crate::hubwire_v1::fault::{quote, Fault, FaultAt};
use crate::ErrorCode;

/// Refuses deep nesting, numbers that do not fit a double, and lone surrogates. Allocates nothing.
///
///  The last two are syntactically valid, but MessagePack cannot represent them: a text that passes can be delivered in
///  both encodings.
pub(in crate::hubwire_v1) fn check(text: &str, depth_max: usize) -> Result<(), FaultAt> {
    let has_escapes = memchr::memchr(b'\\', text.as_bytes()).is_some();
    let mut depth = 0usize;
    let mut tokens = Tokens::new(text);
    while let Some(token) = tokens.next() {
        let checked = match token {
            Token::OpenObject | Token::OpenArray if depth == depth_max => Err(Fault::too_deep(depth_max)),
            Token::OpenObject | Token::OpenArray => {
                depth += 1;
                Ok(())
            }
            Token::Close => {
                depth = depth.saturating_sub(1);
                Ok(())
            }
            Token::Text(quoted) if has_escapes => check_surrogates(quoted),
            Token::Text(_) => Ok(()),
            Token::Scalar(scalar) => check_number(scalar),
        };
        // `at` is the offset behind the token: report its last byte
        checked.map_err(|fault| FaultAt { fault, at: tokens.at().saturating_sub(1) })?;
    }
    Ok(())
}

fn check_number(scalar: &str) -> Result<(), Fault> {
    // Shorter numbers without an exponent are finite. A text that is not a number at all is left to the parser.
    let may_overflow = scalar.len() > 300 || scalar.contains(['e', 'E']);
    if may_overflow && scalar.parse().is_ok_and(f64::is_infinite) && scalar.ends_with(|c: char| c.is_ascii_digit()) {
        let message = format!("number {} is greater than a double can hold", quote(scalar));
        return Err(Fault::new(ErrorCode::BadPayload, message));
    }
    Ok(())
}

fn check_surrogates(quoted: &str) -> Result<(), Fault> {
    let mut rest = quoted;
    while let Some(at) = rest.find('\\') {
        let escape = &rest[at..];
        let length = match unit(escape) {
            Some(0xd800..=0xdbff) if matches!(escape.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => {
                let message = format!("string has half of a surrogate pair, {}", &escape[..6]);
                return Err(Fault::undeliverable(ErrorCode::BadSyntax, message));
            }
            Some(_) => 6,
            None => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        rest = &escape[length..];
    }
    Ok(())
}

/// The UTF-16 code unit of a `\uXXXX` escape at the start of `escape`.
fn unit(escape: &str) -> Option<u32> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}
