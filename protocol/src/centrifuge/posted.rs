//! What a client posts to its session, on transports without a socket.

use super::dialect::Format;
use super::protobuf::wire::Fields;
use serde::Deserialize;
use std::borrow::Cow;

/// See the module documentation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Posted<'a> {
    /// The session's name from the reply to `connect`.
    pub session: Cow<'a, str>,
    /// Commands, encoded as in a frame.
    pub data: Cow<'a, [u8]>,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    session: Cow<'a, str>,
    #[serde(borrow)]
    data: Cow<'a, str>,
}

impl Format {
    /// Parses the body of a request; `None` if it is invalid. Never panics.
    pub fn posted(self, body: &[u8]) -> Option<Posted<'_>> {
        match self {
            Format::Json => {
                let Document { session, data } = serde_json::from_slice(body).ok()?;
                let data = match data {
                    Cow::Borrowed(data) => Cow::Borrowed(data.as_bytes()),
                    Cow::Owned(data) => Cow::Owned(data.into_bytes()),
                };
                Some(Posted { session, data })
            }
            Format::Protobuf => {
                let mut posted = Posted::default();
                for field in Fields(body) {
                    match field.ok()? {
                        (2, value) => posted.session = value.text().ok()?.into(),
                        (3, value) => posted.data = value.bytes().ok()?.into(),
                        _ => {}
                    }
                }
                Some(posted)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_the_same_in_both_formats() {
        let json = br#"{"session":"c1.k","node":"n1","data":"{\"id\":2}\n{}"}"#;
        assert_eq!(Format::Json.posted(json), Some(Posted { session: "c1.k".into(), data: b"{\"id\":2}\n{}".into() }));
        let protobuf = b"\x0a\x02n1\x12\x04c1.k\x1a\x03\x02\x08\x02";
        assert_eq!(
            Format::Protobuf.posted(protobuf),
            Some(Posted { session: "c1.k".into(), data: b"\x02\x08\x02".into() })
        );
        for body in [&b""[..], b"[]", b"{\"session\":1}"] {
            assert_eq!(Format::Json.posted(body), None);
        }
        assert_eq!(Format::Protobuf.posted(b"\x12\x09"), None);
    }
}
