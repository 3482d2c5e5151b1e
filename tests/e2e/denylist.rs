//! A blocked user, or one with a revoked token, loses every session on every node and cannot open another.

use crate::support::action::control;
use crate::support::{Client, Cluster, Codec, Login, Offer, Stack};
use futures_util::{SinkExt, StreamExt};
use serde_json::{json, Value};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

on_every_stack!(
    a_blocked_user_loses_every_session_and_cannot_come_back,
    a_revoked_token_ends_its_sessions_alone,
    older_tokens_of_a_user_are_revoked_and_newer_ones_are_not,
);

/// A socket of a client of another protocol.
type Foreign = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Clients behind a balancer that every node trusts to name them.
const BALANCED: [(&str, &str); 5] = [
    ("HUBWIRE_LISTEN_TRUSTED_PROXIES", "127.0.0.0/8"),
    ("HUBWIRE_LISTEN_CLIENT_ADDRESS", "x_forwarded_for"),
    ("HUBWIRE_WSHUB_ENABLED", "true"),
    ("HUBWIRE_CENTRIFUGE_ENABLED", "true"),
    ("HUBWIRE_CENTRIFUGE_NAMESPACES", "chat acme subscribe"),
];

/// A socket of another protocol from an address; the status where it is refused.
async fn foreign(cluster: &Cluster, path: &str, address: &str) -> Result<Foreign, u16> {
    let url = format!("ws://127.0.0.1:{}{path}", cluster.node(0).public_port());
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{path}: {error}"),
    }
}

/// How an exchange of a token for a ticket is answered.
fn ticket_status(cluster: &Cluster, address: &str, login: &Login) -> u16 {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let request = ureq::Agent::from(config)
        .post(format!("http://127.0.0.1:{}/v1/tickets", cluster.node(0).public_port()))
        .header("x-forwarded-for", address)
        .header("authorization", format!("Bearer {}", login.token()));
    request.send_empty().unwrap().status().as_u16()
}

/// The code that such a socket is closed with.
async fn closed(mut socket: Foreign) -> u16 {
    let ended = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map_or(1005, |frame| frame.code.into()),
                Some(Ok(_)) => {}
                other => panic!("{other:?} instead of a close"),
            }
        }
    };
    tokio::time::timeout(SOON, ended).await.expect("it is closed in time")
}

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

// As with users there is no notification that could be lost. Sessions that have not authenticated yet count as well,
// and so do browsers, whose upgrade has to succeed before they can read why they are refused.
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
    let (wshub, quiet) = ("/wshub?session_key=k1", "/connection/websocket");
    let mut foreigners = vec![foreign(&cluster, wshub, "203.0.113.1").await.unwrap()];
    let mut greeted = foreign(&cluster, quiet, "203.0.113.1").await.unwrap();
    greeted.send(Message::text(json!({ "id": 1, "connect": { "token": ada.token() } }).to_string())).await.unwrap();
    greeted.next().await.unwrap().unwrap();
    foreigners.push(greeted);
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
    let codes = [closed(foreigners.remove(0)).await, closed(foreigners.remove(0)).await];
    assert_eq!(codes, [1008, 3507]);
    for path in [wshub, quiet] {
        assert_eq!(foreign(&cluster, path, "203.0.113.1").await.err(), Some(403), "{path}");
        assert!(foreign(&cluster, path, "203.0.114.1").await.is_ok(), "{path}");
    }
    for (address, status) in [("203.0.113.1", 403), ("203.0.114.1", 201)] {
        assert_eq!(ticket_status(&cluster, address, &bob), status, "{address}");
    }
    outside.publish("user:bob", "note/added", Value::Null).await;
    for node in 0..3 {
        // the user of the token makes no difference, and the answer does not reveal whether the token is valid
        for login in [&bob, &ada.clone().forged()] {
            let refused = Client::open(&cluster.url(node), Codec::Json, &from("203.0.113.5", login)).await.err();
            assert_eq!(refused, Some(403), "node {node}");
        }
        let origin = Some(crate::support::settings::ALLOWED_ORIGIN.to_owned());
        let page = Offer { origin, ..from("203.0.113.5", &bob) };
        let mut page = Client::open(&cluster.url(node), Codec::Json, &page).await.unwrap();
        assert_eq!(page.closed_with_reason().await, (4403, "blocked".to_owned()));
    }
    // the client claims another address: the one that the load balancer added counts
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

/// No node depends on a message that could be lost: each reads the denylist every second. So there is no notification
/// to cut, and the nodes that did not serve the request also close their sockets in time.
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
