//! Values of a query string.

/// A value with broken percent-encoding, or one that does not decode to UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub struct Undecodable;

/// The first value of a parameter, decoded (RFC 3986 section 2.1). A `+` is kept, because ids may contain it.
pub fn value(query: &str, name: &str) -> Result<Option<String>, Undecodable> {
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| decode(value)).transpose()
}

/// All pairs of a query string, decoded as in [`value`].
pub fn pairs(query: &str) -> Result<Vec<(String, String)>, Undecodable> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(key)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, Undecodable> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => digit(rest.next())? << 4 | digit(rest.next())?,
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Undecodable)
}

fn digit(byte: Option<u8>) -> Result<u8, Undecodable> {
    let digit = byte.and_then(|byte| char::from(byte).to_digit(16)).ok_or(Undecodable)?;
    Ok(digit as u8) // below 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_and_decoded() {
        let query = "a=1&user=u%7C1+x&empty=&flag&a=2&utf=%C3%a9";
        for (name, found) in [
            ("a", Some("1")),
            ("user", Some("u|1+x")),
            ("empty", Some("")),
            ("flag", Some("")),
            ("utf", Some("é")),
            ("use", None),
            ("", None),
        ] {
            assert_eq!(value(query, name), Ok(found.map(String::from)), "{name}");
        }
    }

    #[test]
    fn broken_encodings_are_refused() {
        for broken in ["%", "%4", "%zz", "%+1", "%FF", "a%C3"] {
            assert_eq!(value(&format!("x={broken}"), "x"), Err(Undecodable), "{broken}");
        }
    }
}
