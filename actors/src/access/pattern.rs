//! Patterns of addresses in access rules: `ch:{org}/orders/*`, `team:{org}/{team}`, `user:{user}`.
//!
//! ```text
//! pattern = scheme ":" segment *( "/" segment )
//! segment = literal / prefix "*" / "*" / "**" / "{org}" / "{user}" / "{team}"
//! ```
//! `*` matches one segment, `**` (last only) one or more further segments. `{org}` matches an organisation of the user
//! that asks, `{team}` a team of that user in the organisation of the address, `{user}` the user's own id.

use super::membership::OrgMembership;
use hubwire_protocol::{Address, OrgId, UserId};
use litemap::LiteMap;

/// The kind of address that a pattern matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Org,
    Team,
    Channel,
    User,
    Session,
}

impl Scheme {
    /// How many there are.
    pub const COUNT: usize = 5;

    /// The scheme of an address.
    pub fn of(address: &Address) -> Self {
        match address {
            Address::Org(_) => Scheme::Org,
            Address::Team(..) => Scheme::Team,
            Address::Channel(..) => Scheme::Channel,
            Address::User(_) => Scheme::User,
            Address::Session(_) => Scheme::Session,
        }
    }
}

/// A literal segment by which a pattern can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key<'a> {
    /// It has none.
    None,
    /// The segment after the organisation, or the user.
    Part(&'a str),
    /// The organisation.
    Org(&'a str),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    Prefix(Box<str>),
    Any,
    Rest,
    Org,
    User,
    Team,
}

/// A pattern of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    scheme: Scheme,
    segments: Box<[Segment]>,
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// No known scheme before the first colon.
    #[error("{0:?} must start with org:, team:, ch:, user: or session:")]
    Scheme(String),
    /// `**` before another segment.
    #[error("{0:?}: `**` must be the last segment")]
    RestNotLast(String),
    /// A segment that is neither an id nor a wildcard nor a known capture.
    #[error("{pattern:?}: {segment:?} is not a segment; use an id, *, prefix*, **, {{org}}, {{user}} or {{team}}")]
    Segment {
        /// The whole pattern.
        pattern: String,
        /// The segment.
        segment: String,
    },
    /// The number of segments does not fit an address of the scheme.
    #[error("{0:?}: no address of this kind has that number of segments")]
    Length(String),
}

/// What patterns need to know of the user that asks: its id, its organisations, and its membership in the organisation
/// of the address.
pub(crate) struct Requester<'a> {
    user: &'a UserId,
    orgs: &'a LiteMap<OrgId, OrgMembership>,
    membership: Option<&'a OrgMembership>,
}

impl<'a> Requester<'a> {
    /// The asker with respect to an address.
    pub fn new(user: &'a UserId, orgs: &'a LiteMap<OrgId, OrgMembership>, address: &Address) -> Self {
        Requester { user, orgs, membership: address.org().and_then(|org| orgs.get(org)) }
    }

    /// Whether the asker has such a membership in the organisation of the address, or in any organisation if the
    /// address belongs to none.
    pub fn is_member(&self, address: &Address, wanted: impl Fn(&OrgMembership) -> bool) -> bool {
        match address.org() {
            Some(_) => self.membership.is_some_and(wanted),
            None => self.orgs.values().any(wanted),
        }
    }
}

impl Pattern {
    /// Parses a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let (scheme, rest) = text.split_once(':').ok_or_else(|| PatternError::Scheme(text.into()))?;
        let scheme = match scheme {
            "org" => Scheme::Org,
            "team" => Scheme::Team,
            "ch" => Scheme::Channel,
            "user" => Scheme::User,
            "session" => Scheme::Session,
            _ => return Err(PatternError::Scheme(text.into())),
        };
        let segments: Box<[Segment]> =
            rest.split('/').map(|segment| read_segment(text, segment)).collect::<Result<_, _>>()?;
        let last = segments.len() - 1;
        if segments[..last].contains(&Segment::Rest) {
            return Err(PatternError::RestNotLast(text.into()));
        }
        let fits = match scheme {
            Scheme::Org | Scheme::User | Scheme::Session => segments.len() == 1,
            Scheme::Team => segments.len() == 2,
            Scheme::Channel => segments.len() >= 2,
        };
        fits.then_some(Pattern { scheme, segments }).ok_or_else(|| PatternError::Length(text.into()))
    }

    /// The scheme of addresses that it can match, and a literal segment that they have.
    pub(super) fn key(&self) -> (Scheme, Key<'_>) {
        let literal = |at: usize| match self.segments.get(at) {
            Some(Segment::Literal(text)) => Some(&**text),
            _ => None,
        };
        let key = match self.scheme {
            Scheme::Org => literal(0).map(Key::Org),
            Scheme::Team | Scheme::Channel => literal(1).map(Key::Part).or(literal(0).map(Key::Org)),
            Scheme::User => literal(0).map(Key::Part),
            // any pattern matches any session
            Scheme::Session => None,
        };
        (self.scheme, key.unwrap_or(Key::None))
    }

    /// Whether the pattern matches the address, for this asker.
    pub(super) fn matches(&self, address: &Address, asker: &Requester<'_>) -> bool {
        match (self.scheme, address) {
            (Scheme::Org, Address::Org(org)) => self.org_matches(org, asker),
            (Scheme::Team, Address::Team(org, team)) => {
                self.org_matches(org, asker) && self.segments[1].matches(team.as_str(), asker)
            }
            (Scheme::Channel, Address::Channel(org, path)) => {
                self.org_matches(org, asker) && rest_matches(&self.segments[1..], path.as_str(), asker)
            }
            (Scheme::User, Address::User(user)) => self.segments[0].matches(user.as_str(), asker),
            // session ids are random: a user knows only those that it was given
            (Scheme::Session, Address::Session(_)) => true,
            _ => false,
        }
    }

    fn org_matches(&self, org: &OrgId, asker: &Requester<'_>) -> bool {
        match &self.segments[0] {
            // every user is in `system`, but only a rule that names it applies to it
            Segment::Org => asker.membership.is_some() && !org.is_system(),
            segment => segment.matches(org.as_str(), asker),
        }
    }
}

