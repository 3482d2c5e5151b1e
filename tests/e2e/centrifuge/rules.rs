//! The rules of the protocol, one by one: how the node answers commands, and how it treats a client that breaks a
//! rule.

use super::raw::Raw;
use super::{cluster, socket, SETTINGS};
use crate::support::{Cluster, Login, Stack};
use serde_json::{json, Value};
use tokio_tungstenite::tungstenite::Message;

/// What is sent on a new socket, and the code it is closed with.
const CLOSED_AT_ONCE: &[(&str, &str, u16)] = &[
    ("a command before connect", r#"{"id":1,"subscribe":{"channel":"chat:a"}}"#, 3501),
    ("a connect without an id", r#"{"connect":{}}"#, 3501),
    ("no JSON", "hello", 3501),
    ("an empty frame", "", 3501),
    ("an array", r#"[{"id":1,"connect":{}}]"#, 3501),
    ("an answer to no ping", "{}", 3501),
    ("a wrong token", r#"{"id":1,"connect":{"token":"no.good.token"}}"#, 3500),
    ("no token", r#"{"id":1,"connect":{}}"#, 3500),
];

/// What is sent when connected, and the code the socket is closed with.
const CLOSED: &[(&str, &str, u16)] = &[
    ("a second connect", r#"{"id":2,"connect":{}}"#, 3501),
    ("a command without an id", r#"{"subscribe":{"channel":"chat:a"}}"#, 3501),
    ("an unknown command", r#"{"id":2,"unknown":{}}"#, 3501),
    ("an empty command", r#"{"id":2}"#, 3501),
    ("a subscription to no channel", r#"{"id":2,"subscribe":{"channel":""}}"#, 3501),
    ("a publication to no channel", r#"{"id":2,"publish":{"data":{}}}"#, 3501),
    ("no JSON", "hello", 3501),
    ("half a document behind a whole one", "{\"id\":2,\"presence\":{\"channel\":\"chat:a\"}}\n{\"id\":", 3501),
    ("an array", "[]", 3501),
    ("an answer to no ping", "{}", 3501),
    ("a message for a server without a handler", r#"{"send":{"data":{}}}"#, 3508),
];

/// Commands of a client that is connected and subscribed to `chat:rules`, each with a part of the expected reply.
fn answered() -> Vec<(&'static str, &'static str, Value, Value)> {
    let error = |code: u32, message: &str| json!({ "error": { "code": code, "message": message } });
    let gone = |flag: u32| json!({ "channel": "chat:past", "recover": true, "offset": 1, "epoch": "1", "flag": flag });
    let since = json!({ "channel": "chat:rules", "limit": 1, "since": { "offset": 1, "epoch": "1" } });
    let (quiet, nothing) = (json!({ "channel": "quiet:a", "data": 1 }), json!({ "publications": [] }));
    let wrong_token = json!({ "channel": "closed:a", "token": "no.good.token" });
    vec![
        ("a token that is none", "subscribe", wrong_token, error(103, "permission denied")),
        ("a name that is too long", "subscribe", json!({ "channel": "x".repeat(300) }), error(107, "bad request")),
        ("an unknown namespace", "subscribe", json!({ "channel": "nowhere:a" }), error(102, "unknown channel")),
        ("a closed namespace", "subscribe", json!({ "channel": "closed:a" }), error(103, "permission denied")),
        ("a channel of others", "subscribe", json!({ "channel": "chat:a#u2" }), error(103, "permission denied")),
        ("twice the same", "subscribe", json!({ "channel": "chat:rules" }), error(105, "already subscribed")),
        ("a position that is gone, or nothing", "subscribe", gone(2), error(112, "unrecoverable position")),
        ("a position that is gone", "subscribe", gone(1), json!({ "subscribe": { "was_recovering": true } })),
        ("to leave what was never joined", "unsubscribe", json!({ "channel": "chat:b" }), json!({ "unsubscribe": {} })),
        ("to publish where none may", "publish", quiet.clone(), error(103, "permission denied")),
        ("presence where there is none", "presence", quiet.clone(), error(108, "not available")),
        ("history where there is none", "history", quiet, error(108, "not available")),
        ("a method nobody answers", "rpc", json!({ "method": "x", "data": 1 }), error(108, "not available")),
        ("a filter by tags", "subscribe", json!({ "channel": "chat:c", "tf": {} }), error(108, "not available")),
        ("a wrong epoch", "history", since, error(112, "unrecoverable position")),
        ("only where the log stands", "history", json!({ "channel": "chat:rules" }), json!({ "history": nothing })),
    ]
}

/// Whether the document contains everything expected; it may contain more.
fn holds(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            expected.iter().all(|(key, value)| actual.get(key).is_some_and(|actual| holds(actual, value)))
        }
        _ => actual == expected,
    }
}

#[tokio::test]
async fn each_rule_of_the_protocol_is_kept() {
    let cluster = cluster(Stack::Memory).await;
    let url = socket(cluster.node(0).public_port());
    for (what, sent, code) in CLOSED_AT_ONCE {
        let mut raw = Raw::open(&url).await;
        raw.send(sent).await;
        assert_eq!(raw.closed().await, *code, "{what}");
    }
    for (what, sent, code) in CLOSED {
        let (mut raw, _) = Raw::connect(&url, &Login::member("u1")).await;
        raw.send(sent).await;
        assert_eq!(raw.closed().await, *code, "{what}");
    }
    let (mut raw, _) = Raw::connect(&url, &Login::member("u1")).await;
    raw.send_message(Message::binary(br#"{"id":2}"#.as_slice())).await;
    assert_eq!(raw.closed().await, 3501, "a binary frame");

    let (mut raw, connected) = Raw::connect(&url, &Login::member("u1")).await;
    assert!(holds(&connected, &json!({ "ping": 25, "pong": true })), "{connected}");
    let begun = raw.ask(2, "subscribe", json!({ "channel": "chat:rules" })).await;
    assert!(holds(&begun, &json!({ "subscribe": { "recoverable": true, "positioned": true } })), "{begun}");
    raw.ask(3, "publish", json!({ "channel": "chat:past", "data": 1 })).await;
    for ((what, command, body, expected), id) in answered().into_iter().zip(10..) {
        let reply = raw.ask(id, command, body).await;
        assert!(holds(&reply, &expected), "{what}: {reply}");
        assert!(reply["subscribe"]["recovered"].is_null() && reply["error"]["temporary"].is_null(), "{what}: {reply}");
    }
}

#[tokio::test]
async fn a_token_that_names_another_organisation_does_not_open_the_namespaces() {
    let cluster = cluster(Stack::Memory).await;
    let url = socket(cluster.node(0).public_port());
    let (mut stranger, _) = Raw::connect(&url, &Login::user("u1").org("globex", &[], &[])).await;
    let (mut plain, _) = Raw::connect(&url, &Login::user("u2")).await;
    for channel in ["chat:tenants", "acme:tenants", "without"] {
        let refused = stranger.ask(2, "subscribe", json!({ "channel": channel })).await;
        assert_eq!(refused["error"]["code"], 102, "{channel}: {refused}");
    }
    let refused = stranger.ask(3, "publish", json!({ "channel": "chat:tenants", "data": 1 })).await;
    assert!(refused["error"]["code"].is_u64(), "{refused}");
    let begun = plain.ask(2, "subscribe", json!({ "channel": "chat:tenants" })).await;
    assert!(begun["subscribe"].is_object(), "a token without organisations: {begun}");
    let of_all = plain.ask(3, "history", json!({ "channel": "chat:tenants", "limit": 10 })).await;
    assert_eq!(of_all["history"]["publications"], json!([]), "{of_all}");
}

#[tokio::test]
async fn commands_behind_connect_in_the_first_frame_are_all_answered_and_connect_is_first() {
    let cluster = cluster(Stack::Memory).await;
    let mut raw = Raw::open(&socket(cluster.node(0).public_port())).await;
    let connect = json!({ "id": 1, "connect": { "token": Login::member("u1").token() } });
    let others = [
        json!({ "id": 2, "subscribe": { "channel": "chat:first" } }),
        json!({ "id": 3, "publish": { "channel": "chat:first", "data": { "n": 1 } } }),
        json!({ "id": 4, "subscribe": { "channel": "nowhere:a" } }),
        json!({ "id": 5, "history": { "channel": "chat:first", "limit": 0 } }),
    ];
    let frame: Vec<String> = [connect].iter().chain(&others).map(Value::to_string).collect();
    raw.send(&frame.join("\n")).await;
    assert!(raw.next("the first document", |_| true).await["connect"].is_object(), "nothing comes before");
    let mut answers = Vec::new();
    let mut published = Value::Null;
    while answers.len() < others.len() || published.is_null() {
        let document = raw.next("a document", |_| true).await;
        match document["id"].as_u64() {
            Some(id) => answers.push(id),
            None => published = document["push"]["pub"]["data"].clone(),
        }
    }
    answers.sort_unstable();
    assert_eq!((answers, published), (vec![2, 3, 4, 5], json!({ "n": 1 })));
}

#[tokio::test]
async fn whoever_does_not_connect_in_time_is_closed_as_stale() {
    let settings: Vec<_> = SETTINGS.into_iter().chain([("HUBWIRE_SOCKET_AUTH_TIMEOUT_MS", "1000")]).collect();
    let cluster = Cluster::start_with(Stack::Memory, &settings).await;
    let mut raw = Raw::open(&socket(cluster.node(0).public_port())).await;
    assert_eq!(raw.closed().await, 3502);
}

#[tokio::test]
async fn a_ping_is_answered_once_and_silence_ends_the_connection() {
    let timing = [("HUBWIRE_SOCKET_PING_INTERVAL_MS", "2000"), ("HUBWIRE_SOCKET_PONG_TIMEOUT_MS", "1000")];
    let settings: Vec<_> = SETTINGS.into_iter().chain(timing).collect();
    let cluster = Cluster::start_with(Stack::Memory, &settings).await;
    let url = socket(cluster.node(0).public_port());
    let (mut raw, _) = Raw::connect(&url, &Login::member("u1")).await;
    raw.next("a ping", |it| *it == json!({})).await;
    raw.send("{}").await;
    raw.next("the next ping", |it| *it == json!({})).await;
    raw.send("{}\n{}").await;
    assert_eq!(raw.closed().await, 3501, "two answers to one ping");
    let (mut silent, _) = Raw::connect(&url, &Login::member("u1")).await;
    assert_eq!(silent.closed().await, 3012);
}
