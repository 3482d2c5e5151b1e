//! A value as given, before an option parses it.

use std::hash::{DefaultHasher, Hash, Hasher};

/// The raw value; see the module.
#[derive(Clone, Hash)]
pub(super) enum Raw {
    /// From a source in which every value is a string (environment, flags, defaults): the option parses it.
    Untyped(String),
    /// A string in the file.
    Text(String),
    /// An integer in the file, as decimal digits with a sign.
    Integer(String),
    /// A boolean in the file.
    Switch(bool),
    /// A list of strings.
    List(Vec<String>),
    /// A value of a type that no option accepts: the name of the type.
    Other(&'static str),
}

impl Raw {
    pub fn text(&self) -> Option<&str> {
        match self {
            Raw::Untyped(text) | Raw::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn whole(&self) -> Option<u64> {
        match self {
            Raw::Untyped(digits) | Raw::Integer(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    pub fn switch(&self) -> Option<bool> {
        match self {
            Raw::Untyped(text) => text.parse().ok(),
            Raw::Switch(on) => Some(*on),
            _ => None,
        }
    }

    /// The entries; an untyped text is split at commas, and empty entries are dropped.
    pub fn list(&self) -> Option<Vec<&str>> {
        match self {
            Raw::Untyped(text) => Some(text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect()),
            Raw::List(entries) => Some(entries.iter().map(String::as_str).collect()),
            _ => None,
        }
    }

    /// A digest that distinguishes this value from others, even if the value must not be shown. It does not depend on
    /// the source of the value, and is the same on every node of this version.
    pub fn fingerprint(&self) -> u64 {
        let entries = |text: &str| text.split(',').map(|entry| entry.trim().to_owned()).collect::<Vec<_>>().join(",");
        let text = match self {
            Raw::Untyped(text) | Raw::Text(text) => entries(text),
            Raw::List(list) => list.join(","),
            other => other.found(),
        };
        let mut hasher = DefaultHasher::new();
        text.trim_matches(',').hash(&mut hasher);
        hasher.finish()
    }

    /// The value for a message. Not for secrets.
    pub fn found(&self) -> String {
        match self {
            Raw::Untyped(text) | Raw::Text(text) => format!("{text:?}"),
            Raw::Integer(digits) => digits.clone(),
            Raw::Switch(on) => on.to_string(),
            Raw::List(entries) => format!("{entries:?}"),
            Raw::Other(what) => what.to_string(),
        }
    }

    /// The invalid entries of a list; the whole value if it is not a list.
    pub fn found_wrong(&self, is_right: fn(&str) -> bool) -> String {
        let entries = self.list().unwrap_or_default();
        let wrong: Vec<String> =
            entries.iter().filter(|entry| !is_right(entry)).map(|entry| format!("{entry:?}")).collect();
        match wrong.is_empty() {
            true => self.found(),
            false => wrong.join(", "),
        }
    }

    /// A description of the value that does not reveal it.
    pub fn found_secret(&self) -> String {
        match self {
            Raw::Untyped(text) | Raw::Text(text) => format!("a string of {} bytes", text.len()),
            Raw::List(entries) => format!("a list of {}", entries.len()),
            Raw::Integer(_) => "a number".to_string(),
            Raw::Switch(_) => "a boolean".to_string(),
            Raw::Other(what) => what.to_string(),
        }
    }
}
