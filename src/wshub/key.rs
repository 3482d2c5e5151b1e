//! A client's key in the query of its request.

use bytes::Bytes;

/// The first value of a parameter, decoded; bytes, since a key need not be text.
///
///  As in WS-HUB, `+` is a space and a pair with an invalid `%` escape counts as absent.
pub(super) fn parameter(query: &str, name: &str) -> Option<Bytes> {
    query.split('&').find_map(|pair| {
        let (found, value) = pair.split_once('=').unwrap_or((pair, ""));
        if pair.is_empty() || decode(found, true)? != name.as_bytes() {
            return None;
        }
        decode(value, true).map(Bytes::from)
    })
}

/// Undoes percent-encoding; `None` if a `%` is not followed by two hexadecimal digits.
pub(super) fn decode(text: &str, plus_is_space: bool) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                (digit(bytes.next())? * 16 + digit(bytes.next())?) as u8
            }
            b'+' if plus_is_space => b' ',
            byte => byte,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_the_exact_name_wins() {
        for (query, key) in [
            ("session_key=123456", Some("123456")),
            ("a=b&session_key=user1&c", Some("user1")),
            ("session_key=a%3Ab%20c", Some("a:b c")),
            ("session_key=a:b+c", Some("a:b c")),
            ("session_key=%C3%A9", Some("é")),
            ("session_key=é", Some("é")),
            ("session_key=", Some("")),
            ("session_key", Some("")),
            ("session_key=1&session_key=2", Some("1")),
            ("session_key=%zz&session_key=2", Some("2")),
            ("session%5Fkey=1", Some("1")),
            ("session_key=a=b", Some("a=b")),
            ("Session_Key=1", None),
            ("session_key2=1", None),
            ("session_key=%4", None),
            ("", None),
            ("&", None),
        ] {
            assert_eq!(parameter(query, "session_key"), key.map(Bytes::from), "{query}");
        }
        assert_eq!(parameter("k=%ff%00", "k"), Some(Bytes::from_static(b"\xff\0")));
    }
}
