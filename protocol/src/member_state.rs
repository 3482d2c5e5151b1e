//! The state of a user in a channel.

use crate::cluster::of_sender;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;
use std::sync::Arc;

/// What a user shows to the other members of a channel: a JSON object, kept as the text that the client sent. Shared,
/// because all members receive the same text.
#[derive(Clone)]
pub struct MemberState(Arc<RawValue>);

/// A text that is not a JSON object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it must be a JSON object")]
pub struct MemberStateError;

impl MemberState {
    /// Reads a state from its text.
    pub fn from_text(text: String) -> Result<Self, MemberStateError> {
        RawValue::from_string(text).map_err(|_| MemberStateError).and_then(MemberState::try_from)
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl TryFrom<Box<RawValue>> for MemberState {
    type Error = MemberStateError;

    fn try_from(value: Box<RawValue>) -> Result<Self, MemberStateError> {
        match value.get().starts_with('{') {
            true => Ok(MemberState(value.into())),
            false => Err(MemberStateError),
        }
    }
}

impl<'de> Deserialize<'de> for MemberState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl Serialize for MemberState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Deserializes a client's state, or `null`. The key `hub` is reserved for the node.
pub(crate) fn of_client<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<MemberState>, D::Error> {
    let state = Option::<MemberState>::deserialize(deserializer)?;
    match state.as_ref().is_some_and(|state| of_sender(state.as_str()).is_some()) {
        true => Err(D::Error::custom("its key `hub` is for the node")),
        false => Ok(state),
    }
}

/// Two states are equal if their texts are.
impl PartialEq for MemberState {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for MemberState {}

/// The state may be personal data: it must not get into logs.
impl fmt::Debug for MemberState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemberState({} bytes)", self.as_str().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_is_a_state_and_its_text_stays() {
        let text = r#"{"cursor": [1,  2]}"#;
        assert_eq!(MemberState::from_text(text.into()).unwrap().as_str(), text);
        assert_eq!(serde_json::to_string(&serde_json::from_str::<MemberState>(text).unwrap()).unwrap(), text);
        for text in ["", "1", "null", "[]", "\"x\"", "{", "{} {}"] {
            assert!(MemberState::from_text(text.into()).is_err(), "{text}");
        }
    }
}
