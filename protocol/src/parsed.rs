//! Deserializes a type from its text form.

use serde::de::{Deserializer, Error, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// Deserializes a string and parses it. Parsing inside the visitor lets the deserializer add the location to an error.
///
///  `noun` names the type in errors; `subject` is put before a parse error that does not name its subject.
pub(crate) fn deserialize<'de, T, D>(deserializer: D, noun: &'static str, subject: &'static str) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_str(Parsed { noun, subject, parsed: PhantomData })
}

struct Parsed<T> {
    noun: &'static str,
    subject: &'static str,
    parsed: PhantomData<T>,
}

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.noun)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(|error| E::custom(format_args!("{}{error}", self.subject)))
    }
}
