//! Tokens for one address, and scopes in tokens, at the time of [`super::tests`].

use super::tests::{sign, tokens, NEW, NOW, OLD};
use super::TokenError;
use serde_json::{json, Value};

const OWN: &str = "address-secret-address-secret-address";

/// A token of `u1` for one channel, with these claims added or replaced.
fn claims(further: Value) -> Value {
    let mut claims = json!({ "sub": "u1", "exp": NOW + 60, "address": "ch:acme/x" });
    for (name, value) in further.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

#[test]
fn a_token_for_one_address_is_strict_about_address_end_and_capabilities() {
    for (further, expected) in [
        (json!({}), None),
        (json!({ "can": ["join", "publish"] }), None),
        (json!({ "can": "join publish" }), None),
        (json!({ "address": null }), Some("`address`: it is missing, or not an address")),
        (json!({ "address": "acme/x" }), Some("`address`: it is missing, or not an address")),
        (json!({ "address": "org:acme" }), Some("must name a ch: address")),
        (json!({ "address": "ch:system/x" }), Some("`system`")),
        (json!({ "can": ["manage"] }), Some("a token for one address cannot grant \"manage\"")),
        (json!({ "can": 7 }), Some("`can`: expected a list")),
        (json!({ "sub": null }), Some("`sub`")),
        (json!({ "exp": null }), Some("no expiry")),
        (json!({ "exp": NOW - 5 }), Some("expired at")),
        (json!({ "aud": "others" }), Some("another audience")),
        (json!({ "typ": "Refresh" }), Some("does not open a session")),
    ] {
        let outcome = tokens(&[("auth-require-expiry", "false")]).verify_address(&sign(NEW, &claims(further.clone())));
        match expected {
            None => assert!(outcome.is_ok(), "{further}: {outcome:?}"),
            Some(reason) => {
                let error = outcome.unwrap_err().to_string();
                assert!(error.contains(reason), "{further}: {error}");
            }
        }
    }
    let token = tokens(&[]).verify_address(&sign(NEW, &claims(json!({ "jti": "t1", "iat": NOW })))).unwrap();
    assert_eq!((token.user.as_str(), token.grant.address.to_string().as_str()), ("u1", "ch:acme/x"));
    assert_eq!((token.grant.expires_at, token.grant.issued_at), (NOW + 60 + 5, Some(NOW)));
    assert_eq!(token.grant.token.as_deref(), Some("t1"));
}

#[test]
fn keys_of_tokens_for_addresses_are_good_for_nothing_else_and_nothing_else_for_them() {
    let own = tokens(&[("auth-address-token-secrets", OWN)]);
    assert!(own.verify_address(&sign(OWN, &claims(json!({})))).is_ok());
    for secret in [NEW, OLD] {
        assert_eq!(own.verify_address(&sign(secret, &claims(json!({})))), Err(TokenError::Signature));
    }
    let identity = json!({ "sub": "u1", "exp": NOW + 60 });
    assert_eq!(own.verify(&sign(OWN, &identity)), Err(TokenError::Signature));
    // the issuer of identities does not matter here
    let strict =
        tokens(&[("auth-address-token-secrets", OWN), ("auth-jwt-issuer", "app"), ("auth-jwt-audience", "hub")]);
    assert!(strict.verify_address(&sign(OWN, &claims(json!({})))).is_ok());
}

#[test]
fn a_token_for_one_address_opens_no_session_and_an_address_of_a_person_does() {
    assert!(matches!(tokens(&[]).verify(&sign(NEW, &claims(json!({})))), Err(TokenError::Type { .. })));
    let postal = claims(json!({ "address": { "locality": "Berlin" } }));
    assert!(tokens(&[]).verify(&sign(NEW, &postal)).is_ok(), "the claim of OpenID Connect");
}

#[test]
fn scopes_stand_where_they_are_configured_to_and_a_wrong_one_is_told() {
    let verify = |flags: &[(&str, &str)], further: Value| {
        let mut claims = json!({ "sub": "u1", "exp": NOW + 60 });
        claims.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
        tokens(flags).verify(&sign(NEW, &claims)).map(|identity| Vec::<String>::from(identity.scopes))
    };
    let words = |words: &[&str]| Ok(words.iter().map(|word| word.to_string()).collect::<Vec<_>>());
    assert_eq!(verify(&[], json!({ "scopes": ["join:ch:acme/*", "openid"] })), words(&["join:ch:acme/*", "openid"]));
    assert_eq!(verify(&[], json!({ "scope": "join:ch:acme/*" })), words(&[]), "another claim");
    let oauth = &[("auth-claim-scopes", "scope")];
    assert_eq!(verify(oauth, json!({ "scope": "openid join:ch:acme/*" })), words(&["openid", "join:ch:acme/*"]));
    for (scopes, reason) in [(json!(["publsh:ch:acme/x"]), "publsh"), (json!(7), "a list of scopes")] {
        let error = verify(&[], json!({ "scopes": scopes })).unwrap_err().to_string();
        assert!(error.contains("`scopes`") && error.contains(reason), "{error}");
    }
}
