//! A repeated action with the same id is stored once and answered with the same position.

use crate::support::action::publication;
use crate::support::{Client, Cluster, Codec, Login, Offer};
use serde_json::{json, Value};

on_every_stack!(
    a_repeated_direct_message_is_stored_once_and_gets_the_same_position,
    a_repeated_event_by_the_server_api_is_stored_once,
    two_tabs_and_a_page_after_a_reload_may_use_the_same_ids,
    a_used_id_of_a_device_with_another_content_is_a_conflict,
    a_used_key_of_the_server_api_with_another_body_is_a_conflict,
);

/// A session of a device; without one, of a browser tab.
async fn connect(cluster: &Cluster, node: usize, codec: Codec, user: &str, device: Option<&str>) -> Client {
    let query = device.map_or(String::new(), |device| format!("?device={device}"));
    let offer = Offer { query, ..Offer::login(codec, &Login::user(user)) };
    let mut client = Client::open(&cluster.url(node), codec, &offer).await.expect("the upgrade is accepted");
    client.welcomed().await;
    client
}

/// A message with an id that every client that counts from one would use.
fn first_message(to: &str, text: &str) -> Value {
    let mut action = publication(to, "chat/text", json!(text));
    action["meta"]["hub"]["id"] = json!("k1");
    action
}

async fn a_repeated_direct_message_is_stored_once_and_gets_the_same_position(cluster: &Cluster, codec: Codec) {
    let mut sender = connect(cluster, 0, codec, "u1", Some("phone")).await;
    let mut receiver = cluster.connect(1, codec, &Login::user("u2")).await;
    let mut action = publication("user:u2", "chat/whisper", json!("hi"));
    action["meta"]["hub"]["id"] = json!("k7-17");

    let first = sender.ask(action.clone()).await;
    assert!(first.payload()["duplicate"].is_null(), "{first:?}");
    let again = sender.ask(action.clone()).await;
    assert_eq!((again.pos(), &again.payload()["duplicate"]), (first.pos(), &json!(true)), "{again:?}");
    assert_eq!(again.payload()["ts"], first.payload()["ts"], "when it was stored: {again:?}");

    // the ack was lost with the connection: the retry comes from another node
    sender.close().await;
    let mut reconnected = connect(cluster, 2, codec, "u1", Some("phone")).await;
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

async fn two_tabs_and_a_page_after_a_reload_may_use_the_same_ids(cluster: &Cluster, codec: Codec) {
    for to in ["user:rcv", "user:bob"] {
        let mut reader = connect(cluster, 0, codec, &to["user:".len()..], None).await;
        let mut tab = connect(cluster, 0, codec, "bob", None).await;
        let mut other_tab = connect(cluster, 1, codec, "bob", None).await;
        let first = tab.ask(first_message(to, "of one tab")).await;
        let second = other_tab.ask(first_message(to, "of the other tab")).await;
        tab.close().await;
        let mut reloaded = connect(cluster, 0, codec, "bob", None).await;
        let third = reloaded.ask(first_message(to, "after a reload")).await;
        for ack in [&first, &second, &third] {
            assert_eq!(ack.kind(), "@@hub/ack", "{ack:?}");
            assert!(ack.payload()["duplicate"].is_null(), "{ack:?}");
        }
        // a session's own repeat is one all the same
        let again = reloaded.ask(first_message(to, "after a reload")).await;
        assert_eq!((again.pos(), &again.payload()["duplicate"]), (third.pos(), &json!(true)), "{again:?}");
        reloaded.publish(to, "test/end", Value::Null).await;
        let seen = reader.publications_until("test/end").await;
        let texts: Vec<&str> = seen.iter().filter_map(|(_, payload)| payload.as_str()).collect();
        assert_eq!(texts, ["of one tab", "of the other tab", "after a reload"]);
    }
}

async fn a_used_id_of_a_device_with_another_content_is_a_conflict(cluster: &Cluster, codec: Codec) {
    let mut receiver = connect(cluster, 0, codec, "rcv", None).await;
    let mut phone = connect(cluster, 0, codec, "bob", Some("phone")).await;
    phone.ask(first_message("user:rcv", "first")).await;
    phone.close().await;
    let mut phone = connect(cluster, 1, codec, "bob", Some("phone")).await;
    let mut with_meta = first_message("user:rcv", "first");
    with_meta["meta"]["trace"] = json!(1);
    let mut of_another_type = first_message("user:rcv", "first");
    of_another_type["type"] = json!("chat/edit");
    let others = [first_message("user:rcv", "second"), first_message("user:eve", "first"), with_meta, of_another_type];
    for other in others {
        let refused = phone.ask(other.clone()).await;
        assert_eq!((refused.kind(), refused.code()), ("@@hub/error", "id_conflict"), "{other}");
        assert_eq!(refused.payload()["retry"], false, "{refused:?}");
    }
    phone.publish("user:rcv", "test/end", Value::Null).await;
    assert_eq!(receiver.publications_until("test/end").await.len(), 2, "the first and the end");
}

async fn a_used_key_of_the_server_api_with_another_body_is_a_conflict(cluster: &Cluster, codec: Codec) {
    let mut member = cluster.connect(1, codec, &Login::member("ada")).await;
    for to in ["org:acme", "user:ada"] {
        let body = |payload: u32| json!({ "to": to, "type": "org/notice", "payload": payload, "id": "invoice-77" });
        let first = cluster.api(0).post("/v1/publish", body(1));
        let other = cluster.api(2).post("/v1/publish", body(2));
        assert_eq!((other.status, &other.body["error"]["code"]), (409, &json!("id_conflict")), "{other:?}");
        let again = cluster.api(1).post("/v1/publish", body(1));
        assert_eq!((again.status, &again.body["pos"]), (200, &first.body["pos"]), "{again:?}");
        let items = cluster.api(1).post("/v1/publish", json!([body(3), body(1)]));
        let results = &items.body["results"];
        assert_eq!((&results[0]["error"]["code"], &results[1]["duplicate"]), (&json!("id_conflict"), &json!(true)));
    }
    cluster.api(0).publish("org:acme", "test/end", Value::Null);
    assert_eq!(member.publications_until("test/end").await.len(), 3);
}
