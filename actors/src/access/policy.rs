//! The access policy: rules that grant capabilities at addresses to roles. Everything else is denied.
//!
//! ```text
//! rule = role *( SP role ) SP "may" [ SP "not" ] SP capability *( SP capability ) SP "on" SP pattern *( SP pattern )
//! ```
//! For example `clerk manager may join publish on ch:{org}/orders/**`. A role counts in the organisation of the
//! address, and for `user:` and `session:` addresses in any organisation; `member` is every member of that
//! organisation, `anyone` every authenticated user. A rule with `not` overrides all rules that allow, in any order.

use super::capability::{Capabilities, Capability};
use super::index::Index;
use super::pattern::{Key, Pattern, PatternError, Requester, Scheme};
use crate::identity::Identity;
use hubwire_protocol::Address;
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Grantee {
    /// Every authenticated user.
    Anyone,
    /// Every member of the organisation of the address (of any, where the address lies in none).
    Member,
    /// Every user with this role there.
    Role(Box<str>),
}

/// One rule of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    text: Box<str>,
    holders: Box<[Grantee]>,
    allows: bool,
    capabilities: Capabilities,
    patterns: Box<[Pattern]>,
}

/// Why a text is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The text does not have the form of a rule.
    #[error("{0:?}: a rule is `ROLE… may [not] CAPABILITY… on ADDRESS PATTERN…`")]
    Form(String),
    /// No such capability.
    #[error("{rule:?}: {word:?} is not a capability; the capabilities are {}", words())]
    Capability {
        /// The whole rule.
        rule: String,
        /// The word.
        word: String,
    },
    /// A pattern is wrong.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

fn words() -> String {
    Capability::ALL.map(Capability::as_str).join(", ")
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let form = || RuleError::Form(text.into());
        let (roles, rest) = text.split_once(" may ").ok_or_else(form)?;
        let (capabilities, patterns) = rest.split_once(" on ").ok_or_else(form)?;
        let (allows, capabilities) = match capabilities.trim().strip_prefix("not ") {
            Some(capabilities) => (false, capabilities),
            None => (true, capabilities),
        };
        let holders: Box<[Grantee]> = roles.split_whitespace().map(Grantee::named).collect();
        let capabilities = read_capabilities(text, capabilities)?;
        let patterns: Box<[Pattern]> = patterns.split_whitespace().map(Pattern::parse).collect::<Result<_, _>>()?;
        if holders.is_empty() || capabilities == Capabilities::default() || patterns.is_empty() {
            return Err(form());
        }
        Ok(Rule { text: text.into(), holders, allows, capabilities, patterns })
    }
}

fn read_capabilities(rule: &str, text: &str) -> Result<Capabilities, RuleError> {
    Capabilities::named(text.split_whitespace())
        .map_err(|word| RuleError::Capability { rule: rule.into(), word: word.into() })
}

impl Grantee {
    fn named(word: &str) -> Self {
        match word {
            "anyone" => Grantee::Anyone,
            "member" => Grantee::Member,
            role => Grantee::Role(role.into()),
        }
    }

    fn includes(&self, asker: &Requester<'_>, address: &Address) -> bool {
        match self {
            Grantee::Anyone => true,
            Grantee::Member => asker.is_member(address, |_| true),
            Grantee::Role(role) => asker.is_member(address, |membership| membership.roles.contains(&**role)),
        }
    }
}

impl Rule {
    pub(super) fn has(&self, capability: Capability) -> bool {
        self.capabilities.contains(capability)
    }

    /// Its patterns by number, with what they are found by.
    pub(super) fn keys(&self) -> impl Iterator<Item = (usize, Scheme, Key<'_>)> {
        self.patterns.iter().enumerate().map(|(at, pattern)| {
            let (scheme, key) = pattern.key();
            (at, scheme, key)
        })
    }

