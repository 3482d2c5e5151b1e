//! Valid and invalid tokens, at a fixed time.

use super::super::claims::Audience;
use super::*;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use hubwire_actors::environment::Source;
use serde_json::{json, Value};

pub(super) const NOW: u64 = 1_795_239_502;
pub(super) const OLD: &str = "old-secret-old-secret-old-secret";
pub(super) const NEW: &str = "new-secret-new-secret-new-secret";

struct Fixed;

impl Source for Fixed {
    fn unix_ms(&self) -> u64 {
        NOW * 1000 + 999
    }
    fn random(&self) -> u64 {
        0
    }
}

pub(super) fn tokens(flags: &[(&str, &str)]) -> Tokens {
    let secrets = format!("{NEW},{OLD}");
    let flags: Vec<(String, String)> = [("auth-jwt-secrets", secrets.as_str())]
        .iter()
        .chain(flags)
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    let loaded = crate::config::Config::load(None, std::iter::empty(), &flags).unwrap();
    Tokens::new(&loaded.config.auth, Environment::new(Fixed)).unwrap()
}

pub(super) fn sign(secret: &str, claims: &Value) -> String {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn verify(flags: &[(&str, &str)], claims: Value) -> Result<Identity, TokenError> {
    tokens(flags).verify(&sign(NEW, &claims))
}

#[test]
fn a_token_proves_user_organisations_and_expiry() {
    let claims = json!({
        "sub": "auth0|77", "exp": NOW + 60, "nbf": NOW - 60, "scope": "ignored",
        "orgs": { "acme": { "roles": ["admin"], "teams": ["ops", "dev"] }, "beta": {} }
    });
    let identity = verify(&[], claims).unwrap();
    assert_eq!(identity.user.as_str(), "auth0|77");
    assert_eq!(identity.expires_at, Some(NOW + 60 + 5), "taken for the leeway longer");
    let acme = identity.orgs.get("acme").unwrap();
    assert!(acme.roles.contains("admin") && acme.teams.contains("ops") && acme.teams.len() == 2);
    assert_eq!(identity.orgs.len(), 2);
    assert_eq!(identity.device, None);
}

#[test]
fn a_token_of_a_subscription_opens_no_session_where_there_are_such_tokens() {
    let token = sign(NEW, &json!({ "sub": "u1", "exp": NOW + 60, "channel": "news" }));
    assert!(tokens(&[]).verify(&token).is_ok());
    let refused = tokens(&[]).without(Some("channel")).verify(&token).unwrap_err();
    assert!(refused.to_string().contains("token of a subscription"), "{refused}");
}

#[test]
fn each_secret_is_taken_so_that_they_can_be_replaced() {
    let claims = json!({ "sub": "u1", "exp": NOW + 60 });
    for secret in [OLD, NEW] {
        assert!(tokens(&[]).verify(&sign(secret, &claims)).is_ok());
    }
    let foreign = sign("another-secret-another-secret-another", &claims);
    assert_eq!(tokens(&[]).verify(&foreign), Err(TokenError::Signature));
}

#[test]
fn minted_tokens_verify() {
    let claims = Claims {
        sub: "u1".parse().unwrap(),
        exp: Some(NOW + 1),
        nbf: None,
        iss: Some("app".into()),
        aud: Some(Audience::Many(vec!["web".into(), "hub".into()])),
        orgs: [("acme".parse().unwrap(), Default::default())].into(),
    };
    let token = mint(&Secret::from(OLD), &claims).unwrap();
    let identity = tokens(&[("auth-jwt-issuer", "app"), ("auth-jwt-audience", "hub")]).verify(&token).unwrap();
    assert_eq!((identity.user, identity.expires_at), (claims.sub, Some(NOW + 1 + 5)));
    assert!(identity.orgs.contains_key("acme"));
}

#[test]
fn dates_count_with_the_leeway() {
    for (claims, expected) in [
        (json!({ "exp": NOW - 4 }), Ok(())),
        (json!({ "exp": NOW - 5 }), Err(TokenError::Expired { exp: NOW - 5 })),
        (json!({ "exp": 0 }), Err(TokenError::Expired { exp: 0 })),
        (json!({ "exp": NOW + 100 * 365 * 24 * 3600 }), Ok(())),
        (json!({ "exp": (NOW + 60) * 1000 }), Err(TokenError::TooLongLived { exp: (NOW + 60) * 1000 })),
        (json!({ "exp": u64::MAX }), Err(TokenError::TooLongLived { exp: u64::MAX })),
        (json!({ "exp": NOW + 60, "nbf": NOW + 5 }), Ok(())),
        (json!({ "exp": NOW + 60, "nbf": NOW + 6 }), Err(TokenError::TooEarly { nbf: NOW + 6 })),
        (json!({}), Err(TokenError::NoExpiry)),
        (json!({ "exp": null }), Err(TokenError::NoExpiry)),
    ] {
        let mut claims = claims;
        claims["sub"] = "u1".into();
        assert_eq!(verify(&[], claims.clone()).map(|_| ()), expected, "{claims}");
    }
}

#[test]
fn tokens_without_expiry_are_taken_when_configured() {
    let identity = verify(&[("auth-require-expiry", "false")], json!({ "sub": "u1" })).unwrap();
    assert_eq!(identity.expires_at, None);
}

#[test]
fn issuer_and_audience_must_be_the_configured_ones() {
    let both: &[(&str, &str)] = &[("auth-jwt-issuer", "app"), ("auth-jwt-audience", "hub")];
    for (flags, claims, expected) in [
        (both, json!({ "iss": "app", "aud": "hub" }), Ok(())),
        (both, json!({ "iss": "app", "aud": ["web", "hub"] }), Ok(())),
        (both, json!({ "aud": "hub" }), Err(TokenError::Issuer)),
        (both, json!({ "iss": "other", "aud": "hub" }), Err(TokenError::Issuer)),
        (both, json!({ "iss": "app" }), Err(TokenError::Audience)),
        (both, json!({ "iss": "app", "aud": ["web"] }), Err(TokenError::Audience)),
        (&[], json!({ "iss": "whoever" }), Ok(())),
        (&[], json!({ "aud": "somebody" }), Err(TokenError::Audience)),
    ] {
        let mut claims = claims;
        claims["sub"] = "u1".into();
        claims["exp"] = (NOW + 60).into();
        assert_eq!(verify(flags, claims.clone()).map(|_| ()), expected, "{claims}");
    }
}

#[test]
fn wrong_claims_say_which() {
    for (claims, part) in [
        (json!({ "exp": NOW + 60 }), "`sub`: it is missing"),
        (json!({ "sub": "a b", "exp": NOW + 60 }), "user id has the character ' ' at byte 1"),
        (json!({ "sub": "u1", "exp": "tomorrow" }), "tomorrow"),
        (json!({ "sub": "u1", "exp": NOW + 60, "orgs": 7 }), "expected organisations"),
        (json!({ "sub": "u1", "exp": NOW + 60, "orgs": { "a/b": {} } }), "organisation id has the character '/'"),
        (json!({ "sub": "u1", "exp": NOW + 60, "orgs": { "acme": { "teams": [""] } } }), "team id is empty"),
    ] {
        let error = verify(&[], claims.clone()).unwrap_err().to_string();
        assert!(error.contains(part), "{claims}: {error}");
    }
    let system = json!({ "sub": "u1", "exp": NOW + 60, "orgs": { "system": { "roles": ["owner"] } } });
    assert_eq!(verify(&[], system), Err(TokenError::SystemOrg));
}

#[test]
fn a_token_cannot_choose_how_it_is_checked() {
    let claims = json!({ "sub": "u1", "exp": NOW + 60 });
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(NEW.as_bytes())).unwrap();
        assert_eq!(tokens(&[]).verify(&token), Err(TokenError::Algorithm { found: algorithm }));
    }
    let signed = sign(NEW, &claims);
    let (rest, signature) = signed.rsplit_once('.').unwrap();
    let body = rest.split_once('.').unwrap().1;
    let with_header = |header: Value| format!("{}.{body}", URL_SAFE_NO_PAD.encode(header.to_string()));
    let rs256 = format!("{}.{signature}", with_header(json!({ "alg": "RS256", "typ": "JWT" })));
    assert_eq!(tokens(&[]).verify(&rs256), Err(TokenError::Algorithm { found: Algorithm::RS256 }));
    for none in ["none", "None", ""] {
        let unsigned = with_header(json!({ "alg": none, "typ": "JWT" }));
        for token in [format!("{unsigned}."), format!("{unsigned}.{signature}")] {
            assert_eq!(tokens(&[]).verify(&token), Err(TokenError::Malformed), "{none}");
        }
    }
    let unsigned = format!("{rest}.");
    assert_eq!(tokens(&[]).verify(&unsigned), Err(TokenError::Signature));
}

