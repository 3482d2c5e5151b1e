//! The keys for checking tokens, and the rules for their claims. A reload creates a new verifier, which replaces the
//! previous one as a whole.

use super::address;
use super::error::TokenError;
use super::key_set::KeySet;
use super::keys::{Key, KeyError, Keys};
use super::mapping::Mapping;
use crate::auth::claims::{seconds, Audience};
use crate::config::sections::Auth;
use hubwire_actors::identity::Identity;
use hubwire_protocol::{StrictJson, UserId};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{decode, decode_header, Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Longest token in bytes: tokens of identity providers with many groups have some thousand bytes.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Why the keys cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BadKeys {
    /// A file of `auth.jwt_keys`.
    #[error("auth.jwt_keys: {0}")]
    File(#[from] KeyError),
    /// The system cannot start another thread.
    #[error("auth.jwks_url: cannot start the thread that fetches it: {0}")]
    Thread(#[from] std::io::Error),
    /// A new URL yielded no keys.
    #[error("auth.jwks_url: no keys could be fetched from {0}; the log has the reason")]
    Unpublished(String),
}

/// A verifier; see the module.
pub struct Verifier {
    keys: Keys,
    /// Keys for tokens for single addresses; if there are none, the keys for session tokens are used.
    pub(super) address_keys: Keys,
    pub(super) published: Option<Arc<KeySet>>,
    pub(super) mapping: Mapping,
    types: Vec<String>,
    issuer: String,
    audience: String,
    pub(super) leeway_s: u64,
    lifetime_max_s: u64,
    require_expiry: bool,
}

/// The claims that limit a token's validity.
#[derive(Deserialize)]
pub(super) struct Validity {
    #[serde(default, deserialize_with = "seconds")]
    pub exp: Option<u64>,
    #[serde(default, deserialize_with = "seconds")]
    nbf: Option<u64>,
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    aud: Option<Audience>,
    #[serde(default)]
    pub typ: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    pub iat: Option<u64>,
    /// A string by RFC 7519, section 4.1.7; other values are not token ids.
    #[serde(default)]
    pub jti: Value,
}

impl Validity {
    pub(super) fn of(claims: &Value) -> Result<Self, TokenError> {
        Validity::deserialize(claims).map_err(|error| TokenError::Claims { reason: error.to_string() })
    }
}

impl Verifier {
    /// Takes keys and rules from the configuration, and the published keys from `former` if it has the keys of the same
    /// URL. Otherwise starts a thread that fetches them.
    ///
    /// # Errors
    /// When a key file is unusable.
    pub fn read(auth: &Auth, former: Option<&Verifier>) -> Result<Self, BadKeys> {
        let secrets = auth.jwt_secrets.iter().map(|secret| Ok(Key::secret(secret.reveal().as_bytes())));
        let address_keys = auth.address_token_secrets.iter().map(|secret| Key::secret(secret.reveal().as_bytes()));
        let files = auth.jwt_keys.iter().map(|entry| Key::configured(entry));
        let keys = secrets.chain(files).collect::<Result<_, KeyError>>()?;
        Ok(Verifier {
            keys: Keys::new(keys),
            address_keys: Keys::new(address_keys.collect()),
            published: published(auth, former.and_then(|former| former.published.as_ref()))?,
            mapping: Mapping::new(auth),
            types: auth.jwt_types.clone(),
            issuer: auth.jwt_issuer.clone(),
            audience: auth.jwt_audience.clone(),
            leeway_s: auth.jwt_leeway_s,
            lifetime_max_s: auth.lifetime_max_s,
            require_expiry: auth.require_expiry,
        })
    }

    /// Waits for the first fetch of published keys that `former` does not have.
    ///
    /// # Errors
    /// When it yielded no keys.
    pub async fn fetched(&self, former: &Verifier) -> Result<(), BadKeys> {
        let is_former = |it: &&Arc<KeySet>| former.published.as_ref().is_some_and(|former| Arc::ptr_eq(it, former));
        let Some(published) = self.published.as_ref().filter(|it| !is_former(it)) else { return Ok(()) };
        match published.first().await {
            true => Ok(()),
            false => Err(BadKeys::Unpublished(published.url().to_owned())),
        }
    }

    /// The identity that a token proves. `foreign` is a claim that marks tokens for another purpose.
    pub fn verify(&self, token: &str, foreign: Option<&str>, now_s: u64) -> Result<Identity, TokenError> {
        let (claims, validity) = self.checked(token, now_s)?;
        if foreign.is_some_and(|foreign| claims.get(foreign).is_some()) {
            return Err(TokenError::Type { found: "token of a subscription".into() });
        }
        let mut identity = self.mapping.identity(&claims)?;
        // an expired token is accepted within the leeway, so the identity expires later by the leeway
        identity.expires_at = validity.exp.map(|exp| exp.saturating_add(self.leeway_s));
        (identity.issued_at, identity.token) = (validity.iat, validity.jti.as_str().map(Box::from));
        Ok(identity)
    }

    /// The user of a correctly signed token, whatever its dates.
    pub fn former_user(&self, token: &str) -> Option<UserId> {
        let claims = self.signed_claims(token).ok()?;
        self.mapping.identity(&claims).ok().map(|identity| identity.user)
    }

    /// The claims of a valid token, and its `exp`.
    pub fn claims(&self, token: &str, now_s: u64) -> Result<(Value, Option<u64>), TokenError> {
        self.checked(token, now_s).map(|(claims, validity)| (claims, validity.exp))
    }

    fn checked(&self, token: &str, now_s: u64) -> Result<(Value, Validity), TokenError> {
        let claims = self.signed_claims(token)?;
        if address::is_for_one(&claims) {
            return Err(TokenError::Type { found: "token for one address".into() });
        }
        let validity = Validity::of(&claims)?;
        self.check_type(validity.typ.as_deref())?;
        self.check_dates(&validity, now_s, self.require_expiry)?;
        self.check_parties(&validity)?;
        Ok((claims, validity))
    }

    /// The published keys, if a URL is configured.
    pub fn published(&self) -> Option<&KeySet> {
        self.published.as_deref()
    }

    /// The claims of a token signed with one of the keys for tokens.
    pub(super) fn signed_claims(&self, token: &str) -> Result<Value, TokenError> {
        self.signed_by(&self.keys, self.published(), token)
    }

    /// Tries each suitable key: during a rotation, tokens of the old and the new key are in use.
    pub(super) fn signed_by(&self, keys: &Keys, published: Option<&KeySet>, token: &str) -> Result<Value, TokenError> {
        let published = published.map(KeySet::keys);
        if keys.is_empty() && published.is_none() {
            return Err(TokenError::NotTaken);
        }
        let bytes = token.len();
        if bytes > TOKEN_BYTES_MAX {
            return Err(TokenError::TooLong { bytes, max: TOKEN_BYTES_MAX });
        }
        let header = self.header(token)?;
        let published = published.as_deref();
        let fitting = keys.fitting(&header).chain(published.into_iter().flat_map(|set| set.fitting(&header)));
        let mut tried = false;
        for key in fitting {
            tried = true;
            if let Some(claims) = open(token, key, header.alg)? {
                return Ok(claims);
            }
        }
        let is_known = keys.has(header.alg) || published.is_some_and(|set| set.has(header.alg));
        Err(match (tried, published) {
            (true, _) => TokenError::Signature,
            // a symmetric key is never published, so waiting for one is useless
            (false, Some(_)) if is_asymmetric(header.alg) => TokenError::UnknownKey,
            (false, _) if is_known => TokenError::UnknownKey,
            (false, _) => TokenError::Algorithm { found: header.alg },
        })
    }

    /// The library rejects headers with `none` and with non-standard algorithms.
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

    /// Keycloak signs access and refresh tokens alike and distinguishes them by a claim.
    pub(super) fn check_type(&self, typ: Option<&str>) -> Result<(), TokenError> {
        match typ {
            Some(typ) if ["refresh", "offline", "logout"].contains(&typ.to_ascii_lowercase().as_str()) => {
                Err(TokenError::Type { found: typ.into() })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_dates(&self, claims: &Validity, now: u64, require_expiry: bool) -> Result<(), TokenError> {
        self.check_expiry(claims.exp, now, require_expiry)?;
        match claims.nbf {
            Some(nbf) if nbf > now.saturating_add(self.leeway_s) => Err(TokenError::TooEarly { nbf }),
            _ => Ok(()),
        }
    }

    /// An expiry that a claim other than `exp` gives.
    pub(super) fn check_other_expiry(&self, exp: Option<u64>, now: u64) -> Result<(), TokenError> {
        self.check_expiry(exp, now, self.require_expiry)
    }

    fn check_expiry(&self, exp: Option<u64>, now: u64, required: bool) -> Result<(), TokenError> {
        match exp {
            None if required => Err(TokenError::NoExpiry),
            Some(exp) if exp.saturating_add(self.leeway_s) <= now => Err(TokenError::Expired { exp }),
            Some(exp) if exp > self.latest_expiry(now) => Err(TokenError::TooLongLived { exp }),
            _ => Ok(()),
        }
    }

    /// The latest expiry of an identity that is accepted now.
    pub fn latest_expiry(&self, now_s: u64) -> u64 {
        now_s.saturating_add(self.lifetime_max_s).saturating_add(self.leeway_s)
    }

    /// Checks issuer and audience. A node that is not in the audience of a token must refuse it (RFC 7519 section
    /// 4.1.3).
    pub(super) fn check_parties(&self, claims: &Validity) -> Result<(), TokenError> {
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

/// The claims of a token; `None`: another key signed it.
fn open(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Option<Value>, TokenError> {
    match decode::<StrictJson>(token, key, &signature_only(algorithm)).map_err(|error| error.into_kind()) {
        Ok(data) => Ok(Some(data.claims.0)),
        Err(ErrorKind::InvalidSignature) => Ok(None),
        Err(ErrorKind::Json(error)) => Err(TokenError::Claims { reason: error.to_string() }),
        Err(_) => Err(TokenError::Malformed),
    }
}

/// Compares types: `application/` may be omitted, and case does not matter (RFC 7515 section 4.1.9).
fn is_type(typ: &str, taken: &str) -> bool {
    let bare = |text: &str| text.to_ascii_lowercase().trim_start_matches("application/").to_owned();
    bare(typ) == bare(taken)
}

fn is_asymmetric(algorithm: Algorithm) -> bool {
    !matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
}

/// The library checks form and signature; the claims are checked here, with the injected clock.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

/// The keys of the URL: the previous ones if neither the URL nor the interval has changed.
fn published(auth: &Auth, former: Option<&Arc<KeySet>>) -> Result<Option<Arc<KeySet>>, BadKeys> {
    if auth.jwks_url.is_empty() {
        return Ok(None);
    }
    let refresh = Duration::from_secs(auth.jwks_refresh_s);
    match former.filter(|former| former.url() == auth.jwks_url && former.refresh() == refresh) {
        Some(former) => Ok(Some(former.clone())),
        None => Ok(Some(Arc::new(KeySet::start(auth.jwks_url.clone(), refresh)?))),
    }
}
