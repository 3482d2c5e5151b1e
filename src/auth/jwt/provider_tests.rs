//! Key sets in the forms of real identity providers, and tokens as such providers issue them.

use super::keys::Keys;
use super::*;
use hubwire_actors::environment::Source;
use serde_json::{json, Value};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

pub(super) const NOW: u64 = 1_795_239_502;

struct Fixed;

impl Source for Fixed {
    fn unix_ms(&self) -> u64 {
        NOW * 1000
    }
    fn random(&self) -> u64 {
        0
    }
}

pub(super) fn tokens(flags: &[(&str, &str)]) -> Tokens {
    let flags: Vec<_> = flags.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let loaded = crate::config::Config::load(None, std::iter::empty(), &flags).unwrap();
    Tokens::new(&loaded.config.auth, Environment::new(Fixed)).unwrap()
}

pub(super) fn issued(kid: &str, pem: &str, claims: &Value) -> String {
    let header = Header { kid: Some(kid.into()), ..Header::new(Algorithm::RS256) };
    encode(&header, claims, &EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()).unwrap()
}

/// A provider: answers every request with its present document.
struct Provider {
    address: SocketAddr,
    document: Arc<Mutex<&'static str>>,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    fn publish(document: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (document, asked) = (Arc::new(Mutex::new(document)), Arc::new(AtomicUsize::new(0)));
        let (current, count) = (document.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let _ = stream.read(&mut [0; 2048]);
                count.fetch_add(1, Ordering::SeqCst);
                let body = *current.lock().unwrap();
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
            }
        });
        Provider { address, document, asked }
    }

    fn url(&self) -> String {
        format!("http://{}/.well-known/jwks.json", self.address)
    }
}

pub(super) const RSA: &str = include_str!("fixtures/rsa.key.pem");
pub(super) const OTHER_RSA: &str = include_str!("fixtures/other-rsa.key.pem");

#[test]
fn key_sets_in_the_forms_of_providers_hold_the_keys_for_signatures() {
    for (provider, document, usable) in [
        ("Keycloak, with a key for encryption", include_str!("fixtures/keycloak.json"), 1),
        ("Auth0", include_str!("fixtures/auth0.json"), 2),
        ("Cognito", include_str!("fixtures/cognito.json"), 2),
        ("Firebase", include_str!("fixtures/firebase.json"), 2),
        ("Entra, without algorithms", include_str!("fixtures/entra.json"), 1),
        ("symmetric, unknown and broken keys beside two good ones", include_str!("fixtures/mixed.json"), 2),
    ] {
        let keys = Keys::of_set(document.as_bytes()).unwrap();
        assert_eq!(keys.len(), usable, "{provider}");
        assert!(!keys.has(Algorithm::HS256), "{provider}: a published secret is none");
    }
    assert!(Keys::of_set(b"<html>").is_err());
    assert!(Keys::of_set(b"{}").is_err());
}

