//! The server puts users into channels and takes them out, on whatever nodes their sessions are.

use crate::support::action::{control_at, Action};
use crate::support::monitor::{Command, Monitor};
use crate::support::{Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

on_every_stack!(a_user_is_put_into_a_channel_and_taken_out_on_every_node, a_session_alone_is_closed);

const CHANNEL: &str = "ch:acme/order/1842";
const LOBBY: &str = "ch:acme/lobby";
const MEMBERS: &str = "/v1/channels/ch%3Aacme%2Forder%2F1842/members";

/// Whether it says that the session itself is in the channel now, and not who else came: that may arrive late.
fn is_put(action: &Action, channel: &str) -> bool {
    action.kind() == "@@hub/joined" && action.to() == channel && !action.payload()["pos"].is_null()
}

async fn a_user_is_put_into_a_channel_and_taken_out_on_every_node(cluster: &Cluster, codec: Codec) {
    let ada = Login::member("ada");
    let mut sessions = [cluster.connect(0, codec, &ada).await, cluster.connect(1, codec, &ada).await];
    let mut bob = cluster.connect(2, codec, &Login::member("bob")).await;
    let mut stranger = cluster.connect(1, codec, &Login::user("eve")).await;
    bob.join(CHANNEL).await;
    let api = cluster.api(2);
    let join = |user: &str| api.ok(api.post(&format!("{MEMBERS}/{user}"), json!({})));
    assert_eq!(join("ada"), json!({ "sessions": 2 }));
    for session in &mut sessions {
        let joined = session.next("joined", |it| is_put(it, CHANNEL)).await;
        assert!(joined.hub("re").is_null(), "it asked for nothing: {joined:?}");
    }
    // a repetition changes nothing; a user without the right to the channel is not put there
    assert_eq!(join("ada"), json!({ "sessions": 2 }));
    assert_eq!(join("eve"), json!({ "sessions": 1 }));
    bob.publish(CHANNEL, "order/locked", Value::Null).await;
    for session in &mut sessions {
        session.next_of("order/locked").await;
    }

    assert_eq!(api.ok(api.delete(&format!("{MEMBERS}/ada"))), json!({ "sessions": 2 }));
    for session in &mut sessions {
        let left = session.next("left", |it| it.kind() == "@@hub/left" && it.to() == CHANNEL).await;
        assert_eq!(left.payload(), &json!({ "users": ["ada"], "reason": "kicked" }));
    }
    bob.publish(CHANNEL, "test/missed", Value::Null).await;
    // the channel is closed for the remaining members
    assert_eq!(api.ok(api.delete(MEMBERS)), json!({ "sessions": 1 }));
    let left = bob.next("left", |it| it.kind() == "@@hub/left" && it.payload()["reason"] == "kicked").await;
    assert_eq!(left.payload()["users"], json!(["bob"]));
    for client in sessions.iter_mut().chain([&mut stranger]) {
        let rest = client.fence().await;
        assert!(rest.iter().all(|it| it.kind() != "test/missed" && !is_put(it, CHANNEL)), "{rest:?}");
    }
    assert_eq!(api.presence(&format!("channel={CHANNEL}")), []);
}

async fn a_session_alone_is_closed(cluster: &Cluster, codec: Codec) {
    let ada = Login::member("ada");
    let (mut one, mut other) = (cluster.connect(0, codec, &ada).await, cluster.connect(0, codec, &ada).await);
    let api = cluster.api(1);
    let session = one.welcome()["session"].as_str().unwrap().to_owned();
    let path = format!("/v1/sessions/{session}/disconnect");
    assert_eq!(api.ok(api.post(&path, json!({ "code": 4409 }))), json!({ "sessions": 1 }));
    assert_eq!(one.closed().await, 4409);
    other.publish("user:ada", "note/added", Value::Null).await;
    let nobody = api.post("/v1/sessions/0190a5b2-7c41-8abc-9def-0123456789ab/disconnect", json!({}));
    assert_eq!(nobody.status, 404);
}

async fn a_user_is_put_where_the_server_wants_it_for_good_until_it_leaves(stack: Stack, codec: Codec) {
    let cluster = Cluster::start_with(stack, &[("HUBWIRE_PRESENCE_PERSISTENT_MAX", "2")]).await;
    let (api, ada) = (cluster.api(2), Login::member("ada"));
    let for_good =
        |path: &str| api.post(&format!("/v1/channels/ch%3Aacme%2F{path}/members/ada?persist=true"), json!({}));
    // nobody is there yet
    for path in ["order%2F1842", "lobby"] {
        assert_eq!(api.ok(for_good(path)), json!({ "sessions": 0 }));
    }
    let full = for_good("more");
    assert_eq!((full.status, &full.body["error"]["code"]), (400, &json!("too_many")), "{full:?}");
    let mut sessions = Vec::new();
    for node in [0, 1] {
        let mut session = cluster.connect(node, codec, &ada).await;
        for channel in [CHANNEL, LOBBY] {
            session.next("joined", |it| is_put(it, channel)).await;
        }
        sessions.push(session);
    }
    let mut bob = cluster.connect(2, codec, &Login::member("bob")).await;
    bob.join(CHANNEL).await;
    bob.publish(CHANNEL, "order/locked", Value::Null).await;
    for session in &mut sessions {
        session.next_of("order/locked").await;
    }
    // one session leaves: the other stays, and later sessions are not put there
    assert_eq!(sessions[0].ask(control_at(CHANNEL, "@@hub/leave", Value::Null)).await.kind(), "@@hub/left");
    assert_eq!(api.presence(&format!("channel={CHANNEL}")).len(), 2);
    assert!(!is_put_into_the_channel(&cluster, codec).await);
    // the server takes it out: the same
    assert_eq!(api.ok(for_good("order%2F1842")), json!({ "sessions": 2 }));
    sessions[0].next("joined again", |it| is_put(it, CHANNEL)).await;
    assert!(is_put_into_the_channel(&cluster, codec).await);
    assert_eq!(api.ok(api.delete(&format!("{MEMBERS}/ada"))), json!({ "sessions": 2 }));
    assert!(!is_put_into_the_channel(&cluster, codec).await);
    // and where it closes the channel
    assert_eq!(api.ok(for_good("order%2F1842")), json!({ "sessions": 2 }));
    for session in &mut sessions {
        // a join that is still under way would not be counted
        session.next("the end", |it| it.kind() == "@@hub/left" && it.to() == CHANNEL).await;
        session.next("joined again", |it| is_put(it, CHANNEL)).await;
    }
    assert_eq!(api.ok(api.delete(MEMBERS)), json!({ "sessions": 3 }));
    assert!(!is_put_into_the_channel(&cluster, codec).await);
}

/// Whether a session of ada that connects now is in the channel when it has been put where it belongs.
async fn is_put_into_the_channel(cluster: &Cluster, codec: Codec) -> bool {
    let mut session = cluster.connect(1, codec, &Login::member("ada")).await;
    session.next("the lobby", |it| is_put(it, LOBBY)).await;
    // waits for a join that is under way
    let shown = session.ask(control_at(CHANNEL, "@@hub/state", json!({ "state": null }))).await;
    session.close().await;
    assert_eventually!(cluster.api(0).session_count("ada") == 2, "the session is gone");
    shown.kind() == "@@hub/ack"
}

#[tokio::test]
async fn for_good_in_memory() {
    a_user_is_put_where_the_server_wants_it_for_good_until_it_leaves(Stack::Memory, Codec::Msgpack).await;
}

#[tokio::test]
async fn for_good_on_redis() {
    a_user_is_put_where_the_server_wants_it_for_good_until_it_leaves(Stack::Redis, Codec::Json).await;
}

#[tokio::test]
async fn off_nobody_is_put_anywhere_for_good_and_connecting_asks_nothing() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut monitor = Monitor::start(cluster.redis());
    let refused = cluster.api(0).post(&format!("{MEMBERS}/ada?persist=true"), json!({}));
    assert_eq!((refused.status, &refused.body["error"]["code"]), (404, &json!("not_found")), "{refused:?}");
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    ada.join(CHANNEL).await;
    ada.ask(control_at(CHANNEL, "@@hub/leave", Value::Null)).await;
    let asked: Vec<Command> = monitor.commands();
    let asked: Vec<&Command> = asked.iter().filter(|it| format!("{it:?}").contains("{u:ada}:channels")).collect();
    assert!(asked.is_empty(), "{asked:?}");
}
