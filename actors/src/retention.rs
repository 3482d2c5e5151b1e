//! Retention of streams: by kind, and by patterns of addresses, which take precedence.
//!
//! ```text
//! rule = pattern 1*( SP bound )
//! bound = "count=" NUMBER / "age_s=" NUMBER / "bytes=" NUMBER
//! ```
//! The first rule that matches an address decides; for a bound that it does not name, the bound of the kind applies.

use hubwire_protocol::{Address, AddressPattern, AddressPatternError, UserId};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// How much a stream retains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// At most this many publications (the broker may keep somewhat more).
    pub count: usize,
    /// At most this old. The whole log expires when nothing was appended for this long.
    pub age: Duration,
    /// Total size of the envelopes in bytes (the broker may keep a sixteenth more); the newest is always kept.
    pub bytes: usize,
}

/// The retention of every stream.
#[derive(Debug, Clone)]
pub struct StreamRetention {
    /// `user:` streams.
    pub user: Retention,
    /// `org:` streams.
    pub org: Retention,
    /// `team:` streams.
    pub team: Retention,
    /// `ch:` streams.
    pub channel: Retention,
    /// Rules that take precedence over the kind.
    pub rules: Arc<[RetentionRule]>,
    /// How much of a user's stream senders may occupy.
    pub shares: Shares,
}

/// How much of another user's stream one sender may occupy, in percent of what it retains; 0: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shares {
    /// For one user.
    pub sender: u32,
    /// For all users with the same first organisation together.
    pub org: u32,
}

impl Shares {
    /// Whether there is any limit.
    pub fn any(self) -> bool {
        self != Shares::default()
    }
}

impl StreamRetention {
    /// The retention of a user's stream.
    pub fn of_user(&self, user: &UserId) -> Retention {
        match self.rules.is_empty() {
            true => self.user,
            false => self.of(&Address::User(user.clone())).unwrap_or(self.user),
        }
    }

    /// The retention of an address; `None` if it has no stream.
    pub fn of(&self, address: &Address) -> Option<Retention> {
        let kind = match address {
            Address::User(_) => self.user,
            Address::Org(_) => self.org,
            Address::Team(..) => self.team,
            Address::Channel(..) => self.channel,
            Address::Session(_) => return None,
        };
        let rule = self.rules.iter().find(|rule| rule.pattern.covers(address));
        Some(rule.map_or(kind, |rule| rule.over(kind)))
    }
}

/// A rule for the streams at addresses that match a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRule {
    pattern: AddressPattern,
    count: Option<usize>,
    age: Option<Duration>,
    bytes: Option<usize>,
}

impl RetentionRule {
    fn over(&self, kind: Retention) -> Retention {
        Retention {
            count: self.count.unwrap_or(kind.count),
            age: self.age.unwrap_or(kind.age),
            bytes: self.bytes.unwrap_or(kind.bytes),
        }
    }
}

/// Why a text is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetentionError {
    /// The pattern is wrong.
    #[error(transparent)]
    Pattern(#[from] AddressPatternError),
    /// The rule has no bound.
    #[error("{0:?} has no bound; add count=, age_s= or bytes=, such as `ch:*/chat/** count=100 age_s=3600`")]
    NoBound(String),
    /// A word that is no bound, or repeats one.
    #[error("{rule:?}: {word:?} is not count=, age_s= or bytes= with a number of at least 1, each at most once")]
    Bound {
        /// The whole rule.
        rule: String,
        /// The word.
        word: String,
    },
}

impl FromStr for RetentionRule {
    type Err = RetentionError;

    fn from_str(text: &str) -> Result<Self, RetentionError> {
        let mut words = text.split_whitespace();
        let pattern = words.next().unwrap_or_default().parse()?;
        let mut rule = RetentionRule { pattern, count: None, age: None, bytes: None };
        for word in words {
            let known = rule.bound(word).is_some();
            known.then_some(()).ok_or_else(|| RetentionError::Bound { rule: text.into(), word: word.into() })?;
        }
        match rule.count.is_none() && rule.age.is_none() && rule.bytes.is_none() {
            true => Err(RetentionError::NoBound(text.into())),
            false => Ok(rule),
        }
    }
}

impl RetentionRule {
    /// Parses a bound; `None` when the word is none.
    fn bound(&mut self, word: &str) -> Option<()> {
        let (name, number) = word.split_once('=')?;
        let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
        let is_new = match name {
            "count" => self.count.replace(number as usize).is_none(),
            "age_s" => self.age.replace(Duration::from_secs(number.into())).is_none(),
            "bytes" => self.bytes.replace(number as usize).is_none(),
            _ => false,
        };
        is_new.then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Retention = Retention { count: 1000, age: Duration::from_secs(60), bytes: 1 << 20 };

    fn of(rules: &[&str], address: &str) -> Option<Retention> {
        let rules = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        let keep =
            StreamRetention { user: KIND, org: KIND, team: KIND, channel: KIND, rules, shares: Shares::default() };
        keep.of(&address.parse().unwrap())
    }

    #[test]
    fn the_first_rule_that_fits_decides_and_the_kind_fills_in_the_rest() {
        let rules = ["ch:acme/audit/* count=5000", "ch:*/** count=10 age_s=7 bytes=2048", "user:bot-* age_s=1"];
        assert_eq!(of(&rules, "ch:acme/audit/1"), Some(Retention { count: 5000, ..KIND }));
        let short = Retention { count: 10, age: Duration::from_secs(7), bytes: 2048 };
        assert_eq!(of(&rules, "ch:acme/audit/1/notes"), Some(short));
        assert_eq!(of(&rules, "ch:beta/x"), Some(short));
        assert_eq!(of(&rules, "user:bot-7"), Some(Retention { age: Duration::from_secs(1), ..KIND }));
        assert_eq!(of(&rules, "user:ada"), Some(KIND));
        assert_eq!(of(&rules, "team:acme/ops"), Some(KIND));
        assert_eq!(of(&[], "session:0190a5b2-7c41-8abc-9def-0123456789ab"), None);
    }

    #[test]
    fn a_text_that_is_no_rule_says_why() {
        for (text, why) in [
            ("", "begins with org:"),
            ("ch:acme count=1", "so many segments"),
            ("ch:{org}/x count=1", "between slashes"),
            ("session:* count=1", "begins with org:"),
            ("ch:*/x", "has no bound"),
            ("ch:*/x count", "\"count\" is not"),
            ("ch:*/x count=0", "\"count=0\" is not"),
            ("ch:*/x age=5", "\"age=5\" is not"),
            ("ch:*/x count=1 count=2", "each at most once"),
        ] {
            let error = text.parse::<RetentionRule>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
