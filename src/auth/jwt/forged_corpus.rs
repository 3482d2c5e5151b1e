//! A corpus of invalid tokens for sessions, for subscriptions of Centrifuge clients and for single addresses, each with
//! the reason for its refusal. The node has keys for HS256, RS256 (a named one), ES256 and EdDSA.

use super::{TokenError, Tokens};
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::Engine;
use hubwire_actors::environment::{Environment, Source};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{json, Value};

pub const NOW: u64 = 1_795_239_502; // the clock of the nodes under test, Unix seconds
pub const SECRET: &str = "a-secret-of-thirty-two-bytes-min";
const RSA_PUBLIC: &str = include_str!("fixtures/rsa.pem");
pub const RSA: &str = include_str!("fixtures/rsa.key.pem");
const OTHER_RSA: &str = include_str!("fixtures/other-rsa.key.pem");
pub const EC: &str = include_str!("fixtures/ec.key.pem");
pub const ED: &str = include_str!("fixtures/ed.key.pem");

struct Fixed;

impl Source for Fixed {
    fn unix_ms(&self) -> u64 {
        NOW * 1000
    }
    fn random(&self) -> u64 {
        0
    }
}

pub fn node() -> Tokens {
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

/// Claims that are accepted.
pub fn good(of: Use) -> Value {
    let mut claims = json!({ "sub": "u1", "iss": "https://issuer.example", "aud": "hub", "exp": NOW + 60 });
    match of {
        Use::Session => {}
        Use::Subscription => claims["channel"] = CHANNEL.into(),
        Use::Address => claims["address"] = CHANNEL.into(),
    }
    claims
}

fn with(of: Use, key: &str, value: Value) -> Value {
    let mut claims = good(of);
    claims[key] = value;
    claims
}

fn without(of: Use, key: &str) -> Value {
    let mut claims = good(of);
    claims.as_object_mut().unwrap().remove(key);
    claims
}

pub fn hs(claims: &Value) -> String {
    signed(json!({ "alg": "HS256", "typ": "JWT" }), &claims.to_string(), &EncodingKey::from_secret(SECRET.as_bytes()))
}

/// Signs with the algorithm of the header, with any key.
pub fn signed(header: Value, claims: &str, key: &EncodingKey) -> String {
    let algorithm: Algorithm = header["alg"].as_str().unwrap().parse().unwrap();
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

pub fn rsa(pem: &str) -> EncodingKey {
    EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
}

fn header(of: Use, header: Value) -> String {
    let claims = good(of).to_string();
    signed(header, &claims, &EncodingKey::from_secret(SECRET.as_bytes()))
}

/// A valid token with another header.
fn transplanted(of: Use, header: &str) -> String {
    let good = hs(&good(of));
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), good.split_once('.').unwrap().1)
}

/// The purpose of the tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Use {
    /// They open a session, or the connection of a Centrifuge client.
    Session,
    /// They subscribe a Centrifuge client to one channel.
    Subscription,
    /// They let a session into one channel.
    Address,
}

/// The channel of tokens for one channel.
pub const CHANNEL: &str = "ch:acme/x";

/// The relevant part of the error.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
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

