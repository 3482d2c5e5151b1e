//! Connects native sessions to groups: the channel `ch:wshub/<group>` is a window to the group.
//!
//! The window has no log. A publication there becomes one message on `group-data:<group>`, and every message on
//! `group-data:<group>`, of a native session or any other service, reaches the native members of the channel as an
//! ephemeral action `wshub/data`. So all members see one sequence, and several nodes on one Redis deliver each message
//! once: every node serves its own members from the bus.

use super::WsHub;
use crate::backend::plain::{Attempts, PlainPublish};
use crate::words::outcome::Refusal;
use crate::words::wshub::FromNative;
use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine;
use bytes::Bytes;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::event::Ack;
use hubwire_protocol::{Address, ErrorCode};
use std::fmt::Write as _;

/// The organisation whose channels are windows to groups.
pub const ORG: &str = "wshub";
/// The action's type.
pub const KIND: &str = "wshub/data";

impl WsHub {
    pub(super) fn publish_native(&self, message: FromNative) {
        let FromNative { group, envelope, answer } = message;
        let Some(payload) = text_of(&envelope) else {
            let message = "the publication cannot be read";
            return answer.give(Err(Refusal::new(ErrorCode::Internal, message)));
        };
        let channel = self.names.group_data(&group);
        let published = self.bus.publish(PlainPublish { channel, payload, attempts: Attempts::One });
        // bounded by the actions that sessions may have in flight
        actix::spawn(async move { answer.give(published.await.map(|_| Ack::default()).map_err(Refusal::from)) });
    }
}

/// The message for the group: the text of a payload that is a JSON string, the JSON text of any other, empty without
/// one.
fn text_of(envelope: &[u8]) -> Option<Bytes> {
    let payload = Envelope::decode(envelope).ok()?.payload.unwrap_or("\"\"");
    match serde_json::from_str::<String>(payload) {
        Ok(text) => Some(Bytes::from(text)),
        Err(_) => Some(Bytes::copy_from_slice(payload.as_bytes())),
    }
}

/// The envelope of a message for native members.
pub(crate) fn envelope(to: &Address, payload: &[u8], unix_ms: u64) -> Bytes {
    let payload = match std::str::from_utf8(payload) {
        Ok(text) => serde_json::json!({ "data": text }),
        Err(_) => serde_json::json!({ "base64": BASE64.encode(payload) }),
    };
    let envelope = Envelope {
        to: &to.to_string(),
        from: None,
        session: None,
        id: None,
        ts: unix_ms,
        kind: KIND,
        payload: Some(&payload.to_string()),
        error: None,
        meta: None,
        narrowed: None,
    };
    envelope.encode().into()
}

/// The channel of a group: bytes that are not allowed in an id, and `%`, are written as `%` and two upper-case
/// hexadecimal digits. `None` when the group is empty or its name gets too long: it has no window.
pub fn channel_of(group: &[u8]) -> Option<Address> {
    let mut address = format!("ch:{ORG}/");
    for byte in group {
        let _ = match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-' | b'.' | b'~' | b'@' | b'+' | b'=' | b':' | b'|' => {
                address.write_char(char::from(*byte))
            }
            _ => write!(address, "%{byte:02X}"),
        }; // writing to a String cannot fail
    }
    address.parse().ok()
}

/// The group of a channel; `None` when it is no window: another organisation, or not the form that [`channel_of`]
/// returns.
pub fn group_of(address: &Address) -> Option<Bytes> {
    let Address::Channel(org, path) = address else { return None };
    if org.as_str() != ORG {
        return None;
    }
    let mut group = Vec::with_capacity(path.as_str().len());
    let mut bytes = path.as_str().bytes();
    while let Some(byte) = bytes.next() {
        group.push(match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    (channel_of(&group).as_ref() == Some(address)).then(|| group.into())
}

/// Whether an address belongs to the organisation of the windows.
pub(crate) fn is_window(address: &Address) -> bool {
    matches!(address, Address::Channel(org, _) if org.as_str() == ORG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_has_one_channel_and_each_channel_one_group() {
        for (group, channel) in [
            ("news", "ch:wshub/news"),
            (" spaced", "ch:wshub/%20spaced"),
            ("a/b", "ch:wshub/a%2Fb"),
            ("100%", "ch:wshub/100%25"),
            ("é", "ch:wshub/%C3%A9"),
        ] {
            let address: Address = channel.parse().unwrap();
            assert_eq!(channel_of(group.as_bytes()), Some(address.clone()));
            assert_eq!(group_of(&address), Some(Bytes::from(group)));
        }
        assert_eq!(channel_of(b""), None);
        assert_eq!(channel_of(&[b'x'; 65]), None);
        for other in ["ch:acme/news", "org:wshub", "ch:wshub/a/b", "ch:wshub/%61", "ch:wshub/%2f", "ch:wshub/%"] {
            assert_eq!(group_of(&other.parse().unwrap()), None, "{other}");
        }
    }

    #[test]
    fn a_string_goes_out_as_its_text_and_anything_else_as_json() {
        let text = |payload| {
            let envelope = Envelope {
                to: "ch:wshub/news",
                from: None,
                session: None,
                id: None,
                ts: 1,
                kind: "x",
                payload,
                error: None,
                meta: None,
                narrowed: None,
            };
            text_of(&envelope.encode()).unwrap()
        };
        assert_eq!(text(Some(r#""a\"b\n""#)), "a\"b\n");
        assert_eq!(text(Some(r#"{"x": 1}"#)), r#"{"x": 1}"#);
        assert_eq!(text(Some("null")), "null");
        assert_eq!(text(None), "");
    }

    #[test]
    fn bytes_that_are_no_text_come_in_base64() {
        let to: Address = "ch:wshub/news".parse().unwrap();
        let payload = |bytes: &[u8]| Envelope::decode(&envelope(&to, bytes, 1)).unwrap().payload.map(str::to_owned);
        assert_eq!(payload(b"a\n").as_deref(), Some(r#"{"data":"a\n"}"#));
        assert_eq!(payload(b"\xff\x00").as_deref(), Some(r#"{"base64":"/wA="}"#));
    }
}
