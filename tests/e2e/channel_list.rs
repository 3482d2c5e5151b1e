//! The channels of an organisation that have members, as listed for clients with the right to see them.

use crate::support::action::{control, control_at};
use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

const ORG: &str = "org:acme";

async fn list(client: &mut Client, query: Value) -> Value {
    let answer = client.ask(control_at(ORG, "@@hub/channels", query)).await;
    assert_eq!((answer.kind(), answer.to()), ("@@hub/channels", ORG));
    answer.payload().clone()
}

async fn join(client: &mut Client, channel: &str) {
    assert_eq!(client.ask(control_at(channel, "@@hub/join", json!({}))).await.kind(), "@@hub/joined");
}

async fn live_channels_of_all_nodes_are_listed_with_their_users(cluster: &Cluster, codec: Codec) {
    let mut boss = cluster.connect(0, codec, &Login::admin("boss")).await;
    assert!(boss.welcome()["features"].as_array().unwrap().contains(&json!("channel_list")));
    assert_eq!(list(&mut boss, json!({})).await, json!({ "channels": [] }));
    // two sessions of one user are one, wherever they are, and others' organisations are theirs
    let mut first = cluster.connect(1, codec, &Login::member("bob")).await;
    let mut second = cluster.connect(2, codec, &Login::member("bob").org("beta", &[], &[])).await;
    let mut eve = cluster.connect(2, codec, &Login::member("eve")).await;
    join(&mut first, "ch:acme/order/1").await;
    join(&mut second, "ch:acme/order/1").await;
    join(&mut eve, "ch:acme/order/1").await;
    join(&mut first, "ch:acme/order/2").await;
    join(&mut second, "ch:beta/order/3").await;
    join(&mut boss, "ch:acme/stock").await;
    let [one, two, stock] = [("order/1", 2), ("order/2", 1), ("stock", 1)]
        .map(|(path, count)| json!({ "to": format!("ch:acme/{path}"), "count": count }));
    assert_eq!(list(&mut boss, json!({})).await, json!({ "channels": [one, two, stock] }));
    // by page and by prefix
    assert_eq!(list(&mut boss, json!({ "limit": 2 })).await, json!({ "channels": [one, two], "more": true }));
    assert_eq!(list(&mut boss, json!({ "after": "ch:acme/order/2" })).await, json!({ "channels": [stock] }));
    let orders = json!({ "prefix": "order/", "limit": 1, "after": "ch:acme/order/1" });
    assert_eq!(list(&mut boss, orders).await, json!({ "channels": [two] }));
    // without the right, of another organisation, and of no organisation
    let denied = eve.ask(control_at(ORG, "@@hub/channels", json!({}))).await;
    assert_eq!((denied.code(), denied.to()), ("forbidden", ORG));
    assert_eq!(boss.ask(control_at("org:beta", "@@hub/channels", json!({}))).await.code(), "forbidden");
    assert_eq!(boss.ask(control_at("ch:acme/stock", "@@hub/channels", json!({}))).await.code(), "bad_address");
    assert_eq!(boss.ask(control("@@hub/channels", json!({}))).await.code(), "missing_address");
    assert_eq!(boss.ask(control_at(ORG, "@@hub/channels", json!({ "limit": -1 }))).await.code(), "bad_payload");
    // an empty channel is none
    assert_eq!(first.ask(control_at("ch:acme/order/2", "@@hub/leave", json!(null))).await.kind(), "@@hub/left");
    let alone = json!({ "channels": [one, stock] });
    assert_eventually!(list(&mut boss, json!({})).await == alone, "the second order is nobody's any more");
}

on_every_stack!(live_channels_of_all_nodes_are_listed_with_their_users);

/// A node that hangs costs a second, not the answer.
#[tokio::test]
async fn a_node_that_does_not_answer_is_left_out() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut boss = cluster.connect(0, Codec::Json, &Login::admin("boss")).await;
    let mut bob = cluster.connect(1, Codec::Json, &Login::member("bob")).await;
    join(&mut boss, "ch:acme/here").await;
    join(&mut bob, "ch:acme/there").await;
    let both = list(&mut boss, json!({})).await;
    assert_eq!(both["channels"].as_array().unwrap().len(), 2, "{both}");
    cluster.node(1).process.signal("STOP");
    let here = list(&mut boss, json!({})).await;
    cluster.node(1).process.signal("CONT");
    assert_eq!(here, json!({ "channels": [{ "to": "ch:acme/here", "count": 1 }] }));
}
