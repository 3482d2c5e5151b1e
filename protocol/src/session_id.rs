//! Session ids and node incarnations.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use uuid::{Uuid, Variant};

/// One run of a node process: 60 random bits, never reused. It serves as the fencing token and as the name of the
/// node's channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Incarnation(u64);

impl Incarnation {
    const BITS: u32 = 60;

    /// Makes an incarnation from the lower 60 bits of `random`.
    pub fn from_random(random: u64) -> Self {
        Incarnation(random & ((1 << Self::BITS) - 1))
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:015x}", self.0)
    }
}

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Incarnation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is not 15 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("incarnation must be 15 hexadecimal digits")]
pub struct IncarnationError;

impl FromStr for Incarnation {
    type Err = IncarnationError;
    fn from_str(text: &str) -> Result<Self, IncarnationError> {
        if text.len() != 15 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(IncarnationError);
        }
        u64::from_str_radix(text, 16).map(Incarnation).map_err(|_| IncarnationError)
    }
}

/// The id of a session: a version 8 UUID (RFC 9562, section 5.8) whose free bits are the incarnation of the node that
/// holds the socket (60 bits) and a random part (62 bits). So `session:<uuid>` is routed without a lookup.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(Uuid);

impl SessionId {
    /// Makes the id of a session on `incarnation` from the lower 62 bits of `random`.
    pub fn new(incarnation: Incarnation, random: u64) -> Self {
        let high = (incarnation.0 >> 12) << 16 | (incarnation.0 & 0xfff);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        bytes[8..].copy_from_slice(&random.to_be_bytes());
        SessionId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The incarnation of the node that holds the socket.
    pub fn incarnation(&self) -> Incarnation {
        let (high, _) = self.0.as_u64_pair();
        Incarnation((high >> 16) << 12 | (high & 0xfff))
    }

    /// The 16 bytes of the UUID.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// The session id with these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SessionIdError> {
        Uuid::from_slice(bytes).map_err(|_| SessionIdError).and_then(Self::checked)
    }

    fn checked(uuid: Uuid) -> Result<Self, SessionIdError> {
        let version_8 = uuid.get_version_num() == 8 && uuid.get_variant() == Variant::RFC4122;
        version_8.then_some(SessionId(uuid)).ok_or(SessionIdError)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A text that is not a hyphenated version 8 UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("session must be a version 8 UUID in its hyphenated form")]
pub struct SessionIdError;

impl FromStr for SessionId {
    type Err = SessionIdError;
    fn from_str(text: &str) -> Result<Self, SessionIdError> {
        Uuid::try_parse(text).ok().filter(|_| text.len() == 36).ok_or(SessionIdError).and_then(Self::checked)
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::deserialize(deserializer, "session id", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_tells_its_incarnation() {
        for random in [0, 1, 0x0123_4567_89ab_cdef, u64::MAX] {
            let incarnation = Incarnation::from_random(random);
            let session = SessionId::new(incarnation, random);
            assert_eq!(session.incarnation(), incarnation);
            assert_eq!(session.to_string().parse(), Ok(session));
            assert_eq!(incarnation.to_string().parse(), Ok(incarnation));
        }
    }

    #[test]
    fn foreign_uuids_are_refused() {
        assert!("0190a5b2-7c41-4abc-9def-0123456789ab".parse::<SessionId>().is_err());
        assert!("0190a5b27c418abc9def0123456789ab".parse::<SessionId>().is_err());
    }
}
