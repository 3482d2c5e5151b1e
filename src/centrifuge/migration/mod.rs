//! From a configuration of Centrifugo (version 6) to one of a node, and what of it has no equivalent.
//!
//! `table` has what becomes of single options, `namespaces`, `servers` and `broker` what takes several together. What
//! is off or empty there is not looked at: it is off here, too.

mod broker;
mod namespaces;
mod print;
mod servers;
mod source;
mod table;
mod value;

pub use source::{read, SourceError};

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use value::is_nothing;

/// What becomes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is an option here, too.
    Taken,
    /// Nothing has to be set: it is always so here, or is not what it is there.
    NotNeeded,
    /// There is nothing like it here.
    None,
}

/// An option that is set, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name there.
    pub option: String,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Which option it is here, or what to know.
    pub note: String,
}

/// A configuration of a node, in the making.
#[derive(Debug, Default)]
pub struct Migration {
    /// By section and key.
    options: BTreeMap<&'static str, BTreeMap<&'static str, toml::Value>>,
    /// In the order they were met.
    pub findings: Vec<Finding>,
}

impl Migration {
    /// What becomes of a configuration. Channels of namespaces are those of the organisation `org`.
    pub fn of(theirs: &Value, org: &str) -> Migration {
        let mut migration = Migration::default();
        migration.set("centrifuge.enabled", true);
        servers::migrate(&mut migration, theirs);
        broker::migrate(&mut migration, theirs);
        namespaces::migrate(&mut migration, theirs, org);
        migration.walk("", theirs);
        migration
    }

    /// As text, with each option that is not carried over as a comment.
    pub fn toml(&self) -> String {
        print::toml(self)
    }

    /// The options that have no equivalent.
    pub fn missing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.verdict == Verdict::None)
    }

    /// Looks at every option that is left, by the table.
    fn walk(&mut self, path: &str, value: &Value) {
        let is_off = value.as_object().is_some_and(is_off);
        if is_off || is_nothing(value) || self.findings.iter().any(|finding| finding.option == path) {
            return;
        }
        match (value, table::entry(path)) {
            (value, Some(entry)) => table::apply(self, path, value, entry),
            (Value::Object(fields), None) => {
                for (key, value) in fields {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    self.walk(&path, value);
                }
            }
            (_, None) => self.find(path, Verdict::None, "not known: no option of Centrifugo 6.9, or one that is newer"),
        }
    }

    /// Sets an option, `section.key`.
    fn set(&mut self, option: &'static str, value: impl Into<toml::Value>) {
        if let Some((section, key)) = option.split_once('.') {
            self.options.entry(section).or_default().insert(key, value.into());
        }
    }

    /// Adds to an option that is a list; each value once.
    fn add(&mut self, option: &'static str, value: impl Into<toml::Value>) {
        let (Some((section, key)), value) = (option.split_once('.'), value.into()) else { return };
        let list =
            self.options.entry(section).or_default().entry(key).or_insert_with(|| toml::Value::Array(Vec::new()));
        if let Some(list) = list.as_array_mut().filter(|list| !list.contains(&value)) {
            list.push(value);
        }
    }

    /// Says what becomes of an option.
    fn find(&mut self, option: &str, verdict: Verdict, note: impl Into<String>) {
        self.findings.push(Finding { option: option.into(), verdict, note: note.into() });
    }

    /// Sets an option for one of theirs.
    fn take(&mut self, theirs: &str, option: &'static str, value: impl Into<toml::Value>) {
        self.set(option, value);
        self.find(theirs, Verdict::Taken, option);
    }
}

/// Whether a group of options is off as a whole.
fn is_off(fields: &serde_json::Map<String, Value>) -> bool {
    fields.get("enabled") == Some(&Value::Bool(false)) || fields.get("disabled") == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests;
