//! Signed tokens: JSON Web Tokens with HS256 (RFC 7519, RFC 7518 section 3.2) and nothing else.
//!
//! One algorithm, fixed here: a token cannot choose how it is checked (RFC 8725 section 3.1). Dates are compared with the
//! node's injected clock.

use super::claims::Claims;
use crate::config::{sections::Auth, Secret};
use hubwire_actors::environment::Environment;
use hubwire_actors::identity::Identity;
use hubwire_actors::node::Refusal;
use hubwire_actors::session::Authenticator;
use hubwire_protocol::ErrorCode;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{decode, decode_header, encode, Algorithm, DecodingKey, EncodingKey, Header, Validation};

/// Why a token proves nothing. The text may be shown to the client: it says nothing about the secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The node has no secret to check tokens with.
    #[error("this node takes no tokens: auth.jwt_secrets is empty")]
    NotTaken,
    /// It is no token, or one without a signature we know.
    #[error("not a JSON Web Token that is signed with HS256")]
    Malformed,
    /// It is signed in another way.
    #[error("the token is signed with {found:?}; only HS256 is taken")]
    Algorithm {
        /// The algorithm its header names.
        found: Algorithm,
    },
    /// No secret fits.
    #[error("the signature of the token is wrong")]
    Signature,
    /// The claims are not what they should be.
    #[error("the claims of the token are wrong: {reason}")]
    Claims {
        /// Which, and why.
        reason: String,
    },
    /// It never ends, and must.
    #[error("the token has no expiry (`exp`)")]
    NoExpiry,
    /// It is over.
    #[error("the token expired at {exp} (Unix seconds)")]
    Expired {
        /// When.
        exp: u64,
    },
    /// It has not begun.
    #[error("the token is not valid before {nbf} (Unix seconds)")]
    TooEarly {
        /// When it begins.
        nbf: u64,
    },
    /// It is of another issuer.
    #[error("the issuer of the token (`iss`) is not the one that is expected")]
    Issuer,
    /// It is for others.
    #[error("the token is for another audience (`aud`)")]
    Audience,
    /// It names the organisation nobody is granted.
    #[error("the organisation `system` is reserved; everybody is in it")]
    SystemOrg,
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        let code = match error {
            TokenError::Expired { .. } => ErrorCode::TokenExpired,
            _ => ErrorCode::BadCredentials,
        };
        Refusal { code, message: error.to_string() }
    }
}

/// Checks tokens with the configured secrets.
pub struct Tokens {
    keys: Vec<DecodingKey>,
    validation: Validation,
    issuer: String,
    audience: String,
    leeway_s: u64,
    require_expiry: bool,
    environment: Environment,
}

impl Authenticator for Tokens {
    fn token(&self, token: &str) -> Result<Identity, Refusal> {
        self.verify(token).map_err(Refusal::from)
    }
}

impl Tokens {
    /// Takes the rules from the configuration and the time from the environment.
    pub fn new(auth: &Auth, environment: Environment) -> Self {
        Tokens {
            keys: auth.jwt_secrets.iter().map(|secret| DecodingKey::from_secret(secret.reveal().as_bytes())).collect(),
            validation: signature_only(),
            issuer: auth.jwt_issuer.clone(),
            audience: auth.jwt_audience.clone(),
            leeway_s: auth.jwt_leeway_s,
            require_expiry: auth.require_expiry,
            environment,
        }
    }

    /// The identity a token proves.
    pub fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        let claims = self.signed_claims(token)?;
        self.check_dates(&claims)?;
        self.check_parties(&claims)?;
        if claims.names_system_org() {
            return Err(TokenError::SystemOrg);
        }
        Ok(claims.identity(self.leeway_s))
    }

    /// Tries each secret: while one is being replaced, tokens of both are under way.
    fn signed_claims(&self, token: &str) -> Result<Claims, TokenError> {
        if self.keys.is_empty() {
            return Err(TokenError::NotTaken);
        }
        // `none` and algorithms without a standard are no header to the library
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.alg != Algorithm::HS256 {
            return Err(TokenError::Algorithm { found: header.alg });
        }
        for key in &self.keys {
            match decode::<Claims>(token, key, &self.validation).map_err(|error| error.into_kind()) {
                Ok(data) => return Ok(data.claims),
                Err(ErrorKind::InvalidSignature) => {}
                Err(ErrorKind::Json(error)) => return Err(TokenError::Claims { reason: error.to_string() }),
                Err(_) => return Err(TokenError::Malformed),
            }
        }
        Err(TokenError::Signature)
    }

    fn check_dates(&self, claims: &Claims) -> Result<(), TokenError> {
        let now = self.environment.unix_ms() / 1000;
        match claims.exp {
            None if self.require_expiry => return Err(TokenError::NoExpiry),
            Some(exp) if exp.saturating_add(self.leeway_s) <= now => return Err(TokenError::Expired { exp }),
            _ => {}
        }
        match claims.nbf {
            Some(nbf) if nbf > now.saturating_add(self.leeway_s) => Err(TokenError::TooEarly { nbf }),
            _ => Ok(()),
        }
    }

    /// RFC 7519 section 4.1.3: a token with an audience is refused by whoever is not in it.
    fn check_parties(&self, claims: &Claims) -> Result<(), TokenError> {
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

/// The library checks form and signature; what the claims mean is checked here, with the injected clock.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
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
mod tests;
