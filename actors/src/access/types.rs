//! Action types that clients may send, by address: `deny persist/* redux* on *`, `allow order/* on ch:{org}/orders/**`.
//!
//! An application that dispatches received actions to its store executes what other users send. The internal types of
//! its framework must therefore not come from clients. The first rule that matches decides; a type that matches none is
//! allowed.

use super::actions::Actions;
use super::pattern::PatternError;
use crate::identity::Identity;
use hubwire_protocol::Address;
use std::str::FromStr;

/// The default rules: no client may send internal types of Redux and its companions.
pub const STARTER_TYPE_RULES: &[&str] = &["deny @@* persist/* redux* auth/* on *"];

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeRule {
    allows: bool,
    actions: Actions,
}

/// Why a text is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypeRuleError {
    /// The text does not have the form of a rule.
    #[error("{0:?}: a rule is `allow|deny TYPE… on ADDRESS PATTERN…`, with `*` for every address")]
    Form(String),
    /// A pattern is wrong.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

impl FromStr for TypeRule {
    type Err = TypeRuleError;

    fn from_str(text: &str) -> Result<Self, TypeRuleError> {
        let form = || TypeRuleError::Form(text.into());
        let (verdict, rest) = text.split_once(' ').ok_or_else(form)?;
        let allows = match verdict {
            "allow" => true,
            "deny" => false,
            _ => return Err(form()),
        };
        Ok(TypeRule { allows, actions: Actions::read(rest)?.ok_or_else(form)? })
    }
}

/// All rules about types, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypePolicy(Box<[TypeRule]>);

impl TypePolicy {
    /// A policy of these rules; the first that matches decides.
    pub fn new(rules: impl IntoIterator<Item = TypeRule>) -> Self {
        TypePolicy(rules.into_iter().collect())
    }

    /// Whether the identity may send actions of type `kind` to the address.
    pub fn allows(&self, identity: &Identity, kind: &str, address: &Address) -> bool {
        self.0.iter().find(|rule| rule.actions.include(identity, kind, address)).is_none_or(|rule| rule.allows)
    }
}

impl Default for TypePolicy {
    fn default() -> Self {
        // constants within the grammar, as a test proves
        TypePolicy::new(STARTER_TYPE_RULES.iter().filter_map(|rule| rule.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(rules: &[&str], kind: &str, address: &str) -> bool {
        let identity = Identity {
            orgs: [("acme".parse().unwrap(), Default::default())].into_iter().collect(),
            ..Identity::of("u1".parse().unwrap())
        };
        TypePolicy::new(rules.iter().map(|rule| rule.parse().unwrap())).allows(
            &identity,
            kind,
            &address.parse().unwrap(),
        )
    }

    #[test]
    fn the_starter_rules_keep_framework_internals_out_and_nothing_else() {
        for rule in STARTER_TYPE_RULES {
            rule.parse::<TypeRule>().unwrap();
        }
        for kind in ["persist/REHYDRATE", "redux-form/CHANGE", "@@redux/INIT", "@@INIT", "auth/logout"] {
            assert!(!allows(STARTER_TYPE_RULES, kind, "user:u2"), "{kind}");
        }
        for kind in ["order/lineChanged", "author/added", "persisted", "chat/message"] {
            assert!(allows(STARTER_TYPE_RULES, kind, "user:u2"), "{kind}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rules = ["allow order/* on ch:{org}/orders/**", "deny order/* on *", "deny debug on ch:acme/x"];
        assert!(allows(&rules, "order/paid", "ch:acme/orders/1"));
        assert!(!allows(&rules, "order/paid", "ch:acme/lobby"));
        assert!(!allows(&rules, "order/paid", "user:u2"));
        assert!(!allows(&rules, "debug", "ch:acme/x"));
        assert!(allows(&rules, "debug", "ch:acme/y"));
        assert!(allows(&rules, "chat", "ch:acme/x"));
    }

    #[test]
    fn a_text_that_is_no_rule_says_why() {
        for (text, why) in [
            ("forbid x on *", "a rule is"),
            ("deny x", "a rule is"),
            ("deny  on *", "a rule is"),
            ("deny x on ", "a rule is"),
            ("deny x on acme", "must start with"),
        ] {
            let error = text.parse::<TypeRule>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
