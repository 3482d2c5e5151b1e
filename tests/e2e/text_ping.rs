//! `?ping=text`: the node pings with an action, for clients that cannot see WebSocket pings.

use crate::support::action::control;
use crate::support::{Client, Codec, Login, Node, Offer};
use serde_json::json;

/// Pings often, and waits little for an answer.
async fn node() -> Node {
    let options = [("HUBWIRE_SOCKET_PING_INTERVAL_MS", "1000"), ("HUBWIRE_SOCKET_PONG_TIMEOUT_MS", "500")];
    let mut node = Node::spawn_set("n1", None, &options);
    node.ready().await;
    node
}

async fn connect(node: &Node, codec: Codec, user: &str) -> Client {
    let offer = Offer { query: "?ping=text".into(), ..Offer::login(codec, &Login::member(user)) };
    let mut client = Client::open(&node.url(), codec, &offer).await.unwrap();
    client.welcomed().await;
    client
}

#[tokio::test]
async fn who_answers_text_pings_stays_and_who_does_not_is_closed() {
    let node = node().await;
    for codec in [Codec::Json, Codec::Msgpack] {
        let mut answers = connect(&node, codec, "ada").await;
        let mut silent = connect(&node, codec, "bob").await;
        for _ in 0..3 {
            answers.next_of("@@hub/ping").await;
            answers.send(&control("@@hub/ping", json!({}))).await;
        }
        silent.next_of("@@hub/ping").await;
        assert_eq!(silent.closed().await, 4001);
        answers.publish("user:ada", "still/here", json!(1)).await;
    }
}

#[tokio::test]
async fn whoever_did_not_ask_for_it_gets_no_such_action() {
    let node = node().await;
    let mut usual = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    let mut asked = connect(&node, Codec::Json, "bob").await;
    for _ in 0..2 {
        asked.next_of("@@hub/ping").await;
        asked.send(&control("@@hub/ping", json!({}))).await;
        // its own library answers WebSocket pings while it reads
        usual.publish("user:ada", "still/here", json!(1)).await;
    }
    let seen = usual.fence().await;
    assert!(seen.iter().all(|action| action.kind() != "@@hub/ping"), "{seen:?}");
}
