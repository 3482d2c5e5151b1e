//! Presence states of users in a channel: pushed with their join and on each change, and included for later members.

use crate::support::action::control_at;
use crate::support::{Action, Client, Cluster, Codec, Login};
use serde_json::{json, Value};

on_every_stack!(
    what_a_user_shows_is_told_to_those_there_and_to_those_who_come,
    changes_within_a_tick_are_told_once_and_the_last_one_counts,
    what_a_user_shows_survives_a_reconnect_to_another_node,
    a_state_that_is_too_long_or_nowhere_is_refused,
    a_state_sent_behind_its_join_waits_for_it,
);

const CHANNEL: &str = "ch:acme/order/1842";

fn showing(kind: &str, state: Value) -> Value {
    control_at(CHANNEL, kind, json!({ "presence": { "state": state } }))
}

fn show(state: Value) -> Value {
    control_at(CHANNEL, "@@hub/state", json!({ "state": state }))
}

/// Each user with what it shows, as an answer or a push names them.
fn shown(action: &Action) -> Vec<(String, Value)> {
    let members = action.payload()["members"].as_array().unwrap_or_else(|| panic!("nobody is named: {action:?}"));
    members.iter().map(|member| (member["user"].as_str().unwrap().into(), member["state"].clone())).collect()
}

fn of(user: &str, state: Value) -> (String, Value) {
    (user.into(), state)
}

/// The next push that tells what somebody shows.
async fn changed(client: &mut Client) -> Action {
    client.next("a change", |it| it.kind() == "@@hub/changed").await
}

async fn what_a_user_shows_is_told_to_those_there_and_to_those_who_come(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    assert!(ada.welcome()["features"].as_array().unwrap().contains(&json!("presence_state")));
    let state = json!({ "line": 3, "scale": 1.5, "größe": [null, true] });
    let joined = ada.ask(showing("@@hub/view", state.clone())).await;
    assert_eq!(shown(&joined), [of("ada", Value::Null)], "its own is told when the cluster has it");
    assert_eq!(shown(&changed(&mut ada).await), [of("ada", state.clone())]);
    // on another node
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    assert_eq!(shown(&bob.join(CHANNEL).await), [of("ada", state.clone()), of("bob", Value::Null)]);
    // on the same node, with a state of its own
    let mut eve = cluster.connect(0, codec, &Login::member("eve")).await;
    eve.ask(showing("@@hub/join", json!({ "n": 1 }))).await;
    let told = changed(&mut bob).await;
    assert_eq!((shown(&told), told.payload()["count"].as_u64()), (vec![of("eve", json!({ "n": 1 }))], Some(3)));
    // a change, then the removal of the state
    assert_eq!(bob.ask(show(json!({}))).await.kind(), "@@hub/ack");
    // changes within a tick are pushed together
    let told = |it: &Action, what| it.kind() == "@@hub/changed" && shown(it).contains(&what);
    eve.next("bob's state", |it| told(it, of("bob", json!({})))).await;
    assert_eq!(ada.ask(show(Value::Null)).await.kind(), "@@hub/ack");
    eve.next("ada's state", |it| told(it, of("ada", Value::Null))).await;
    // a client that asks, and one that receives no presence
    let asked = eve.ask(control_at(CHANNEL, "@@hub/presence", json!({}))).await;
    let states: Vec<&Value> = asked.payload()["users"].as_array().unwrap().iter().map(|user| &user["state"]).collect();
    assert_eq!(states, [&Value::Null, &json!({}), &json!({ "n": 1 })]);
    // gone with its user
    eve.ask(control_at(CHANNEL, "@@hub/leave", json!({}))).await;
    bob.next("eve left", |it| it.kind() == "@@hub/left").await;
    assert_eq!(shown(&eve.join(CHANNEL).await).last(), Some(&of("eve", Value::Null)));
}

async fn changes_within_a_tick_are_told_once_and_the_last_one_counts(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    ada.join(CHANNEL).await;
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    bob.join(CHANNEL).await;
    let many: Vec<Value> = (0..50).map(|n| show(json!({ "n": n }))).collect();
    bob.send(&Value::Array(many)).await;
    let mut told = 0;
    loop {
        let states = shown(&changed(&mut ada).await);
        told += 1;
        if states == [of("bob", json!({ "n": 49 }))] {
            break;
        }
    }
    assert!(told <= 10, "50 changes at once were told one by one: {told}");
}

async fn what_a_user_shows_survives_a_reconnect_to_another_node(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    ada.join(CHANNEL).await;
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    bob.ask(showing("@@hub/join", json!({ "line": 7 }))).await;
    assert_eq!(shown(&changed(&mut ada).await), [of("bob", json!({ "line": 7 }))]);
    let pos = bob.publish(CHANNEL, "test/said", Value::Null).await.pos().to_string();
    bob.close().await;
    let mut back = cluster.connect(2, codec, &Login::member("bob")).await;
    back.send(&json!({ "type": "@@hub/resume", "payload": { "positions": { CHANNEL: pos } } })).await;
    let resumed = back.resumed(CHANNEL).await;
    assert_eq!(shown(&resumed), [of("ada", Value::Null), of("bob", json!({ "line": 7 }))]);
    let fenced = ada.fence().await;
    assert!(!fenced.iter().any(|it| ["@@hub/changed", "@@hub/left"].contains(&it.kind())), "{fenced:?}");
}

async fn a_state_that_is_too_long_or_nowhere_is_refused(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let long = json!({ "text": "x".repeat(1024) });
    assert_eq!(ada.ask(show(json!({}))).await.code(), "not_joined");
    for kind in ["@@hub/join", "@@hub/view"] {
        let refused = ada.ask(showing(kind, long.clone())).await;
        assert_eq!((refused.code(), refused.to()), ("too_big", CHANNEL), "{refused:?}");
    }
    ada.join(CHANNEL).await;
    assert_eq!(ada.ask(show(long)).await.code(), "too_big");
    assert_eq!(ada.ask(show(json!([1]))).await.code(), "bad_payload");
    assert_eq!(ada.ask(control_at("ch:other/x", "@@hub/state", json!({ "state": {} }))).await.code(), "forbidden");
    assert_eq!(ada.ask(control_at("user:bob", "@@hub/state", json!({ "state": {} }))).await.code(), "bad_address");
    assert_eq!(shown(&ada.join(CHANNEL).await), [of("ada", Value::Null)]);
}

async fn a_state_sent_behind_its_join_waits_for_it(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let with_id = |mut action: Value, id: &str| {
        action["meta"]["hub"]["id"] = json!(id);
        action
    };
    let leave = with_id(control_at(CHANNEL, "@@hub/leave", json!({})), "3");
    let frame =
        [with_id(control_at(CHANNEL, "@@hub/join", json!({})), "1"), with_id(show(json!({ "n": 1 })), "2"), leave];
    ada.send(&json!(frame)).await;
    let mut late = with_id(show(json!({ "n": 2 })), "4");
    late["meta"]["hub"]["id"] = json!("4");
    ada.send(&late).await;
    let mut kinds = Vec::new();
    for id in ["1", "2", "3", "4"] {
        kinds.push(ada.next("an answer", |it| it.hub("re") == id).await.kind().to_string());
    }
    assert_eq!(kinds, ["@@hub/joined", "@@hub/ack", "@@hub/left", "@@hub/error"]);
}
