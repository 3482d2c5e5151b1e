//! The identity of a test client.

use super::settings::JWT_SECRET;
use jsonwebtoken::{encode, EncodingKey, Header};
use serde_json::{json, Value};

/// The year 2100: tests do not read the clock.
const FAR_AHEAD: u64 = 4_102_444_800;
/// `auth.jwt_leeway_s`.
const LEEWAY_S: u64 = 5;
/// The year 2001.
const LONG_AGO: u64 = 1_000_000_000;

/// A user with memberships, as a token says it.
#[derive(Debug, Clone)]
pub struct Login {
    user: String,
    orgs: Value,
    expires_at: u64,
    secret: String,
    issued: Value,
}

impl Login {
    /// A user in no organisation.
    pub fn user(user: &str) -> Login {
        Login {
            user: user.into(),
            orgs: json!({}),
            expires_at: FAR_AHEAD,
            secret: JWT_SECRET.into(),
            issued: json!({}),
        }
    }

    /// A member of `acme` without a role.
    pub fn member(user: &str) -> Login {
        Login::user(user).org(super::settings::ORG, &[], &[])
    }

    /// A member of `acme` who may publish to it.
    pub fn admin(user: &str) -> Login {
        Login::user(user).org(super::settings::ORG, &["admin"], &[])
    }

    /// Adds an organisation.
    pub fn org(mut self, org: &str, roles: &[&str], teams: &[&str]) -> Login {
        self.orgs[org] = json!({ "roles": roles, "teams": teams });
        self
    }

    /// With a token that ended long ago.
    pub fn expired(mut self) -> Login {
        self.expires_at = LONG_AGO;
        self
    }

    /// With a token that ends so many seconds from now, the node's leeway included.
    pub fn ends_in(mut self, seconds: u64) -> Login {
        let now_s = hubwire_actors::environment::Environment::real().unix_ms() / 1000;
        self.expires_at = now_s + seconds - LEEWAY_S;
        self
    }

    /// Signed by somebody else.
    pub fn forged(mut self) -> Login {
        self.secret = "some other secret of at least 32 bytes".into();
        self
    }

    /// With a token of that id.
    pub fn with_id(mut self, id: &str) -> Login {
        self.issued["jti"] = json!(id);
        self
    }

    /// With another claim.
    pub fn claim(mut self, name: &str, value: Value) -> Login {
        self.issued[name] = value;
        self
    }

    /// With a token of that date, Unix seconds.
    pub fn issued_at(mut self, seconds: u64) -> Login {
        self.issued["iat"] = json!(seconds);
        self
    }

    /// With a token that may do only this, or this beside.
    pub fn scopes(mut self, scopes: &[&str]) -> Login {
        self.issued["scopes"] = json!(scopes);
        self
    }

    /// A token that lets the user into one channel for so many seconds from now, the node's leeway included.
    pub fn token_for(&self, address: &str, can: &[&str], seconds: u64) -> String {
        let exp = hubwire_actors::environment::Environment::real().unix_ms() / 1000 + seconds - LEEWAY_S;
        let mut claims = json!({ "sub": self.user, "exp": exp, "address": address, "can": can });
        for (name, value) in self.issued.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        encode(&Header::default(), &claims, &EncodingKey::from_secret(self.secret.as_bytes())).unwrap()
    }

    /// The user.
    pub fn name(&self) -> &str {
        &self.user
    }

    /// The memberships as tokens and tickets carry them.
    pub fn orgs(&self) -> &Value {
        &self.orgs
    }

    /// The JWT.
    pub fn token(&self) -> String {
        let mut claims = json!({ "sub": self.user, "exp": self.expires_at, "orgs": self.orgs });
        for (name, value) in self.issued.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        encode(&Header::default(), &claims, &EncodingKey::from_secret(self.secret.as_bytes())).unwrap()
    }
}
