//! Tokens for single channels: what they open, for whom, and until when.

use crate::support::action::{control, control_at, publication};
use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

/// Members read the lobby; all else needs a token. `hr` is forbidden to everybody.
const RULES: &str = "member may join read on ch:{org}/lobby,anyone may not join on ch:{org}/hr/**";
const ROOM: &str = "ch:acme/room/1";

async fn cluster(stack: Stack) -> Cluster {
    Cluster::start_with(stack, &[("HUBWIRE_ACCESS_RULES", RULES)]).await
}

fn ada() -> Login {
    Login::member("ada")
}

async fn join_with(client: &mut Client, token: &str) -> String {
    outcome(client, control_at(ROOM, "@@hub/join", json!({ "token": token }))).await
}

/// `ok`, or the code of the refusal.
async fn outcome(client: &mut Client, action: Value) -> String {
    let answer = client.ask(action).await;
    match answer.kind() {
        "@@hub/error" => {
            assert_eq!(answer.to(), ROOM, "{answer:?}");
            answer.code().to_string()
        }
        _ => "ok".into(),
    }
}

#[tokio::test]
async fn a_token_opens_its_channel_for_its_user_as_far_as_it_says_and_nothing_else() {
    let cluster = cluster(Stack::Memory).await;
    let mut client = cluster.connect(0, Codec::Json, &ada()).await;
    assert_eq!(outcome(&mut client, control_at(ROOM, "@@hub/join", json!({}))).await, "forbidden");
    let for_system = ada().token_for("ch:system/x", &["join"], 60);
    for (token, code) in [
        (Login::member("bob").token_for(ROOM, &["join"], 60), "bad_credentials"),
        (ada().token_for("ch:acme/room/2", &["join"], 60), "bad_credentials"),
        (ada().token_for(ROOM, &["join", "manage"], 60), "bad_credentials"),
        (ada().forged().token_for(ROOM, &["join"], 60), "bad_credentials"),
        (ada().token(), "bad_credentials"),
        (for_system, "bad_credentials"),
        (ada().token_for(ROOM, &["publish"], 60), "forbidden"), // does not name join
    ] {
        assert_eq!(join_with(&mut client, &token).await, code, "{token}");
    }
    // the channels of the last token count, and the next token replaces it
    assert_eq!(outcome(&mut client, publication(ROOM, "chat/text", json!(1))).await, "ok");
    assert_eq!(join_with(&mut client, &ada().token_for(ROOM, &[], 60)).await, "forbidden", "an empty list is nothing");
    assert_eq!(join_with(&mut client, &ada().token_for(ROOM, &["join", "read"], 60)).await, "ok");
    assert_eq!(outcome(&mut client, publication(ROOM, "chat/text", json!(1))).await, "forbidden");
    assert_eq!(outcome(&mut client, control_at(ROOM, "@@hub/history", json!({}))).await, "ok");
    assert_eq!(outcome(&mut client, control_at(ROOM, "@@hub/presence", json!({}))).await, "forbidden");
    // a rule that forbids wins
    let hr = ada().token_for("ch:acme/hr/1", &["join"], 60);
    let refused = client.ask(control_at("ch:acme/hr/1", "@@hub/join", json!({ "token": hr }))).await;
    assert_eq!(refused.code(), "forbidden");
    // and it opens no session
    let token = ada().token_for(ROOM, &["join"], 60);
    let refused = client.ask(control("@@hub/refresh", json!({ "token": token }))).await;
    assert_eq!(refused.code(), "bad_credentials", "{refused:?}");
}

