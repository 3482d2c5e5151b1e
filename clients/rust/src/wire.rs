//! The actions that a client writes and reads, in both codecs.

use bytes::Bytes;
use hubwire_protocol::Codec;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// A text or message is not an action of `hubwire.v1`, or cannot be encoded as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WireError(String);

impl WireError {
    /// An error with this description.
    pub fn new(error: impl fmt::Display) -> Self {
        WireError(error.to_string())
    }
}

/// An action to send; its payload is any serializable value.
#[derive(Debug, Serialize)]
pub struct Outgoing<'a, P> {
    /// `type`.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// `payload`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<P>,
    /// `meta`.
    pub meta: OutgoingMeta<'a>,
}

/// `meta` of an action to send.
#[derive(Debug, Serialize)]
pub struct OutgoingMeta<'a> {
    /// `meta.hub`.
    pub hub: OutgoingHub<'a>,
}

/// `meta.hub` of an action to send.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct OutgoingHub<'a> {
    /// The address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<&'a str>,
    /// With an id, the node answers the action and stores it only once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
}

impl<'a, P: Serialize> Outgoing<'a, P> {
    /// An action with a type, a payload and an address.
    pub fn new(kind: &'a str, payload: Option<P>, hub: OutgoingHub<'a>) -> Self {
        Outgoing { kind, payload, meta: OutgoingMeta { hub } }
    }

    /// Encodes it as the payload of a WebSocket message.
    pub fn encode(&self, codec: Codec) -> Result<Vec<u8>, WireError> {
        match codec {
            Codec::Json => serde_json::to_vec(self).map_err(WireError::new),
            Codec::MsgPack => rmp_serde::to_vec_named(self).map_err(WireError::new),
        }
    }
}

/// Converts an action, or an array of actions, from JSON text to MessagePack.
pub fn pack(text: &str) -> Result<Bytes, WireError> {
    let value: Value = serde_json::from_str(text).map_err(WireError::new)?;
    rmp_serde::to_vec_named(&value).map(Bytes::from).map_err(WireError::new)
}

/// Converts a MessagePack message to JSON text.
pub fn unpack(bytes: &[u8]) -> Result<String, WireError> {
    rmp_serde::from_slice::<Value>(bytes).map(|value| value.to_string()).map_err(WireError::new)
}

/// A received action. `P` is the type of its payload: `&RawValue` leaves it as text.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "P: Deserialize<'de>"))]
pub struct Received<'a, P> {
    /// `type`.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// `payload`.
    #[serde(default = "none")]
    pub payload: Option<P>,
    /// `error`.
    #[serde(default)]
    pub error: bool,
    /// `meta`.
    #[serde(default, borrow)]
    pub meta: Meta<'a>,
}

fn none<P>() -> Option<P> {
    None
}

/// `meta` of a received action.
#[derive(Debug, Default, Deserialize)]
pub struct Meta<'a> {
    /// `meta.hub`.
    #[serde(default, borrow)]
    pub hub: HubMeta<'a>,
}

/// `meta.hub` of a received action.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HubMeta<'a> {
    /// The address the action was sent to.
    #[serde(borrow)]
    pub to: Option<Text<'a>>,
    /// Its idempotency key.
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    /// The sender.
    #[serde(borrow)]
    pub from: Option<Text<'a>>,
    /// Its position in its stream.
    #[serde(borrow)]
    pub pos: Option<Text<'a>>,
    /// When the node accepted it, in Unix milliseconds.
    pub ts: Option<u64>,
    /// The id of the action this one answers.
    #[serde(borrow)]
    pub re: Option<Text<'a>>,
}

impl<'a, P: Deserialize<'a>> Received<'a, P> {
    /// Parses an action from JSON text.
    pub fn parse(text: &'a str) -> Result<Self, WireError> {
        serde_json::from_str(text).map_err(WireError::new)
    }

    /// Decodes an action with a codec.
    pub fn decode(codec: Codec, bytes: &'a [u8]) -> Result<Self, WireError> {
        match codec {
            Codec::Json => serde_json::from_slice(bytes).map_err(WireError::new),
            Codec::MsgPack => rmp_serde::from_slice(bytes).map_err(WireError::new),
        }
    }
}

impl<P> Received<'_, P> {
    /// Whether the type belongs to the protocol, not to the application.
    pub fn is_control(&self) -> bool {
        self.kind.starts_with(hubwire_protocol::hubwire_v1::names::RESERVED_PREFIX)
    }
}

/// A string borrowed from the message unless it contains escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Text)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;

    #[test]
    fn names_may_have_escapes_and_the_payload_stays_as_it_came() {
        let text = r#"{"type":"a\"b","payload":{"n": 1.00},"meta":{"hub":{"to":"ch:o/r","id":"q\"","ts":5}}}"#;
        let received = Received::<&RawValue>::parse(text).unwrap();
        assert_eq!((&*received.kind, received.meta.hub.id.as_deref()), ("a\"b", Some("q\"")));
        assert_eq!(received.payload.map(RawValue::get), Some(r#"{"n": 1.00}"#));
        assert!(matches!(received.meta.hub.to, Some(Text(Cow::Borrowed("ch:o/r")))));
    }

    #[test]
    fn an_action_reads_the_same_in_both_codecs() {
        let hub = OutgoingHub { to: Some("ch:o/r"), id: Some("i") };
        for codec in [Codec::Json, Codec::MsgPack] {
            let bytes = Outgoing::new("say", Some([1, 2]), hub).encode(codec).unwrap();
            let received = Received::<Vec<u8>>::decode(codec, &bytes).unwrap();
            assert_eq!((&*received.kind, received.payload), ("say", Some(vec![1, 2])));
            assert_eq!(received.meta.hub.to.as_deref(), Some("ch:o/r"));
        }
    }

    #[test]
    fn a_text_survives_packing() {
        let text = r#"{"type":"x","payload":[1,-2,1.5,"é",null,true],"meta":{"hub":{"to":"user:u"}}}"#;
        let back = unpack(&pack(text).unwrap()).unwrap();
        let same = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(same(&back), same(text));
    }
}