#[test]
fn claims_of_providers_are_mapped() {
    let base = json!({ "sub": "5f1c", "exp": NOW + 60 });
    let merged = |extra: Value| {
        let mut claims = base.clone();
        claims.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        claims
    };
    let fixture = format!("RS256={}/src/auth/jwt/fixtures/rsa.pem", env!("CARGO_MANIFEST_DIR"));
    type Flags = &'static [(&'static str, &'static str)];
    let cases: [(Flags, Value, &str); 5] = [
        (
            &[
                ("auth-claim-user", "preferred_username"),
                ("auth-claim-orgs", "tenant"),
                ("auth-claim-roles", "/realm_access/roles"),
            ],
            merged(json!({
                "preferred_username": "zoe", "tenant": "acme", "realm_access": { "roles": ["admin"] }, "typ": "Bearer"
            })),
            "zoe acme:admin/",
        ),
        (
            &[("auth-claim-orgs", "https://example.com/orgs")],
            merged(json!({ "https://example.com/orgs": { "acme": { "roles": ["admin"], "teams": ["ops"] } } })),
            "5f1c acme:admin/ops",
        ),
        (
            &[("auth-claim-orgs", "custom:tenant"), ("auth-claim-roles", "cognito:groups")],
            merged(json!({ "custom:tenant": "acme", "cognito:groups": ["clerk", "admin"], "token_use": "access" })),
            "5f1c acme:admin+clerk/",
        ),
        (
            &[("auth-claim-orgs", "/firebase/tenant"), ("auth-claim-teams", "teams")],
            merged(json!({ "firebase": { "tenant": "acme" }, "teams": "ops dev" })),
            "5f1c acme:/dev+ops",
        ),
        (&[], merged(json!({ "orgs": { "acme": ["owner"], "beta": {} } })), "5f1c acme:owner/ beta:/"),
    ];
    for (flags, claims, expected) in cases {
        let tokens = tokens(&[&[("auth-jwt-keys", fixture.as_str())], flags].concat());
        let identity = tokens.verify(&issued("any", RSA, &claims)).unwrap();
        let mut shown = identity.user.to_string();
        for (org, membership) in identity.orgs.iter() {
            let roles: Vec<&str> = membership.roles.iter().map(String::as_str).collect();
            let teams: Vec<&str> = membership.teams.iter().map(|team| team.as_str()).collect();
            shown.push_str(&format!(" {org}:{}/{}", roles.join("+"), teams.join("+")));
        }
        assert_eq!(shown, expected, "{claims}");
    }
}

#[tokio::test]
async fn a_key_that_was_published_a_moment_ago_is_fetched_for_the_first_token_it_signed() {
    let provider = Provider::publish(include_str!("fixtures/entra.json"));
    let tokens = tokens(&[("auth-jwks-url", &provider.url())]);
    let claims = json!({ "sub": "u1", "exp": NOW + 60 });
    // the node has just started: the first token waits for the first fetch
    tokens.verify_fresh(&issued("sig-1", RSA, &claims)).await.unwrap();
    *provider.document.lock().unwrap() = include_str!("fixtures/auth0.json");
    let rotated = issued("next", OTHER_RSA, &claims);
    assert_eq!(tokens.verify(&rotated), Err(TokenError::UnknownKey));
    // fetched a moment ago: made-up keys cause no further request
    let asked = provider.asked.load(Ordering::SeqCst);
    let made_up = issued("made-up", OTHER_RSA, &claims); // signing takes long, and the interval between requests passes
    for _ in 0..100 {
        assert_eq!(tokens.verify_fresh(&made_up).await, Err(TokenError::UnknownKey));
    }
    assert_eq!(provider.asked.load(Ordering::SeqCst), asked);
    assert_eq!(tokens.verifier().published().unwrap().outcomes(), (1, 0));
}

#[tokio::test]
async fn a_provider_that_answers_nonsense_gives_no_keys() {
    let provider = Provider::publish("<html>sign in</html>");
    let tokens = tokens(&[("auth-jwks-url", &provider.url())]);
    let token = issued("sig-1", RSA, &json!({ "sub": "u1", "exp": NOW + 60 }));
    assert_eq!(tokens.verify_fresh(&token).await, Err(TokenError::UnknownKey));
    assert_eq!(tokens.verifier().published().unwrap().outcomes().0, 0);
}

#[tokio::test]
async fn a_document_of_ten_megabytes_is_not_read_to_its_end_and_gives_no_keys() {
    let good: Value = serde_json::from_str(include_str!("fixtures/entra.json")).unwrap();
    let padded = json!({ "keys": good["keys"], "padding": "x".repeat(10_000_000) }).to_string();
    let provider = Provider::publish(padded.leak());
    let tokens = tokens(&[("auth-jwks-url", &provider.url())]);
    let token = issued("sig-1", RSA, &json!({ "sub": "u1", "exp": NOW + 60 }));
    assert_eq!(tokens.verify_fresh(&token).await, Err(TokenError::UnknownKey));
    assert_eq!(tokens.verifier().published().unwrap().outcomes().0, 0);
}
