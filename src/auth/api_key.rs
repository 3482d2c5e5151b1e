//! Keys of the server API, each with a name and scopes.
//!
//! ```text
//! entry  = key                                       ; all scopes, with the name "default"
//!        / "@" name ":" scopes ":" key
//!        / "@" name ":" scopes ":sha256$" 64HEXDIG    ; no node has the key itself
//! scopes = "*" / scope *( "+" scope )
//! ```

use crate::config::Secret;
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The uses of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Scope {
    /// Read: presence, sessions, history, nodes.
    Read,
    /// Publish anywhere in the name of the server or of a user.
    Publish,
    /// Issue tickets for any user.
    Tickets,
    /// Add users to channels and remove them, set profiles.
    Members,
    /// End sessions, block users, revoke tokens.
    Sessions,
    /// Run the node: drain it, use the operator's page.
    Operate,
    /// See the payloads of publications.
    Content,
}

impl Scope {
    /// All scopes, in the order of the documentation.
    pub const ALL: [Scope; 7] =
        [Scope::Read, Scope::Publish, Scope::Tickets, Scope::Members, Scope::Sessions, Scope::Operate, Scope::Content];

    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Publish => "publish",
            Scope::Tickets => "tickets",
            Scope::Members => "members",
            Scope::Sessions => "sessions",
            Scope::Operate => "operate",
            Scope::Content => "content",
        }
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    const EVERYTHING: Scopes = Scopes(u8::MAX);

    fn parse(text: &str) -> Result<Self, KeyEntryError> {
        if text == "*" {
            return Ok(Scopes::EVERYTHING);
        }
        text.split('+').try_fold(Scopes(0), |scopes, word| {
            let scope = Scope::ALL.into_iter().find(|scope| scope.as_str() == word);
            let scope = scope.ok_or_else(|| KeyEntryError::Scope(word.into()))?;
            Ok(Scopes(scopes.0 | 1 << scope as u8))
        })
    }

    /// Whether the set contains `scope`.
    pub fn contain(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }
}

/// A configured key that a request presents.
#[derive(Clone)]
pub struct ApiKey {
    /// Its name, for logs and for state that is separate for each key.
    pub name: Arc<str>,
    /// Its scopes.
    pub scopes: Scopes,
    digest: [u8; 32],
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({})", self.name)
    }
}

/// Why an entry of `auth.api_keys` is invalid. Contains no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyEntryError {
    /// The entry has another form.
    #[error("an entry that begins with @ must be @NAME:SCOPES:KEY or @NAME:SCOPES:sha256$HEX")]
    Form,
    /// An unknown scope.
    #[error(
        "{0:?} is not a scope; join several of read, publish, tickets, members, sessions, operate and content by +, or \
         give * for all"
    )]
    Scope(String),
    /// Not 64 hexadecimal digits.
    #[error("the digest after sha256$ must have 64 hexadecimal digits")]
    Digest,
    /// A key that is short enough to be guessed.
    #[error("the key has {bytes} bytes; at least {min} are needed unless auth.dev is true")]
    Short {
        /// Length found.
        bytes: usize,
        /// Length needed.
        min: usize,
    },
}

/// Shorter keys can be guessed.
const KEY_BYTES_MIN: usize = 32;

impl ApiKey {
    /// Parses an entry of the configuration. In development short keys are allowed.
    pub fn configured(entry: &Secret, dev: bool) -> Result<Self, KeyEntryError> {
        let Some(named) = entry.reveal().strip_prefix('@') else {
            let (name, scopes) = ("default".into(), Scopes::EVERYTHING);
            return Ok(ApiKey { name, scopes, digest: digest_of(entry.reveal(), dev)? });
        };
        let mut parts = named.splitn(3, ':');
        let (Some(name), Some(scopes), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyEntryError::Form);
        };
        let is_word = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if name.is_empty() || name.len() > 64 || !is_word(name) {
            return Err(KeyEntryError::Form);
        }
        let digest = match key.strip_prefix("sha256$") {
            Some(hex) => read_digest(hex).ok_or(KeyEntryError::Digest)?,
            None => digest_of(key, dev)?,
        };
        Ok(ApiKey { name: name.into(), scopes: Scopes::parse(scopes)?, digest })
    }
}

fn digest_of(key: &str, dev: bool) -> Result<[u8; 32], KeyEntryError> {
    match dev || key.len() >= KEY_BYTES_MIN {
        true => Ok(sha256(key)),
        false => Err(KeyEntryError::Short { bytes: key.len(), min: KEY_BYTES_MIN }),
    }
}

