//! The grammar of ids and channel paths, in this one place.
//!
//! ```text
//! id      = 1*64 idchar
//! idchar  = ALPHA / DIGIT / "_" / "-" / "." / "~" / "@" / "+" / "=" / ":" / "|" / "%"
//! path    = id *( "/" id )            ; at most 255 bytes in all
//! ```
//! The alphabet excludes `{` and `}` (Redis Cluster hash tags), `/` (the separator of addresses), white space and
//! control bytes (log lines cannot be forged). An application percent-encodes any other character in its names.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest id in bytes.
pub const ID_BYTES_MAX: usize = 64;
/// Longest channel path in bytes.
pub const PATH_BYTES_MAX: usize = 255;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Empty, or an empty part between two separators.
    #[error("is empty")]
    Empty,
    /// More bytes than the grammar allows.
    #[error("has {bytes} bytes, at most {max} are allowed")]
    TooLong {
        /// Actual length.
        bytes: usize,
        /// Allowed length.
        max: usize,
    },
    /// A character outside the alphabet.
    #[error("has the character {character:?} at byte {at}; allowed are A-Z a-z 0-9 _ - . ~ @ + = : | %")]
    Character {
        /// The character.
        character: char,
        /// Its byte offset.
        at: usize,
    },
}

/// Which bytes an id may contain. A table, because every address of every message is checked.
static ALLOWED: [bool; 256] = {
    let mut allowed = [false; 256];
    let others = b"_-.~@+=:|%";
    let mut at = 0;
    while at < others.len() {
        allowed[others[at] as usize] = true;
        at += 1;
    }
    let mut byte = 0;
    while byte < 256 {
        allowed[byte] |= (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    allowed
};

fn check_id(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(IdError::TooLong { bytes: text.len(), max: ID_BYTES_MAX });
    }
    let Some(at) = text.bytes().position(|byte| !ALLOWED[usize::from(byte)]) else { return Ok(()) };
    // all bytes before `at` are ASCII, so a character starts here
    Err(IdError::Character { character: text[at..].chars().next().unwrap_or_default(), at })
}

fn check_path(text: &str) -> Result<(), IdError> {
    if text.len() > PATH_BYTES_MAX {
        return Err(IdError::TooLong { bytes: text.len(), max: PATH_BYTES_MAX });
    }
    text.split('/').try_for_each(check_id)
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $text:ty, $noun:literal, $check:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name($text);

        impl $name {
            /// The id as a string.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                $check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::parsed::deserialize(deserializer, $noun, concat!($noun, " "))
            }
        }
    };
}

id_type!(
    /// A user, as authenticated and as addressed by `user:<id>`. One of up to 23 bytes lies where it is kept: a look-up
    /// by it reads nothing but the table, and a clone counts nothing.
    UserId, SmolStr, "user id", check_id
);
id_type!(
    /// An organisation. `system` is reserved: every user is a member, and only the server API can publish to it.
    OrgId, Arc<str>, "organisation id", check_id
);
id_type!(
    /// A team within an organisation.
    TeamId, Arc<str>, "team id", check_id
);
id_type!(
    /// A client-chosen stable id of one installation (a browser profile, a phone). Cursors are stored per device.
    DeviceId, Arc<str>, "device id", check_id
);
id_type!(
    /// The kind of device that a session runs on, as stated by the client: `mobile`, `desktop`.
    DeviceClass, Arc<str>, "device class", check_id
);
id_type!(
    /// The path of a channel (a view) within its organisation: ids joined by `/`.
    ChannelPath, Arc<str>, "channel path", check_path
);

/// The reserved organisation that every session is a member of.
pub const SYSTEM_ORG: &str = "system";

impl OrgId {
    /// Whether it is [`SYSTEM_ORG`]: no credentials grant it, clients cannot publish there, and it has no bound and no
    /// list of members.
    pub fn is_system(&self) -> bool {
        self.as_str() == SYSTEM_ORG
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_take_what_identity_providers_issue() {
        for id in
            ["u1", ".", "..", "auth0|5f7c8ec7c33c6c004bbafe82", "ada@example.org", "a:b", "%C3%A9", &"x".repeat(64)]
        {
            assert_eq!(id.parse::<UserId>().map(|u| u.to_string()), Ok(id.to_string()));
        }
    }

    #[test]
    fn only_the_reserved_organisation_is_the_system() {
        let is_system = |org: &str| org.parse::<OrgId>().is_ok_and(|org| org.is_system());
        assert!(is_system("system"));
        assert!(!is_system("System") && !is_system("system2") && !is_system("acme"));
    }

    #[test]
    fn ids_outside_the_grammar_say_why() {
        assert_eq!("".parse::<UserId>(), Err(IdError::Empty));
        assert_eq!("a b".parse::<UserId>(), Err(IdError::Character { character: ' ', at: 1 }));
        assert_eq!("{u}".parse::<UserId>(), Err(IdError::Character { character: '{', at: 0 }));
        assert_eq!("aé".parse::<UserId>(), Err(IdError::Character { character: 'é', at: 1 }));
        assert_eq!("x".repeat(65).parse::<UserId>(), Err(IdError::TooLong { bytes: 65, max: 64 }));
        assert_eq!("a//b".parse::<ChannelPath>(), Err(IdError::Empty));
        assert_eq!("a/b".parse::<OrgId>(), Err(IdError::Character { character: '/', at: 1 }));
        let long = vec!["x".repeat(60); 5].join("/");
        assert_eq!(long.parse::<ChannelPath>(), Err(IdError::TooLong { bytes: 304, max: 255 }));
    }
}
