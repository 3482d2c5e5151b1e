//! The server puts users into channels and takes them out, on whatever nodes their sessions are.

use crate::support::{Cluster, Codec, Login};
use serde_json::{json, Value};

on_every_stack!(a_user_is_put_into_a_channel_and_taken_out_on_every_node, a_session_alone_is_closed);

const CHANNEL: &str = "ch:acme/order/1842";
const MEMBERS: &str = "/v1/channels/ch%3Aacme%2Forder%2F1842/members";

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
        let joined = session.next("joined", |it| it.kind() == "@@hub/joined" && it.to() == CHANNEL).await;
        assert!(joined.hub("re").is_null(), "it asked for nothing: {joined:?}");
    }
    // once more changes nothing; who may not be there by its credentials is not put there
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
    // closed for whoever is left
    assert_eq!(api.ok(api.delete(MEMBERS)), json!({ "sessions": 1 }));
    let left = bob.next("left", |it| it.kind() == "@@hub/left" && it.payload()["reason"] == "kicked").await;
    assert_eq!(left.payload()["users"], json!(["bob"]));
    for client in sessions.iter_mut().chain([&mut stranger]) {
        let rest = client.fence().await;
        let news = |kind: &str| kind == "test/missed" || kind == "@@hub/joined";
        assert!(rest.iter().all(|it| !news(it.kind())), "{rest:?}");
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
