//! When users were last seen: reported to clients that ask or watch, wherever the last session was, also after its
//! node died.

use crate::support::action::{control, control_at};
use crate::support::{Action, Cluster, Codec, Login, Stack};
use serde_json::json;

const ON: [(&str, &str); 2] = [("HUBWIRE_PRESENCE_LAST_SEEN", "true"), ("HUBWIRE_PRESENCE_LEFT_GRACE_MS", "200")];

/// The time at which each user was last seen, for users with that information.
fn last_seen(action: &Action) -> Vec<(String, Option<u64>)> {
    let users = action.payload()["users"].as_array().unwrap_or_else(|| panic!("no users: {action:?}"));
    users.iter().map(|it| (it["user"].as_str().unwrap().into(), it["last_seen"].as_u64())).collect()
}

async fn who_was_there_and_when_is_told(stack: Stack, codec: Codec) {
    let cluster = Cluster::start_with(stack, &ON).await;
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    assert!(ada.welcome()["features"].as_array().unwrap().contains(&json!("last_seen")));
    let began = ada.welcome()["now"].as_u64().unwrap();
    // two devices on two nodes: the last one to go counts
    let phone = cluster.connect(1, codec, &Login::member("bob")).await;
    let desk = cluster.connect(2, codec, &Login::member("bob")).await;
    let watched = ada.ask(control("@@hub/watch", json!({ "users": ["bob", "eve"] }))).await;
    assert_eq!(last_seen(&watched), [("bob".into(), None), ("eve".into(), None)], "one is there, one never was");
    phone.close().await;
    cluster.sessions_are("bob", 1).await;
    let asked = ada.ask(control("@@hub/presence", json!({ "users": ["bob"] }))).await;
    assert_eq!(last_seen(&asked), [("bob".into(), None)]);
    desk.close().await;
    let told = ada.next("a push", |it| it.kind() == "@@hub/presence" && it.hub("re").is_null()).await;
    let seen = told.payload()["users"][0]["last_seen"].as_u64().unwrap_or_else(|| panic!("no time: {told:?}"));
    // the clocks of this machine are one
    assert!((began.saturating_sub(1000)..began + 60_000).contains(&seen), "{seen} is not about {began}");
    let asked = ada.ask(control_at("user:bob", "@@hub/presence", json!({}))).await;
    assert_eq!(asked.payload(), &json!({ "users": [{ "user": "bob", "sessions": 0, "last_seen": seen }] }));
    let never = ada.ask(control_at("user:eve", "@@hub/presence", json!({}))).await;
    assert_eq!(never.payload(), &json!({ "users": [] }));
    let api = cluster.api(1);
    assert_eq!(api.ok(api.get("/v1/presence?user=bob"))["users"][0]["last_seen"], json!(seen));
    assert_eq!(api.ok(api.get("/v1/users/bob"))["last_seen"], json!(seen));
}

#[tokio::test]
async fn memory_json() {
    who_was_there_and_when_is_told(Stack::Memory, Codec::Json).await;
}

#[tokio::test]
async fn memory_msgpack() {
    who_was_there_and_when_is_told(Stack::Memory, Codec::Msgpack).await;
}

#[tokio::test]
async fn redis_json() {
    who_was_there_and_when_is_told(Stack::Redis, Codec::Json).await;
}

#[tokio::test]
async fn redis_msgpack() {
    who_was_there_and_when_is_told(Stack::Redis, Codec::Msgpack).await;
}

/// The node of the last session died: the node that reaps it records the time.
#[tokio::test]
async fn the_end_of_a_node_counts_as_the_end_of_its_sessions() {
    let mut cluster = Cluster::start_with(Stack::Redis, &ON).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    let _bob = cluster.connect(1, Codec::Json, &Login::member("bob")).await;
    ada.ask(control("@@hub/watch", json!({ "users": ["bob"] }))).await;
    cluster.node_mut(1).process.kill();
    let mut seen;
    assert_eventually!(
        {
            let asked = ada.ask(control("@@hub/presence", json!({ "users": ["bob"] }))).await;
            seen = asked.payload()["users"][0]["last_seen"].as_u64();
            seen.is_some()
        },
        "bob was seen"
    );
    assert!(seen > ada.welcome()["now"].as_u64(), "{seen:?}");
}

/// Off, which is the default: nothing is recorded, so nothing is reported.
#[tokio::test]
async fn off_nothing_is_noted() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    assert!(!ada.welcome()["features"].as_array().unwrap().contains(&json!("last_seen")));
    cluster.connect(1, Codec::Json, &Login::member("bob")).await.close().await;
    cluster.sessions_are("bob", 0).await;
    let asked = ada.ask(control("@@hub/presence", json!({ "users": ["bob"] }))).await;
    assert_eq!(asked.payload(), &json!({ "users": [{ "user": "bob", "online": false, "sessions": 0 }] }));
    let keys: Vec<String> = redis::cmd("KEYS").arg("*:seen").query(&mut cluster.redis().connection()).unwrap();
    assert_eq!(keys, Vec::<String>::new());
}
