//! The `presence` field of a join: `true`, `false`, or an object with the user's state.

use crate::{member_state, MemberState};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// See the module documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presenting {
    /// Whether the client wants to be told who joins and leaves, and the states of others.
    pub wanted: bool,
    /// The user's state; `Some(None)`: removes it; `None`: leaves it unchanged.
    pub state: Option<Option<MemberState>>,
}

impl Default for Presenting {
    fn default() -> Self {
        Presenting { wanted: true, state: None }
    }
}

impl<'de> Deserialize<'de> for Presenting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PresentingVisitor)
    }
}

struct PresentingVisitor;

impl<'de> Visitor<'de> for PresentingVisitor {
    type Value = Presenting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, or an object with `state`")
    }

    fn visit_bool<E: de::Error>(self, wanted: bool) -> Result<Presenting, E> {
        Ok(Presenting { wanted, state: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Presenting, A::Error> {
        let Fields { state } = Fields::deserialize(de::value::MapAccessDeserializer::new(map))?;
        Ok(Presenting { wanted: true, state })
    }
}

#[derive(serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(deny_unknown_fields)]
struct Fields {
    /// What the user shows of itself; `null`: nothing from now on.
    #[serde(default, deserialize_with = "said")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::nullable_object"))]
    state: Option<Option<MemberState>>,
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Presenting {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Presenting".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Whether to be told who joins and leaves, and what to show of oneself.",
            "oneOf": [{ "type": "boolean" }, generator.subschema_for::<Fields>()],
        })
    }
}

/// `null` is said, too.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<MemberState>>, D::Error> {
    member_state::of_client(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presence_is_wanted_or_not_or_comes_with_a_state() {
        let read = |text| serde_json::from_str::<Presenting>(text);
        let state = |text: &str| Some(Some(MemberState::from_text(text.into()).unwrap()));
        for (text, wanted, expected) in [
            ("true", true, None),
            ("false", false, None),
            ("{}", true, None),
            (r#"{"state":null}"#, true, Some(None)),
            (r#"{"state":{"line": 3}}"#, true, state(r#"{"line": 3}"#)),
        ] {
            assert_eq!(read(text).unwrap(), Presenting { wanted, state: expected }, "{text}");
        }
        for text in ["null", "1", "[]", r#"{"state":1}"#, r#"{"state":{}, "x":1}"#, r#"{"state":{"hub":1}}"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
