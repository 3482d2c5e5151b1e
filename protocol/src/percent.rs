//! Maps names of arbitrary text to channel paths: bytes that the grammar of ids does not allow are percent-encoded.
//! Each name has one path, and each path belongs to at most one name.

use std::fmt::Write as _;

/// Whether a byte is left as it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.~@+=:|".contains(&byte)
}

/// The path of a name. It may exceed the longest path allowed.
pub(crate) fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    let bytes = name.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let separates = *byte == b'/' && at > 0 && bytes[at - 1] != b'/' && at + 1 < bytes.len();
        match is_plain(*byte) || separates {
            true => out.push(char::from(*byte)),
            false => write!(out, "%{byte:02X}").unwrap_or_default(), // a text takes everything
        }
    }
    out
}

/// The name of a path; `None` if the path is not the encoding of any name.
pub(crate) fn decoded(path: &str) -> Option<String> {
    if !path.contains('%') {
        return Some(path.to_owned());
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        bytes.push(u8::from_str_radix(after.get(..2)?, 16).ok()?);
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok().filter(|name| encoded(name) == path)
}
