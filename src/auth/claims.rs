//! The claims that limit a token's validity, and those of tokens that this program mints.

use hubwire_actors::identity::OrgMembership;
use hubwire_protocol::{OrgId, UserId};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// The claims of a minted token (RFC 7519 section 4.1, and `orgs`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: UserId,
    /// Expiry, Unix seconds; the token is invalid from then on.
    #[serde(default, deserialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub exp: Option<u64>,
    /// Not valid before, Unix seconds.
    #[serde(default, deserialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub nbf: Option<u64>,
    /// Issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
    /// The user's organisations: `{"acme": {"roles": ["admin"], "teams": ["ops"]}}`.
    #[serde(default)]
    pub orgs: BTreeMap<OrgId, OrgMembership>,
}

/// Audience of a token: one name or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Audience {
    /// Whether `name` is part of it.
    pub fn includes(&self, name: &str) -> bool {
        match self {
            Audience::One(one) => one == name,
            Audience::Many(many) => many.iter().any(|one| one == name),
        }
    }
}

/// Dates in tokens may have a fraction, which is dropped.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    // `as` saturates: a date in the far future stays in the far future
    let fraction = || number.as_f64().filter(|seconds| *seconds >= 0.0).map(|seconds| seconds as u64);
    match number.as_u64().or_else(fraction) {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(serde::de::Error::custom("a date must not be negative")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exp(json: &str) -> Result<Option<u64>, String> {
        let claims = serde_json::from_str::<Claims>(&format!(r#"{{"sub":"u1"{json}}}"#));
        claims.map(|claims| claims.exp).map_err(|error| error.to_string())
    }

    #[test]
    fn dates_may_have_a_fraction_but_no_sign() {
        assert_eq!(exp(""), Ok(None));
        assert_eq!(exp(r#","exp":null"#), Ok(None));
        assert_eq!(exp(r#","exp":1795239502"#), Ok(Some(1_795_239_502)));
        assert_eq!(exp(r#","exp":1795239502.9"#), Ok(Some(1_795_239_502)));
        assert_eq!(exp(r#","exp":1e300"#), Ok(Some(u64::MAX)));
        assert!(exp(r#","exp":-1"#).is_err());
        assert!(exp(r#","exp":"1795239502""#).is_err());
    }

    #[test]
    fn an_audience_is_one_or_several() {
        assert!(Audience::One("hub".into()).includes("hub"));
        assert!(!Audience::One("hubs".into()).includes("hub"));
        assert!(Audience::Many(vec!["web".into(), "hub".into()]).includes("hub"));
        assert!(!Audience::Many(vec![]).includes("hub"));
    }
}
