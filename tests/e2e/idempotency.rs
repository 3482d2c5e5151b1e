//! A repeated action with the same id is stored once and answered with the same position.

use crate::support::action::publication;
use crate::support::{Cluster, Codec, Login};
use serde_json::{json, Value};

on_every_stack!(
    a_repeated_direct_message_is_stored_once_and_gets_the_same_position,
    a_repeated_event_by_the_server_api_is_stored_once,
);

async fn a_repeated_direct_message_is_stored_once_and_gets_the_same_position(cluster: &Cluster, codec: Codec) {
    let mut sender = cluster.connect(0, codec, &Login::user("u1")).await;
    let mut receiver = cluster.connect(1, codec, &Login::user("u2")).await;
    let mut action = publication("user:u2", "chat/whisper", json!("hi"));
    action["meta"]["hub"]["id"] = json!("k7-17");

    let first = sender.ask(action.clone()).await;
    assert!(first.payload()["duplicate"].is_null(), "{first:?}");
    let again = sender.ask(action.clone()).await;
    assert_eq!((again.pos(), &again.payload()["duplicate"]), (first.pos(), &json!(true)), "{again:?}");

    // the ack was lost with the connection: the retry comes from another node
    sender.close().await;
    let mut reconnected = cluster.connect(2, codec, &Login::user("u1")).await;
    let retried = reconnected.ask(action.clone()).await;
    assert_eq!((retried.pos(), &retried.payload()["duplicate"]), (first.pos(), &json!(true)), "{retried:?}");
    // the key is the sender's own: somebody else's id is another
    let mut other = cluster.connect(2, codec, &Login::user("u3")).await;
    let others = other.ask(action).await;
    assert_ne!(others.pos(), first.pos());

    reconnected.publish("user:u2", "test/end", Value::Null).await;
    assert_eq!(receiver.publications_until("test/end").await.len(), 3, "two messages and the end");
}

async fn a_repeated_event_by_the_server_api_is_stored_once(cluster: &Cluster, codec: Codec) {
    let mut member = cluster.connect(1, codec, &Login::member("ada")).await;
    let event = json!({ "to": "org:acme", "type": "org/notice", "payload": 1, "id": "order-1842-shipped" });
    let first = cluster.api(0).post("/v1/publish", event.clone());
    let again = cluster.api(2).post("/v1/publish", event);
    assert_eq!((first.status, again.status), (200, 200), "{again:?}");
    assert_eq!((&again.body["pos"], &again.body["duplicate"]), (&first.body["pos"], &json!(true)), "{again:?}");
    cluster.api(0).publish("org:acme", "test/end", Value::Null);
    assert_eq!(member.publications_until("test/end").await.len(), 2);
}
