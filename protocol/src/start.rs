//! Where a client wants to start receiving a stream.

use crate::{Address, Position};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// Where to start, by stream.
pub type Positions = BTreeMap<Address, StreamStart>;

/// Where to start in a stream, and with which options: a value in `resume`, or the `pos` of a join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamStart {
    /// Where to start.
    pub begin: Begin,
    /// For a channel: whether it becomes the session's view.
    pub view: bool,
    /// For a channel: whether to receive joins and leaves.
    pub presence: bool,
    /// For a channel: a token that admits its user.
    pub token: Option<Box<str>>,
}

/// Where to start in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// After the cursor of the device.
    Cursor,
    /// After this position.
    After(Position),
    /// After this position; if the log no longer contains it, from the oldest publication.
    AfterOrOldest(Position),
    /// From the oldest publication of the log.
    Oldest,
    /// With the next publication.
    Now,
}

impl StreamStart {
    /// A start without further options.
    pub fn at(begin: Begin) -> Self {
        StreamStart { begin, view: false, presence: true, token: None }
    }
}

impl<'de> Deserialize<'de> for StreamStart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StartVisitor)
    }
}

struct StartVisitor;

impl<'de> Visitor<'de> for StartVisitor {
    type Value = StreamStart;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a position, null, or an object with `pos` or `from`")
    }

    fn visit_unit<E: de::Error>(self) -> Result<StreamStart, E> {
        Ok(StreamStart::at(Begin::Cursor))
    }

    fn visit_none<E: de::Error>(self) -> Result<StreamStart, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<StreamStart, D::Error> {
        StreamStart::deserialize(deserializer)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<StreamStart, E> {
        Ok(StreamStart::at(Begin::After(text.parse().map_err(E::custom)?)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StreamStart, A::Error> {
        let fields = Fields::deserialize(de::value::MapAccessDeserializer::new(map))?;
        let begin = match (fields.pos, fields.from) {
            (None, None) => Begin::Cursor,
            (None, Some(From::Oldest)) => Begin::Oldest,
            (None, Some(From::Now)) => Begin::Now,
            (Some(pos), None | Some(From::Now)) => Begin::After(pos),
            (Some(pos), Some(From::Oldest)) => Begin::AfterOrOldest(pos),
        };
        Ok(StreamStart { begin, view: fields.view, presence: fields.presence, token: fields.token })
    }
}

#[derive(serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(deny_unknown_fields)]
struct Fields {
    /// After this position; absent: where the device's cursor stands.
    #[serde(default)]
    pos: Option<Position>,
    /// Where to start without a position, or if the log does not contain it.
    #[serde(default)]
    from: Option<From>,
    /// The channel becomes the session's view.
    #[serde(default)]
    view: bool,
    /// Whether to be told who joins and leaves the channel.
    #[serde(default = "yes")]
    presence: bool,
    /// A token that lets its user into this channel.
    #[serde(default)]
    token: Option<Box<str>>,
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for StreamStart {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Start".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Where a stream begins: a position, null (the device's cursor; in a join: from now), or \
                            more precisely.",
            "oneOf": [
                generator.subschema_for::<Position>(),
                { "type": "null" },
                generator.subschema_for::<Fields>(),
            ],
        })
    }
}

#[derive(serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(rename_all = "lowercase")]
enum From {
    Oldest,
    Now,
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_a_position_null_or_an_object() {
        let at = Position { seq: 5, nonce: 1 };
        for (text, begin) in [
            ("null", Begin::Cursor),
            ("{}", Begin::Cursor),
            (r#"{"pos":null}"#, Begin::Cursor),
            (r#""5-1""#, Begin::After(at)),
            (r#"{"pos":"5-1"}"#, Begin::After(at)),
            (r#"{"pos":"5-1","from":"now"}"#, Begin::After(at)),
            (r#"{"pos":"5-1","from":"oldest"}"#, Begin::AfterOrOldest(at)),
            (r#"{"from":"oldest"}"#, Begin::Oldest),
            (r#"{"from":"now"}"#, Begin::Now),
        ] {
            assert_eq!(serde_json::from_str::<StreamStart>(text).unwrap(), StreamStart::at(begin), "{text}");
        }
        let view = r#"{"pos":"5-1","view":true,"presence":false,"token":"a.b.c"}"#;
        let view = serde_json::from_str::<StreamStart>(view).unwrap();
        let token = Some("a.b.c".into());
        assert_eq!(view, StreamStart { begin: Begin::After(at), view: true, presence: false, token });
        for text in ["5", "true", r#""x""#, r#"{"from":"top"}"#, r#"{"position":"5-1"}"#, "[]"] {
            assert!(serde_json::from_str::<StreamStart>(text).is_err(), "{text}");
        }
    }
}
