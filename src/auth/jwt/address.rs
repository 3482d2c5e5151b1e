//! Tokens for one address: such a token admits one user to one channel for a time, in addition to the credentials of
//! the user's session.
//!
//! It names the user (`sub`), the address (`address`), the expiry (`exp`), and optionally the capabilities (`can`). A
//! token with an `address` never opens a session, so that a party that may grant rights in a channel cannot mint
//! identities.

use super::error::TokenError;
use super::mapping::{words, wrong};
use super::verifier::{Validity, Verifier};
use hubwire_actors::access::address_grants::{AddressGrant, AddressToken};
use hubwire_protocol::Address;
use serde_json::Value;

/// The capabilities of a token without `can`.
const USUAL: [&str; 2] = ["join", "read"];

impl Verifier {
    /// The right in a token for one address, and its user.
    pub fn verify_address(&self, token: &str, now_s: u64) -> Result<AddressToken, TokenError> {
        let has_own_keys = !self.address_keys.is_empty();
        let claims = match has_own_keys {
            true => self.signed_by(&self.address_keys, None, token)?,
            false => self.signed_claims(token)?,
        };
        let address = address(&claims).ok_or_else(|| wrong("address", "it is missing, or not an address"))?;
        let validity = Validity::of(&claims)?;
        self.check_type(validity.typ.as_deref())?;
        self.check_dates(&validity, now_s, true)?;
        // separate keys sign nothing else, so no other kind of token can be mistaken for one
        if !has_own_keys {
            self.check_parties(&validity)?;
        }
        let can = match claims.get("can") {
            None | Some(Value::Null) => USUAL.map(str::to_owned).into(),
            Some(value) => words(value).ok_or_else(|| wrong("can", "expected a list of capabilities"))?,
        };
        let capabilities = AddressGrant::capabilities(&address, can.iter().map(String::as_str))
            .map_err(|error| wrong("address", &error.to_string()))?;
        let grant = AddressGrant {
            address,
            capabilities,
            expires_at: validity.exp.unwrap_or_default().saturating_add(self.leeway_s),
            issued_at: validity.iat,
            token: validity.jti.as_str().map(Box::from),
        };
        Ok(AddressToken { user: self.mapping.user(&claims)?, grant })
    }
}

/// Whether the claims are those of a token for one address. (The claim `address` of OpenID Connect is an object.)
pub(super) fn is_for_one(claims: &Value) -> bool {
    address(claims).is_some()
}

fn address(claims: &Value) -> Option<Address> {
    claims.get("address")?.as_str()?.parse().ok()
}
