//! Direct messages between users on any nodes: delivered once per session, with an outcome for the sender.

use crate::support::action::{control, publication, seq};
use crate::support::redis_server::RedisServer;
use crate::support::{Client, Cluster, Codec, Login, Node};
use serde_json::{json, Value};
use std::collections::BTreeSet;

on_every_stack!(
    a_direct_message_reaches_every_session_of_both_users_once_but_the_originating_one,
    a_direct_message_to_an_absent_user_waits_for_the_next_attach,
    a_payload_passes_as_it_was_sent,
    a_message_to_oneself_is_stored_once,
);
behind_haproxy!(
    a_direct_message_reaches_every_session_of_both_users_once_but_the_originating_one,
    a_direct_message_to_an_absent_user_waits_for_the_next_attach,
    a_payload_passes_as_it_was_sent,
    a_message_to_oneself_is_stored_once,
);

/// Connects in this order, so that a balancer by least connections puts the first three on three nodes.
async fn sender_two_receivers_and_copy(cluster: &Cluster, codec: Codec) -> [Client; 4] {
    let (sender, receiver) = (Login::user("u1"), Login::user("u2"));
    [
        cluster.connect(0, codec, &sender).await,
        cluster.connect(1, codec, &receiver).await,
        cluster.connect(2, codec, &receiver).await,
        cluster.connect(1, codec, &sender).await,
    ]
}

async fn a_direct_message_reaches_every_session_of_both_users_once_but_the_originating_one(
    cluster: &Cluster,
    codec: Codec,
) {
    let [mut origin, mut near, mut far, mut copy] = sender_two_receivers_and_copy(cluster, codec).await;
    let mut stranger = cluster.connect(2, codec, &Login::user("u3")).await;

    let whisper = publication("user:u2", "chat/whisper", json!({ "text": "hi" }));
    let ack = origin.ask(whisper).await;
    assert_eq!(ack.kind(), "@@hub/ack", "{ack:?}");
    let owners = BTreeSet::from([near.node(), far.node()]);
    assert_eq!(ack.payload()["sessions"], 2, "{ack:?}");
    assert_eq!(ack.payload()["nodes"], owners.len(), "{ack:?}");

    for receiver in [&mut near, &mut far] {
        let received = receiver.next_of("chat/whisper").await;
        assert_eq!(received.payload(), &json!({ "text": "hi" }));
        assert_eq!((received.to(), received.hub("from")), ("user:u2", &json!("u1")), "{received:?}");
        assert_eq!(received.pos(), ack.pos());
        assert!(received.hub("ts").as_u64().is_some(), "{received:?}");
        assert_eq!(received.hub("id"), ack.hub("re"), "the key is echoed: {received:?}");
    }
    let copied = copy.next_of("chat/whisper").await;
    assert_eq!((copied.to(), copied.hub("from")), ("user:u2", &json!("u1")), "{copied:?}");

    // what follows in the same streams proves that nothing came twice, and not to others
    origin.publish("user:u2", "test/end", Value::Null).await;
    for once in [&mut near, &mut far, &mut copy] {
        assert_eq!(once.publications_until("test/end").await.len(), 1);
    }
    cluster.api(0).publish("user:u3", "test/end", Value::Null);
    assert_eq!(stranger.publications_until("test/end").await.len(), 1);
    let to_origin = origin.fence().await;
    assert!(to_origin.iter().all(|it| it.is_control()), "the originating session got only acks: {to_origin:?}");
}

