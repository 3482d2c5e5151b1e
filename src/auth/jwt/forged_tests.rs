//! A corpus of invalid tokens, each refused for the right reason. The node has an HS256 secret, an RS256 key with a
//! name, an ES256 and an EdDSA key.

use super::*;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::Engine;
use hubwire_actors::environment::Source;
use serde_json::{json, Value};

const NOW: u64 = 1_795_239_502;
const SECRET: &str = "a-secret-of-thirty-two-bytes-min";
const RSA_PUBLIC: &str = include_str!("fixtures/rsa.pem");
const RSA: &str = include_str!("fixtures/rsa.key.pem");
const OTHER_RSA: &str = include_str!("fixtures/other-rsa.key.pem");
const EC: &str = include_str!("fixtures/ec.key.pem");
const ED: &str = include_str!("fixtures/ed.key.pem");

struct Fixed;

impl Source for Fixed {
    fn unix_ms(&self) -> u64 {
        NOW * 1000
    }
    fn random(&self) -> u64 {
        0
    }
}

fn node() -> Tokens {
    let fixture = |name: &str| format!("{}/src/auth/jwt/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let keys = format!("RS256:sig-1={},ES256={},EdDSA={}", fixture("rsa.pem"), fixture("ec.pem"), fixture("ed.pem"));
    let flags = [
        ("auth-jwt-secrets", SECRET),
        ("auth-jwt-keys", &keys),
        ("auth-jwt-issuer", "https://issuer.example"),
        ("auth-jwt-audience", "hub"),
    ];
    let flags: Vec<_> = flags.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let loaded = crate::config::Config::load(None, std::iter::empty(), &flags).unwrap();
    Tokens::new(&loaded.config.auth, Environment::new(Fixed)).unwrap()
}

fn good() -> Value {
    json!({ "sub": "u1", "iss": "https://issuer.example", "aud": "hub", "exp": NOW + 60 })
}

fn with(key: &str, value: Value) -> Value {
    let mut claims = good();
    claims[key] = value;
    claims
}

fn without(key: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(key);
    claims
}

fn hs(claims: &Value) -> String {
    signed(json!({ "alg": "HS256", "typ": "JWT" }), &claims.to_string(), &EncodingKey::from_secret(SECRET.as_bytes()))
}

/// Signs with the algorithm of the header, with any key.
fn signed(header: Value, claims: &str, key: &EncodingKey) -> String {
    let algorithm: Algorithm = header["alg"].as_str().unwrap().parse().unwrap();
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn rsa(pem: &str) -> EncodingKey {
    EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
}

fn header(header: Value) -> String {
    let claims = good().to_string();
    signed(header, &claims, &EncodingKey::from_secret(SECRET.as_bytes()))
}

/// Another header over the claims and signature of a good token.
fn transplanted(header: &str) -> String {
    let good = hs(&good());
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), good.split_once('.').unwrap().1)
}

/// The relevant part of the error.
#[derive(Debug, Clone, PartialEq)]
enum Reason {
    Malformed,
    TooLong,
    Algorithm,
    UnknownKey,
    Critical,
    Type,
    Signature,
    Claims,
    NoExpiry,
    Expired,
    TooEarly,
    Issuer,
    Audience,
    SystemOrg,
}

fn reason(error: &TokenError) -> Reason {
    match error {
        TokenError::NotTaken => unreachable!("the node has keys"),
        TokenError::Malformed => Reason::Malformed,
        TokenError::TooLong { .. } => Reason::TooLong,
        TokenError::Algorithm { .. } => Reason::Algorithm,
        TokenError::UnknownKey => Reason::UnknownKey,
        TokenError::Critical => Reason::Critical,
        TokenError::Type { .. } => Reason::Type,
        TokenError::Signature => Reason::Signature,
        TokenError::Claims { .. } => Reason::Claims,
        TokenError::NoExpiry => Reason::NoExpiry,
        TokenError::Expired { .. } => Reason::Expired,
        TokenError::TooEarly { .. } => Reason::TooEarly,
        TokenError::Issuer => Reason::Issuer,
        TokenError::Audience => Reason::Audience,
        TokenError::SystemOrg => Reason::SystemOrg,
        #[allow(unreachable_patterns)] // a lifetime bound may join
        _ => Reason::Claims,
    }
}

