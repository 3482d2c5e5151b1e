//! "Why is u1 not connected?": the log at debug tells each session from its connection to its close.

use crate::support::{Client, Codec, Login, Node, Offer};
use serde_json::{json, Value};

async fn node(sample: &str) -> Node {
    let further = [
        ("HUBWIRE_LOG_LEVEL", "info,hubwire::session=debug,hubwire::api=debug"),
        ("HUBWIRE_LOG_FORMAT", "json"),
        ("HUBWIRE_LOG_SAMPLE", sample),
    ];
    let mut node = Node::spawn_set("n1", None, &further);
    node.ready().await;
    node
}

fn lines(node: &Node, message: &str) -> Vec<Value> {
    let lines = node.process.output();
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == message).collect()
}

#[tokio::test]
async fn a_session_is_told_line_by_line_with_its_fields() {
    let node = node("1").await;
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::member("u1")).await;
    let session = client.welcome()["session"].clone();
    client.join("ch:acme/a").await;
    client.ask(json!({ "type": "x", "meta": { "hub": { "to": "org:acme", "id": "k1" } } })).await;
    client.close().await;
    assert_eventually!(lines(&node, "closed").len() == 1, "{}", node.process.output());
    let one = |message: &str| {
        let found = lines(&node, message);
        assert_eq!(found.len(), 1, "{message}: {}", node.process.output());
        assert_eq!(
            (&found[0]["session"], &found[0]["node"], &found[0]["level"]),
            (&session, &json!("n1"), &json!("DEBUG"))
        );
        found[0].clone()
    };
    assert_eq!(
        (&one("connected")["peer"], &one("connected")["protocol"]),
        (&json!("127.0.0.1"), &json!("hubwire.v1.json"))
    );
    assert_eq!((&one("welcomed")["user"], &one("welcomed")["orgs"]), (&json!("u1"), &json!("acme")));
    assert_eq!((&one("joined")["user"], &one("joined")["channel"]), (&json!("u1"), &json!("ch:acme/a")));
    let refused = one("refused");
    assert_eq!((&refused["error"], &refused["to"]), (&json!("forbidden"), &json!("org:acme")));
    assert!(refused["reason"].as_str().unwrap().contains(' '), "it says why: {refused}");
    let closed = one("closed");
    assert_eq!((&closed["code"], &closed["by"]), (&json!(1005), &json!("client")));
    assert!(closed["lasted_ms"].is_u64(), "{closed}");
    // a request to the API carries the id that its caller gave it
    let answer = ureq::get(format!("http://127.0.0.1:{}/version", node.internal_port())).header("x-request-id", "r-17");
    let answer = answer.call().unwrap();
    assert_eq!(answer.headers().get("x-request-id").unwrap(), "r-17");
    let is_it = |line: &Value| line["request_id"] == "r-17" && line["route"] == "/version" && line["status"] == 200;
    assert_eventually!(lines(&node, "request answered").iter().any(is_it), "{}", node.process.output());
}

// All of a session's lines are written, or none.
#[tokio::test]
async fn of_many_sessions_a_sample_is_told() {
    let node = node("1000000").await;
    for _ in 0..20 {
        Client::connect(&node.url(), Codec::Json, &Login::member("u1")).await.close().await;
    }
    let bad = Offer { token: Some(Login::member("u1").forged().token()), ..Offer::codec(Codec::Json) };
    assert_eq!(Client::open(&node.url(), Codec::Json, &bad).await.err(), Some(401));
    assert_eventually!(node.process.output().contains("handshake_refused"), "{}", node.process.output());
    let told = ["connected", "welcomed", "closed"].map(|message| lines(&node, message).len());
    assert!(told.iter().all(|count| *count == told[0]) && told[0] < 3, "{told:?}");
}