/// Pipelined and in a view: actions behind the token in the same frame have its rights. The second token of the same
/// channel keeps the session in when the first one ends.
#[tokio::test]
async fn a_session_leaves_its_channel_when_the_token_ends_and_stays_with_a_fresh_one() {
    let cluster = cluster(Stack::Redis).await;
    let mut stays = cluster.connect(0, Codec::Json, &ada()).await;
    let mut goes = cluster.connect(1, Codec::Msgpack, &ada()).await;
    let mut bob = cluster.connect(2, Codec::Json, &Login::member("bob")).await;
    let until_end = Login::member("bob").token_for(ROOM, &["join"], 600);
    assert_eq!(join_with(&mut bob, &until_end).await, "ok");
    let soon = ada().token_for(ROOM, &["join", "publish"], 7);
    let payload = json!({ "org": "acme", "view": "room/1", "token": soon });
    let view = json!({ "type": "@@hub/view", "payload": payload, "meta": { "hub": { "id": "v1" } } });
    let publish = json!({ "type": "chat/first", "meta": { "hub": { "to": ROOM, "id": "p1" } } });
    goes.send(&json!([view, publish])).await;
    goes.next_of("chat/first").await;
    assert_eq!(join_with(&mut stays, &soon).await, "ok");
    assert_eq!(join_with(&mut stays, &ada().token_for(ROOM, &["join"], 600)).await, "ok", "fresh");
    assert_eq!(outcome(&mut stays, publication(ROOM, "chat/text", json!(1))).await, "forbidden", "names join only");

    let left = goes.next("the end of the token", |it| it.kind() == "@@hub/left" && it.hub("re").is_null()).await;
    assert_eq!((left.to(), left.payload()), (ROOM, &json!({ "users": ["ada"], "reason": "expired" })));
    cluster.api(0).publish(ROOM, "chat/late", Value::Null);
    bob.next_of("chat/late").await;
    stays.next_of("chat/late").await;
    let after = goes.fence().await;
    assert!(after.iter().all(|it| it.kind() != "chat/late"), "{after:?}");
    assert_eq!(outcome(&mut goes, publication(ROOM, "chat/text", json!(1))).await, "forbidden");
    assert_eq!(join_with(&mut goes, &soon).await, "token_expired");
    assert_eq!(goes.ask(control("@@hub/ping", json!({}))).await.kind(), "@@hub/ack", "the session goes on");
}

#[tokio::test]
async fn a_resume_brings_its_token_and_a_revoked_one_ends_the_session_on_every_node() {
    let cluster = cluster(Stack::Redis).await;
    let token = ada().with_id("room-7").token_for(ROOM, &["join", "read"], 600);
    let mut first = cluster.connect(0, Codec::Json, &ada()).await;
    let joined = first.ask(control_at(ROOM, "@@hub/join", json!({ "token": token }))).await;
    let pos = joined.payload()["pos"].as_str().unwrap().to_owned();
    first.close().await;
    cluster.api(2).publish(ROOM, "chat/missed", Value::Null);

    let mut second = cluster.connect(1, Codec::Json, &ada()).await;
    let positions = |start: Value| control("@@hub/resume", json!({ "positions": { ROOM: start } }));
    let refused = second.ask(positions(json!({ "pos": pos }))).await;
    assert_eq!(refused.payload()["error"]["code"], "forbidden", "{refused:?}");
    let resumed = second.ask(positions(json!({ "pos": pos, "token": token }))).await;
    assert_eq!((resumed.kind(), &resumed.payload()["recovered"]), ("@@hub/resumed", &json!(true)), "{resumed:?}");
    second.next_of("chat/missed").await;
    // a refresh of the session's own credentials changes nothing about it
    let ack = second.ask(control("@@hub/refresh", json!({ "token": ada().token() }))).await;
    assert_eq!(ack.kind(), "@@hub/ack");
    cluster.api(2).publish(ROOM, "chat/kept", Value::Null);
    second.next_of("chat/kept").await;

    let api = cluster.api(0);
    api.ok(api.post("/v1/tokens/revoke", json!({ "jti": "room-7" })));
    assert_eq!(second.closed_with_reason().await, (4401, "revoked".into()));
    let mut third = cluster.connect(1, Codec::Json, &ada()).await;
    assert_eq!(join_with(&mut third, &token).await, "token_revoked");
}
