//! Scopes of a token: what they narrow is denied on every way in, also for what arrives by itself.

use crate::support::action::{control, control_at, publication};
use crate::support::{Client, Cluster, Codec, Login, Offer};
use serde_json::{json, Value};

on_every_stack!(
    scopes_narrow_actions_and_events_until_a_refresh_lifts_them,
    a_ticket_carries_scopes_and_added_rights_count_beside_the_rules,
);

const ONLY: [&str; 2] = ["publish:ch:acme/orders/*", "join+read:ch:{org}/lobby"];

fn narrowed() -> Login {
    Login::member("ada").org("acme", &["admin"], &["ops"]).scopes(&ONLY)
}

/// `ok`, or the code of the refusal.
async fn outcome(client: &mut Client, action: Value) -> String {
    let answer = client.ask(action).await;
    match answer.kind() {
        "@@hub/error" => answer.code().to_string(),
        _ => "ok".into(),
    }
}

async fn scopes_narrow_actions_and_events_until_a_refresh_lifts_them(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &narrowed()).await;
    for (action, expected) in [
        (publication("ch:acme/orders/1", "order/paid", json!(1)), "ok"),
        (publication("ch:acme/lobby", "chat/text", json!(1)), "forbidden"),
        (publication("user:bob", "chat/text", json!(1)), "forbidden"),
        (publication("org:acme", "news/text", json!(1)), "forbidden"),
        (control_at("ch:acme/lobby", "@@hub/join", json!({})), "ok"),
        (control_at("ch:acme/orders/1", "@@hub/join", json!({})), "forbidden"),
        (control_at("ch:acme/lobby", "@@hub/presence", json!({})), "forbidden"),
        (control_at("org:acme", "@@hub/history", json!({})), "forbidden"),
        (control_at("user:ada", "@@hub/history", json!({})), "ok"),
    ] {
        assert_eq!(outcome(&mut ada, action.clone()).await, expected, "{action}");
    }
    let unheard = ["org:acme", "team:acme/ops", "org:system"];
    for stream in unheard {
        cluster.api(1).publish(stream, "test/unheard", Value::Null);
    }
    cluster.api(1).publish("ch:acme/lobby", "test/heard", Value::Null);
    ada.next_of("test/heard").await;
    assert!(ada.fence().await.iter().all(|it| it.kind() != "test/unheard"));

    // without scopes the roles count again, for what is sent and for what arrives
    let lifted = Login::member("ada").org("acme", &["admin"], &["ops"]);
    assert_eq!(outcome(&mut ada, control("@@hub/refresh", json!({ "token": lifted.token() }))).await, "ok");
    assert_eq!(outcome(&mut ada, control_at("ch:acme/orders/1", "@@hub/join", json!({}))).await, "ok");
    for stream in unheard {
        cluster.api(1).publish(stream, "test/heard", Value::Null);
        ada.next("an event of the organisation", |it| it.kind() == "test/heard" && it.to() == stream).await;
    }
    // and back: what is lost is left
    assert_eq!(outcome(&mut ada, control("@@hub/refresh", json!({ "token": narrowed().token() }))).await, "ok");
    let left =
        ada.next("the channel that is lost", |it| it.kind() == "@@hub/left" && it.to() == "ch:acme/orders/1").await;
    assert_eq!(left.payload()["reason"], "forbidden");
    unheard.iter().for_each(|stream| drop(cluster.api(1).publish(stream, "test/late", Value::Null)));
    cluster.api(1).publish("ch:acme/lobby", "test/end", Value::Null);
    ada.next_of("test/end").await;
    assert!(ada.fence().await.iter().all(|it| it.kind() != "test/late"));
}

async fn a_ticket_carries_scopes_and_added_rights_count_beside_the_rules(cluster: &Cluster, codec: Codec) {
    let api = cluster.api(0);
    let body = json!({ "user": "eve", "orgs": { "acme": {} }, "scopes": ["+publish:org:acme"] });
    let offer = Offer { query: format!("?ticket={}", api.ticket_for(body)), ..Offer::codec(codec) };
    let mut eve = Client::open(&cluster.url(1), codec, &offer).await.ok().unwrap();
    eve.welcomed().await;
    assert_eq!(outcome(&mut eve, publication("org:acme", "news/text", json!(1))).await, "ok", "added");
    assert_eq!(outcome(&mut eve, publication("ch:acme/lobby", "chat/text", json!(1))).await, "ok", "by the rules");
    assert_eq!(outcome(&mut eve, publication("team:acme/ops", "chat/text", json!(1))).await, "forbidden");
    let refused = api.post("/v1/tickets", json!({ "user": "eve", "scopes": ["publsh:ch:acme/x"] }));
    assert_eq!(refused.status, 400);
    assert!(refused.body.to_string().contains("publsh"), "{}", refused.body);
}
