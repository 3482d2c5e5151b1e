//! A log line as a message and its fields: `message key=value key="a value with spaces"`, fields last.
//!
//! The program writes its lines in this form; for JSON they are taken apart again. A value without quotes ends where
//! the next field starts, so values of strangers that may contain spaces are written with quotes.

use std::borrow::Cow;

/// Numeric fields, so that a database of logs can calculate with them. In addition all that end in `_ms`.
const NUMBERS: &[&str] = &[
    "bytes",
    "code",
    "keys",
    "keys_changed",
    "not_shown",
    "open",
    "refused",
    "sessions",
    "sockets",
    "status",
    "times",
    "used_percent",
];

/// The message of a line, and its fields in order.
pub(super) fn split(line: &str) -> (&str, Vec<(&str, Cow<'_, str>)>) {
    let Some(begin) = (0..line.len()).find(|at| is_field(line, *at)) else { return (line, Vec::new()) };
    let message = line[..begin].trim_end_matches([' ', ':']);
    let mut fields = Vec::new();
    let mut rest = line[begin..].trim_start();
    while let Some((key, value)) = rest.split_once('=') {
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = (0..value.len()).find(|at| is_field(value, *at)).unwrap_or(value.len());
                (Cow::Borrowed(value[..end].trim_end()), &value[end..])
            }
        };
        fields.push((key, value));
        rest = after.trim_start();
    }
    (message, fields)
}

/// Whether a field is numeric.
pub(super) fn is_number(key: &str) -> bool {
    key.ends_with("_ms") || NUMBERS.contains(&key)
}

/// Whether a field starts at a place: a space or the start of the line, letters, `=`.
fn is_field(line: &str, at: usize) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let bytes = line.as_bytes();
    let begin = match bytes[at] {
        b' ' => at + 1,
        _ if at == 0 => 0,
        _ => return false,
    };
    let key = bytes[begin..].iter().take_while(|byte| is_letter(**byte)).count();
    key > 0 && bytes.get(begin + key) == Some(&b'=')
}

/// A text after its first quote up to its last one, and the rest.
fn unquoted(text: &str) -> (Cow<'_, str>, &str) {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    let end = end.unwrap_or(text.len());
    let value = &text[..end];
    let value = match value.contains('\\') {
        true => Cow::Owned(value.replace("\\\"", "\"").replace("\\\\", "\\")),
        false => Cow::Borrowed(value),
    };
    (value, text.get(end + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> (&str, Vec<(&str, String)>) {
        let (message, fields) = split(line);
        (message, fields.into_iter().map(|(key, value)| (key, value.into_owned())).collect())
    }

    fn expect(line: &str, message: &str, expected: &[(&'static str, &str)]) {
        let expected = expected.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        assert_eq!(fields(line), (message, expected), "{line}");
    }

    #[test]
    fn a_line_is_a_message_and_its_fields() {
        expect("drained", "drained", &[]);
        expect("", "", &[]);
        expect("closed code=4000 user=u1", "closed", &[("code", "4000"), ("user", "u1")]);
        expect(
            "no connection: server=a:1 reason=it is away",
            "no connection",
            &[("server", "a:1"), ("reason", "it is away")],
        );
        expect(
            r#"refused reason="a \"b\" c=d \\" peer=1.2.3.4"#,
            "refused",
            &[("reason", r#"a "b" c=d \"#), ("peer", "1.2.3.4")],
        );
        expect("empty reason= peer=x", "empty", &[("reason", ""), ("peer", "x")]);
        expect("key=v", "", &[("key", "v")]);
    }

    #[test]
    fn options_and_addresses_in_a_sentence_are_no_fields() {
        let sentence = "room for 5 of socket.max_connections=8; raise it";
        expect(sentence, sentence, &[]);
        expect("see http://x/?a=b", "see http://x/?a=b", &[]);
    }

    #[test]
    fn what_is_cut_off_is_still_read() {
        expect(r#"x reason="never ends"#, "x", &[("reason", "never ends")]);
        expect("größe n=ü", "größe", &[("n", "ü")]);
    }
}
