//! An index of rules, made once when they are loaded: a decision looks only at rules that can match.
//!
//! A rule is found by capability, by the scheme of its pattern, and by a literal segment of it: in the path, otherwise
//! the organisation. A rule without a literal is looked at for every address of its scheme. The order of rules does not
//! matter: those that forbid are an index of their own, and win.

use super::capability::Capability;
use super::pattern::{Key, Requester, Scheme};
use super::policy::Rule;
use hubwire_protocol::Address;
use std::collections::HashMap;

/// Rules with their index; see the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    rules: Box<[Rule]>,
    /// By capability and scheme.
    tables: Box<[Table]>,
}

/// The patterns of rules with one capability, for addresses of one scheme.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Table {
    /// Those that name neither.
    any: Vec<Entry>,
    by_part: HashMap<Box<str>, Vec<Entry>>,
    by_org: HashMap<Box<str>, Vec<Entry>>,
}

/// One pattern of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    rule: usize,
    pattern: usize,
}

impl Index {
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let rules: Box<[Rule]> = rules.into_iter().collect();
        let mut tables = vec![Table::default(); Capability::ALL.len() * Scheme::COUNT];
        for (at, rule) in rules.iter().enumerate() {
            for capability in Capability::ALL.into_iter().filter(|capability| rule.has(*capability)) {
                for (pattern, scheme, key) in rule.keys() {
                    tables[place(capability, scheme)].add(key, Entry { rule: at, pattern });
                }
            }
        }
        Index { rules, tables: tables.into() }
    }

    /// Whether any rule has this capability at the address, for this asker.
    pub fn any(&self, capability: Capability, address: &Address, asker: &Requester<'_>) -> bool {
        if self.rules.is_empty() {
            return false;
        }
        let table = &self.tables[place(capability, Scheme::of(address))];
        let is_met = |entry: &Entry| self.rules[entry.rule].applies(entry.pattern, address, asker);
        let listed = |of: &HashMap<Box<str>, Vec<Entry>>, key: Option<&str>| {
            // most tables are empty: then the key is not hashed
            !of.is_empty() && key.and_then(|key| of.get(key)).is_some_and(|entries| entries.iter().any(is_met))
        };
        table.any.iter().any(is_met)
            || listed(&table.by_part, part(address))
            || listed(&table.by_org, address.org().map(|org| org.as_str()))
    }
}

impl Table {
    fn add(&mut self, key: Key<'_>, entry: Entry) {
        match key {
            Key::None => self.any.push(entry),
            Key::Part(part) => self.by_part.entry(part.into()).or_default().push(entry),
            Key::Org(org) => self.by_org.entry(org.into()).or_default().push(entry),
        }
    }
}

fn place(capability: Capability, scheme: Scheme) -> usize {
    capability as usize * Scheme::COUNT + scheme as usize
}

