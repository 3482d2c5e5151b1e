//! Tokens for one address: what lets one user into one channel for a time, beside the credentials of its session.
//!
//! They say whose they are (`sub`), where they count (`address`) and until when (`exp`), and may say what they allow
//! (`can`). A token with an `address` never opens a session, so that who may hand out rights in a channel cannot hand
//! out identities.

use super::error::TokenError;
use super::mapping::{words, wrong};
use super::verifier::{Validity, Verifier};
use hubwire_actors::access::address_grants::{AddressGrant, AddressToken};
use hubwire_protocol::Address;
use serde_json::Value;

/// What a token allows that does not say what.
const USUAL: [&str; 2] = ["join", "read"];

impl Verifier {
    /// What a token for one address allows, and whom.
    pub fn verify_address(&self, token: &str, now_s: u64) -> Result<AddressToken, TokenError> {
        let has_own_keys = !self.address_keys.is_empty();
        let claims = match has_own_keys {
            true => self.signed_by(&self.address_keys, None, token)?,
            false => self.signed_claims(token)?,
        };
        let address = address(&claims).ok_or_else(|| wrong("address", "it is missing, or no address"))?;
        let validity = Validity::of(&claims)?;
        self.check_type(validity.typ.as_deref())?;
        self.check_dates(&validity, now_s, true)?;
        // keys of their own are for nothing else, so there is no other party to mistake
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

/// Whether claims are those of a token for one address. The claim `address` of OpenID Connect is an object.
pub(super) fn is_for_one(claims: &Value) -> bool {
    address(claims).is_some()
}

fn address(claims: &Value) -> Option<Address> {
    claims.get("address")?.as_str()?.parse().ok()
}