fn read_digest(hex: &str) -> Option<[u8; 32]> {
    let digits = hex.as_bytes();
    let nibble = |at: usize| (digits[at] as char).to_digit(16);
    let byte = |at: usize| Some((nibble(2 * at)? << 4 | nibble(2 * at + 1)?) as u8);
    (digits.len() == 64).then(|| (0..32).map(byte).collect::<Option<Vec<u8>>>())??.try_into().ok()
}

/// The configured keys, as digests, so that a comparison takes the same time for any presented key.
#[derive(Clone)]
pub struct ApiKeys(Arc<[ApiKey]>);

impl ApiKeys {
    /// The configured keys. Invalid entries were refused with the configuration.
    pub fn new(entries: &[Secret]) -> Self {
        ApiKeys(entries.iter().filter_map(|entry| ApiKey::configured(entry, true).ok()).collect())
    }

    /// Whether this key is still configured, with the same scopes.
    pub fn has(&self, key: &ApiKey) -> bool {
        self.0.iter().any(|known| known.digest == key.digest && known.scopes == key.scopes)
    }

    /// The configured key that equals the presented one. The presented key is always compared with all of them.
    pub fn find(&self, presented: &str) -> Option<&ApiKey> {
        let presented = sha256(presented);
        self.0.iter().fold(None, |found, key| match bool::from(presented.ct_eq(&key.digest)) {
            true => Some(key),
            false => found,
        })
    }
}

/// An entry with the digest of a key, so that no node has to store the key itself: the output of `hubwire api-key`.
pub fn entry(name: &str, scopes: &str, key: &Secret) -> Result<Secret, KeyEntryError> {
    let digest: String = sha256(key.reveal()).iter().map(|byte| format!("{byte:02x}")).collect();
    let entry = Secret::from(format!("@{name}:{scopes}:sha256${digest}").as_str());
    ApiKey::configured(&entry, false).map(|_| entry)
}

fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(entries: &[&str]) -> ApiKeys {
        ApiKeys::new(&entries.iter().map(|entry| Secret::from(*entry)).collect::<Vec<_>>())
    }

    #[test]
    fn each_key_is_taken_and_nothing_else() {
        let keys = keys(&["first key", "@ci:publish:second key"]);
        for (presented, name) in [
            ("first key", Some("default")),
            ("second key", Some("ci")),
            ("", None),
            ("first", None),
            ("first key ", None),
            ("@ci:publish:second key", None),
        ] {
            assert_eq!(keys.find(presented).map(|key| &*key.name), name, "{presented:?}");
        }
    }

    #[test]
    fn without_keys_nothing_is_taken() {
        assert!(keys(&[]).find("").is_none());
    }

    #[test]
    fn a_key_has_its_scopes_and_no_others() {
        let keys = keys(&["@ci:publish+tickets:one", "@ops:*:two"]);
        let has = |key: &str| Scope::ALL.map(|scope| keys.find(key).unwrap().scopes.contain(scope));
        assert_eq!(has("one"), [false, true, true, false, false, false, false]);
        assert_eq!(has("two"), [true; 7]);
    }

    #[test]
    fn a_node_needs_to_know_the_digest_only() {
        let key = Secret::from("a key of at least thirty-two bytes");
        let entry = entry("ci", "publish", &key).unwrap();
        assert!(!entry.reveal().contains(key.reveal()));
        let keys = keys(&[entry.reveal()]);
        assert_eq!(&*keys.find(key.reveal()).unwrap().name, "ci");
        assert!(keys.find(entry.reveal()).is_none());
    }

    #[test]
    fn an_entry_that_is_none_says_why_without_its_key() {
        for (entry, why) in [
            ("@ci", "NAME:SCOPES"),
            ("@ci:publish", "NAME:SCOPES"),
            ("@:publish:sha256$00", "NAME:SCOPES"),
            ("@c i:publish:sha256$00", "NAME:SCOPES"),
            ("@ci:fly:0123456789abcdef0123456789abcdef", "\"fly\" is not a scope"),
            ("@ci::0123456789abcdef0123456789abcdef", "\"\" is not a scope"),
            ("@ci:publish:sha256$00", "64 hexadecimal"),
            ("@ci:publish:too short", "has 9 bytes"),
            ("too short", "has 9 bytes"),
        ] {
            let error = ApiKey::configured(&Secret::from(entry), false).unwrap_err().to_string();
            assert!(
                error.contains(why) && !error.contains("too short") && !error.contains("abcdef"),
                "{entry}: {error}"
            );
        }
    }
}