#[test]
fn the_node_takes_good_tokens_of_each_key() {
    let claims = good().to_string();
    let ec = EncodingKey::from_ec_pem(EC.as_bytes()).unwrap();
    let ed = EncodingKey::from_ed_pem(ED.as_bytes()).unwrap();
    for token in [
        hs(&good()),
        signed(json!({ "alg": "RS256", "kid": "sig-1" }), &claims, &rsa(RSA)),
        signed(json!({ "alg": "RS256" }), &claims, &rsa(RSA)),
        signed(json!({ "alg": "ES256", "kid": "any" }), &claims, &ec),
        signed(json!({ "alg": "EdDSA", "typ": "application/at+JWT" }), &claims, &ed),
    ] {
        assert_eq!(node().verify(&token).map(|identity| identity.user.to_string()), Ok("u1".to_string()));
    }
}

#[test]
fn every_forged_token_is_refused_for_its_reason_and_none_is_quoted() {
    let node = node();
    let corpus = [unsigned(), confused(), named(), altered(), dated(), addressed(), misshapen()].concat();
    assert!(corpus.len() >= 60, "{}", corpus.len());
    for (what, token, expected) in corpus {
        let error = node.verify(&token).expect_err(what);
        assert_eq!(reason(&error), expected, "{what}: {error}");
        let said = error.to_string();
        for part in token.split('.').filter(|part| part.len() > 12).chain([SECRET]) {
            assert!(!said.contains(part), "{what}: {said}");
        }
    }
}

