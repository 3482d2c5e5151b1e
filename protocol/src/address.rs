//! Addresses: `org:<org>`, `team:<org>/<team>`, `ch:<org>/<path…>`, `user:<id>`, `session:<uuid>`.

use crate::{ChannelPath, IdError, OrgId, SessionId, TeamId, UserId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Longest address in bytes: `ch:` + org + `/` + path.
pub const ADDRESS_BYTES_MAX: usize = 3 + crate::id::ID_BYTES_MAX + 1 + crate::id::PATH_BYTES_MAX;

/// An address. All but `Session` name a stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// All members of an organisation.
    Org(OrgId),
    /// All members of a team of an organisation.
    Team(OrgId, TeamId),
    /// All sessions that have joined a channel, or look at the view it stands for.
    Channel(OrgId, ChannelPath),
    /// All sessions of one user.
    User(UserId),
    /// One session. Has no stream: what is sent there is ephemeral.
    Session(SessionId),
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No known scheme before the first colon.
    #[error("address must start with org:, team:, ch:, user: or session:")]
    Scheme,
    /// `team:` and `ch:` need an organisation and a name.
    #[error("{scheme} address needs <org>/<name>")]
    MissingName {
        /// The scheme before the colon.
        scheme: &'static str,
    },
    /// A part does not match the grammar of ids.
    #[error("{part} {error}")]
    Part {
        /// Name of the part.
        part: &'static str,
        /// What is wrong with the part.
        error: IdError,
    },
    /// Not a session id.
    #[error("session must be a UUID in its hyphenated form")]
    Session,
}

impl Address {
    /// The organisation and path of a channel; `None` for other addresses.
    pub fn channel(&self) -> Option<(&OrgId, &ChannelPath)> {
        match self {
            Address::Channel(org, path) => Some((org, path)),
            _ => None,
        }
    }

    /// The organisation that the address belongs to, if any.
    pub fn org(&self) -> Option<&OrgId> {
        match self {
            Address::Org(org) | Address::Team(org, _) | Address::Channel(org, _) => Some(org),
            Address::User(_) | Address::Session(_) => None,
        }
    }

    /// The address as a text. Equals [`to_string`](ToString::to_string), with one allocation and without the formatter:
    /// every publication has its address as a text.
    pub fn to_text(&self) -> String {
        self.with_parts(|parts| parts.concat()).unwrap_or_else(|session| format!("session:{session}"))
    }

    /// Whether `text` is this address.
    pub fn is_text(&self, text: &str) -> bool {
        let is_parts = |parts: &[&str]| {
            let rest = parts.iter().try_fold(text, |rest, part| rest.strip_prefix(part));
            rest == Some("")
        };
        self.with_parts(is_parts).unwrap_or_else(|session| text == format!("session:{session}"))
    }

    /// Calls `then` with the parts of the text; the text of a session has none, because its id is no text.
    fn with_parts<T>(&self, then: impl FnOnce(&[&str]) -> T) -> Result<T, SessionId> {
        match self {
            Address::Org(org) => Ok(then(&["org:", org.as_str()])),
            Address::Team(org, team) => Ok(then(&["team:", org.as_str(), "/", team.as_str()])),
            Address::Channel(org, path) => Ok(then(&["ch:", org.as_str(), "/", path.as_str()])),
            Address::User(user) => Ok(then(&["user:", user.as_str()])),
            Address::Session(session) => Err(*session),
        }
    }

    /// Whether publications to this address are stored in an ordered log.
    pub fn has_stream(&self) -> bool {
        !matches!(self, Address::Session(_))
    }
}

fn part<T: FromStr<Err = IdError>>(part: &'static str, text: &str) -> Result<T, AddressError> {
    text.parse().map_err(|error| AddressError::Part { part, error })
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once(':').ok_or(AddressError::Scheme)?;
        match scheme {
            "org" => Ok(Address::Org(part("org", rest)?)),
            "team" => {
                let (org, team) = rest.split_once('/').ok_or(AddressError::MissingName { scheme: "team" })?;
                Ok(Address::Team(part("org", org)?, part("team", team)?))
            }
            "ch" => {
                let (org, path) = rest.split_once('/').ok_or(AddressError::MissingName { scheme: "ch" })?;
                Ok(Address::Channel(part("org", org)?, part("channel", path)?))
            }
            "user" => Ok(Address::User(part("user", rest)?)),
            "session" => Ok(Address::Session(rest.parse().map_err(|_| AddressError::Session)?)),
            _ => Err(AddressError::Scheme),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = self.with_parts(|parts| parts.iter().try_for_each(|part| f.write_str(part)));
        written.unwrap_or_else(|session| write!(f, "session:{session}"))
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::deserialize(deserializer, "address", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_survives_print_and_parse() {
        for text in [
            "org:acme",
            "team:acme/ops",
            "ch:acme/order/1842",
            "user:auth0|7",
            "session:0190a5b2-7c41-8abc-9def-0123456789ab",
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.to_string(), address.to_text()), (text.to_string(), text.to_string()));
            assert!(address.is_text(text) && !address.is_text(&format!("{text}x")) && !address.is_text(&text[1..]));
            assert!(!address.is_text(&text[..text.len() - 1]));
        }
    }

    #[test]
    fn bad_addresses_say_why() {
        assert_eq!("acme".parse::<Address>(), Err(AddressError::Scheme));
        assert_eq!("room:acme".parse::<Address>(), Err(AddressError::Scheme));
        assert_eq!("ch:acme".parse::<Address>(), Err(AddressError::MissingName { scheme: "ch" }));
        assert_eq!("ch:acme/".parse::<Address>(), Err(AddressError::Part { part: "channel", error: IdError::Empty }));
        assert_eq!("session:x".parse::<Address>(), Err(AddressError::Session));
    }
}
