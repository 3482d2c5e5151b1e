//! The configuration as text: what a node reads, and as comments what it has nothing for.

use super::outcome::{Finding, Migration, Verdict};
use std::fmt::Write as _;

/// See the module. Writing to a text cannot fail.
pub(super) fn toml(migration: &Migration) -> String {
    let mut text = String::from("# From a configuration of Centrifugo. What begins with # has no equivalent here.\n");
    for (section, options) in &migration.options {
        let _ = writeln!(text, "\n[{section}]");
        for (key, value) in options {
            let _ = writeln!(text, "{key} = {value}");
        }
    }
    let missing: Vec<&Finding> = migration.missing().collect();
    if !missing.is_empty() {
        let _ = writeln!(text);
    }
    for Finding { option, note, .. } in missing {
        let _ = writeln!(text, "# {option}: {}", note.replace(['\n', '\r'], " "));
    }
    text
}

impl Verdict {
    /// As people read it.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Taken => "taken",
            Verdict::NotNeeded => "not needed",
            Verdict::None => "NONE",
        }
    }
}
