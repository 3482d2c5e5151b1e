//! Published keys while their provider changes them, fails, or redirects the node.

use super::provider_tests::{issued, tokens, NOW, OTHER_RSA, RSA};
use super::*;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::Duration;

const ENTRA: &str = include_str!("fixtures/entra.json");
const AUTH0: &str = include_str!("fixtures/auth0.json");

/// A listener that counts connections and answers each with its present text, or closes it when that is empty.
struct Listener {
    address: SocketAddr,
    answer: Arc<Mutex<String>>,
    connections: Arc<AtomicUsize>,
}

impl Listener {
    fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, connections) = (Arc::new(Mutex::new(answer)), Arc::new(AtomicUsize::new(0)));
        let (current, count) = (answer.clone(), connections.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 2048]);
                let text = current.lock().unwrap().clone();
                let _ = stream.write_all(text.as_bytes());
            }
        });
        Listener { address, answer, connections }
    }

    fn answers(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }

    fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// A node that fetches the keys more often than the configuration permits.
fn node(url: String) -> Tokens {
    let tokens = tokens(&[]);
    let auth = crate::config::Config::load(None, std::iter::empty(), &[]).unwrap().config.auth;
    let mut verifier = Verifier::read(&auth, None).unwrap();
    verifier.published = Some(Arc::new(KeySet::start(url, Duration::from_millis(20)).unwrap()));
    tokens.replace(verifier);
    tokens
}

/// Waits for further fetches with these outcomes.
async fn further(tokens: &Tokens, fetched: u64, failed: u64) {
    let verifier = tokens.verifier();
    let outcomes = || verifier.published().unwrap().outcomes();
    let before = outcomes();
    let done = async {
        while outcomes().0 < before.0 + fetched || outcomes().1 < before.1 + failed {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.expect("the node fetches again and again");
}

#[tokio::test]
async fn known_keys_stay_in_use_while_the_provider_fails_and_the_failures_are_counted() {
    let provider = Listener::start(answer("200 OK", ENTRA));
    let tokens = node(provider.url());
    let claims = json!({ "sub": "u1", "exp": NOW + 60 });
    let (token, rotated) = (issued("sig-1", RSA, &claims), issued("next", OTHER_RSA, &claims));
    tokens.verify_fresh(&token).await.unwrap();
    for failure in [
        answer("500 Internal Server Error", AUTH0),
        answer("200 OK", "<html>sign in</html>"),
        answer("200 OK", r#"{"keys":[]}"#),
        answer("204 No Content", ""),
        String::new(),
    ] {
        provider.answers(failure.clone());
        // the first may have been answered before
        further(&tokens, 0, 2).await;
        assert!(tokens.verify(&token).is_ok(), "{failure}");
        assert_eq!(tokens.verify(&rotated), Err(TokenError::UnknownKey), "{failure}");
    }
    // the node uses the provider's keys again as soon as the provider answers
    provider.answers(answer("200 OK", AUTH0));
    further(&tokens, 2, 0).await;
    assert!(tokens.verify(&token).is_ok() && tokens.verify(&rotated).is_ok());
}

#[tokio::test]
async fn a_key_published_later_is_taken_after_the_next_periodic_fetch() {
    let provider = Listener::start(answer("200 OK", ENTRA));
    let tokens = node(provider.url());
    let claims = json!({ "sub": "u1", "exp": NOW + 60 });
    tokens.verify_fresh(&issued("sig-1", RSA, &claims)).await.unwrap();
    let rotated = issued("next", OTHER_RSA, &claims);
    assert_eq!(tokens.verify(&rotated), Err(TokenError::UnknownKey));
    provider.answers(answer("200 OK", AUTH0));
    further(&tokens, 2, 0).await;
    assert_eq!(tokens.verify(&rotated).unwrap().user.as_str(), "u1");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_its_body_is_no_key_set() {
    let second = Listener::start(answer("200 OK", ENTRA));
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let redirect = answer(&format!("{status}\r\nLocation: {}", second.url()), ENTRA);
        let tokens = node(Listener::start(redirect).url());
        further(&tokens, 0, 2).await;
        assert_eq!(tokens.verifier().published().unwrap().outcomes().0, 0, "{status}");
    }
    assert_eq!(second.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn places_of_keys_in_a_token_are_never_asked() {
    let provider = Listener::start(answer("200 OK", ENTRA));
    let foreign = Listener::start(answer("200 OK", AUTH0));
    let tokens = node(provider.url());
    let claims = json!({ "sub": "u1", "exp": NOW + 60 });
    tokens.verify_fresh(&issued("sig-1", RSA, &claims)).await.unwrap();
    let key = EncodingKey::from_rsa_pem(OTHER_RSA.as_bytes()).unwrap();
    for (kid, expected) in [("sig-1", TokenError::Signature), ("next", TokenError::UnknownKey)] {
        for (jku, x5u) in [(Some(foreign.url()), None), (None, Some(foreign.url()))] {
            let header = Header { kid: Some(kid.into()), jku, x5u, ..Header::new(Algorithm::RS256) };
            let token = encode(&header, &claims, &key).unwrap();
            assert_eq!(tokens.verify_fresh(&token).await.unwrap_err(), expected);
        }
    }
    further(&tokens, 2, 0).await;
    assert_eq!(foreign.connections.load(Ordering::SeqCst), 0);
}
