//! Keys for checking tokens. Each is for one algorithm, whatever a token names (RFC 8725 section 3.1).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Deserialize;
use std::path::Path;

/// One key.
pub struct Key {
    kid: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// Why a configured key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `ALGORITHM[:KID]=PATH`.
    #[error("{0:?} is not ALGORITHM[:KID]=PATH, such as RS256=/etc/hubwire/issuer.pem")]
    Form(String),
    /// No such algorithm.
    #[error(
        "{0:?} is not an algorithm for signed tokens; these are HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 \
         ES256 ES384 EdDSA"
    )]
    Algorithm(String),
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The error of the system.
        reason: String,
    },
    /// The file holds no such key.
    #[error(
        "{path} holds no public key for {algorithm:?}: a PEM file is needed (for HS…, a secret of at least 32 bytes)"
    )]
    NoKey {
        /// The file.
        path: String,
        /// The expected algorithm.
        algorithm: Algorithm,
    },
}

/// Shortest secret of HS… keys in files (RFC 7518 section 3.2), in bytes.
const SECRET_BYTES_MIN: usize = 32;

impl Key {
    /// The key of a secret in `auth.jwt_secrets`.
    pub fn secret(secret: &[u8]) -> Self {
        Key { kid: None, algorithm: Algorithm::HS256, key: DecodingKey::from_secret(secret) }
    }

    /// The key of an entry of `auth.jwt_keys`; reads the file.
    pub fn configured(entry: &str) -> Result<Self, KeyError> {
        let (name, path) = entry.split_once('=').ok_or_else(|| KeyError::Form(entry.into()))?;
        let (algorithm, kid) = match name.split_once(':') {
            Some((algorithm, kid)) => (algorithm, Some(kid.to_owned())),
            None => (name, None),
        };
        let algorithm: Algorithm = algorithm.parse().map_err(|_| KeyError::Algorithm(algorithm.into()))?;
        let unreadable = |error: std::io::Error| KeyError::Unreadable { path: path.into(), reason: error.to_string() };
        let content = std::fs::read(Path::new(path)).map_err(unreadable)?;
        let key = read_key(algorithm, &content).ok_or_else(|| KeyError::NoKey { path: path.into(), algorithm })?;
        Ok(Key { kid, algorithm, key })
    }

    /// A key of a published set, if it is for signatures. Symmetric keys are never accepted from there.
    fn published(jwk: &Jwk) -> Option<Self> {
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        let usual = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
                EllipticCurve::P256 => Algorithm::ES256,
                EllipticCurve::P384 => Algorithm::ES384,
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(_) => Algorithm::EdDSA,
            _ => return None,
        };
        let algorithm = match jwk.common.key_algorithm {
            Some(named) => Algorithm::try_from(named).ok()?, // fails for algorithms for encryption, for example
            None => usual,
        };
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let kid = jwk.common.key_id.clone();
        (algorithm.family() == usual.family()).then_some(Key { kid, algorithm, key })
    }

    /// Whether this key may be used for a token with this header.
    fn fits(&self, header: &Header) -> bool {
        let named = match (&self.kid, &header.kid) {
            (Some(own), Some(wanted)) => own == wanted,
            _ => true,
        };
        named && self.algorithm == header.alg
    }
}

fn read_key(algorithm: Algorithm, content: &[u8]) -> Option<DecodingKey> {
    use Algorithm::*;
    match algorithm {
        HS256 | HS384 | HS512 => {
            let secret = content.trim_ascii();
            (secret.len() >= SECRET_BYTES_MIN).then(|| DecodingKey::from_secret(secret))
        }
        RS256 | RS384 | RS512 | PS256 | PS384 | PS512 => DecodingKey::from_rsa_pem(content).ok(),
        ES256 | ES384 => DecodingKey::from_ec_pem(content).ok(),
        EdDSA => DecodingKey::from_ed_pem(content).ok(),
        _ => None, // a kind of key that only a later version of the library knows
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// The keys of one source.
#[derive(Default)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// A set of these keys.
    pub fn new(keys: Vec<Key>) -> Self {
        Keys(keys)
    }

    /// The usable keys of a JSON Web Key Set (RFC 7517 section 5). Keys of unknown kinds are skipped, as the RFC
    /// requires.
    pub fn of_set(document: &[u8]) -> Result<Self, serde_json::Error> {
        let set: Set = serde_json::from_slice(document)?;
        let known = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        Ok(Keys(known.filter_map(|jwk| Key::published(&jwk)).collect()))
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys that may be used for a token with this header.
    pub fn fitting<'a>(&'a self, header: &'a Header) -> impl Iterator<Item = &'a DecodingKey> {
        self.0.iter().filter(|key| key.fits(header)).map(|key| &key.key)
    }

    /// Whether any key, of any name, is for this algorithm.
    pub fn has(&self, algorithm: Algorithm) -> bool {
        self.0.iter().any(|key| key.algorithm == algorithm)
    }
}
