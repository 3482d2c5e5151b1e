//! Patterns of addresses, for options that apply to some addresses only: `ch:acme/orders/*`.

use crate::{Address, OrgId};
use std::fmt;
use std::str::FromStr;

/// ```text
/// pattern = scheme ":" segment *( "/" segment )
/// segment = id / prefix "*" / "*" / "**"
/// ```
/// `*` matches one segment; `**`, allowed only at the end, matches one or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressPattern {
    scheme: &'static str,
    segments: Box<[PatternSegment]>,
}

/// One segment of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternSegment {
    /// Exactly this text.
    Literal(Box<str>),
    /// Any text with this prefix.
    Prefix(Box<str>),
    /// Any one segment.
    Any,
    /// All remaining segments, at least one.
    Rest,
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a pattern of addresses: {reason}")]
pub struct AddressPatternError {
    text: String,
    reason: &'static str,
}

/// The schemes, with the fewest and the most segments their addresses have.
const SCHEMES: [(&str, usize, usize); 4] = [("org", 1, 1), ("team", 2, 2), ("ch", 2, usize::MAX), ("user", 1, 1)];

impl FromStr for AddressPattern {
    type Err = AddressPatternError;

    fn from_str(text: &str) -> Result<Self, AddressPatternError> {
        let error = |reason| AddressPatternError { text: text.into(), reason };
        let (scheme, rest) = text.split_once(':').ok_or(error("it begins with org:, team:, ch: or user:"))?;
        let known = SCHEMES.into_iter().find(|(name, ..)| *name == scheme);
        let (scheme, least, most) = known.ok_or(error("it begins with org:, team:, ch: or user:"))?;
        let segments: Option<Box<[PatternSegment]>> = rest.split('/').map(segment).collect();
        let segments = segments.ok_or(error("what stands between slashes is an id, *, prefix* or **"))?;
        let last = segments.len() - 1;
        if segments[..last].contains(&PatternSegment::Rest) {
            return Err(error("** is the last segment"));
        }
        if !(least..=most).contains(&segments.len()) {
            return Err(error("no address of that kind has so many segments"));
        }
        Ok(AddressPattern { scheme, segments })
    }
}

fn segment(text: &str) -> Option<PatternSegment> {
    let is_id = |text: &str| text.parse::<OrgId>().is_ok();
    match (text, text.strip_suffix('*')) {
        ("**", _) => Some(PatternSegment::Rest),
        ("*", _) => Some(PatternSegment::Any),
        (_, Some(prefix)) => is_id(prefix).then(|| PatternSegment::Prefix(prefix.into())),
        (text, None) => is_id(text).then(|| PatternSegment::Literal(text.into())),
    }
}

impl AddressPattern {
    /// The scheme of its addresses, without the colon.
    pub fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// Its segments.
    pub fn segments(&self) -> &[PatternSegment] {
        &self.segments
    }

    /// Whether the pattern matches an address.
    pub fn covers(&self, address: &Address) -> bool {
        match (self.scheme, address) {
            ("org", Address::Org(org)) => self.cover([org.as_str()].into_iter()),
            ("team", Address::Team(org, team)) => self.cover([org.as_str(), team.as_str()].into_iter()),
            ("ch", Address::Channel(org, path)) => {
                self.cover(std::iter::once(org.as_str()).chain(path.as_str().split('/')))
            }
            ("user", Address::User(user)) => self.cover([user.as_str()].into_iter()),
            _ => false,
        }
    }

    fn cover<'a>(&self, mut parts: impl Iterator<Item = &'a str>) -> bool {
        for segment in &self.segments {
            let fits = match (segment, parts.next()) {
                (PatternSegment::Rest, Some(_)) => return true,
                (PatternSegment::Any, Some(_)) => true,
                (PatternSegment::Literal(text), Some(part)) => **text == *part,
                (PatternSegment::Prefix(prefix), Some(part)) => part.starts_with(&**prefix),
                (_, None) => false,
            };
            if !fits {
                return false;
            }
        }
        parts.next().is_none()
    }
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            f.write_str(if index == 0 { self.scheme } else { "" })?;
            f.write_str(if index == 0 { ":" } else { "/" })?;
            match segment {
                PatternSegment::Literal(text) => f.write_str(text)?,
                PatternSegment::Prefix(prefix) => write!(f, "{prefix}*")?,
                PatternSegment::Any => f.write_str("*")?,
                PatternSegment::Rest => f.write_str("**")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_these_addresses_and_no_others() {
        for (pattern, address, expected) in [
            ("ch:acme/orders/*", "ch:acme/orders/1", true),
            ("ch:acme/orders/*", "ch:acme/orders", false),
            ("ch:acme/orders/*", "ch:acme/orders/1/notes", false),
            ("ch:acme/orders/**", "ch:acme/orders/1/notes", true),
            ("ch:*/order-*", "ch:beta/order-7", true),
            ("ch:*/order-*", "ch:beta/orders", false),
            ("ch:*/**", "ch:acme/a", true),
            ("org:acme", "org:acme", true),
            ("org:*", "team:acme/ops", false),
            ("team:acme/*", "team:acme/ops", true),
            ("team:acme/*", "team:beta/ops", false),
            ("user:*", "user:u1", true),
            ("user:bot-*", "user:u1", false),
        ] {
            let parsed: AddressPattern = pattern.parse().unwrap();
            assert_eq!(parsed.covers(&address.parse().unwrap()), expected, "{pattern} {address}");
            assert_eq!(parsed.to_string(), pattern);
        }
    }

    #[test]
    fn a_text_that_is_no_pattern_says_why() {
        for (text, why) in [
            ("acme/**", "begins with"),
            ("session:x", "begins with"),
            ("ch:acme", "so many segments"),
            ("org:acme/x", "so many segments"),
            ("ch:**/x", "last segment"),
            ("ch:{org}/x", "between slashes"),
            ("ch:acme//x", "between slashes"),
            ("ch:a*b/x", "between slashes"),
        ] {
            let error = text.parse::<AddressPattern>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