async fn a_direct_message_to_an_absent_user_waits_for_the_next_attach(cluster: &Cluster, codec: Codec) {
    let receiver = Login::user("u2");
    let before = cluster.connect(1, codec, &receiver).await;
    let position = before.position_at_welcome("user:u2");
    before.close().await;
    cluster.sessions_are("u2", 0).await;

    let mut sender = cluster.connect(0, codec, &Login::user("u1")).await;
    let mut stored = Vec::new();
    for n in 1..=3 {
        let ack = sender.publish("user:u2", "chat/whisper", json!(n)).await;
        assert_eq!((&ack.payload()["sessions"], &ack.payload()["nodes"]), (&json!(0), &json!(0)), "{ack:?}");
        stored.push(ack.pos().to_string());
    }
    assert!(stored.windows(2).all(|pair| seq(&pair[0]) < seq(&pair[1])), "{stored:?}");

    let mut after = cluster.connect(2, codec, &receiver).await;
    assert_eq!(after.position_at_welcome("user:u2"), stored[2]);
    let resumed = after.ask(control("@@hub/resume", json!({ "positions": { "user:u2": position } }))).await;
    assert_eq!((resumed.kind(), resumed.to()), ("@@hub/resumed", "user:u2"), "{resumed:?}");
    assert_eq!(resumed.payload()["recovered"], true, "{resumed:?}");
    sender.publish("user:u2", "test/end", Value::Null).await;
    let expected = [1, 2, 3].map(|n| ("chat/whisper".to_string(), json!(n)));
    assert_eq!(after.publications_until("test/end").await[..3], expected);
}

async fn a_payload_passes_as_it_was_sent(cluster: &Cluster, codec: Codec) {
    let mut sender = cluster.connect(0, codec, &Login::user("u1")).await;
    // the other codec on the other side: what arrives is the same value
    let other = if codec == Codec::Json { Codec::Msgpack } else { Codec::Json };
    let mut receiver = cluster.connect(1, other, &Login::user("u2")).await;

    let payload = json!({
        "text": "ünï – \u{1f600} \" \\ \u{0007} </script>",
        "numbers": [0, -1, 9_007_199_254_740_993_u64, u64::MAX, i64::MIN, 0.1, -1.5e300],
        "nothing": null, "flags": [true, false], "empty": [{}, [], ""],
        "deep": { "a": { "b": { "c": [[["d"]]] } } },
        "type": "not ours", "meta": { "hub": { "to": "user:u9" } },
    });
    let mut action = publication("user:u2", "test/payload", payload.clone());
    action["error"] = json!(true);
    action["meta"]["trace"] = json!({ "id": "4bf92f35" });
    action["meta"]["hub"]["from"] = json!("somebody else");
    action["meta"]["hub"]["pos"] = json!("1-1");
    let ack = sender.ask(action).await;

    let received = receiver.next_of("test/payload").await;
    assert_eq!(received.payload(), &payload);
    assert_eq!(received.0["error"], true);
    assert_eq!(received.0["meta"]["trace"], json!({ "id": "4bf92f35" }));
    assert_eq!((received.hub("from"), received.pos()), (&json!("u1"), ack.pos()), "the server owns meta.hub");
    let keys: Vec<_> = received.0.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(keys.iter().all(|key| ["type", "payload", "error", "meta"].contains(key)), "{keys:?}");
}

async fn a_message_to_oneself_is_stored_once(cluster: &Cluster, codec: Codec) {
    let me = Login::user("u1");
    let mut here = cluster.connect(0, codec, &me).await;
    let mut there = cluster.connect(1, codec, &me).await;
    let position = here.position_at_welcome("user:u1");

    let note = here.publish("user:u1", "note/added", json!(1)).await;
    let end = here.publish("user:u1", "test/end", Value::Null).await;
    assert_eq!(there.publications_until("test/end").await.len(), 2);
    assert_eq!(seq(end.pos()), seq(note.pos()) + 1);

    let history = there.ask(crate::support::action::control_at("user:u1", "@@hub/history", json!({}))).await;
    let stored = history.payload()["publications"].as_array().unwrap().len();
    assert_eq!(stored, 2, "since {position}: {history:?}");
}

/// A node refreshes the live set once a second; a message also reaches sessions on a node younger than that.
#[tokio::test]
async fn a_session_on_a_node_that_has_just_started_is_reached() {
    let redis = RedisServer::start().await;
    let first = Node::start("n1", Some(&redis.url())).await;
    let mut sender = Client::connect(&first.url(), Codec::Json, &Login::user("u1")).await;
    let second = Node::start("n2", Some(&redis.url())).await;
    let mut receiver = Client::connect(&second.url(), Codec::Json, &Login::user("u2")).await;
    let ack = sender.publish("user:u2", "chat/whisper", Value::Null).await;
    assert_eq!(ack.payload()["sessions"], 1, "{ack:?}");
    receiver.next_of("chat/whisper").await;
}
