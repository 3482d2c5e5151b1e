//! Migrates a configuration of Centrifugo (version 6) to that of a node, and lists what has no equivalent.
//!
//! `table` maps single options; `namespaces`, `servers` and `broker` handle groups of them. Options that are off or
//! empty are ignored, because they are off here, too.

mod broker;
mod namespaces;
mod outcome;
mod print;
mod servers;
mod source;
mod table;
mod value;

pub use outcome::{Finding, Migration, Verdict};
pub use source::{read, SourceError};

use serde_json::Value;
use value::is_nothing;

impl Migration {
    /// Migrates a configuration. Channels of namespaces become channels of the organisation `org`.
    pub fn of(theirs: &Value, org: &str) -> Migration {
        let mut migration = Migration::default();
        migration.set("centrifuge.enabled", true);
        servers::migrate(&mut migration, theirs);
        broker::migrate(&mut migration, theirs);
        namespaces::migrate(&mut migration, theirs, org);
        migration.walk("", theirs);
        migration
    }

    /// The configuration as text, with a comment for each option that is not carried over.
    pub fn toml(&self) -> String {
        print::toml(self)
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
}

/// Whether a whole group of options is off.
fn is_off(fields: &serde_json::Map<String, Value>) -> bool {
    fields.get("enabled") == Some(&Value::Bool(false)) || fields.get("disabled") == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests;
