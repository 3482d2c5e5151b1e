//! Reads a YAML document the way WS-HUB does: key names are case-insensitive, unknown ones are ignored.

use super::file::FileError;
use serde_yaml_ng::Value;

/// A document, or a section of it.
pub(super) struct Section<'a> {
    /// `redis.` within that section, otherwise empty.
    prefix: &'static str,
    value: Option<&'a Value>,
}

impl<'a> Section<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Section { prefix: "", value: Some(value) }
    }

    /// A nested section; empty if it is missing. `prefix` is its name and a dot.
    pub(super) fn section(&self, prefix: &'static str) -> Section<'a> {
        Section { prefix, value: self.find(prefix.trim_end_matches('.')) }
    }

    /// A required string; numbers are taken as they are written.
    pub(super) fn text(&self, key: &str) -> Result<String, FileError> {
        self.optional_text(key)?.ok_or_else(|| FileError::Missing { key: self.path(key) })
    }

    pub(super) fn optional_text(&self, key: &str) -> Result<Option<String>, FileError> {
        match self.find(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => Err(self.wrong(key, other, "a text")),
        }
    }

    /// A required number that is not negative.
    pub(super) fn number(&self, key: &str) -> Result<f64, FileError> {
        self.optional_number(key)?.ok_or_else(|| FileError::Missing { key: self.path(key) })
    }

    pub(super) fn optional_number(&self, key: &str) -> Result<Option<f64>, FileError> {
        let Some(value) = self.find(key) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match number.filter(|number: &f64| number.is_finite() && *number >= 0.0) {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(key, value, "a number that is not negative")),
        }
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, FileError> {
        match self.find(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.wrong(key, other, "true or false")),
        }
    }

    /// A list of strings; empty if it is missing.
    pub(super) fn list(&self, key: &str) -> Result<Vec<String>, FileError> {
        let Some(value) = self.find(key) else { return Ok(Vec::new()) };
        let texts = value.as_sequence().map(|list| list.iter().map(|text| text.as_str().map(str::to_owned)).collect());
        texts.flatten().ok_or_else(|| self.wrong(key, value, "a list of texts"))
    }

    /// One of a set of words; the first is the default.
    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<T, FileError> {
        let text = self.optional_text(key)?;
        let chosen = text.as_deref().map_or_else(|| words.first(), |text| words.iter().find(|(word, _)| *word == text));
        chosen.map(|(_, choice)| *choice).ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            FileError::Wrong {
                key: self.path(key),
                value: text.unwrap_or_default(),
                expected: format!("one of {}", words.join(", ")),
            }
        })
    }

    fn find(&self, key: &str) -> Option<&'a Value> {
        let mut entries = self.value?.as_mapping()?.iter();
        let named = |name: &Value| name.as_str().is_some_and(|name| name.eq_ignore_ascii_case(key));
        entries.find(|(name, _)| named(name)).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    fn path(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn wrong(&self, key: &str, value: &Value, expected: &str) -> FileError {
        let value = serde_yaml_ng::to_string(value).unwrap_or_default().trim_end().to_owned();
        FileError::Wrong { key: self.path(key), value, expected: expected.into() }
    }
}
