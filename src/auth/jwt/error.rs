//! Why a token is not valid.

use jsonwebtoken::Algorithm;

/// Why a token is not valid. The client may see the text, which reveals nothing about keys and secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The node has no keys for tokens.
    #[error("this node accepts no tokens: auth.jwt_secrets, auth.jwt_keys and auth.jwks_url are empty")]
    NotTaken,
    /// The text is not a token, or has an unsupported form.
    #[error("not a signed JSON Web Token (RFC 7515, compact form)")]
    Malformed,
    /// It is longer than tokens of identity providers are.
    #[error("the token has {bytes} bytes; at most {max} are allowed")]
    TooLong {
        /// Length found.
        bytes: usize,
        /// Length allowed.
        max: usize,
    },
    /// It is signed with an algorithm for which the node has no key.
    #[error("the token is signed with {found:?}, for which this node has no key")]
    Algorithm {
        /// The algorithm its header names.
        found: Algorithm,
    },
    /// It names a key that the node does not have (yet).
    #[error("the token names a key (`kid`) that this node does not have")]
    UnknownKey,
    /// It requires an extension that the node does not support (RFC 7515 section 4.1.11).
    #[error("the token needs an extension (`crit`) that this node does not know")]
    Critical,
    /// It is a token for another purpose, such as a refresh token.
    #[error("a token of type {found:?} does not open a session")]
    Type {
        /// The `typ` of its header or claims.
        found: String,
    },
    /// No key verifies the signature.
    #[error("the signature of the token is wrong")]
    Signature,
    /// A claim has a wrong form.
    #[error("the claims of the token are wrong: {reason}")]
    Claims {
        /// Which one, and why.
        reason: String,
    },
    /// It has no expiry, which is required.
    #[error("the token has no expiry (`exp`)")]
    NoExpiry,
    /// It has expired.
    #[error("the token expired at {exp} (Unix seconds)")]
    Expired {
        /// The expiry.
        exp: u64,
    },
    /// It expires too late.
    #[error(
        "the expiry of the token, {exp}, is later than auth.lifetime_max_s allows; \
         `exp` counts seconds, not milliseconds"
    )]
    TooLongLived {
        /// The expiry.
        exp: u64,
    },
    /// It is not valid yet.
    #[error("the token is not valid before {nbf} (Unix seconds)")]
    TooEarly {
        /// The start of its validity.
        nbf: u64,
    },
    /// It is of another issuer.
    #[error("the issuer of the token (`iss`) is not the one that is expected")]
    Issuer,
    /// It is for another audience.
    #[error("the token is for another audience (`aud`)")]
    Audience,
    /// It grants `system`, which cannot be granted.
    #[error("the organisation `system` is reserved; everybody is in it")]
    SystemOrg,
}

impl TokenError {
    /// Whether the token has expired, and is otherwise valid as far as it was checked.
    pub fn is_expiry(&self) -> bool {
        matches!(self, TokenError::Expired { .. })
    }
}