#[test]
fn what_is_no_token_is_refused() {
    for text in ["", ".", "..", "a.b.c", "hello", "e30.e30.", "é.é.é"] {
        assert_eq!(tokens(&[]).verify(text), Err(TokenError::Malformed), "{text}");
    }
    // a valid signature over a payload that is not JSON
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode("no json"));
    let key = EncodingKey::from_secret(NEW.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    assert!(matches!(tokens(&[]).verify(&format!("{message}.{signature}")), Err(TokenError::Claims { .. })));
}

#[test]
fn without_secrets_no_token_is_taken() {
    let auth = crate::config::Config::load(None, std::iter::empty(), &[]).unwrap().config.auth;
    let refused = Tokens::new(&auth, Environment::new(Fixed))
        .unwrap()
        .token(&sign("", &json!({ "sub": "u1", "exp": NOW + 60 })), Dialect::default());
    assert_eq!(
        refused.unwrap_err().message,
        "this node accepts no tokens: auth.jwt_secrets, auth.jwt_keys and auth.jwks_url are empty"
    );
}

#[test]
fn no_reason_quotes_a_secret() {
    let expired = sign(NEW, &json!({ "sub": "u1", "exp": 1 }));
    let foreign = sign("another-secret-another-secret-another", &json!({ "sub": "u1" }));
    for token in [expired.as_str(), foreign.as_str(), NEW] {
        let reason = tokens(&[]).token(token, Dialect::default()).unwrap_err().message;
        assert!(!reason.contains(NEW) && !reason.contains(OLD) && !reason.contains(token), "{reason}");
    }
}
