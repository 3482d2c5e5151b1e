//! Who is blocked or whose token is revoked loses every session on every node, and gets no other.

use crate::support::action::control;
use crate::support::{Client, Cluster, Codec, Login, Offer, Stack};
use serde_json::{json, Value};
use std::time::Duration;
use tokio::time::Instant;

on_every_stack!(
    a_blocked_user_loses_every_session_and_cannot_come_back,
    a_revoked_token_ends_its_sessions_alone,
    older_tokens_of_a_user_are_revoked_and_newer_ones_are_not,
);

/// Clients behind a balancer that every node trusts to name them.
const BALANCED: [(&str, &str); 2] =
    [("HUBWIRE_LISTEN_TRUSTED_PROXIES", "127.0.0.0/8"), ("HUBWIRE_LISTEN_CLIENT_ADDRESS", "x_forwarded_for")];

/// A login from an address.
fn from(address: &str, login: &Login) -> Offer {
    let headers = vec![("x-forwarded-for".into(), address.into())];
    Offer { headers, ..Offer::login(Codec::Json, login) }
}

async fn connected(url: &str, offer: &Offer) -> Client {
    let mut client = Client::open(url, Codec::Json, offer).await.unwrap();
    client.welcomed().await;
    client
}

// As with users there is no notification that could be lost. A session that has not said yet who it is counts as well,
// and so does a browser, which has to be let in to read why it may not.
#[tokio::test]
async fn a_blocked_network_loses_every_session_and_none_of_its_handshakes_is_looked_at() {
    let cluster = Cluster::start_with(Stack::Redis, &BALANCED).await;
    let (ada, bob) = (Login::member("ada"), Login::member("bob"));
    let mut inside = Vec::new();
    for node in 0..3 {
        inside.push(connected(&cluster.url(node), &from(&format!("203.0.113.{node}"), &ada)).await);
    }
    let silent = Offer { headers: vec![("x-forwarded-for".into(), "203.0.113.9".into())], ..Offer::codec(Codec::Json) };
    inside.push(Client::open(&cluster.url(1), Codec::Json, &silent).await.unwrap());
    let mut outside = connected(&cluster.url(1), &from("203.0.114.1", &bob)).await;
    let begun = Instant::now();
    let api = cluster.api(2);
    let body = json!({ "address": "203.0.113.77/24", "seconds": 600, "reason": "scan" });
    assert_eq!(api.ok(api.post("/v1/addresses/block", body))["address"], "203.0.113.0/24");
    for session in &mut inside {
        assert_eq!(session.next_of("@@hub/error").await.payload()["code"], "forbidden");
        assert_eq!(session.closed_with_reason().await, (4403, "blocked".to_owned()));
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    outside.publish("user:bob", "note/added", Value::Null).await;
    for node in 0..3 {
        // whose token it is makes no difference, and a wrong one is not told apart from a right one
        for login in [&bob, &ada.clone().forged()] {
            let refused = Client::open(&cluster.url(node), Codec::Json, &from("203.0.113.5", login)).await.err();
            assert_eq!(refused, Some(403), "node {node}");
        }
        let origin = Some(crate::support::settings::ALLOWED_ORIGIN.to_owned());
        let page = Offer { origin, ..from("203.0.113.5", &bob) };
        let mut page = Client::open(&cluster.url(node), Codec::Json, &page).await.unwrap();
        assert_eq!(page.closed_with_reason().await, (4403, "blocked".to_owned()));
    }
    // the client names another address itself: the one the balancer added counts
    let forged = from("198.51.100.1, 203.0.113.5", &bob);
    assert_eq!(Client::open(&cluster.url(0), Codec::Json, &forged).await.err(), Some(403));
    let listed = cluster.api(0).get("/v1/blocks").body;
    assert_eq!((&listed["addresses"][0]["address"], &listed["blocks"]), (&json!("203.0.113.0/24"), &json!([])));
    assert_eq!(api.ok(api.post("/v1/addresses/unblock", json!({ "address": "203.0.113.0/24" })))["was_blocked"], true);
    for node in 0..3 {
        let offer = from("203.0.113.5", &ada);
        assert_eventually!(
            Client::open(&cluster.url(node), Codec::Json, &offer).await.is_ok(),
            "node {node} lets it in"
        );
    }
}

/// How soon the sessions of all nodes are closed.
const SOON: Duration = Duration::from_secs(2);

fn block(cluster: &Cluster, node: usize, user: &str) {
    let api = cluster.api(node);
    api.ok(api.post(&format!("/v1/users/{user}/block"), json!({ "seconds": 600, "reason": "spam" })));
}

/// The status with which a login is refused, or nothing.
async fn refusal(cluster: &Cluster, node: usize, codec: Codec, login: &Login) -> Option<u16> {
    Client::open(&cluster.url(node), codec, &Offer::login(codec, login)).await.err()
}

/// Nobody is told by a message that could be lost: each node finds out with the question it asks every second. So there
/// is no notification to cut, and the sockets of the nodes that were not asked are closed in time.
async fn a_blocked_user_loses_every_session_and_cannot_come_back(cluster: &Cluster, codec: Codec) {
    let ada = Login::member("ada");
    let mut sessions = vec![cluster.connect(0, codec, &ada).await, cluster.connect(1, codec, &ada).await];
    sessions.push(cluster.connect(2, codec, &ada).await);
    let mut other = cluster.connect(1, codec, &Login::member("bob")).await;
    let ticket = cluster.api(1).ticket(&ada);
    let begun = Instant::now();
    block(cluster, 2, "ada");
    for session in &mut sessions {
        assert_eq!(session.next_of("@@hub/error").await.payload()["code"], "forbidden");
        assert_eq!(session.closed_with_reason().await, (4403, "blocked".to_owned()));
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    cluster.sessions_are("ada", 0).await;
    // by a token in the request, by a ticket from before, and by a token for a ticket
    for node in 0..3 {
        assert_eq!(refusal(cluster, node, codec, &ada).await, Some(403));
    }
    let mut by_ticket = Client::open(&cluster.url(1), codec, &Offer::codec(codec)).await.unwrap();
    by_ticket.send(&control("@@hub/auth", json!({ "ticket": ticket }))).await;
    assert_eq!(by_ticket.closed_with_reason().await, (4403, "blocked".to_owned()));
    let api = cluster.api(1);
    let blocks = api.ok(api.get("/v1/blocks"));
    assert_eq!(blocks["blocks"][0]["user"], "ada");
    assert_eq!(blocks["blocks"][0]["reason"], "spam");
    other.publish("user:bob", "note/added", Value::Null).await;
    // and once the block is over it may be back, on every node
    assert_eq!(api.ok(api.post("/v1/users/ada/unblock", json!({}))), json!({ "was_blocked": true }));
    for node in 0..3 {
        assert_eventually!(refusal(cluster, node, codec, &ada).await.is_none(), "node {node} lets it in");
    }
}

async fn a_revoked_token_ends_its_sessions_alone(cluster: &Cluster, codec: Codec) {
    let (stolen, other) = (Login::member("ada").with_id("t-1"), Login::member("ada").with_id("t-2"));
    let mut closing = vec![cluster.connect(0, codec, &stolen).await, cluster.connect(1, codec, &stolen).await];
    let mut staying = cluster.connect(1, codec, &other).await;
    let api = cluster.api(0);
    let begun = Instant::now();
    api.ok(api.post("/v1/tokens/revoke", json!({ "jti": "t-1" })));
    for session in &mut closing {
        assert_eq!(session.next_of("@@hub/error").await.payload()["code"], "token_revoked");
        assert_eq!(session.closed_with_reason().await, (4401, "revoked".to_owned()));
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(refusal(cluster, 1, codec, &stolen).await, Some(401));
    // the other token of the same user is as good as before, but must not be changed for the revoked one
    let refused = staying.ask(control("@@hub/refresh", json!({ "token": stolen.token() }))).await;
    assert_eq!(refused.code(), "token_revoked");
    staying.publish("user:ada", "note/added", Value::Null).await;
}

async fn older_tokens_of_a_user_are_revoked_and_newer_ones_are_not(cluster: &Cluster, codec: Codec) {
    let (old, new) = (Login::member("ada").issued_at(1_000), Login::member("ada").issued_at(2_000));
    let undated = Login::member("ada");
    let mut closing = vec![cluster.connect(0, codec, &old).await, cluster.connect(1, codec, &undated).await];
    let mut staying = cluster.connect(0, codec, &new).await;
    let api = cluster.api(1);
    api.ok(api.post("/v1/tokens/revoke", json!({ "user": "ada", "issued_before": 2_000 })));
    for session in &mut closing {
        assert_eq!(session.closed().await, 4401);
    }
    assert_eq!(refusal(cluster, 0, codec, &old).await, Some(401));
    assert_eq!(refusal(cluster, 1, codec, &undated).await, Some(401));
    staying.publish("user:ada", "note/added", Value::Null).await;
    cluster.connect(1, codec, &new).await;
}
