//! What becomes of a configuration: the options of a node, and what to know of each of theirs.

use serde::Serialize;
use std::collections::BTreeMap;

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
    pub(super) options: BTreeMap<&'static str, BTreeMap<&'static str, toml::Value>>,
    /// In the order they were met.
    pub findings: Vec<Finding>,
}

impl Migration {
    /// The options that have no equivalent.
    pub fn missing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.verdict == Verdict::None)
    }

    /// Sets an option, `section.key`.
    pub(super) fn set(&mut self, option: &'static str, value: impl Into<toml::Value>) {
        if let Some((section, key)) = option.split_once('.') {
            self.options.entry(section).or_default().insert(key, value.into());
        }
    }

    /// Adds to an option that is a list; each value once.
    pub(super) fn add(&mut self, option: &'static str, value: impl Into<toml::Value>) {
        let (Some((section, key)), value) = (option.split_once('.'), value.into()) else { return };
        let list =
            self.options.entry(section).or_default().entry(key).or_insert_with(|| toml::Value::Array(Vec::new()));
        if let Some(list) = list.as_array_mut().filter(|list| !list.contains(&value)) {
            list.push(value);
        }
    }

    /// Says what becomes of an option.
    pub(super) fn find(&mut self, option: &str, verdict: Verdict, note: impl Into<String>) {
        self.findings.push(Finding { option: option.into(), verdict, note: note.into() });
    }

    /// Sets an option for one of theirs.
    pub(super) fn take(&mut self, theirs: &str, option: &'static str, value: impl Into<toml::Value>) {
        self.set(option, value);
        self.find(theirs, Verdict::Taken, option);
    }
}
