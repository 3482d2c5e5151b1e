//! Reads a declared type from a JSON object or a query string, as strictly as [`Fields`]: no unknown name, no duplicate
//! name, and every error names its field. The names are those of the type.
//!
//! An `Option` is a field that may be absent. `null` is a value like others, which most types do not accept.

use super::failure::Failure;
use super::fields::{bad, unknown, without_place, Fields};
use crate::auth::query;
use serde::de::value::{Error as TextError, StringDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::{forward_to_deserialize_any, Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// Reads a type from the text of an object.
pub(crate) fn from_json<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Failure> {
    let read = |known: &[&str]| Ok(Fields::parse(text, known)?.into_texts().map(|(key, text)| (key, JsonText(text))));
    T::deserialize(Named(read)).map_err(|refused| refused.0)
}

/// Reads a type from a query string. A `+` is not decoded, since ids may contain it.
pub(crate) fn from_query<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    let undecodable = |query::Undecodable| bad("the query is not percent-encoded UTF-8".into());
    let pairs = query::pairs(text).map_err(undecodable)?;
    let read = |known: &[&str]| {
        let mut values = BTreeMap::new();
        for (key, value) in pairs {
            match known.contains(&key.as_str()) {
                false => return Err(bad(unknown(&key, known))),
                true if values.contains_key(&key) => return Err(bad(format!("`{key}` occurs twice"))),
                true => values.insert(key, QueryText(value)),
            };
        }
        Ok(values.into_iter())
    };
    T::deserialize(Named(read)).map_err(|refused| refused.0)
}

/// Reads each value of a map with the same strictness.
pub(crate) fn each<'de, D, K, T>(deserializer: D) -> Result<Option<BTreeMap<K, T>>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord,
    T: DeserializeOwned,
{
    let texts: BTreeMap<K, Box<RawValue>> = BTreeMap::deserialize(deserializer)?;
    let read = |(key, text): (K, Box<RawValue>)| Ok((key, from_json(text.get()).map_err(D::Error::custom)?));
    texts.into_iter().map(read).collect::<Result<_, _>>().map(Some)
}

/// Reads the values with the names that a type declares.
struct Named<R>(R);

/// A failure as an error of serde.
#[derive(Debug)]
struct Refused(Failure);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}

impl serde::de::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Refused(bad(message.to_string()))
    }

    fn missing_field(field: &'static str) -> Self {
        Refused(bad(format!("`{field}` is missing")))
    }
}

impl<'de, R, I, Text> Deserializer<'de> for Named<R>
where
    R: FnOnce(&[&str]) -> Result<I, Failure>,
    I: Iterator<Item = (String, Text)>,
    Text: Deserializer<'de, Error: fmt::Display>,
{
    type Error = Refused;

    fn deserialize_struct<W: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: W,
    ) -> Result<W::Value, Refused> {
        let values = (self.0)(known).map_err(Refused)?;
        visitor.visit_map(Values { values, taken: None })
    }

    fn deserialize_any<W: Visitor<'de>>(self, _visitor: W) -> Result<W::Value, Refused> {
        Err(Refused::custom("only a struct has names"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The values, one after the other.
struct Values<I, V> {
    values: I,
    /// The value that belongs to the name that was read.
    taken: Option<(String, V)>,
}

impl<'de, I, V> MapAccess<'de> for Values<I, V>
where
    I: Iterator<Item = (String, V)>,
    V: Deserializer<'de, Error: fmt::Display>,
{
    type Error = Refused;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refused> {
        self.taken = self.values.next();
        let key = self.taken.as_ref().map(|(key, _)| key.as_str().into_deserializer());
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refused> {
        let (key, value) = self.taken.take().ok_or_else(|| Refused::custom("a value without a name"))?;
        seed.deserialize(value).map_err(|error| Refused(bad(format!("`{key}`: {error}"))))
    }
}

/// A value of an object.
struct JsonText<'de>(&'de str);

/// An error of serde_json without its place, because line and column count within the field.
#[derive(Debug)]
struct Placeless(String);

impl From<serde_json::Error> for Placeless {
    fn from(error: serde_json::Error) -> Self {
        Placeless(without_place(&error))
    }
}

impl fmt::Display for Placeless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Placeless {}

impl serde::de::Error for Placeless {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Placeless(message.to_string())
    }
}

/// Methods that read with serde_json.
macro_rules! by_json {
    ($($method:ident($($name:ident: $kind:ty),*);)+) => {
        $(fn $method<W: Visitor<'de>>(self, $($name: $kind,)* visitor: W) -> Result<W::Value, Placeless> {
            Ok(serde_json::Deserializer::from_str(self.0).$method($($name,)* visitor)?)
        })+
    };
}

impl<'de> Deserializer<'de> for JsonText<'de> {
    type Error = Placeless;

    fn deserialize_option<W: Visitor<'de>>(self, visitor: W) -> Result<W::Value, Placeless> {
        // the value is present, so it is not `None`
        visitor.visit_some(Said(self.0))
    }

    by_json! {
        deserialize_any();
        deserialize_newtype_struct(name: &'static str);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A value that is present in an object. An `Option` within it may be `null`.
struct Said<'de>(&'de str);

impl<'de> Deserializer<'de> for Said<'de> {
    type Error = Placeless;

    by_json! {
        deserialize_any();
        deserialize_option();
        deserialize_newtype_struct(name: &'static str);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A value of a query string.
struct QueryText(String);

/// Methods that read a text as something else.
macro_rules! by_parsing {
    ($($method:ident, $visit:ident, $what:literal;)+) => {
        $(fn $method<W: Visitor<'de>>(self, visitor: W) -> Result<W::Value, TextError> {
            let read = self.0.parse();
            visitor.$visit(read.map_err(|_| TextError::custom(format_args!("{:?} is not {}", self.0, $what)))?)
        })+
    };
}

impl<'de> Deserializer<'de> for QueryText {
    type Error = TextError;

    fn deserialize_any<W: Visitor<'de>>(self, visitor: W) -> Result<W::Value, TextError> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<W: Visitor<'de>>(self, visitor: W) -> Result<W::Value, TextError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<W: Visitor<'de>>(self, _: &'static str, visitor: W) -> Result<W::Value, TextError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<W: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: W,
    ) -> Result<W::Value, TextError> {
        let text: StringDeserializer<TextError> = self.0.into_deserializer();
        text.deserialize_enum(name, variants, visitor)
    }

    by_parsing! {
        deserialize_bool, visit_bool, "`true` or `false`";
        deserialize_u64, visit_u64, "a whole number";
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
#[path = "strict_tests.rs"]
mod tests;
