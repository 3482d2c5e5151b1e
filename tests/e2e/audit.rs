//! The audit trail of a node: it records events with names and reasons, and without secrets.

use crate::support::action::{control, control_at, publication};
use crate::support::{Api, Client, Codec, Login, Node, Offer};
use serde_json::{json, Value};

fn events(api: &Api, kind: &str) -> Vec<Value> {
    api.ok(api.get(&format!("/v1/audit?event={kind}")))["events"].as_array().unwrap().clone()
}

#[tokio::test]
async fn who_is_refused_revoked_blocked_kicked_and_what_a_key_did_stands_there_without_a_secret() {
    let mut node = Node::spawn_set("n1", None, &[("HUBWIRE_LOG_FORMAT", "json")]);
    node.ready().await;
    let api = node.api();
    let forged = Login::member("mallory").forged();
    let offer = Offer::login(Codec::Json, &forged);
    assert_eq!(Client::open(&node.url(), Codec::Json, &offer).await.err(), Some(401));
    let mut late = Client::open(&node.url(), Codec::Json, &Offer::codec(Codec::Json)).await.unwrap();
    late.send(&control("@@hub/auth", json!({ "token": forged.token() }))).await;
    assert_eq!(late.closed().await, 4401);

    let mut ada = Client::connect(&node.url(), Codec::Json, &Login::member("ada").with_id("t-1")).await;
    let mut bob = Client::connect(&node.url(), Codec::Json, &Login::member("bob")).await;
    let refused = ada.ask(control_at("ch:other/secret", "@@hub/join", json!({}))).await;
    assert_eq!(refused.code(), "forbidden");
    assert_eq!(ada.ask(publication("user:bob", "auth/logout", Value::Null)).await.code(), "forbidden_type");
    bob.join("ch:acme/a").await;
    api.ok(api.delete("/v1/channels/ch%3Aacme%2Fa/members/bob"));
    bob.next_of("@@hub/left").await;
    api.ok(api.post("/v1/tokens/revoke", json!({ "jti": "t-1" })));
    assert_eq!(ada.closed().await, 4401);
    api.ok(api.post("/v1/users/bob/block", json!({ "seconds": 600 })));
    assert_eq!(bob.closed().await, 4403);
    assert_eq!(
        Client::open(&node.url(), Codec::Json, &Offer::login(Codec::Json, &Login::member("bob"))).await.err(),
        Some(403)
    );

    let refused = events(&api, "handshake_refused");
    let reasons: Vec<&str> = refused.iter().map(|it| it["reason"].as_str().unwrap()).collect();
    let wrong = "the signature of the token is wrong";
    assert_eq!(reasons, ["the user is blocked", wrong, wrong], "newest first");
    let users: Vec<&Value> = refused.iter().map(|it| &it["user"]).collect();
    assert_eq!(users, [&json!("bob"), &Value::Null, &Value::Null], "a forged token proves nobody");
    assert!(refused.iter().all(|it| it["address"] == "127.0.0.1"), "{refused:?}");
    let acted = events(&api, "action_refused");
    assert_eq!((&acted[0]["user"], &acted[0]["to"]), (&json!("ada"), &json!("user:bob")), "{acted:?}");
    assert_eq!((&acted[1]["user"], &acted[1]["to"]), (&json!("ada"), &json!("ch:other/secret")), "{acted:?}");
    let kicked = events(&api, "kicked");
    assert_eq!((&kicked[0]["user"], &kicked[0]["to"]), (&json!("bob"), &json!("ch:acme/a")));
    for (kind, user) in [("session_revoked", "ada"), ("session_blocked", "bob")] {
        let closed = events(&api, kind);
        assert_eq!((closed.len(), &closed[0]["user"]), (1, &json!(user)), "{closed:?}");
        assert!(
            closed[0]["session"].is_string() && closed[0]["at_ms"].as_u64() > Some(1_600_000_000_000),
            "{closed:?}"
        );
    }
    let calls = events(&api, "api_call");
    let calls: Vec<_> = calls.iter().map(|it| (it["key"].as_str().unwrap(), it["call"].as_str().unwrap())).collect();
    let expected = [
        ("default", "POST /v1/users/bob/block"),
        ("default", "POST /v1/tokens/revoke"),
        ("default", "DELETE /v1/channels/ch%3Aacme%2Fa/members/bob"),
    ];
    assert_eq!(calls, expected);

    // the log has the same lines, under a target of their own
    let lines: Vec<Value> = node.process.output().lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let audited: Vec<&Value> = lines.iter().filter(|it| it["target"] == "hubwire::audit").collect();
    for (event, field, value) in [
        ("handshake_refused", "address", "127.0.0.1"),
        ("action_refused", "to", "ch:other/secret"),
        ("kicked", "user", "bob"),
        ("session_revoked", "user", "ada"),
        ("api_call", "key", "default"),
    ] {
        assert!(audited.iter().any(|it| it["message"] == event && it[field] == value), "{event}: {audited:#?}");
    }
    let all = api.get("/v1/audit?limit=1000").body.to_string();
    for secret in [forged.token().as_str(), crate::support::settings::API_KEY] {
        assert!(!all.contains(secret) && !node.process.output().contains(secret));
    }
}
