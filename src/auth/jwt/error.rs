//! Why a token proves nothing.

use jsonwebtoken::Algorithm;

/// See the module. The text may be shown to the client: it says nothing about keys and secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The node has no key to check tokens with.
    #[error("this node takes no tokens: auth.jwt_secrets, auth.jwt_keys and auth.jwks_url are empty")]
    NotTaken,
    /// It is no token, or one without a signature we know.
    #[error("not a signed JSON Web Token (RFC 7515, compact form)")]
    Malformed,
    /// It is longer than any token of an identity provider.
    #[error("the token has {bytes} bytes; at most {max} are taken")]
    TooLong {
        /// Length found.
        bytes: usize,
        /// Length allowed.
        max: usize,
    },
    /// It is signed in a way no key of the node is for.
    #[error("the token is signed with {found:?}, for which this node has no key")]
    Algorithm {
        /// The algorithm its header names.
        found: Algorithm,
    },
    /// It names a key the node does not have (yet).
    #[error("the token names a key (`kid`) that this node does not know")]
    UnknownKey,
    /// It needs an extension the node does not know (RFC 7515 section 4.1.11).
    #[error("the token needs an extension (`crit`) that this node does not know")]
    Critical,
    /// It is a token for something else, such as a refresh token.
    #[error("a token of type {found:?} does not open a session")]
    Type {
        /// The `typ` of its header or claims.
        found: String,
    },
    /// No key fits.
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
    /// It ends too late.
    #[error(
        "the expiry of the token, {exp}, is later than auth.lifetime_max_s allows; \
         `exp` counts seconds, not milliseconds"
    )]
    TooLongLived {
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

impl TokenError {
    /// Whether it is over, and nothing else is known to be wrong with it.
    pub fn is_expiry(&self) -> bool {
        matches!(self, TokenError::Expired { .. })
    }
}
