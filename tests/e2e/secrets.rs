//! Every way in, with right and with wrong credentials, at the most talkative level:
//! no secret ends in the log, in metrics or in exported spans.

mod dialects;

use crate::support::eventually::DEADLINE;
use crate::support::{settings, Client, Codec, Login, Node, Offer, RedisServer};
use crate::telemetry::{sampled, traced, Collector};
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

const COOKIE_KEY: &str = "cookie-key-of-the-leak-test-of-32-bytes-and-more";
const GORILLA_KEY: &str = "gorilla-key-of-the-leak-test-of-32-bytes-and-more";
const CLUSTER_SECRET: &str = "cluster-secret-of-the-leak-test-of-32-bytes";
const REDIS_PASSWORD: &str = "redis-password-of-the-leak-test";
const PAYLOAD: &str = "payload-of-the-leak-test";

/// What must not be seen, by its name.
struct Secrets(BTreeMap<&'static str, String>);

impl Secrets {
    fn keep(&mut self, name: &'static str, secret: &str) -> String {
        self.0.insert(name, secret.to_owned());
        secret.to_owned()
    }

    fn assert_none_in(&self, what: &str, text: &str) {
        for (name, secret) in &self.0 {
            // a part that no log line has by chance tells as much as the whole
            for part in [secret.as_str(), &secret[secret.len() - 16..]] {
                assert!(!text.contains(part), "{what} shows {name}");
            }
        }
    }
}

fn http(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn post(node: &Node, path: &str, token: &str) -> String {
    let origin = settings::ALLOWED_ORIGIN;
    http(
        node.public_port(),
        &format!(
            "POST {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: 0\r\nOrigin: {origin}\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        ),
    )
}

async fn node(url: &str, collector: &str) -> Node {
    let options = [
        ("HUBWIRE_TELEMETRY_OTLP_URL", collector),
        ("HUBWIRE_TELEMETRY_INTERVAL_MS", "20"),
        ("HUBWIRE_LOG_LEVEL", "trace"),
        ("HUBWIRE_AUTH_COOKIE_KEYS", COOKIE_KEY),
        ("HUBWIRE_AUTH_GORILLA_KEYS", GORILLA_KEY),
        ("HUBWIRE_BROKER_CLUSTER_SECRETS", CLUSTER_SECRET),
    ];
    let mut node = Node::spawn_set("n1", Some(url), &options);
    node.ready().await;
    node
}

/// Opens a socket and sees whatever comes of it.
async fn try_in(node: &Node, offer: &Offer) {
    if let Ok(mut client) = Client::open(&node.url(), Codec::Json, offer).await {
        let hello = json!({ "type": "@@hub/ping", "meta": { "hub": { "id": "p" } } });
        if client.try_send_frame(Codec::Json.frame(&hello)).await.is_ok() {
            client.next_or_closed().await;
        }
    }
}

#[tokio::test]
async fn no_way_in_shows_a_secret_at_the_most_talkative_level() {
    let redis = RedisServer::start().await;
    let mut connection = redis.connection(); // made before there was a password, and good for ever
    let (collector, url) = Collector::start().await;
    let mut node = node(&redis.change_password(&mut connection, REDIS_PASSWORD), &url).await;
    let mut secrets = Secrets(BTreeMap::new());
    for (name, secret) in [
        ("the secret of tokens", settings::JWT_SECRET),
        ("the API key", settings::API_KEY),
        ("the cookie key", COOKIE_KEY),
        ("the key of gorilla cookies", GORILLA_KEY),
        ("the secret of the cluster", CLUSTER_SECRET),
        ("the password of Redis", REDIS_PASSWORD),
        ("a payload", PAYLOAD),
    ] {
        secrets.keep(name, secret);
    }
    let good = secrets.keep("a good token", &Login::member("ada").token());
    let bad = secrets.keep("a forged token", &Login::member("ada").forged().token());
    let old = secrets.keep("an expired token", &Login::member("ada").expired().token());
    let ticket = secrets.keep("a ticket", &node.api().ticket(&Login::member("ada")));
    let wrong = secrets.keep("a wrong ticket", &URL_SAFE_NO_PAD.encode([7; 32]));

    // headers, subprotocols, tickets, cookies and first messages, taken and refused, by programs and pages
    let cookie = post(&node, "/v1/session", &good);
    let cookie = cookie.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap().split(';').next().unwrap();
    let sealed = secrets.keep("a session cookie", cookie.split_once('=').unwrap().1);
    post(&node, "/v1/session", &bad);
    post(&node, "/v1/tickets", &bad);
    let exchanged = post(&node, "/v1/tickets", &good);
    let exchanged: Value = serde_json::from_str(exchanged.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let exchanged = secrets.keep("an exchanged ticket", exchanged["ticket"].as_str().unwrap());
    for origin in [None, Some(settings::ALLOWED_ORIGIN), Some("https://evil.example.org")] {
        let page = || Offer { origin: origin.map(str::to_owned), ..Offer::codec(Codec::Json) };
        for token in [&good, &bad, &old] {
            try_in(&node, &Offer { token: Some(token.clone()), ..page() }).await;
            let encoded = secrets.keep("a token as a subprotocol", &URL_SAFE_NO_PAD.encode(token));
            let subprotocols = vec!["hubwire.v1.json".into(), format!("hubwire.bearer.{encoded}")];
            try_in(&node, &Offer { subprotocols, ..page() }).await;
            try_in(&node, &Offer { query: format!("?token={token}"), ..page() }).await;
        }
        for ticket in [&ticket, &wrong, &exchanged] {
            try_in(&node, &Offer { query: format!("?ticket={ticket}"), ..page() }).await;
        }
        for value in
            [format!("__Host-hubwire={sealed}"), format!("__Host-hubwire=A{sealed}"), format!("session={sealed}")]
        {
            try_in(&node, &Offer { headers: vec![("cookie".into(), value)], ..page() }).await;
        }
    }
    for token in [&good, &bad, &old] {
        let mut client = Client::open(&node.url(), Codec::Json, &Offer::codec(Codec::Json)).await.ok().unwrap();
        let auth = json!({ "type": "@@hub/auth", "payload": { "token": token }, "meta": { "hub": { "id": "a" } } });
        client.send(&auth).await;
        client.next_or_closed().await;
    }
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    client.publish("ch:acme/a", "note", json!(PAYLOAD)).await;
    client.publish("user:bob", "note", json!(PAYLOAD)).await;
    client.ask(json!({ "type": PAYLOAD, "payload": PAYLOAD, "meta": { "hub": { "to": "org:other" } } })).await;
    client.ask(json!({ "type": "@@hub/refresh", "payload": { "token": bad } })).await;
    for (n, to) in ["ch:acme/a", "user:bob", "ch:other/a"].into_iter().enumerate() {
        let mut action = traced(to, &sampled(1), &format!("traced-{n}"));
        action["payload"] = json!(PAYLOAD);
        client.ask(action).await;
    }
    let unknown = secrets.keep("an unknown API key", "some-other-api-key-of-at-least-32-bytes");
    node.api().with_key(&unknown).get("/v1/presence?user=ada");

    // a broker that is away, and one that refuses the password
    redis.change_password(&mut connection, "another-password");
    redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal").arg("SKIPME").arg("yes").exec(&mut connection).ok();
    assert_eventually!(node.process.output().contains("AuthenticationFailed"), "{}", node.process.output());
    node.process.signal("HUP");

    let exported = |name: &str| collector.output().matches(&format!("\"name\": \"{name}\"")).count();
    assert_eventually!(exported("publish") >= 2 && exported("store") >= 2, "{}", collector.output());
    secrets.assert_none_in("an exported span", &collector.output());
    let (_, metrics) = node.api().text("/metrics");
    secrets.assert_none_in("/metrics", &metrics);
    node.process.signal("TERM");
    assert_eventually!(node.process.ended().is_some(), "it ends");
    let output = node.process.output();
    assert!(output.contains("TRACE") || output.contains("DEBUG"), "it was talkative: {output}");
    secrets.assert_none_in("the log", &output);
}
