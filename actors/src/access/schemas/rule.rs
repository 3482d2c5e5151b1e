//! A rule of `access.schemas`: `order/* on ch:{org}/orders/** as /etc/hubwire/schemas/order.json#/$defs/order`.

use crate::access::actions::Actions;
use crate::access::pattern::PatternError;
use crate::identity::Identity;
use hubwire_protocol::Address;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A rule that assigns a schema to actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaRule {
    actions: Actions,
    file: PathBuf,
    /// The place of the schema within the file, a JSON Pointer or an anchor; empty: the file itself.
    place: Box<str>,
}

/// Why a text is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaRuleError {
    /// The text does not have the form of a rule.
    #[error(
        "{0:?}: a rule is `TYPE… on ADDRESS PATTERN… as FILE`, with `*` for every address and `FILE#/$defs/NAME` \
             for a part of a file"
    )]
    Form(String),
    /// A pattern is wrong.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

impl FromStr for SchemaRule {
    type Err = SchemaRuleError;

    fn from_str(text: &str) -> Result<Self, SchemaRuleError> {
        let form = || SchemaRuleError::Form(text.into());
        let (what, file) = text.split_once(" as ").ok_or_else(form)?;
        let actions = Actions::read(what)?.ok_or_else(form)?;
        let file = file.trim();
        let (file, place) = file.split_once('#').unwrap_or((file, ""));
        match file.is_empty() {
            true => Err(form()),
            false => Ok(SchemaRule { actions, file: file.into(), place: place.into() }),
        }
    }
}

impl SchemaRule {
    /// The file of the schema, as configured.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The place of the schema within the file.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn fits(&self, identity: &Identity, kind: &str, to: &Address) -> bool {
        self.actions.include(identity, kind, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_names_a_file_and_a_place_in_it() {
        let rule: SchemaRule = "a/* b on ch:acme/** as /etc/my schemas/a.json#/$defs/a".parse().unwrap();
        assert_eq!((rule.file(), rule.place()), (Path::new("/etc/my schemas/a.json"), "/$defs/a"));
        let rule: SchemaRule = "a on * as a.json".parse().unwrap();
        assert_eq!((rule.file(), rule.place()), (Path::new("a.json"), ""));
    }

    #[test]
    fn a_text_that_is_no_rule_says_why() {
        for (text, why) in [
            ("order/* as order.json", "a rule is"),
            ("order/* on *", "a rule is"),
            ("order/* on * as ", "a rule is"),
            ("order/* on * as #/a", "a rule is"),
            (" on * as order.json", "a rule is"),
            ("order/* on  as order.json", "a rule is"),
            ("order/* on acme as order.json", "must start with"),
        ] {
            let error = text.parse::<SchemaRule>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
