//! Pacing of ephemeral actions such as typing and cursors: how often they are delivered, and what ends them.

use crate::access::actions::Glob;
use std::str::FromStr;
use std::time::Duration;

/// Longest interval of a rule.
const RULE_MAX: Duration = Duration::from_secs(3600);

/// `chat/typing=2000`: an ephemeral action of that type (a trailing `*` matches any suffix) is delivered at once, and
/// of those that follow within that many milliseconds only the last one, at their end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throttle {
    types: Glob,
    every: Duration,
}

/// `chat/typing=6000 chat/typingEnded`: when the sender of such an ephemeral action has been silent for this many
/// milliseconds, or has left, the node sends the second type on behalf of the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoEnd {
    types: Glob,
    after: Duration,
    ending: Box<str>,
}

/// Why a text is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PacingError {
    /// The form is wrong.
    #[error("{0:?} is not TYPE=MILLISECONDS, such as chat/typing=2000, with 1 to 3,600,000 milliseconds")]
    Throttle(String),
    /// The form is wrong.
    #[error(
        "{0:?} is not TYPE=MILLISECONDS ENDING, such as `chat/typing=6000 chat/typingEnded`, with 1 to 3,600,000 \
         milliseconds and an ending that is none of the protocol's types"
    )]
    AutoEnd(String),
}

/// The rules of a node; for each kind of rule the first one that matches a type applies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pacing {
    throttles: Box<[Throttle]>,
    ends: Box<[AutoEnd]>,
}

/// The pacing of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace<'a> {
    /// Interval between deliveries; zero: each is delivered.
    pub every: Duration,
    /// The silence that ends them, and the type that is sent then.
    pub end: Option<(Duration, &'a str)>,
}

impl Pacing {
    /// Creates a set of rules.
    pub fn new(throttles: impl IntoIterator<Item = Throttle>, ends: impl IntoIterator<Item = AutoEnd>) -> Self {
        Pacing { throttles: throttles.into_iter().collect(), ends: ends.into_iter().collect() }
    }

    /// The pacing of a type; `None` when no rule matches it.
    pub fn of(&self, kind: &str) -> Option<Pace<'_>> {
        let throttle = self.throttles.iter().find(|rule| rule.types.matches(kind));
        let end = self.ends.iter().find(|rule| rule.types.matches(kind));
        let pace = || Pace {
            every: throttle.map_or(Duration::ZERO, |rule| rule.every),
            end: end.map(|rule| (rule.after, &*rule.ending)),
        };
        (throttle.is_some() || end.is_some()).then(pace)
    }
}

impl FromStr for Throttle {
    type Err = PacingError;

    fn from_str(text: &str) -> Result<Self, PacingError> {
        let (types, every) = types_and_time(text).ok_or_else(|| PacingError::Throttle(text.into()))?;
        Ok(Throttle { types, every })
    }
}

impl FromStr for AutoEnd {
    type Err = PacingError;

    fn from_str(text: &str) -> Result<Self, PacingError> {
        let error = || PacingError::AutoEnd(text.into());
        let (rule, ending) = text.split_once(' ').ok_or_else(error)?;
        let (types, after) = types_and_time(rule).ok_or_else(error)?;
        let ending = ending.trim();
        // it would start the very flow that it ends
        let is_ending = !ending.is_empty()
            && ending.len() <= 128
            && !ending.contains(char::is_whitespace)
            && !ending.starts_with("@@")
            && !types.matches(ending);
        is_ending.then(|| AutoEnd { types, after, ending: ending.into() }).ok_or_else(error)
    }
}

fn types_and_time(text: &str) -> Option<(Glob, Duration)> {
    let (types, ms) = text.trim().rsplit_once('=')?;
    let time = Duration::from_millis(ms.parse().ok()?);
    let is_rule = !types.is_empty() && !types.contains(char::is_whitespace) && !time.is_zero() && time <= RULE_MAX;
    is_rule.then(|| (Glob::named(types), time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_fits_a_type_says_its_pace() {
        let throttles = ["chat/typing=2000", "cursor/*=50", "chat/*=7"].map(|rule| rule.parse().unwrap());
        let pacing = Pacing::new(throttles, ["chat/typing=6000  chat/typingEnded".parse().unwrap()]);
        let ms = Duration::from_millis;
        let typing = Pace { every: ms(2000), end: Some((ms(6000), "chat/typingEnded")) };
        assert_eq!(pacing.of("chat/typing"), Some(typing));
        assert_eq!(pacing.of("cursor/moved"), Some(Pace { every: ms(50), end: None }));
        assert_eq!(pacing.of("order/changed"), None);
    }

    #[test]
    fn what_is_no_rule_is_named() {
        for text in ["chat/typing", "=5", "a=0", "a=x", "a b=5", "a=3600001"] {
            let error = text.parse::<Throttle>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{text:?} is not TYPE=MILLISECONDS,")), "{error}");
        }
        for text in ["a=5", "a=5 ", "a=5 b c", "a=5 @@hub/left", "chat/*=5 chat/ended", "a=0 b"] {
            assert!(text.parse::<AutoEnd>().is_err(), "{text}");
        }
    }
}
