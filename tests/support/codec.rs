//! The two codecs as a stranger would write them.

use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// Text frames.
    Json,
    /// Binary frames, maps with names.
    Msgpack,
}

impl Codec {
    /// The subprotocol to offer.
    pub fn subprotocol(self) -> &'static str {
        match self {
            Codec::Json => "hubwire.v1.json",
            Codec::Msgpack => "hubwire.v1.msgpack",
        }
    }

    /// A value as a frame.
    pub fn frame(self, value: &Value) -> Message {
        match self {
            Codec::Json => Message::text(value.to_string()),
            Codec::Msgpack => Message::binary(rmp_serde::to_vec_named(value).unwrap()),
        }
    }

    /// The actions of a frame: one, or an array of them.
    pub fn actions(self, message: &Message) -> Vec<Value> {
        let value = match (self, message) {
            (Codec::Json, Message::Text(text)) => serde_json::from_str(text).unwrap(),
            (Codec::Msgpack, Message::Binary(bytes)) => rmp_serde::from_slice(bytes).unwrap(),
            (codec, other) => panic!("a {codec:?} connection got {other:?}"),
        };
        match value {
            Value::Array(actions) => actions,
            action => vec![action],
        }
    }
}
