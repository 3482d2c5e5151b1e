//! Data that is not JSON, which clients of the protobuf format may publish: kept as a JSON string in Base64.

use base64::engine::general_purpose::STANDARD;
use base64::Engine;

/// The JSON string for these bytes.
pub fn to_json(bytes: &[u8]) -> String {
    format!("\"{}\"", STANDARD.encode(bytes))
}

/// The bytes in such a JSON string; `None` if it is something else.
pub(super) fn from_json(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.strip_prefix('"')?.strip_suffix('"')?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_went_and_other_texts_are_none() {
        for bytes in [&b""[..], b"boom", &[0, 255, 34, 10]] {
            let text = to_json(bytes);
            assert!(serde_json::from_str::<String>(&text).is_ok(), "{text}");
            assert_eq!(from_json(&text).as_deref(), Some(bytes));
        }
        for text in ["7", "\"", "\"a\"", "{}", "null", "\"\\u0041AAA\""] {
            assert_eq!(from_json(text), None, "{text}");
        }
    }
}
