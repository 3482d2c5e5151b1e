//! Paced ephemeral actions, such as typing: delivered at intervals, and ended by the node.

use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

const PACED: [(&str, &str); 2] = [
    ("HUBWIRE_EPHEMERAL_THROTTLE", "chat/typing=400"),
    ("HUBWIRE_EPHEMERAL_END_AFTER", "chat/typing=1500 chat/typingEnded"),
];
const CHANNEL: &str = "ch:acme/room";
const ENDED: &str = "chat/typingEnded";

fn ephemeral(to: &str, kind: &str, payload: Value) -> Value {
    json!({ "type": kind, "payload": payload, "meta": { "hub": { "to": to, "ephemeral": true } } })
}

fn typing(to: &str, n: usize) -> Value {
    ephemeral(to, "chat/typing", json!(n))
}

/// What arrives up to the end, in short.
async fn heard(client: &mut Client) -> Vec<String> {
    let heard = client.publications_until(ENDED).await;
    heard.iter().map(|(kind, payload)| format!("{} {payload}", kind.trim_start_matches("chat/"))).collect()
}

async fn what_follows_at_once_is_told_as_its_last_and_silence_ends_it(stack: Stack, codec: Codec) {
    let cluster = Cluster::start_with(stack, &PACED).await;
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    ada.join(CHANNEL).await;
    bob.join(CHANNEL).await;
    for to in [CHANNEL, "user:ada"] {
        let mut burst: Vec<Value> = (0..9).map(|n| typing(to, n)).collect();
        // of another type nothing waits
        burst.push(ephemeral(to, "chat/waved", Value::Null));
        burst.push(typing(to, 9));
        bob.send(&json!(burst)).await;
        assert_eq!(heard(&mut ada).await, ["typing 0", "waved null", "typing 9", "typingEnded null"], "{to}");
    }
    // each is acknowledged, whether it or a later one is delivered
    for n in 0..3 {
        assert_eq!(bob.ask(typing(CHANNEL, n)).await.kind(), "@@hub/ack");
    }
    // the client ends it itself: the pending action is dropped, and there is no second end
    bob.send(&json!([typing(CHANNEL, 3), ephemeral(CHANNEL, ENDED, json!("mine"))])).await;
    let first = heard(&mut ada).await;
    assert_eq!((first.first().unwrap().as_str(), first.last().unwrap().as_str()), ("typing 0", "typingEnded \"mine\""));
    bob.send(&typing(CHANNEL, 4)).await;
    assert_eq!(heard(&mut ada).await, ["typing 4", "typingEnded null"]);
    // leaving and disconnecting end it at once
    bob.send(&json!([typing(CHANNEL, 5), { "type": "@@hub/leave", "meta": { "hub": { "to": CHANNEL } } }])).await;
    assert_eq!(heard(&mut ada).await, ["typing 5", "typingEnded null"]);
    bob.join(CHANNEL).await;
    bob.ask(typing(CHANNEL, 6)).await;
    bob.close().await;
    assert_eq!(heard(&mut ada).await, ["typing 6", "typingEnded null"]);
}

#[tokio::test]
async fn memory_json() {
    what_follows_at_once_is_told_as_its_last_and_silence_ends_it(Stack::Memory, Codec::Json).await;
}

#[tokio::test]
async fn memory_msgpack() {
    what_follows_at_once_is_told_as_its_last_and_silence_ends_it(Stack::Memory, Codec::Msgpack).await;
}

#[tokio::test]
async fn redis_json() {
    what_follows_at_once_is_told_as_its_last_and_silence_ends_it(Stack::Redis, Codec::Json).await;
}

#[tokio::test]
async fn redis_msgpack() {
    what_follows_at_once_is_told_as_its_last_and_silence_ends_it(Stack::Redis, Codec::Msgpack).await;
}
