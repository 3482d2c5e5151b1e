//! Every token of the corpus is refused for the right reason, for each purpose.

use super::forged_corpus::{corpus, good, hs, node, reason, rsa, signed, Use, CHANNEL, EC, ED, RSA, SECRET};
use super::TokenError;
use jsonwebtoken::EncodingKey;
use serde_json::json;

#[test]
fn the_node_takes_good_tokens_of_each_key() {
    let claims = good(Use::Session).to_string();
    let ec = EncodingKey::from_ec_pem(EC.as_bytes()).unwrap();
    let ed = EncodingKey::from_ed_pem(ED.as_bytes()).unwrap();
    for token in [
        hs(&good(Use::Session)),
        signed(json!({ "alg": "RS256", "kid": "sig-1" }), &claims, &rsa(RSA)),
        signed(json!({ "alg": "RS256" }), &claims, &rsa(RSA)),
        signed(json!({ "alg": "ES256", "kid": "any" }), &claims, &ec),
        signed(json!({ "alg": "EdDSA", "typ": "application/at+JWT" }), &claims, &ed),
    ] {
        assert_eq!(node().verify(&token).map(|identity| identity.user.to_string()), Ok("u1".to_string()));
    }
}

/// Checks the reason for which a token is refused, and that its text does not quote the token.
fn assert_refused(what: &str, token: &str, error: &TokenError) {
    let said = error.to_string();
    for part in token.split('.').filter(|part| part.len() > 12).chain([SECRET]) {
        assert!(!said.contains(part), "{what}: {said}");
    }
}

#[test]
fn every_forged_token_is_refused_for_its_reason_and_none_is_quoted() {
    let node = node();
    for (what, token, expected) in corpus(Use::Session) {
        let error = node.verify(&token).expect_err(what);
        assert_eq!(reason(&error), expected, "{what}: {error}");
        assert_refused(what, &token, &error);
    }
}

#[test]
fn every_forged_token_for_one_address_is_refused_for_its_reason_and_none_is_quoted() {
    let node = node();
    let grant = node.verify_address(&hs(&good(Use::Address))).unwrap();
    assert_eq!((grant.user.as_str(), grant.grant.address.to_string().as_str()), ("u1", CHANNEL));
    for (what, token, expected) in corpus(Use::Address) {
        let error = node.verify_address(&token).expect_err(what);
        assert_eq!(reason(&error), expected, "{what}: {error}");
        assert_refused(what, &token, &error);
    }
    // a token that is valid for a session or a subscription is not valid for an address
    for of in [Use::Session, Use::Subscription] {
        assert!(node.verify_address(&hs(&good(of))).is_err(), "{of:?}");
    }
}
