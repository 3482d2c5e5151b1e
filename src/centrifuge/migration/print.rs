//! The configuration as text: the options of the node, and as comments those without an equivalent.

use super::outcome::{Finding, Migration, Verdict};
use std::fmt::Write as _;

/// Formats the result; see the module. Writing to a text cannot fail.
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
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Taken => "taken",
            Verdict::NotNeeded => "not needed",
            Verdict::None => "NONE",
        }
    }
}
