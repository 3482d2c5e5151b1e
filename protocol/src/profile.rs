//! The profile of a user: name and appearance in all channels.

use crate::MemberState;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 64;
/// Longest metadata as JSON, in bytes.
pub const META_BYTES_MAX: usize = 1024;

/// The profile of a user: a display name and metadata of the application. Cheap to clone, because everybody who sees
/// the user receives the same. A profile may have neither, see [`Profile::is_empty`].
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, description = "What a user is called and looks like."))]
pub struct Profile {
    /// Without control characters.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", length(min = 1, max = NAME_CHARS_MAX)))]
    name: Option<Arc<str>>,
    /// Of the application, at most 1,024 bytes as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<MemberState>,
}

/// Why a profile is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The name is empty, or too long.
    #[error("a name has 1 to {NAME_CHARS_MAX} characters, this one has {0}")]
    NameLength(usize),
    /// The name has a control character.
    #[error("a name has no control characters, this one has {0:?}")]
    NameCharacter(char),
    /// The metadata is too long.
    #[error("meta has at most {META_BYTES_MAX} bytes as JSON, this has {0}")]
    MetaLength(usize),
}

impl Profile {
    /// A profile with a name and metadata, each of which may be absent.
    pub fn new(name: Option<&str>, meta: Option<MemberState>) -> Result<Self, ProfileError> {
        if let Some(name) = name {
            let chars = name.chars().count();
            if !(1..=NAME_CHARS_MAX).contains(&chars) {
                return Err(ProfileError::NameLength(chars));
            }
            if let Some(control) = name.chars().find(|character| character.is_control()) {
                return Err(ProfileError::NameCharacter(control));
            }
        }
        match &meta {
            Some(meta) if meta.as_str().len() > META_BYTES_MAX => Err(ProfileError::MetaLength(meta.as_str().len())),
            _ => Ok(Profile { name: name.map(Arc::from), meta }),
        }
    }

    /// The display name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether it has neither name nor metadata.
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.meta.is_none()
    }

    /// The bytes of its name and its metadata.
    pub fn bytes(&self) -> usize {
        self.name().map_or(0, str::len) + self.meta.as_ref().map_or(0, |meta| meta.as_str().len())
    }

    /// The profile unless it is empty.
    pub fn shown(&self) -> Option<&Self> {
        (!self.is_empty()).then_some(self)
    }

    /// The JSON text to store; empty for an empty profile.
    pub fn to_text(&self) -> String {
        match self.is_empty() {
            true => String::new(),
            // cannot fail: a string and a text that is JSON
            false => serde_json::to_string(self).unwrap_or_default(),
        }
    }

    /// Parses what [`Profile::to_text`] wrote. An invalid text, written by another program, yields an empty profile.
    pub fn from_text(text: &[u8]) -> Self {
        serde_json::from_slice(text).unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Fields { name, meta } = Fields::deserialize(deserializer)?;
        Profile::new(name.as_deref(), meta).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    meta: Option<MemberState>,
}

fn as_text<S: Serializer>(name: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    name.as_deref().serialize(serializer)
}

/// The profile is personal data: it must not get into logs.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Profile({} bytes)", self.to_text().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_survives_its_text_and_its_meta_stays_as_it_was() {
        let text = r#"{"name":"Ada 🦊","meta":{"avatar": "a.png"}}"#;
        let profile: Profile = serde_json::from_str(text).unwrap();
        assert_eq!((profile.name(), profile.to_text().as_str()), (Some("Ada 🦊"), text));
        assert_eq!(Profile::from_text(profile.to_text().as_bytes()), profile);
        for nothing in ["{}", r#"{"name":null,"meta":null}"#] {
            let profile: Profile = serde_json::from_str(nothing).unwrap();
            assert!(profile.is_empty() && profile.to_text().is_empty(), "{nothing}");
        }
        assert!(Profile::from_text(b"").is_empty() && Profile::from_text(b"junk").is_empty());
    }

    #[test]
    fn what_is_no_profile_is_refused_with_the_reason() {
        let long = format!(r#"{{"meta":{{"text":"{}"}}}}"#, "x".repeat(META_BYTES_MAX));
        let name = |chars: usize| format!(r#"{{"name":"{}"}}"#, "ü".repeat(chars));
        assert!(serde_json::from_str::<Profile>(&name(NAME_CHARS_MAX)).is_ok());
        for (text, reason) in [
            (name(NAME_CHARS_MAX + 1).as_str(), "this one has 65"),
            (r#"{"name":""}"#, "this one has 0"),
            (r#"{"name":"a\nb"}"#, "control characters"),
            (r#"{"meta":[1]}"#, "must be a JSON object"),
            (&long, "meta has at most 1024 bytes"),
            (r#"{"nam":"a"}"#, "unknown field `nam`"),
        ] {
            let error = serde_json::from_str::<Profile>(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
