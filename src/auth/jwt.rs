//! Signed tokens: JSON Web Tokens (RFC 7519) with HMAC, RSA, ECDSA or Ed25519.
//!
//! A token cannot choose how it is checked (RFC 8725 section 3.1): each key is for one algorithm, and a token is checked
//! with the keys that are for the algorithm it names. Dates are compared with the node's injected clock.

mod error;
mod key_set;
mod keys;
mod mapping;
mod strict;

pub use error::TokenError;
pub use key_set::KeySet;
pub use keys::{Key, KeyError};
pub use mapping::Mapping;

use super::claims::{seconds, Audience, Claims};
use crate::config::{sections::Auth, Secret};
use hubwire_actors::environment::Environment;
use hubwire_actors::identity::{Authenticator, Identity, Membership};
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::{Dialect, ErrorCode, OrgId};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{decode, decode_header, encode, Algorithm, DecodingKey, EncodingKey, Header, Validation};
use keys::Keys;
use litemap::LiteMap;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use strict::Strict;

/// Longest token in bytes: those of identity providers with many groups have some thousands.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        let code = match error {
            TokenError::Expired { .. } => ErrorCode::TokenExpired,
            _ => ErrorCode::BadCredentials,
        };
        Refusal::new(code, error.to_string())
    }
}

/// Checks tokens with the configured keys.
pub struct Tokens {
    keys: Keys,
    published: Option<KeySet>,
    mapping: Mapping,
    types: Vec<String>,
    issuer: String,
    audience: String,
    leeway_s: u64,
    lifetime_max_s: u64,
    require_expiry: bool,
    environment: Environment,
}

impl Authenticator for Tokens {
    fn token(&self, token: &str, _: Dialect) -> Result<Identity, Refusal> {
        self.verify(token).map_err(Refusal::from)
    }
}

/// The claims that decide whether a token counts now and here.
#[derive(Deserialize)]
struct Validity {
    #[serde(default, deserialize_with = "seconds")]
    exp: Option<u64>,
    #[serde(default, deserialize_with = "seconds")]
    nbf: Option<u64>,
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    aud: Option<Audience>,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    iat: Option<u64>,
    /// A text by RFC 7519, section 4.1.7; what is none names no token.
    #[serde(default)]
    jti: Value,
}

/// The claims of a token that counts.
struct Checked {
    claims: Value,
    validity: Validity,
}

impl Tokens {
    /// Takes the rules from the configuration and the time from the environment. Starts the thread that fetches published
    /// keys, if there is a URL. A key file that became unreadable since the configuration was checked is logged and left out.
    pub fn new(auth: &Auth, environment: Environment) -> Self {
        let secrets = auth.jwt_secrets.iter().map(|secret| Key::secret(secret.reveal().as_bytes()));
        let files = auth.jwt_keys.iter().filter_map(|entry| {
            Key::configured(entry)
                .inspect_err(|error| log::error!("cannot use an entry of auth.jwt_keys: {error}"))
                .ok()
        });
        Tokens {
            keys: Keys::new(secrets.chain(files).collect()),
            published: key_set(auth),
            mapping: Mapping::new(auth),
            types: auth.jwt_types.clone(),
            issuer: auth.jwt_issuer.clone(),
            audience: auth.jwt_audience.clone(),
            leeway_s: auth.jwt_leeway_s,
            lifetime_max_s: auth.lifetime_max_s,
            require_expiry: auth.require_expiry,
            environment,
        }
    }

