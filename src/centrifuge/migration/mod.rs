//! Migrates a configuration of Centrifugo (version 6) to that of a node, and lists what has no equivalent.
//!
//! `table` maps single options; `namespaces`, `servers` and `broker` handle groups of them, `environment` the variables
//! above a file, and `defaults` what is not set. Options that are off or empty are ignored, because they are off here,
//! too.

mod broker;
mod defaults;
mod environment;
mod namespaces;
mod options;
mod outcome;
mod print;
mod servers;
mod source;
mod table;
mod value;

pub use environment::PREFIX;
pub use outcome::{Finding, Migration, Verdict};
pub use source::{read, SourceError};

use environment::Unread;
use serde_json::Value;
use value::is_nothing;

impl Migration {
    /// Migrates a configuration and the variables above it. Channels of namespaces become channels of the organisation
    /// `org`.
    pub fn with_variables(
        mut theirs: Value,
        variables: impl IntoIterator<Item = (String, String)>,
        org: &str,
    ) -> Migration {
        let unread = environment::set(&mut theirs, variables);
        let mut migration = Migration::of(&theirs, org);
        for Unread { variable, reason } in unread {
            migration.find(&variable, Verdict::None, reason);
        }
        migration
    }

    /// Migrates a configuration.
    pub fn of(theirs: &Value, org: &str) -> Migration {
        let mut migration = Migration::default();
        migration.set("centrifuge.enabled", true);
        servers::migrate(&mut migration, theirs);
        broker::migrate(&mut migration, theirs);
        defaults::migrate(&mut migration, theirs);
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
        let switch = |name: &str| value.get(name).and_then(Value::as_bool);
        if switch("disabled") == Some(true) {
            // of what is off only that is to be said
            return self.walk(&format!("{path}.disabled"), &Value::Bool(true));
        }
        if switch("enabled") == Some(false)
            || is_nothing(value)
            || self.findings.iter().any(|finding| finding.option == path)
        {
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

#[cfg(test)]
mod tests;