/// The segment after the organisation; of a user's address the user.
fn part(address: &Address) -> Option<&str> {
    match address {
        Address::Channel(_, path) => path.as_str().split('/').next(),
        Address::Team(_, team) => Some(team.as_str()),
        Address::User(user) => Some(user.as_str()),
        Address::Org(_) | Address::Session(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::membership::OrgMembership;
    use crate::identity::Identity;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    /// The plain walk through all rules, which the index must equal.
    fn walk(rules: &[Rule], capability: Capability, address: &Address, asker: &Requester<'_>) -> bool {
        let applies = |rule: &Rule| rule.keys().any(|(pattern, ..)| rule.applies(pattern, address, asker));
        rules.iter().any(|rule| rule.has(capability) && applies(rule))
    }

    fn pick<'a>(draw: &mut StdRng, of: &[&'a str]) -> &'a str {
        of[draw.random_range(0..of.len())]
    }

    const SEGMENTS: [&str; 9] = ["a", "b", "ab", "*", "a*", "{user}", "{team}", "{org}", "u1"];
    const PARTS: [&str; 6] = ["a", "b", "ab", "u1", "ops", "acme"];

    fn org(draw: &mut StdRng) -> &'static str {
        pick(draw, &["{org}", "acme", "beta", "system", "*", "ac*"])
    }

    fn pattern(draw: &mut StdRng) -> String {
        match draw.random_range(0..6) {
            0 => format!("org:{}", org(draw)),
            1 => format!("team:{}/{}", org(draw), pick(draw, &["{team}", "ops", "dev", "*", "o*"])),
            2 => format!("user:{}", pick(draw, &["{user}", "u1", "u2", "*", "u*"])),
            3 => "session:*".to_owned(),
            _ => {
                let path: Vec<&str> = (0..draw.random_range(0..3)).map(|_| pick(draw, &SEGMENTS)).collect();
                let end = pick(draw, &["**", "*", "a", "u1"]);
                format!("ch:{}/{}", org(draw), path.into_iter().chain([end]).collect::<Vec<_>>().join("/"))
            }
        }
    }

    fn rule(draw: &mut StdRng) -> Rule {
        let holders = pick(draw, &["anyone", "member", "clerk", "owner clerk", "guest"]);
        let capabilities: Vec<&str> =
            (0..draw.random_range(1..4)).map(|_| Capability::ALL[draw.random_range(0..8)].as_str()).collect();
        let patterns: Vec<String> = (0..draw.random_range(1..4)).map(|_| pattern(draw)).collect();
        let text = format!("{holders} may {} on {}", capabilities.join(" "), patterns.join(" "));
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn address(draw: &mut StdRng) -> Address {
        let org = pick(draw, &["acme", "beta", "system", "other"]);
        let text = match draw.random_range(0..6) {
            0 => format!("org:{org}"),
            1 => format!("team:{org}/{}", pick(draw, &["ops", "dev"])),
            2 => format!("user:{}", pick(draw, &["u1", "u2"])),
            3 => "session:0190a5b2-7c41-8abc-9def-0123456789ab".to_owned(),
            _ => {
                let path: Vec<&str> = (0..draw.random_range(1..4)).map(|_| pick(draw, &PARTS)).collect();
                format!("ch:{org}/{}", path.join("/"))
            }
        };
        text.parse().unwrap()
    }

    fn identity(draw: &mut StdRng) -> Identity {
        let membership =
            |role: &str| OrgMembership { roles: [role.to_owned()].into(), teams: ["ops".parse().unwrap()].into() };
        let mut orgs = vec![("acme".parse().unwrap(), membership(pick(draw, &["clerk", "owner", "guest", "none"])))];
        if draw.random_range(0..2) == 0 {
            orgs.push(("beta".parse().unwrap(), membership(pick(draw, &["clerk", "none"]))));
        }
        Identity { orgs: orgs.into_iter().collect(), ..Identity::of("u1".parse().unwrap()) }
    }

    #[test]
    fn the_index_decides_as_a_walk_through_all_rules() {
        let mut draw = StdRng::seed_from_u64(20_261_129);
        let (mut allowed, mut denied) = (0, 0);
        for _ in 0..2000 {
            let count = draw.random_range(0..12);
            let rules: Vec<Rule> = (0..count).map(|_| rule(&mut draw)).collect();
            let index = Index::new(rules.clone());
            let identity = identity(&mut draw);
            for _ in 0..50 {
                let (capability, address) = (Capability::ALL[draw.random_range(0..8)], address(&mut draw));
                let asker = identity.asker(&address);
                let expected = walk(&rules, capability, &address, &asker);
                let (all, decided) = (|| rules.iter().map(Rule::to_string), index.any(capability, &address, &asker));
                assert_eq!(decided, expected, "{capability:?} {address} {:?}", all().collect::<Vec<_>>());
                *(if expected { &mut allowed } else { &mut denied }) += 1;
            }
        }
        assert!(allowed > 5000 && denied > 5000, "both happen: {allowed} {denied}");
    }
}