type Row = (&'static str, String, Reason);

/// Tokens without a signature, or with a meaningless one.
fn unsigned() -> Vec<Row> {
    let good = hs(&good());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let none = |alg: &str| transplanted(&json!({ "alg": alg, "typ": "JWT" }).to_string());
    vec![
        ("alg none", none("none"), Reason::Malformed),
        ("alg None", none("None"), Reason::Malformed),
        ("alg NONE", none("NONE"), Reason::Malformed),
        ("alg nOnE", none("nOnE"), Reason::Malformed),
        ("alg empty", none(""), Reason::Malformed),
        ("alg of another case", none("hs256"), Reason::Malformed),
        ("alg with a blank", none("HS256 "), Reason::Malformed),
        ("alg null", transplanted(r#"{"alg":null}"#), Reason::Malformed),
        ("alg a list", transplanted(r#"{"alg":["HS256"]}"#), Reason::Malformed),
        ("no alg", transplanted(r#"{"typ":"JWT"}"#), Reason::Malformed),
        ("alg twice", transplanted(r#"{"alg":"HS256","alg":"none"}"#), Reason::Malformed),
        ("empty signature", format!("{message}."), Reason::Signature),
        ("no signature", message.to_string(), Reason::Malformed),
        ("half a signature", format!("{message}.{}", &signature[..20]), Reason::Signature),
        ("signature of zeros", format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 32])), Reason::Signature),
        ("signature with a tail", format!("{message}.{signature}AAAA"), Reason::Signature),
        ("two signatures", format!("{message}.{signature}.{signature}"), Reason::Malformed),
    ]
}

/// Tokens signed with a wrong key for the algorithm.
fn confused() -> Vec<Row> {
    let claims = good().to_string();
    let public = |alg: &str| signed(json!({ "alg": alg }), &claims, &EncodingKey::from_secret(RSA_PUBLIC.as_bytes()));
    let trimmed = EncodingKey::from_secret(RSA_PUBLIC.trim().as_bytes());
    let der = STANDARD.decode(RSA_PUBLIC.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
    let secret = EncodingKey::from_secret(SECRET.as_bytes());
    vec![
        ("HS256 with the public RSA key", public("HS256"), Reason::Signature),
        ("HS384 with the public RSA key", public("HS384"), Reason::Algorithm),
        ("HS512 with the public RSA key", public("HS512"), Reason::Algorithm),
        (
            "HS256 with the key without its newline",
            signed(json!({ "alg": "HS256" }), &claims, &trimmed),
            Reason::Signature,
        ),
        (
            "HS256 with the DER of the key",
            signed(json!({ "alg": "HS256" }), &claims, &EncodingKey::from_secret(&der)),
            Reason::Signature,
        ),
        (
            "HS256 with the RSA key, under its name",
            signed(
                json!({ "alg": "HS256", "kid": "sig-1" }),
                &claims,
                &EncodingKey::from_secret(RSA_PUBLIC.as_bytes()),
            ),
            Reason::Signature,
        ),
        ("HS384 with the right secret", signed(json!({ "alg": "HS384" }), &claims, &secret), Reason::Algorithm),
        (
            "HS256 with an empty secret",
            signed(json!({ "alg": "HS256" }), &claims, &EncodingKey::from_secret(b"")),
            Reason::Signature,
        ),
        ("RS256 of another key", signed(json!({ "alg": "RS256" }), &claims, &rsa(OTHER_RSA)), Reason::Signature),
        (
            "RS256 of another key, named",
            signed(json!({ "alg": "RS256", "kid": "sig-1" }), &claims, &rsa(OTHER_RSA)),
            Reason::Signature,
        ),
        ("RS384 with the key of RS256", signed(json!({ "alg": "RS384" }), &claims, &rsa(RSA)), Reason::Algorithm),
        ("PS256 with the key of RS256", signed(json!({ "alg": "PS256" }), &claims, &rsa(RSA)), Reason::Algorithm),
        ("RS256 over an HMAC", transplanted(r#"{"alg":"RS256"}"#), Reason::Signature),
        ("ES256 over an HMAC", transplanted(r#"{"alg":"ES256"}"#), Reason::Signature),
        ("EdDSA over an HMAC", transplanted(r#"{"alg":"EdDSA"}"#), Reason::Signature),
        (
            "ES256 with r and s of zero",
            {
                let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#);
                format!("{header}.{}.{}", URL_SAFE_NO_PAD.encode(&claims), URL_SAFE_NO_PAD.encode([0; 64]))
            },
            Reason::Signature,
        ),
    ]
}

/// Tokens whose headers try to choose the key.
fn named() -> Vec<Row> {
    let claims = good().to_string();
    let by_header = |extra: Value| {
        let mut fields = json!({ "alg": "RS256" });
        fields.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        signed(fields, &claims, &rsa(OTHER_RSA))
    };
    let nobody = |kid: &str| signed(json!({ "alg": "RS256", "kid": kid }), &claims, &rsa(RSA));
    vec![
        ("kid of nobody", nobody("other"), Reason::UnknownKey),
        ("kid traversal", nobody("../../../../dev/null"), Reason::UnknownKey),
        ("kid injection", nobody("x' UNION SELECT 'key"), Reason::UnknownKey),
        ("kid with a nul", nobody("sig-1\0"), Reason::UnknownKey),
        ("jku", by_header(json!({ "jku": "https://attacker.example/jwks.json" })), Reason::Signature),
        ("x5u", by_header(json!({ "x5u": "https://attacker.example/cert.pem" })), Reason::Signature),
        ("x5c", by_header(json!({ "x5c": ["MIIB"] })), Reason::Signature),
        ("jwk", by_header(json!({ "jwk": { "kty": "RSA", "n": "AQAB", "e": "AQAB" } })), Reason::Signature),
        ("crit unknown", header(json!({ "alg": "HS256", "crit": ["exp2"], "exp2": 1 })), Reason::Critical),
        ("crit empty", header(json!({ "alg": "HS256", "crit": [] })), Reason::Critical),
        ("crit b64", header(json!({ "alg": "HS256", "crit": ["b64"], "b64": false })), Reason::Critical),
        ("typ of a refresh token", header(json!({ "alg": "HS256", "typ": "refresh+jwt" })), Reason::Type),
        ("typ of a logout token", header(json!({ "alg": "HS256", "typ": "logout+jwt" })), Reason::Type),
        ("typ of a security event", header(json!({ "alg": "HS256", "typ": "secevent+jwt" })), Reason::Type),
        ("nested", header(json!({ "alg": "HS256", "cty": "JWT" })), Reason::Malformed),
        ("compressed", header(json!({ "alg": "HS256", "zip": "DEF" })), Reason::Malformed),
    ]
}

/// Tokens changed after they were signed, or with meaningless claims.
fn altered() -> Vec<Row> {
    let good_token = hs(&good());
    let parts: Vec<&str> = good_token.split('.').collect();
    let other = with("sub", "admin".into()).to_string();
    let doubled = |text: &str| {
        let claims = good().to_string().replacen('{', &format!("{{{text},"), 1);
        signed(json!({ "alg": "HS256" }), &claims, &EncodingKey::from_secret(SECRET.as_bytes()))
    };
    vec![
        ("another user", format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(other), parts[2]), Reason::Signature),
        ("another header", transplanted(r#"{"alg":"HS256","typ":"JWT","x":1}"#), Reason::Signature),
        ("sub twice", doubled(r#""sub":"u1""#), Reason::Claims),
        ("exp twice", doubled(r#""exp":1"#), Reason::Claims),
        ("an organisation twice", doubled(r#""orgs":{"acme":{},"acme":{"roles":["owner"]}}"#), Reason::Claims),
        ("no user", hs(&without("sub")), Reason::Claims),
        ("user a number", hs(&with("sub", 7.into())), Reason::Claims),
        ("user with a line feed", hs(&with("sub", "u1\nforged".into())), Reason::Claims),
        ("user with braces", hs(&with("sub", "{u1}".into())), Reason::Claims),
        ("user of 4 KiB", hs(&with("sub", "u".repeat(4096).into())), Reason::Claims),
        ("organisations a number", hs(&with("orgs", 7.into())), Reason::Claims),
        ("roles a number", hs(&with("orgs", json!({ "acme": { "roles": 7 } }))), Reason::Claims),
        ("organisation system", hs(&with("orgs", json!({ "system": {} }))), Reason::SystemOrg),
        ("organisation system in a list", hs(&with("orgs", json!(["system"]))), Reason::SystemOrg),
        ("refresh token of Keycloak", hs(&with("typ", "Refresh".into())), Reason::Type),
        ("offline token of Keycloak", hs(&with("typ", "Offline".into())), Reason::Type),
    ]
}

/// Dates, at the edges of the leeway of 5 s.
fn dated() -> Vec<Row> {
    vec![
        ("no expiry", hs(&without("exp")), Reason::NoExpiry),
        ("expiry null", hs(&with("exp", Value::Null)), Reason::NoExpiry),
        ("expired at the edge", hs(&with("exp", (NOW - 5).into())), Reason::Expired),
        ("expired long ago", hs(&with("exp", 1.into())), Reason::Expired),
        ("expiry a text", hs(&with("exp", "9999999999".into())), Reason::Claims),
        ("expiry negative", hs(&with("exp", (-1).into())), Reason::Claims),
        ("begins beyond the edge", hs(&with("nbf", (NOW + 6).into())), Reason::TooEarly),
        ("begins in ten years", hs(&with("nbf", (NOW + 315_360_000).into())), Reason::TooEarly),
        ("beginning a text", hs(&with("nbf", "now".into())), Reason::Claims),
    ]
}

/// Tokens of other issuers or for other audiences.
fn addressed() -> Vec<Row> {
    vec![
        ("no issuer", hs(&without("iss")), Reason::Issuer),
        ("issuer with a slash", hs(&with("iss", "https://issuer.example/".into())), Reason::Issuer),
        ("issuer of another case", hs(&with("iss", "https://Issuer.example".into())), Reason::Issuer),
        ("issuer a list", hs(&with("iss", json!(["https://issuer.example"]))), Reason::Claims),
        ("no audience", hs(&without("aud")), Reason::Audience),
        ("another audience", hs(&with("aud", "hubs".into())), Reason::Audience),
        ("an audience list without us", hs(&with("aud", json!(["web", "mobile"]))), Reason::Audience),
        ("an empty audience list", hs(&with("aud", json!([]))), Reason::Audience),
        ("audience an object", hs(&with("aud", json!({ "hub": true }))), Reason::Claims),
    ]
}

/// Texts that are no tokens.
fn misshapen() -> Vec<Row> {
    let raw = |claims: &str| signed(json!({ "alg": "HS256" }), claims, &EncodingKey::from_secret(SECRET.as_bytes()));
    vec![
        ("empty", String::new(), Reason::Malformed),
        ("two dots", "..".into(), Reason::Malformed),
        ("no base64", "é.é.é".into(), Reason::Malformed),
        ("blank before", format!(" {}", hs(&good())), Reason::Malformed),
        ("encrypted form", "a.b.c.d.e".into(), Reason::Malformed),
        ("claims no JSON", raw("no json"), Reason::Claims),
        ("claims a list", raw("[]"), Reason::Claims),
        ("claims null", raw("null"), Reason::Claims),
        ("more than 8 KiB", hs(&with("x", "x".repeat(9000).into())), Reason::TooLong),
        ("a million bytes", "a".repeat(1_000_000), Reason::TooLong),
    ]
}
