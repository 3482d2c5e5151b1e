//! Scopes of a token: they narrow what its bearer may do, or add to it.
//!
//! ```text
//! scope = [ "+" ] capability *( "+" capability ) ":" pattern
//! ```
//! For example `join+read:ch:{org}/orders/*`. Once a token has scopes without a leading `+`, its bearer may only do
//! what the rules allow *and* a scope names. A scope with the leading `+` allows something in addition to the rules; a
//! rule with `not` overrides it. Scopes of other services in the same claim (`openid`) grant nothing, and narrow like
//! all others.

use super::capability::{Capabilities, Capability};
use super::pattern::{Pattern, PatternError, Requester};
use hubwire_protocol::Address;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::sync::Arc;

/// The schemes with which an address, and so the pattern of a scope, begins.
const SCHEMES: [&str; 5] = ["org", "team", "ch", "user", "session"];

/// The scopes of one token; most have none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Scopes(Option<Arc<Table>>);

#[derive(Debug, PartialEq, Eq)]
struct Table {
    /// The words of the claim, unchanged.
    words: Box<[String]>,
    /// Whether there are scopes that narrow the rules.
    narrows: bool,
    scopes: Box<[Scope]>,
}

/// One scope.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Scope {
    adds: bool,
    capabilities: Capabilities,
    pattern: Pattern,
}

/// Why a text is not a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A word that is not a capability.
    #[error("scope {scope:?}: {word:?} is not a capability; a scope is [+]CAPABILITY[+CAPABILITY…]:PATTERN")]
    Capability {
        /// The whole scope.
        scope: String,
        /// The word.
        word: String,
    },
    /// The pattern is wrong.
    #[error("scope {scope:?}: {reason}")]
    Pattern {
        /// The whole scope.
        scope: String,
        /// Why.
        reason: PatternError,
    },
}

impl Scopes {
    /// The scopes of a claim that is present. An empty claim allows nothing.
    pub fn new(words: Vec<String>) -> Result<Self, ScopeError> {
        let narrows = words.is_empty() || words.iter().any(|word| !word.starts_with('+'));
        let ours = words.iter().filter(|word| is_ours(word));
        let scopes = ours.map(|word| word.parse()).collect::<Result<_, _>>()?;
        Ok(Scopes(Some(Arc::new(Table { words: words.into(), narrows, scopes }))))
    }

    /// Whether the token has no scopes claim.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the scopes leave this right in place if the rules allow it.
    pub(super) fn leave(&self, capability: Capability, address: &Address, asker: &Requester<'_>) -> bool {
        let Some(table) = self.0.as_deref().filter(|table| table.narrows) else { return true };
        table.scopes.iter().any(|scope| scope.names(capability, address, asker))
    }

    /// Whether the scopes grant this right in addition to the rules.
    pub(super) fn add(&self, capability: Capability, address: &Address, asker: &Requester<'_>) -> bool {
        let Some(table) = self.0.as_deref() else { return false };
        table.scopes.iter().any(|scope| scope.adds && scope.names(capability, address, asker))
    }
}

/// Whether a word is meant for this node: it contains an address pattern.
fn is_ours(word: &str) -> bool {
    let mut parts = word.splitn(3, ':');
    matches!((parts.next(), parts.next(), parts.next()), (Some(_), Some(scheme), Some(_)) if SCHEMES.contains(&scheme))
}

impl Scope {
    fn names(&self, capability: Capability, address: &Address, asker: &Requester<'_>) -> bool {
        self.capabilities.contains(capability) && self.pattern.matches(address, asker)
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let (head, pattern) = text.split_once(':').unwrap_or((text, ""));
        let (adds, names) = match head.strip_prefix('+') {
            Some(names) => (true, names),
            None => (false, head),
        };
        let capabilities = Capabilities::named(names.split('+'))
            .map_err(|word| ScopeError::Capability { scope: text.into(), word: word.into() })?;
        let pattern = Pattern::parse(pattern).map_err(|reason| ScopeError::Pattern { scope: text.into(), reason })?;
        Ok(Scope { adds, capabilities, pattern })
    }
}

impl TryFrom<Vec<String>> for Scopes {
    type Error = ScopeError;

    fn try_from(words: Vec<String>) -> Result<Self, ScopeError> {
        Scopes::new(words)
    }
}

