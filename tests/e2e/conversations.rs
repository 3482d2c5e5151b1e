//! A user's recent conversations, their unread counts, and contacts by name.

use crate::support::action::{control, publication};
use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

const ON: [(&str, &str); 1] = [("HUBWIRE_PEOPLE_ENABLED", "true")];

/// Each conversation: with whom, how many are unread, the payload of the last message; and whether there are more.
async fn conversations(client: &mut Client, query: Value) -> (Vec<(String, u64, Value)>, bool) {
    let answer = client.ask(control("@@hub/conversations", query)).await;
    let list = answer.payload()["conversations"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    let one = |it: &Value| {
        let user = it["user"].as_str().unwrap().to_owned();
        (user, it["unread"].as_u64().unwrap(), it["last"]["payload"].clone())
    };
    (list.iter().map(one).collect(), answer.payload()["more"] == true)
}

fn talk(user: &str, unread: u64, last: Value) -> (String, u64, Value) {
    (user.into(), unread, last)
}

async fn write(client: &mut Client, to: &str, payload: Value) {
    let ack = client.ask(publication(&format!("user:{to}"), "chat/text", payload)).await;
    assert_eq!(ack.kind(), "@@hub/ack", "{ack:?}");
}

async fn the_newest_conversations_come_first_with_what_is_unread(stack: Stack, codec: Codec) {
    let cluster = Cluster::start_with(stack, &ON).await;
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut phone = cluster.connect(1, codec, &Login::member("ada")).await;
    assert!(ada.welcome()["features"].as_array().unwrap().contains(&json!("conversations")));
    assert_eq!(conversations(&mut ada, json!({})).await, (vec![], false));
    let mut bob = cluster.connect(2, codec, &Login::member("bob")).await;
    let mut eve = cluster.connect(1, codec, &Login::member("eve")).await;
    write(&mut bob, "ada", json!(1)).await;
    write(&mut bob, "ada", json!(2)).await;
    write(&mut eve, "ada", json!({ "text": "ä" })).await;
    write(&mut ada, "zoe", json!(3)).await;
    // neither a message of the server nor a change of contacts is one
    cluster.api(1).publish("user:ada", "news", json!(4));
    ada.ask(control("@@hub/contact", json!({ "user": "bob", "act": "invite" }))).await;
    let (zoe, from_eve) = (talk("zoe", 0, json!(3)), talk("eve", 1, json!({ "text": "ä" })));
    let all = vec![zoe.clone(), from_eve.clone(), talk("bob", 2, json!(2))];
    assert_eq!(conversations(&mut ada, json!({})).await, (all.clone(), false));
    assert_eq!(conversations(&mut phone, json!({ "limit": 2 })).await, (all[..2].to_vec(), true));
    // the other side has its own view of it
    assert_eq!(conversations(&mut bob, json!({})).await, (vec![talk("ada", 0, json!(2))], false));
    // read on one device, heard on both, and never back
    let page = ada.ask(control("@@hub/conversations", json!({}))).await;
    let last = |at: usize| page.payload()["conversations"][at]["last"].clone();
    assert_eq!(last(2)["meta"]["hub"]["from"], "bob");
    let read = json!({ "user": "bob", "pos": last(2)["meta"]["hub"]["pos"] });
    assert_eq!(phone.ask(control("@@hub/read", read.clone())).await.kind(), "@@hub/ack");
    for session in [&mut ada, &mut phone] {
        let told = session.next("the mark", |it| it.kind() == "@@hub/read").await;
        assert_eq!((told.payload(), told.to(), told.hub("pos")), (&read, "user:ada", &Value::Null));
    }
    let earlier = json!({ "user": "bob", "pos": "1-1" });
    assert_eq!(ada.ask(control("@@hub/read", earlier)).await.kind(), "@@hub/ack");
    let ahead = json!({ "user": "bob", "pos": "9007199254740991-1" });
    assert_eq!(ada.ask(control("@@hub/read", ahead)).await.code(), "bad_payload");
    write(&mut bob, "ada", json!(5)).await;
    let all = vec![talk("bob", 1, json!(5)), zoe, from_eve];
    assert_eq!(conversations(&mut ada, json!({})).await, (all, false));
    // an answer is a mark, too
    write(&mut phone, "bob", json!(6)).await;
    assert_eq!(conversations(&mut ada, json!({ "limit": 1 })).await, (vec![talk("bob", 0, json!(6))], true));
    // an erased user has no conversations
    let api = cluster.api(0);
    api.ok(api.post("/v1/users/ada/erase", json!({})));
    let mut ada = cluster.connect(1, codec, &Login::member("ada")).await;
    assert_eq!(conversations(&mut ada, json!({})).await, (vec![], false));
}

#[tokio::test]
async fn memory_msgpack() {
    the_newest_conversations_come_first_with_what_is_unread(Stack::Memory, Codec::Msgpack).await;
}

#[tokio::test]
async fn redis_json() {
    the_newest_conversations_come_first_with_what_is_unread(Stack::Redis, Codec::Json).await;
}

/// Only contacts have names: an invitation does not reveal the name of a user.
#[tokio::test]
async fn contacts_are_found_by_a_word_of_their_name_and_nobody_else_is() {
    let cluster = Cluster::start_with(Stack::Redis, &ON).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    for (node, user, name) in [(1, "u1", "Grace Hopper"), (2, "u2", "Barbara Liskov"), (1, "u3", "Grace Kelly")] {
        let mut client = cluster.connect(node, Codec::Msgpack, &Login::member(user)).await;
        client.ask(control("@@hub/profile", json!({ "name": name }))).await;
        ada.ask(control("@@hub/contact", json!({ "user": user, "act": "invite" }))).await;
        if user != "u3" {
            client.ask(control("@@hub/contact", json!({ "user": "ada", "act": "accept" }))).await;
        }
    }
    for (query, found) in [
        (json!({ "name": "grace" }), vec![("u1", "Grace Hopper")]),
        (json!({ "name": "LIS" }), vec![("u2", "Barbara Liskov")]),
        (json!({ "name": "opper" }), vec![]),
        (json!({ "name": "grace", "after": "u1" }), vec![]),
    ] {
        let answer = ada.ask(control("@@hub/people", query.clone())).await;
        let expected =
            found.iter().map(|(user, name)| json!({ "user": user, "state": "contact", "profile": { "name": name } }));
        assert_eq!(answer.payload()["people"], expected.collect::<Value>(), "{query}");
    }
}
