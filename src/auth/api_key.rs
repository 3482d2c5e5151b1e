//! Keys of the server API.

use crate::config::Secret;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// The keys that are taken; as digests, so that comparing takes the same time whatever is presented and however long.
#[derive(Clone)]
pub struct ApiKeys(Vec<[u8; 32]>);

impl ApiKeys {
    /// Takes the configured keys.
    pub fn new(keys: &[Secret]) -> Self {
        ApiKeys(keys.iter().map(|key| sha256(key.reveal())).collect())
    }

    /// Whether it is one of the keys. Looks at all of them in any case. Without keys nothing is.
    pub fn accept(&self, presented: &str) -> bool {
        let presented = sha256(presented);
        self.0.iter().fold(Choice::from(0), |any, key| any | key.ct_eq(&presented)).into()
    }
}

fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_taken_and_nothing_else() {
        let keys = ApiKeys::new(&[Secret::from("first key"), Secret::from("second key")]);
        for (presented, accepted) in
            [("first key", true), ("second key", true), ("", false), ("first", false), ("first key ", false)]
        {
            assert_eq!(keys.accept(presented), accepted, "{presented:?}");
        }
    }

    #[test]
    fn without_keys_nothing_is_taken() {
        assert!(!ApiKeys::new(&[]).accept(""));
    }
}
