//! The operator's commands against a real cluster.

use crate::support::action::control;
use crate::support::{settings, Client, Cluster, Codec, Login, Offer, Stack};
use serde_json::{json, Value};
use std::process::{Command, Output};

/// Runs a command against the node of that number.
fn hubwire(cluster: &Cluster, node: usize, arguments: &[&str]) -> Output {
    let api = format!("http://127.0.0.1:{}", cluster.node(node).internal_port());
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubwire"));
    command.args(arguments).env("HUBWIRE_API", api).env("HUBWIRE_API_KEY", settings::API_KEY);
    command.output().unwrap()
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test]
async fn the_commands_show_the_cluster_and_drain_a_node_by_its_label() {
    let mut cluster = Cluster::start(Stack::Redis).await;
    let mut first = cluster.connect(0, Codec::Json, &Login::member("u1")).await;
    let mut second = cluster.connect(1, Codec::Json, &Login::member("u1")).await;
    first.join("ch:acme/order/1").await;
    cluster.sessions_are("u1", 2).await;

    let nodes = out(&hubwire(&cluster, 2, &["nodes"]));
    let row = |label: &str| nodes.lines().find(|line| line.starts_with(label)).unwrap_or_else(|| panic!("{nodes}"));
    assert!(row("n1").contains("ready") && row("n3").contains(env!("CARGO_PKG_VERSION")), "{nodes}");
    let order: Vec<&str> = nodes.lines().skip(1).take(3).map(|line| &line[..2]).collect();
    assert_eq!(order, ["n1", "n2", "n3"], "each stays in its place: {nodes}");
    assert!(nodes.contains("! broker "), "the broker's advice is told: {nodes}");
    assert_eq!(out(&hubwire(&cluster, 2, &["top", "--once"])).lines().next(), nodes.lines().next());
    let document: Value = serde_json::from_str(&out(&hubwire(&cluster, 2, &["--json", "nodes"]))).unwrap();
    assert_eq!(document["asked"], "n3");

    let sessions = out(&hubwire(&cluster, 2, &["sessions", "u1"]));
    assert!(sessions.starts_with("u1: 2 sessions; the stream holds 0 publications"), "{sessions}");
    assert!(sessions.lines().any(|line| line.contains("n2") && line.contains("127.0.0.1")), "{sessions}");
    let channels = || out(&hubwire(&cluster, 2, &["channels", "--org", "acme", "--prefix", "order/"]));
    assert_eventually!(channels().lines().any(|line| line.starts_with("ch:acme/order/1  1")), "{}", channels());
    let presence = out(&hubwire(&cluster, 1, &["--json", "presence", "ch:acme/order/1"]));
    let presence: Value = serde_json::from_str(&presence).unwrap();
    assert_eq!(presence["users"][0]["user"], json!("u1"));

    // why it does not connect: a token that ended in a header at one node, in a first message at another
    let expired = Login::member("u1").expired();
    let refused = Client::open(&cluster.url(2), Codec::Json, &Offer::login(Codec::Json, &expired)).await;
    assert_eq!(refused.err(), Some(401));
    let mut late = Client::open(&cluster.url(1), Codec::Json, &Offer::codec(Codec::Json)).await.unwrap();
    late.send(&control("@@hub/auth", json!({ "token": expired.token() }))).await;
    assert_eq!(late.closed().await, 4401);
    let audit = |event| out(&hubwire(&cluster, 0, &["audit", "--user", "u1", "--event", event]));
    let refusals = audit("handshake_refused");
    assert_eq!(refusals.lines().count(), 3, "{refusals}");
    for node in ["n2", "n3"] {
        let of_node = |line: &str| line.contains(&format!("  {node}  ")) && line.contains("the token expired at");
        assert!(refusals.lines().any(of_node), "{node}: {refusals}");
    }

    let unknown = hubwire(&cluster, 0, &["--json", "drain", "n9"]);
    let error: Value = serde_json::from_slice(&unknown.stderr).unwrap();
    assert_eq!((unknown.status.code(), &error["error"]["code"]), (Some(2), &json!("usage")));
    out(&hubwire(&cluster, 0, &["drain", "n2"]));
    assert_eq!(second.closed().await, 4000);
    assert_eq!(cluster.node_mut(1).process.exit().await.code(), Some(0));
    assert_eq!(out(&hubwire(&cluster, 0, &["kick", "u1"])).trim(), "asked 1 session of u1 to close");
    assert_eq!(first.closed().await, 4403);
    let ended = || out(&hubwire(&cluster, 2, &["audit", "--user", "u1", "--event", "session_ended"]));
    assert_eventually!(ended().contains("  4403  forbidden, closed by node after "), "{}", ended());
    let nobody = out(&hubwire(&cluster, 2, &["sessions", "u1"]));
    assert!(nobody.contains("hubwire audit --user u1 shows"), "{nobody}");
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let output = Command::new(env!("CARGO_BIN_EXE_hubwire")).args(["completions", shell]).output().unwrap();
        let script = out(&output);
        assert!(script.contains("check-config") && script.contains("drain"), "{shell}");
    }
}