    /// The identity a token proves.
    pub fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        let Checked { claims, validity } = self.checked(token)?;
        let mut identity = self.mapping.identity(&claims)?;
        // within the leeway an expired token is still taken, so the identity ends that much later
        identity.expires_at = validity.exp.map(|exp| exp.saturating_add(self.leeway_s));
        (identity.issued_at, identity.token) = (validity.iat, validity.jti.as_str().map(Box::from));
        Ok(identity)
    }

    /// The claims of a token that counts now and here, whatever they say, and its `exp`.
    pub fn claims(&self, token: &str) -> Result<(Value, Option<u64>), TokenError> {
        let Checked { claims, validity } = self.checked(token)?;
        Ok((claims, validity.exp))
    }

    /// The organisations that claims name.
    pub fn organisations(&self, claims: &Value) -> Result<LiteMap<OrgId, Membership>, TokenError> {
        self.mapping.memberships(claims)
    }

    fn checked(&self, token: &str) -> Result<Checked, TokenError> {
        let claims = self.signed_claims(token)?;
        let validity =
            Validity::deserialize(&claims).map_err(|error| TokenError::Claims { reason: error.to_string() })?;
        self.check_type(validity.typ.as_deref())?;
        self.check_dates(&validity)?;
        self.check_parties(&validity)?;
        Ok(Checked { claims, validity })
    }

    /// As [`Tokens::verify`]; a token that names an unknown key is checked again after the published keys were fetched.
    pub async fn verify_fresh(&self, token: &str) -> Result<Identity, TokenError> {
        match (self.verify(token), &self.published) {
            (Err(TokenError::UnknownKey), Some(published)) => {
                published.missed().await;
                self.verify(token)
            }
            (outcome, _) => outcome,
        }
    }

    /// The published keys, if there is a URL.
    pub fn published(&self) -> Option<&KeySet> {
        self.published.as_ref()
    }

    /// Tries each key that fits: while one is being replaced, tokens of both are under way.
    fn signed_claims(&self, token: &str) -> Result<Value, TokenError> {
        let published = self.published.as_ref().map(KeySet::keys);
        if self.keys.is_empty() && published.is_none() {
            return Err(TokenError::NotTaken);
        }
        let bytes = token.len();
        if bytes > TOKEN_BYTES_MAX {
            return Err(TokenError::TooLong { bytes, max: TOKEN_BYTES_MAX });
        }
        let header = self.header(token)?;
        let published = published.as_deref();
        let fitting = self.keys.fitting(&header).chain(published.into_iter().flat_map(|keys| keys.fitting(&header)));
        let mut tried = false;
        for key in fitting {
            tried = true;
            if let Some(claims) = open(token, key, header.alg)? {
                return Ok(claims);
            }
        }
        let is_known = self.keys.has(header.alg) || published.is_some_and(|keys| keys.has(header.alg));
        Err(match (tried, published) {
            (true, _) => TokenError::Signature,
            // a symmetric key is never published, so waiting for one is of no use
            (false, Some(_)) if is_asymmetric(header.alg) => TokenError::UnknownKey,
            (false, _) if is_known => TokenError::UnknownKey,
            (false, _) => TokenError::Algorithm { found: header.alg },
        })
    }

    /// `none` and algorithms without a standard are no header to the library.
    fn header(&self, token: &str) -> Result<Header, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.crit.is_some() {
            return Err(TokenError::Critical);
        }
        if header.cty.is_some() || header.enc.is_some() || header.zip.is_some() {
            return Err(TokenError::Malformed); // nested, encrypted or compressed
        }
        match &header.typ {
            Some(typ) if !self.types.iter().any(|taken| is_type(typ, taken)) => {
                Err(TokenError::Type { found: typ.chars().take(32).collect() })
            }
            _ => Ok(header),
        }
    }

    /// Keycloak signs access and refresh tokens alike and tells them apart by a claim.
    fn check_type(&self, typ: Option<&str>) -> Result<(), TokenError> {
        match typ {
            Some(typ) if ["refresh", "offline", "logout"].contains(&typ.to_ascii_lowercase().as_str()) => {
                Err(TokenError::Type { found: typ.into() })
            }
            _ => Ok(()),
        }
    }

    fn check_dates(&self, claims: &Validity) -> Result<(), TokenError> {
        let now = self.environment.unix_ms() / 1000;
        match claims.exp {
            None if self.require_expiry => return Err(TokenError::NoExpiry),
            Some(exp) if exp.saturating_add(self.leeway_s) <= now => return Err(TokenError::Expired { exp }),
            Some(exp) if exp > self.latest_expiry(now) => return Err(TokenError::TooLongLived { exp }),
            _ => {}
        }
        match claims.nbf {
            Some(nbf) if nbf > now.saturating_add(self.leeway_s) => Err(TokenError::TooEarly { nbf }),
            _ => Ok(()),
        }
    }

    /// The last second at which an identity that is accepted now may end.
    pub fn latest_expiry(&self, now_s: u64) -> u64 {
        now_s.saturating_add(self.lifetime_max_s).saturating_add(self.leeway_s)
    }

    /// RFC 7519 section 4.1.3: a token with an audience is refused by whoever is not in it.
    fn check_parties(&self, claims: &Validity) -> Result<(), TokenError> {
        if !self.issuer.is_empty() && claims.iss.as_ref() != Some(&self.issuer) {
            return Err(TokenError::Issuer);
        }
        let meant = match &claims.aud {
            Some(audience) => !self.audience.is_empty() && audience.includes(&self.audience),
            None => self.audience.is_empty(),
        };
        meant.then_some(()).ok_or(TokenError::Audience)
    }
}

fn key_set(auth: &Auth) -> Option<KeySet> {
    if auth.jwks_url.is_empty() {
        return None;
    }
    KeySet::start(auth.jwks_url.clone(), Duration::from_secs(auth.jwks_refresh_s))
        .inspect_err(|error| log::error!("cannot start the thread that fetches auth.jwks_url: {error}"))
        .ok()
}

/// `None`: another key signed it.
fn open(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Option<Value>, TokenError> {
    match decode::<Strict>(token, key, &signature_only(algorithm)).map_err(|error| error.into_kind()) {
        Ok(data) => Ok(Some(data.claims.0)),
        Err(ErrorKind::InvalidSignature) => Ok(None),
        Err(ErrorKind::Json(error)) => Err(TokenError::Claims { reason: error.to_string() }),
        Err(_) => Err(TokenError::Malformed),
    }
}

/// RFC 7515 section 4.1.9: `application/` may be left out, and the case does not matter.
fn is_type(typ: &str, taken: &str) -> bool {
    let bare = |text: &str| text.to_ascii_lowercase().trim_start_matches("application/").to_owned();
    bare(typ) == bare(taken)
}

fn is_asymmetric(algorithm: Algorithm) -> bool {
    !matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
}

/// The library checks form and signature; what the claims mean is checked here, with the injected clock.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

/// Signs a token, for tests and for operators on the command line.
pub fn mint(secret: &Secret, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret.reveal().as_bytes()))
}

#[cfg(test)]
mod forged_tests;
#[cfg(test)]
mod provider_tests;
#[cfg(test)]
mod tests;
