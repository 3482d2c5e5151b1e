//! Calls to the application, other dialects, and sessions without a socket, at the most talkative level.

use super::{http, try_in, Secrets, PAYLOAD};
use crate::centrifuge::{raw::Raw, socket};
use crate::support::action::{control_at, publication};
use crate::support::eventually::DEADLINE;
use crate::support::{settings, Application, Client, Codec, Does, EventStream, Login, Node, Offer};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

const APPLICATION_SECRET: &str = "application-secret-of-the-leak-test-of-32-bytes";
const ADDRESS_SECRET: &str = "address-secret-of-the-leak-test-of-32-bytes";

/// A node with all that calls an application or speaks another dialect.
async fn busy_node(directory: &std::path::Path, application: &Application) -> Node {
    let schema = directory.join("schema.json");
    std::fs::write(&schema, r#"{"type":"object"}"#).unwrap();
    let (connect, decide) = (application.url("/connect"), application.url("/decide"));
    let rpc = format!("*={}", application.url("/rpc"));
    let schemas = format!("strict on * as {}", schema.display());
    let options = [
        ("HUBWIRE_LOG_LEVEL", "trace"),
        ("HUBWIRE_APPLICATION_SECRETS", APPLICATION_SECRET),
        ("HUBWIRE_AUTH_ADDRESS_TOKEN_SECRETS", ADDRESS_SECRET),
        ("HUBWIRE_HOOKS_CONNECT_URL", &*connect),
        ("HUBWIRE_HOOKS_CONNECT_HEADERS", "cookie,x-app-key"),
        ("HUBWIRE_HOOKS_JOIN_URL", &*decide),
        ("HUBWIRE_HOOKS_PUBLISH_URL", &*decide),
        ("HUBWIRE_HOOKS_KEEP_MS", "0"),
        ("HUBWIRE_RPC_METHODS", &*rpc),
        ("HUBWIRE_EVENTS_WEBHOOK_URL", &*application.url("/events")),
        ("HUBWIRE_EVENTS_PUBLICATIONS", "ch:*/**"),
        ("HUBWIRE_ACCESS_SCHEMAS", &*schemas),
        ("HUBWIRE_ROOMS_ENABLED", "true"),
        ("HUBWIRE_ROOMS_ORG", "acme"),
        ("HUBWIRE_CENTRIFUGE_ENABLED", "true"),
        ("HUBWIRE_CENTRIFUGE_PUBLIC_API", "true"),
        ("HUBWIRE_CENTRIFUGE_NAMESPACES", "chat acme subscribe publish history,closed acme"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let options: Vec<_> = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut node = Node::spawn_set("n1", None, &options);
    node.ready().await;
    node
}

/// A command of a Centrifuge client that connects, right or wrong.
async fn try_centrifuge(node: &Node, token: &str, subscription: &str) {
    let mut raw = Raw::open(&socket(node.public_port())).await;
    let connect = json!({ "id": 1, "connect": { "token": token } });
    let subscribe = json!({ "id": 2, "subscribe": { "channel": "closed:a", "token": subscription } });
    let publish = json!({ "id": 3, "publish": { "channel": "chat:a", "data": PAYLOAD } });
    raw.send(&[connect, subscribe, publish].map(|it| it.to_string()).join("\n")).await;
    raw.next_or_closed().await;
    let connect = json!({ "token": token, "subs": { "chat:a": { "token": subscription } } }).to_string();
    let query: String = connect.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let request = format!("GET /connection/uni_sse?cf_connect={query} HTTP/1.1\r\nHost: hub\r\n\r\n");
    http_head(node.public_port(), &request);
}

/// The first bytes of an answer that may have no end.
fn http_head(port: u16, request: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
}

#[tokio::test]
async fn no_application_no_other_dialect_and_no_stream_shows_a_secret_at_the_most_talkative_level() {
    let directory = tempfile::tempdir().unwrap();
    let application = Application::start(|received| match &*received.path {
        "/connect" if received.text.contains("tablet") => Does::ok(json!({ "user": 7, "scopes": [PAYLOAD] })),
        "/connect" => Does::ok(json!({ "user": "eve", "orgs": { "acme": {} } })),
        "/decide" if received.text.contains("refused") => Does::status(500),
        "/rpc" if received.text.contains("fails") => Does::Answers(200, format!("no JSON: {PAYLOAD}")),
        "/rpc" => Does::ok(json!(PAYLOAD)),
        "/events" => Does::status(204),
        _ => Does::ok(json!({ "allow": true })),
    });
    let mut node = busy_node(directory.path(), &application).await;
    let mut secrets = Secrets(BTreeMap::new());
    for (name, secret) in [
        ("the secret of tokens", settings::JWT_SECRET),
        ("the API key", settings::API_KEY),
        ("the secret of the application", APPLICATION_SECRET),
        ("the secret of tokens for addresses", ADDRESS_SECRET),
        ("a payload", PAYLOAD),
    ] {
        secrets.keep(name, secret);
    }

    // the application hears of a cookie and of a header, and answers well, badly and not at all
    let cookie = secrets.keep("a cookie of the application", "cookie-of-the-application-1f2e3d4c5b6a");
    let header = secrets.keep("a header for the application", "header-for-the-application-6a5b4c3d2e1f");
    for device in ["phone", "tablet"] {
        let headers = vec![("cookie".into(), format!("app={cookie}")), ("x-app-key".into(), header.clone())];
        let origin = Some(settings::ALLOWED_ORIGIN.to_owned());
        let query = format!("?device={device}");
        try_in(&node, &Offer { headers, origin, query, ..Offer::codec(Codec::Json) }).await;
    }
    let mut ada = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    for (kind, payload) in [("note", json!(PAYLOAD)), ("strict", json!(PAYLOAD)), ("refused", json!(PAYLOAD))] {
        ada.ask(publication("ch:acme/a", kind, payload)).await;
    }
    for method in ["works", "fails"] {
        ada.ask(json!({ "type": "@@hub/rpc", "payload": { "method": method, "params": PAYLOAD } })).await;
    }
    // tokens for one channel: a good one, one signed by others, one for somebody else
    let key = jsonwebtoken::EncodingKey::from_secret(ADDRESS_SECRET.as_bytes());
    for (name, user) in [("a token for an address", "ada"), ("a token for another's address", "bob")] {
        let claims = json!({ "sub": user, "exp": 4_000_000_000_u64, "address": "ch:acme/b" });
        let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
        let token = secrets.keep(name, &token);
        ada.ask(control_at("ch:acme/b", "@@hub/join", json!({ "token": token }))).await;
    }
    let forged = secrets.keep("a forged token for an address", &Login::member("ada").token_for("ch:acme/b", &[], 60));
    ada.ask(control_at("ch:acme/b", "@@hub/join", json!({ "token": forged }))).await;

    // without a socket
    let mut stream = EventStream::open(node.public_port(), &Login::member("zoe"));
    let key = secrets.keep("the key of a stream", &stream.key);
    stream.ask(publication("ch:acme/a", "note", json!(PAYLOAD)));
    stream.ask(publication("ch:acme/a", "strict", json!(PAYLOAD)));
    assert_eq!(stream.post_as(&format!("{key}x"), &json!([PAYLOAD])), 404);
    assert_eq!(stream.post(&json!({ "type": 7, "payload": PAYLOAD })), 202, "the stream says what is wrong with it");

    // Centrifuge clients and their server API
    let good = secrets.keep("a token of a Centrifuge client", &Login::member("cy").token());
    let bad = secrets.keep("a forged token of one", &Login::member("cy").forged().token());
    let old = secrets.keep("an expired token of one", &Login::member("cy").expired().token());
    let claimed = |login: Login| login.claim("channel", json!("closed:a")).token();
    let subscription = secrets.keep("a subscription token", &claimed(Login::user("cy")));
    let forged = secrets.keep("a forged subscription token", &claimed(Login::user("cy").forged()));
    for (token, subscription) in [(&good, &subscription), (&good, &forged), (&bad, &forged), (&old, &subscription)] {
        try_centrifuge(&node, token, subscription).await;
    }
    let wrong = secrets.keep("a wrong API key", "wrong-api-key-of-the-leak-test-of-32-bytes");
    for key in [settings::API_KEY, &wrong] {
        for (query, header) in
            [(String::new(), format!("X-API-Key: {key}")), (format!("?api_key={key}"), "X-None: 0".to_owned())]
        {
            let body = json!({ "channel": "chat:a", "data": PAYLOAD }).to_string();
            let length = body.len();
            http(
                node.public_port(),
                &format!(
                    "POST /api/publish{query} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n{header}\r\n\
                     Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
                ),
            );
        }
    }

    // clients in rooms, with their one-time password in the URL and in their first event
    let rooms = node.url().replace("/ws", "/rooms");
    let otp = secrets.keep("a one-time password", &node.api().ticket(&Login::member("guest")));
    let second = secrets.keep("a second one", &node.api().ticket(&Login::member("guest")));
    let subprotocols = || vec!["hubwire.rooms".to_owned()];
    for _ in ["used", "used again"] {
        let offer = Offer { query: format!("?otp={otp}"), subprotocols: subprotocols(), ..Offer::default() };
        if let Ok(mut client) = Client::open(&rooms, Codec::Json, &offer).await {
            client.send(&json!({ "type": "send_message", "payload": { "message": PAYLOAD } })).await;
            client.next_or_closed().await;
        }
        let offer = Offer { subprotocols: subprotocols(), ..Offer::default() };
        let mut client = Client::open(&rooms, Codec::Json, &offer).await.ok().unwrap();
        client.send(&json!({ "type": "auth", "payload": { "otp": second } })).await;
        client.send(&json!({ "type": "send_message", "payload": { "message": PAYLOAD } })).await;
        client.next_or_closed().await;
    }

    assert_eventually!(application.received().iter().any(|it| it.path == "/events"), "the webhook hears of it");
    let received = application.received();
    assert!(received.iter().any(|it| it.headers.get("cookie").is_some_and(|it| it.contains(&cookie))), "{received:?}");
    let audit = node.api().get("/v1/audit").body.to_string();
    secrets.assert_none_in("/v1/audit", &audit);
    secrets.assert_none_in("/metrics", &node.api().text("/metrics").1);
    secrets.assert_none_in("/debug/status", &node.api().get("/debug/status").body.to_string());
    node.process.signal("TERM");
    assert_eventually!(node.process.ended().is_some(), "it ends");
    let output = node.process.output();
    assert!(output.contains("TRACE") || output.contains("DEBUG"), "it was talkative: {output}");
    secrets.assert_none_in("the log", &output);
    for request in received {
        let (_, signature) = request.headers["x-hubwire-signature"].rsplit_once("v1=").unwrap();
        assert!(!output.contains(signature), "the log shows the signature of {}", request.path);
    }
}
