//! The actions that a rule is about, by their types and addresses: `order/* chat on ch:{org}/orders/** user:*`.

use super::pattern::{Pattern, PatternError};
use crate::identity::Identity;
use hubwire_protocol::Address;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actions {
    types: Box<[Glob]>,
    /// Empty: everywhere.
    patterns: Box<[Pattern]>,
}

/// A type, or the beginning of types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Glob {
    Whole(Box<str>),
    Prefix(Box<str>),
}

impl Actions {
    /// Reads `TYPE… on ADDRESS PATTERN…`, with `*` for every address. `None`: it is not of that form.
    ///
    /// # Errors
    /// When a pattern is wrong.
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

    /// Whether an action of type `kind` to the address is one of them.
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