    /// Whether the asker is one of its holders and the pattern of that number matches the address.
    pub(super) fn applies(&self, pattern: usize, address: &Address, asker: &Requester<'_>) -> bool {
        self.patterns[pattern].matches(address, asker)
            && self.holders.iter().any(|holder| holder.includes(asker, address))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// All rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    forbid: Index,
    allow: Index,
}

/// The default rules: members use the channels of their organisations, teams are for their members, owners and
/// administrators publish to the whole organisation, and everybody receives `system`.
pub const STARTER_RULES: &[&str] = &[
    "member may join read publish presence on ch:{org}/**",
    "member may read on org:{org}",
    "member may read publish on team:{org}/{team}",
    "owner admin may publish presence on org:{org} team:{org}/*",
    "anyone may join read on ch:system/**",
    "anyone may read on org:system",
    "anyone may direct presence on user:*",
    "anyone may direct on session:*",
];

impl Policy {
    /// A policy of these rules; their order does not matter.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let (allow, forbid): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| rule.allows);
        Policy { forbid: Index::new(forbid), allow: Index::new(allow) }
    }

    /// Whether the identity has the capability at the address: no rule forbids it, and either a rule grants it and the
    /// scopes of the credentials do not exclude it, or the credentials add it.
    pub fn allows(&self, identity: &Identity, capability: Capability, address: &Address) -> bool {
        let asker = identity.asker(address);
        let any = |rules: &Index| rules.any(capability, address, &asker);
        let by_rule = || any(&self.allow) && identity.scopes.leave(capability, address, &asker);
        let added =
            || identity.scopes.add(capability, address, &asker) || identity.address_grants.allow(capability, address);
        (by_rule() || added()) && !any(&self.forbid)
    }
}

impl Default for Policy {
    fn default() -> Self {
        // constants that a test parses: no rule is dropped here
        Policy::new(STARTER_RULES.iter().filter_map(|rule| rule.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::identity;
    use super::*;

    fn policy(rules: &[&str]) -> Policy {
        Policy::new(rules.iter().map(|rule| rule.parse().unwrap()))
    }

    #[test]
    fn every_starter_rule_is_a_rule() {
        for rule in STARTER_RULES {
            assert_eq!(rule.parse::<Rule>().map(|rule| rule.to_string()), Ok(rule.to_string()));
        }
    }

    #[test]
    fn what_no_rule_allows_is_denied() {
        let nothing = policy(&[]);
        for capability in Capability::ALL {
            assert!(!nothing.allows(&identity("owner"), capability, &"ch:acme/x".parse().unwrap()), "{capability:?}");
        }
    }

    #[test]
    fn a_role_counts_only_in_the_organisation_that_gave_it() {
        let everywhere = policy(&["owner may publish on ch:*/**"]);
        assert!(everywhere.allows(&identity("owner"), Capability::Publish, &"ch:acme/x".parse().unwrap()));
        assert!(!everywhere.allows(&identity("owner"), Capability::Publish, &"ch:beta/x".parse().unwrap()));
        assert!(!everywhere.allows(&identity("clerk"), Capability::Publish, &"ch:acme/x".parse().unwrap()));
    }

    #[test]
    fn a_rule_that_forbids_wins_wherever_it_stands() {
        for rules in [
            ["guest may not read on ch:{org}/hr/**", "member may read on ch:{org}/**"],
            ["member may read on ch:{org}/**", "guest may not read on ch:{org}/hr/**"],
        ] {
            let policy = policy(&rules);
            let salaries: Address = "ch:acme/hr/salaries".parse().unwrap();
            assert!(!policy.allows(&identity("guest"), Capability::Read, &salaries));
            assert!(policy.allows(&identity("clerk"), Capability::Read, &salaries));
            assert!(policy.allows(&identity("guest"), Capability::Read, &"ch:acme/lobby".parse().unwrap()));
        }
    }

    #[test]
    fn a_text_that_is_no_rule_says_why() {
        for (text, why) in [
            ("", "a rule is"),
            ("member can join on ch:{org}/**", "a rule is"),
            ("member may join ch:{org}/**", "a rule is"),
            (" may join on ch:{org}/**", "a rule is"),
            ("member may fly on ch:{org}/**", "\"fly\" is not a capability"),
            ("member may join on {org}/**", "must start with"),
        ] {
            let error = text.parse::<Rule>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
