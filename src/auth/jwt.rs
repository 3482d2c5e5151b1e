//! Signed tokens: JSON Web Tokens (RFC 7519) with HMAC, RSA, ECDSA or Ed25519.
//!
//! A token cannot choose how it is checked (RFC 8725 section 3.1): each key is for one algorithm, and a token is
//! checked only with keys for the algorithm in its header. Dates are compared with the node's injected clock.

mod address;
mod error;
mod key_set;
mod keys;
mod mapping;
mod verifier;

pub use error::TokenError;
pub use key_set::KeySet;
pub use keys::{Key, KeyError};
pub use mapping::Mapping;
pub use verifier::{BadKeys, Verifier};

use super::claims::Claims;
use crate::config::{sections::Auth, Secret};
use arc_swap::ArcSwap;
use hubwire_actors::access::address_grants::AddressToken;
use hubwire_actors::environment::Environment;
use hubwire_actors::identity::{Authenticator, Identity};
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::{Dialect, ErrorCode, UserId};
use jsonwebtoken::{encode, Algorithm, EncodingKey, Header};
use serde_json::Value;
use std::sync::Arc;

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        let code = if error.is_expiry() { ErrorCode::TokenExpired } else { ErrorCode::BadCredentials };
        Refusal::new(code, error.to_string())
    }
}

/// Checks tokens with the configured keys, which a reload replaces.
pub struct Tokens {
    verifier: ArcSwap<Verifier>,
    /// A claim that marks tokens signed with the same keys that do not open a session.
    foreign: Option<&'static str>,
    environment: Environment,
}

impl Authenticator for Tokens {
    fn token(&self, token: &str, _: Dialect) -> Result<Identity, Refusal> {
        self.verify(token).map_err(Refusal::from)
    }

    fn former_user(&self, token: &str) -> Option<UserId> {
        self.verifier.load().former_user(token)
    }

    fn address_token(&self, token: &str) -> Result<AddressToken, Refusal> {
        self.verify_address(token).map_err(Refusal::from)
    }
}

impl Tokens {
    /// Takes the rules from the configuration and the time from the environment. If a URL is configured, starts the
    /// thread that fetches published keys.
    ///
    /// # Errors
    /// When a key file has become unusable since the configuration was checked.
    pub fn new(auth: &Auth, environment: Environment) -> Result<Self, BadKeys> {
        let verifier = ArcSwap::from_pointee(Verifier::read(auth, None)?);
        Ok(Tokens { verifier, foreign: None, environment })
    }

    /// From now on, tokens with this claim do not open a session.
    pub fn without(mut self, claim: Option<&'static str>) -> Self {
        self.foreign = claim;
        self
    }

    /// The present keys and rules.
    pub fn verifier(&self) -> Arc<Verifier> {
        self.verifier.load_full()
    }

    /// Replaces the keys and rules for later tokens. Sessions keep their identities.
    pub fn replace(&self, verifier: Verifier) {
        self.verifier.store(Arc::new(verifier));
    }

    /// The identity a token proves.
    pub fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        self.verifier.load().verify(token, self.foreign, self.now_s())
    }

    /// The claims of a token that is currently valid on this node, and its `exp`.
    pub fn claims(&self, token: &str) -> Result<(Value, Option<u64>), TokenError> {
        self.verifier.load().claims(token, self.now_s())
    }

    /// Checks an expiry from another claim than `exp`, by the same rules.
    pub fn check_expiry(&self, exp: Option<u64>) -> Result<(), TokenError> {
        self.verifier.load().check_other_expiry(exp, self.now_s())
    }

    /// The identity of a given user, with the other claims of a token, without expiry.
    pub fn identity_of(&self, user: UserId, claims: &Value) -> Result<Identity, TokenError> {
        self.verifier.load().mapping.identity_of(user, claims)
    }

    /// The right in a token for one address, and its user.
    pub fn verify_address(&self, token: &str) -> Result<AddressToken, TokenError> {
        self.verifier.load().verify_address(token, self.now_s())
    }

    /// Like [`Tokens::verify`]; a token with an unknown key is checked again after the published keys were fetched.
    pub async fn verify_fresh(&self, token: &str) -> Result<Identity, TokenError> {
        let verifier = self.verifier();
        match (verifier.verify(token, self.foreign, self.now_s()), verifier.published()) {
            (Err(TokenError::UnknownKey), Some(published)) => {
                published.missed().await;
                self.verify(token)
            }
            (outcome, _) => outcome,
        }
    }

    /// The latest expiry of an identity that is accepted now.
    pub fn latest_expiry(&self, now_s: u64) -> u64 {
        self.verifier.load().latest_expiry(now_s)
    }

    fn now_s(&self) -> u64 {
        self.environment.unix_ms() / 1000
    }
}

/// Signs a token, for tests and for operators on the command line.
pub fn mint(secret: &Secret, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret.reveal().as_bytes()))
}

#[cfg(test)]
mod address_tests;
#[cfg(test)]
mod algorithm_tests;
#[cfg(test)]
pub(crate) mod forged_corpus;
#[cfg(test)]
mod forged_tests;
#[cfg(test)]
mod key_refresh_tests;
#[cfg(test)]
mod provider_tests;
#[cfg(test)]
mod tests;