impl From<Scopes> for Vec<String> {
    fn from(scopes: Scopes) -> Self {
        scopes.0.map(|table| table.words.to_vec()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{may, Policy};
    use crate::identity::{Identity, OrgMembership};

    fn scopes(words: &[&str]) -> Result<Scopes, ScopeError> {
        Scopes::new(words.iter().map(|word| word.to_string()).collect())
    }

    /// Whether a member of `acme` with these scopes may do it under the starter set and one rule that forbids.
    fn allowed(words: &[&str], capability: Capability, address: &str) -> bool {
        let identity = Identity {
            orgs: [("acme".parse().unwrap(), OrgMembership::default())].into_iter().collect(),
            scopes: scopes(words).unwrap(),
            ..Identity::of("u1".parse().unwrap())
        };
        let forbids = ["anyone may not join publish on ch:acme/hr/**"];
        let rules = super::super::policy::STARTER_RULES.iter().chain(&forbids);
        let policy = Policy::new(rules.map(|rule| rule.parse().unwrap()));
        may(&identity, &policy, capability, &address.parse().unwrap()).is_ok()
    }

    #[test]
    fn scopes_narrow_what_the_rules_allow_and_allow_nothing_more() {
        use Capability::*;
        let only = &["publish:ch:acme/orders/*", "join+read:ch:{org}/lobby", "join:ch:beta/**"];
        assert!(allowed(only, Publish, "ch:acme/orders/1"));
        assert!(!allowed(only, Publish, "ch:acme/lobby"));
        assert!(!allowed(only, Publish, "ch:acme/orders/1/notes"));
        assert!(!allowed(only, Join, "ch:acme/orders/1"));
        assert!(allowed(only, Join, "ch:acme/lobby") && allowed(only, Read, "ch:acme/lobby"));
        assert!(!allowed(only, Join, "ch:beta/x"), "no rule allows it");
        assert!(!allowed(only, Direct, "user:u2"));
        assert!(!allowed(only, Read, "org:acme"));
        assert!(allowed(only, Read, "user:u1"), "nothing takes the own stream away");
    }

    #[test]
    fn scopes_with_a_plus_add_to_the_rules_and_take_nothing() {
        use Capability::*;
        let more = &["+kick+manage:ch:acme/orders/**", "+join:ch:beta/guests", "+join:ch:acme/hr/x"];
        assert!(allowed(more, Kick, "ch:acme/orders/1") && allowed(more, Manage, "ch:acme/orders/1"));
        assert!(!allowed(more, Kick, "ch:acme/lobby"));
        assert!(allowed(more, Join, "ch:beta/guests") && !allowed(more, Join, "ch:beta/x"));
        assert!(allowed(more, Publish, "ch:acme/lobby"), "as the rules say");
        assert!(!allowed(more, Join, "ch:acme/hr/x"), "a rule that forbids wins");
        assert!(!allowed(&["+publish:ch:system/**"], Publish, "ch:system/x"), "nothing allows that");
    }

    #[test]
    fn both_kinds_together_leave_what_either_names() {
        use Capability::*;
        let both = &["read:ch:acme/**", "+publish:org:acme"];
        assert!(allowed(both, Read, "ch:acme/x") && allowed(both, Publish, "org:acme"));
        assert!(!allowed(both, Publish, "ch:acme/x"));
    }

    #[test]
    fn words_of_other_services_give_nothing_and_narrow() {
        for words in [&["openid", "profile"][..], &["read:messages"], &[]] {
            assert!(!allowed(words, Capability::Publish, "ch:acme/x"), "{words:?}");
        }
        assert!(allowed(&["openid", "publish:ch:acme/*"], Capability::Publish, "ch:acme/x"));
    }

    #[test]
    fn a_scope_that_is_none_says_why() {
        for (word, why) in [
            ("publsh:ch:acme/x", "\"publsh\" is not a capability"),
            (":ch:acme/x", "\"\" is not a capability"),
            ("publish+:ch:acme/x", "\"\" is not a capability"),
            ("publish:ch:acme", "number of segments"),
            ("publish:ch:acme//x", "is not a segment"),
        ] {
            let error = scopes(&[word]).unwrap_err().to_string();
            assert!(error.contains(why), "{word}: {error}");
        }
    }

    #[test]
    fn scopes_survive_being_stored() {
        let stored = scopes(&["openid", "+join:ch:acme/*"]).unwrap();
        let text = serde_json::to_string(&stored).unwrap();
        assert_eq!(text, r#"["openid","+join:ch:acme/*"]"#);
        assert_eq!(serde_json::from_str::<Scopes>(&text).unwrap(), stored);
    }
}