pub fn reason(error: &TokenError) -> Reason {
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

/// All rows: the fault, the token, and the reason for its refusal.
pub fn corpus(of: Use) -> Vec<Row> {
    let mut rows =
        [unsigned(of), confused(of), named(of), altered(of), dated(of), addressed(of), misshapen(of)].concat();
    if of != Use::Session {
        rows.retain(|(what, _, _)| !what.contains("organisation") && !what.contains("roles"));
        // they name none
    }
    assert!(rows.len() >= 60, "{}", rows.len());
    rows
}

pub type Row = (&'static str, String, Reason);

/// Tokens without a signature, or with a meaningless one.
fn unsigned(of: Use) -> Vec<Row> {
    let good = hs(&good(of));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let none = |alg: &str| transplanted(of, &json!({ "alg": alg, "typ": "JWT" }).to_string());
    vec![
        ("alg none", none("none"), Reason::Malformed),
        ("alg None", none("None"), Reason::Malformed),
        ("alg NONE", none("NONE"), Reason::Malformed),
        ("alg nOnE", none("nOnE"), Reason::Malformed),
        ("alg empty", none(""), Reason::Malformed),
        ("alg of another case", none("hs256"), Reason::Malformed),
        ("alg with a blank", none("HS256 "), Reason::Malformed),
        ("alg null", transplanted(of, r#"{"alg":null}"#), Reason::Malformed),
        ("alg a list", transplanted(of, r#"{"alg":["HS256"]}"#), Reason::Malformed),
        ("no alg", transplanted(of, r#"{"typ":"JWT"}"#), Reason::Malformed),
        ("alg twice", transplanted(of, r#"{"alg":"HS256","alg":"none"}"#), Reason::Malformed),
        ("empty signature", format!("{message}."), Reason::Signature),
        ("no signature", message.to_string(), Reason::Malformed),
        ("half a signature", format!("{message}.{}", &signature[..20]), Reason::Signature),
        ("signature of zeros", format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 32])), Reason::Signature),
        ("signature with a tail", format!("{message}.{signature}AAAA"), Reason::Signature),
        ("two signatures", format!("{message}.{signature}.{signature}"), Reason::Malformed),
    ]
}

/// Tokens signed with a wrong key for the algorithm.
fn confused(of: Use) -> Vec<Row> {
    let claims = good(of).to_string();
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
        ("RS256 over an HMAC", transplanted(of, r#"{"alg":"RS256"}"#), Reason::Signature),
        ("ES256 over an HMAC", transplanted(of, r#"{"alg":"ES256"}"#), Reason::Signature),
        ("EdDSA over an HMAC", transplanted(of, r#"{"alg":"EdDSA"}"#), Reason::Signature),
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
fn named(of: Use) -> Vec<Row> {
    let claims = good(of).to_string();
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
        ("crit unknown", header(of, json!({ "alg": "HS256", "crit": ["exp2"], "exp2": 1 })), Reason::Critical),
        ("crit empty", header(of, json!({ "alg": "HS256", "crit": [] })), Reason::Critical),
        ("crit b64", header(of, json!({ "alg": "HS256", "crit": ["b64"], "b64": false })), Reason::Critical),
        ("typ of a refresh token", header(of, json!({ "alg": "HS256", "typ": "refresh+jwt" })), Reason::Type),
        ("typ of a logout token", header(of, json!({ "alg": "HS256", "typ": "logout+jwt" })), Reason::Type),
        ("typ of a security event", header(of, json!({ "alg": "HS256", "typ": "secevent+jwt" })), Reason::Type),
        ("nested", header(of, json!({ "alg": "HS256", "cty": "JWT" })), Reason::Malformed),
        ("compressed", header(of, json!({ "alg": "HS256", "zip": "DEF" })), Reason::Malformed),
    ]
}

/// Tokens changed after they were signed, or with meaningless claims.
fn altered(of: Use) -> Vec<Row> {
    let good_token = hs(&good(of));
    let parts: Vec<&str> = good_token.split('.').collect();
    let other = with(of, "sub", "admin".into()).to_string();
    let doubled = |text: &str| {
        let claims = good(of).to_string().replacen('{', &format!("{{{text},"), 1);
        signed(json!({ "alg": "HS256" }), &claims, &EncodingKey::from_secret(SECRET.as_bytes()))
    };
    vec![
        ("another user", format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(other), parts[2]), Reason::Signature),
        ("another header", transplanted(of, r#"{"alg":"HS256","typ":"JWT","x":1}"#), Reason::Signature),
        ("sub twice", doubled(r#""sub":"u1""#), Reason::Claims),
        ("exp twice", doubled(r#""exp":1"#), Reason::Claims),
        ("an organisation twice", doubled(r#""orgs":{"acme":{},"acme":{"roles":["owner"]}}"#), Reason::Claims),
        ("no user", hs(&without(of, "sub")), Reason::Claims),
        ("user a number", hs(&with(of, "sub", 7.into())), Reason::Claims),
        ("user with a line feed", hs(&with(of, "sub", "u1\nforged".into())), Reason::Claims),
        ("user with braces", hs(&with(of, "sub", "{u1}".into())), Reason::Claims),
        ("user of 4 KiB", hs(&with(of, "sub", "u".repeat(4096).into())), Reason::Claims),
        ("organisations a number", hs(&with(of, "orgs", 7.into())), Reason::Claims),
        ("roles a number", hs(&with(of, "orgs", json!({ "acme": { "roles": 7 } }))), Reason::Claims),
        ("organisation system", hs(&with(of, "orgs", json!({ "system": {} }))), Reason::SystemOrg),
        ("organisation system in a list", hs(&with(of, "orgs", json!(["system"]))), Reason::SystemOrg),
        ("refresh token of Keycloak", hs(&with(of, "typ", "Refresh".into())), Reason::Type),
        ("offline token of Keycloak", hs(&with(of, "typ", "Offline".into())), Reason::Type),
    ]
}

/// Dates, at the edges of the leeway of 5 s.
fn dated(of: Use) -> Vec<Row> {
    vec![
        ("no expiry", hs(&without(of, "exp")), Reason::NoExpiry),
        ("expiry null", hs(&with(of, "exp", Value::Null)), Reason::NoExpiry),
        ("expired at the edge", hs(&with(of, "exp", (NOW - 5).into())), Reason::Expired),
        ("expired long ago", hs(&with(of, "exp", 1.into())), Reason::Expired),
        ("expiry a text", hs(&with(of, "exp", "9999999999".into())), Reason::Claims),
        ("expiry negative", hs(&with(of, "exp", (-1).into())), Reason::Claims),
        ("begins beyond the edge", hs(&with(of, "nbf", (NOW + 6).into())), Reason::TooEarly),
        ("begins in ten years", hs(&with(of, "nbf", (NOW + 315_360_000).into())), Reason::TooEarly),
        ("beginning a text", hs(&with(of, "nbf", "now".into())), Reason::Claims),
    ]
}

/// Tokens of other issuers or for other audiences.
fn addressed(of: Use) -> Vec<Row> {
    vec![
        ("no issuer", hs(&without(of, "iss")), Reason::Issuer),
        ("issuer with a slash", hs(&with(of, "iss", "https://issuer.example/".into())), Reason::Issuer),
        ("issuer of another case", hs(&with(of, "iss", "https://Issuer.example".into())), Reason::Issuer),
        ("issuer a list", hs(&with(of, "iss", json!(["https://issuer.example"]))), Reason::Claims),
        ("no audience", hs(&without(of, "aud")), Reason::Audience),
        ("another audience", hs(&with(of, "aud", "hubs".into())), Reason::Audience),
        ("an audience list without us", hs(&with(of, "aud", json!(["web", "mobile"]))), Reason::Audience),
        ("an empty audience list", hs(&with(of, "aud", json!([]))), Reason::Audience),
        ("audience an object", hs(&with(of, "aud", json!({ "hub": true }))), Reason::Claims),
    ]
}

/// Texts that are not tokens.
fn misshapen(of: Use) -> Vec<Row> {
    let raw = |claims: &str| signed(json!({ "alg": "HS256" }), claims, &EncodingKey::from_secret(SECRET.as_bytes()));
    vec![
        ("empty", String::new(), Reason::Malformed),
        ("two dots", "..".into(), Reason::Malformed),
        ("no base64", "é.é.é".into(), Reason::Malformed),
        ("blank before", format!(" {}", hs(&good(of))), Reason::Malformed),
        ("encrypted form", "a.b.c.d.e".into(), Reason::Malformed),
        ("claims no JSON", raw("no json"), Reason::Claims),
        ("claims a list", raw("[]"), Reason::Claims),
        ("claims null", raw("null"), Reason::Claims),
        ("more than 8 KiB", hs(&with(of, "x", "x".repeat(9000).into())), Reason::TooLong),
        ("a million bytes", "a".repeat(1_000_000), Reason::TooLong),
    ]
}
