//! Which users a user may reach: `access.direct` and `access.user_presence`. The deciding node is not the receiver's.

use crate::support::action::control;
use crate::support::redis_server::RedisServer;
use crate::support::{Action, Client, Codec, Login, Node};
use serde_json::{json, Value};

const SAME_ORG: [(&str, &str); 2] =
    [("HUBWIRE_ACCESS_DIRECT", "same_org"), ("HUBWIRE_ACCESS_USER_PRESENCE", "same_org")];

async fn node(label: &str, redis: &RedisServer, options: &[(&'static str, &str)]) -> Node {
    let mut node = Node::spawn_set(label, Some(&redis.url()), options);
    node.ready().await;
    node
}

fn send(to: &str, ephemeral: bool) -> Value {
    json!({ "type": "chat/said", "payload": "hi", "meta": { "hub": { "to": to, "ephemeral": ephemeral } } })
}

fn presence(to: &str) -> Value {
    let mut ask = control("@@hub/presence", json!({}));
    ask["meta"] = json!({ "hub": { "to": to } });
    ask
}

/// What an answer says: its type, and of an error the code with its text.
fn verdict(answer: &Action) -> (String, String) {
    let payload = answer.payload();
    let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
    (answer.kind().to_owned(), format!("{} {}", text("code"), text("message")))
}

#[tokio::test]
async fn users_of_another_organisation_are_out_of_reach_like_users_that_do_not_exist() {
    let redis = RedisServer::start().await;
    let (one, two) = (node("n1", &redis, &SAME_ORG).await, node("n2", &redis, &SAME_ORG).await);
    let connect = |node: &Node, login: Login| {
        let url = node.url();
        async move { Client::connect(&url, Codec::Json, &login).await }
    };
    let mut ada = connect(&one, Login::user("ada").org("acme", &[], &[])).await;
    let mut bob = connect(&two, Login::user("bob").org("acme", &[], &[])).await;
    let _eve = connect(&two, Login::user("eve").org("globex", &[], &[])).await;
    connect(&two, Login::user("carl").org("acme", &[], &[])).await.close().await;

    for ask in [presence, |to: &str| send(to, false), |to: &str| send(to, true)] {
        let unknown = verdict(&ada.ask(ask("user:nobody")).await);
        assert!(unknown.1.starts_with("forbidden "), "{unknown:?}");
        assert_eq!(verdict(&ada.ask(ask("user:eve")).await), unknown);
        for reached in ["user:bob", "user:ada", "user:carl"] {
            let answer = ada.ask(ask(reached)).await;
            assert_ne!(answer.kind(), "@@hub/error", "{reached}: {answer:?}");
        }
    }
    bob.next_of("chat/said").await;
    // the server reaches everybody
    assert_eq!(one.api().publish("user:eve", "chat/said", Value::Null)["sessions"], 1);
    // the node does not know the user of that session
    let session = format!("session:{}", bob.welcome()["session"].as_str().unwrap());
    assert_eq!(ada.ask(send(&session, true)).await.payload()["code"], "forbidden");
}

#[tokio::test]
async fn who_leaves_an_organisation_is_out_of_its_reach_from_the_refresh_on() {
    let redis = RedisServer::start().await;
    let node = node("n1", &redis, &SAME_ORG).await;
    let mut ada = Client::connect(&node.url(), Codec::Json, &Login::user("ada").org("acme", &[], &[])).await;
    let mut bob = Client::connect(&node.url(), Codec::Json, &Login::user("bob").org("acme", &[], &[])).await;
    assert_eq!(ada.ask(send("user:bob", false)).await.kind(), "@@hub/ack");
    let token = Login::user("bob").org("globex", &[], &[]).token();
    assert_eq!(bob.ask(control("@@hub/refresh", json!({ "token": token }))).await.kind(), "@@hub/ack");
    assert_eq!(ada.ask(send("user:bob", false)).await.payload()["code"], "forbidden");
    assert_eq!(bob.ask(send("user:ada", false)).await.payload()["code"], "forbidden");
}

#[tokio::test]
async fn none_reaches_nobody_but_oneself() {
    let options = [("HUBWIRE_ACCESS_DIRECT", "none"), ("HUBWIRE_ACCESS_USER_PRESENCE", "none")];
    let mut node = Node::spawn_set("n1", None, &options);
    node.ready().await;
    let mut ada = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    let _bob = Client::connect(&node.url(), Codec::Json, &Login::member("bob")).await;
    for ask in [presence, |to: &str| send(to, false), |to: &str| send(to, true)] {
        assert_eq!(ada.ask(ask("user:bob")).await.payload()["code"], "forbidden");
        assert_ne!(ada.ask(ask("user:ada")).await.kind(), "@@hub/error");
    }
}