fn read_segment(pattern: &str, segment: &str) -> Result<Segment, PatternError> {
    let is_id = |text: &str| text.parse::<OrgId>().is_ok();
    match segment {
        "*" => Ok(Segment::Any),
        "**" => Ok(Segment::Rest),
        "{org}" => Ok(Segment::Org),
        "{user}" => Ok(Segment::User),
        "{team}" => Ok(Segment::Team),
        _ => match segment.strip_suffix('*') {
            Some(prefix) if is_id(prefix) => Ok(Segment::Prefix(prefix.into())),
            None if is_id(segment) => Ok(Segment::Literal(segment.into())),
            _ => Err(PatternError::Segment { pattern: pattern.into(), segment: segment.into() }),
        },
    }
}

impl Segment {
    fn matches(&self, part: &str, asker: &Requester<'_>) -> bool {
        match self {
            Segment::Literal(text) => **text == *part,
            Segment::Prefix(prefix) => part.starts_with(&**prefix),
            Segment::Any | Segment::Rest => true,
            Segment::Org => asker.orgs.contains_key(part),
            Segment::User => asker.user.as_str() == part,
            Segment::Team => asker.membership.is_some_and(|membership| membership.teams.contains(part)),
        }
    }
}

fn rest_matches(segments: &[Segment], path: &str, asker: &Requester<'_>) -> bool {
    let mut parts = path.split('/');
    for segment in segments {
        match (segment, parts.next()) {
            (Segment::Rest, Some(_)) => return true,
            (segment, Some(part)) if segment.matches(part, asker) => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, address: &str) -> bool {
        let membership = OrgMembership { roles: ["clerk".to_string()].into(), teams: ["ops".parse().unwrap()].into() };
        let (user, orgs) = ("u1".parse().unwrap(), [("acme".parse().unwrap(), membership)].into_iter().collect());
        let address: Address = address.parse().unwrap();
        Pattern::parse(pattern).unwrap().matches(&address, &Requester::new(&user, &orgs, &address))
    }

    #[test]
    fn a_pattern_means_these_addresses_and_no_others() {
        for (pattern, address, expected) in [
            ("ch:{org}/**", "ch:acme/a", true),
            ("ch:{org}/**", "ch:acme/a/b/c", true),
            ("ch:{org}/**", "ch:beta/a", false),
            ("ch:{org}/**", "ch:system/a", false),
            ("ch:system/**", "ch:system/a", true),
            ("ch:*/lobby", "ch:beta/lobby", true),
            ("ch:acme/orders/*", "ch:acme/orders/1", true),
            ("ch:acme/orders/*", "ch:acme/orders", false),
            ("ch:acme/orders/*", "ch:acme/orders/1/notes", false),
            ("ch:acme/orders/**", "ch:acme/orders/1/notes", true),
            ("ch:acme/orders/**", "ch:acme/orders", false),
            ("ch:acme/order-*", "ch:acme/order-7", true),
            ("ch:acme/order-*", "ch:acme/orders", false),
            ("ch:{org}/private/{user}/**", "ch:acme/private/u1/x", true),
            ("ch:{org}/private/{user}/**", "ch:acme/private/u2/x", false),
            ("ch:{org}/team/{team}", "ch:acme/team/ops", true),
            ("ch:{org}/team/{team}", "ch:acme/team/dev", false),
            ("team:{org}/{team}", "team:acme/ops", true),
            ("team:{org}/{team}", "team:acme/dev", false),
            ("team:{org}/*", "team:acme/dev", true),
            ("org:{org}", "org:acme", true),
            ("org:{org}", "org:beta", false),
            ("org:{org}", "team:acme/ops", false),
            ("user:{user}", "user:u1", true),
            ("user:{user}", "user:u2", false),
            ("user:*", "user:u2", true),
        ] {
            assert_eq!(matches(pattern, address), expected, "{pattern} {address}");
        }
    }

    #[test]
    fn a_text_that_is_no_pattern_says_why() {
        for (text, why) in [
            ("acme/**", "must start with"),
            ("room:acme", "must start with"),
            ("ch:acme", "number of segments"),
            ("org:acme/x", "number of segments"),
            ("ch:**/x", "must be the last"),
            ("ch:{organisation}/x", "{organisation}"),
            ("ch:acme//x", "\"\" is not a segment"),
            ("ch:a*b/x", "a*b"),
        ] {
            let error = Pattern::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
