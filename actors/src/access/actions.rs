//! The set of actions that a rule covers, by type and address: `order/* chat on ch:{org}/orders/** user:*`.

use super::pattern::{Pattern, PatternError};
use crate::identity::Identity;
use hubwire_protocol::Address;

/// A set of actions, given by their types and the addresses they go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actions {
    types: Box<[Glob]>,
    /// Empty: every address.
    patterns: Box<[Pattern]>,
}

/// An exact type, or a prefix of types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Glob {
    Whole(Box<str>),
    Prefix(Box<str>),
}

impl Actions {
    /// Parses `TYPE… on ADDRESS PATTERN…`, where `*` matches every address. `None`: the text has another form.
    ///
    /// # Errors
    /// When a pattern is invalid.
    pub fn read(text: &str) -> Result<Option<Self>, PatternError> {
        let Some((types, addresses)) = text.split_once(" on ") else { return Ok(None) };
        let types: Box<[Glob]> = types.split_whitespace().map(Glob::named).collect();
        let patterns: Box<[Pattern]> = match addresses.trim() {
            "*" => Box::default(),
            "" => return Ok(None),
            patterns => patterns.split_whitespace().map(Pattern::parse).collect::<Result<_, _>>()?,
        };
        Ok(Some(Actions { types, patterns }).filter(|it| !it.types.is_empty()))
    }

    /// Whether an action of type `kind` to this address belongs to the set.
    pub fn include(&self, identity: &Identity, kind: &str, to: &Address) -> bool {
        self.types.iter().any(|glob| glob.matches(kind))
            && (self.patterns.is_empty() || self.patterns.iter().any(|it| it.matches(to, &identity.asker(to))))
    }
}

impl Glob {
    pub fn named(word: &str) -> Self {
        match word.strip_suffix('*') {
            Some(prefix) => Glob::Prefix(prefix.into()),
            None => Glob::Whole(word.into()),
        }
    }

    pub fn matches(&self, kind: &str) -> bool {
        match self {
            Glob::Whole(whole) => **whole == *kind,
            Glob::Prefix(prefix) => kind.starts_with(&**prefix),
        }
    }
}
