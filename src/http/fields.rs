//! Parses a JSON object strictly: no unknown key, no duplicate key, and every error names its key.

use super::failure::Failure;
use hubwire_protocol::ErrorCode;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// The fields of an object that have not been taken yet, as JSON texts.
#[derive(Debug)]
pub(crate) struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    /// Parses an object that may have the keys `known`.
    pub(crate) fn parse(text: &'a str, known: &[&str]) -> Result<Self, Failure> {
        let pairs: Pairs<'a> = serde_json::from_str(text).map_err(|error| {
            let code = if error.is_data() { ErrorCode::BadPayload } else { ErrorCode::BadSyntax };
            Failure::new(code, error.to_string())
        })?;
        let mut fields = BTreeMap::new();
        for (key, value) in pairs.0 {
            if !known.contains(&key.as_str()) {
                return Err(bad(unknown(&key, known)));
            }
            if fields.insert(key.clone(), value).is_some() {
                return Err(bad(format!("`{key}` occurs twice")));
            }
        }
        Ok(Fields(fields))
    }

    /// The fields in the order of their keys.
    pub(super) fn into_texts(self) -> impl Iterator<Item = (String, &'a str)> {
        self.0.into_iter().map(|(key, value)| (key, value.get()))
    }

    /// Takes a field that may be absent.
    pub(crate) fn take<T: Deserialize<'a>>(&mut self, key: &str) -> Result<Option<T>, Failure> {
        let Some(value) = self.0.remove(key) else { return Ok(None) };
        serde_json::from_str(value.get()).map(Some).map_err(|error| bad(format!("`{key}`: {}", without_place(&error))))
    }

    /// Takes a required field.
    pub(crate) fn need<T: Deserialize<'a>>(&mut self, key: &str) -> Result<T, Failure> {
        self.take(key)?.ok_or_else(|| bad(format!("`{key}` is missing")))
    }
}

pub(super) fn bad(message: String) -> Failure {
    Failure::new(ErrorCode::BadPayload, message)
}

/// The error without line and column, which count within the field and so would mislead.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned()
}

/// The message for an unknown key: it names the nearest known one, or all of them.
pub(super) fn unknown(key: &str, known: &[&str]) -> String {
    let shown: String = key.chars().take(64).collect();
    let (distance, nearest) = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&shown, candidate), *candidate))
        .min()
        .unwrap_or((usize::MAX, ""));
    if distance <= 2 && distance < nearest.len() {
        format!("unknown key {shown:?}; did you mean `{nearest}`?")
    } else {
        format!("unknown key {shown:?}; known are {}", known.join(", "))
    }
}

/// The pairs of an object in their order, duplicate keys included.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;
        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        Fields::parse(text, &["to", "type", "payload"]).unwrap_err().to_string()
    }

    #[test]
    fn keys_outside_the_shape_are_named_with_the_nearest_known_one() {
        assert_eq!(message(r#"{"typ":"x"}"#), "unknown key \"typ\"; did you mean `type`?");
        assert_eq!(message(r#"{"color":1}"#), "unknown key \"color\"; known are to, type, payload");
        assert_eq!(message(r#"{"to":1,"to":2}"#), "`to` occurs twice");
        assert!(message("[1]").contains("expected an object"));
    }

    #[test]
    fn values_keep_their_text_and_wrong_ones_name_their_key() {
        let mut fields = Fields::parse(r#"{"payload": {"n": 1.0, "b" :2},"to":7}"#, &["to", "payload"]).unwrap();
        let payload: &RawValue = fields.need("payload").unwrap();
        assert_eq!(payload.get(), r#"{"n": 1.0, "b" :2}"#);
        let error = fields.need::<String>("to").unwrap_err().to_string();
        assert_eq!(error, "`to`: invalid type: integer `7`, expected a string");
        assert_eq!(fields.need::<String>("to").unwrap_err().to_string(), "`to` is missing");
    }
}
