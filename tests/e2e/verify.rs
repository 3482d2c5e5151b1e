//! `hubwire verify` against a cluster that keeps its promises, and against one that does not.

use crate::support::process::without_own_variables;
use crate::support::{settings, Cluster, Stack};
use serde_json::Value;
use std::process::{Command, Output};

fn verify(urls: &str, further: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubwire"));
    command.args(["--json", "verify", "--secret", settings::JWT_SECRET, "--url", urls]).args(further);
    without_own_variables(&mut command);
    command.envs(environment.iter().copied()).output().unwrap()
}

fn verdicts(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

// The hard one among them: a node ends while somebody reads there and somebody else publishes.
#[tokio::test]
async fn every_promise_is_seen_kept_also_while_a_node_drains() {
    let mut cluster = Cluster::start_with(Stack::Redis, &[("HUBWIRE_DRAIN_GRACE_MS", "200")]).await;
    let urls: Vec<String> = (0..3).map(|node| cluster.node(node).url()).collect();
    let api = format!("http://127.0.0.1:{}", cluster.node(0).internal_port());
    let access = [("HUBWIRE_API", &*api), ("HUBWIRE_API_KEY", settings::API_KEY)];
    let output = verify(&urls.join(","), &["--drain", "n2"], &access);
    let found = verdicts(&output);
    assert!(output.status.success() && found["ok"] == true, "{found:#}");
    assert_eq!(found["promises"].as_array().unwrap().len(), 8);
    assert_eq!(cluster.node_mut(1).process.exit().await.code(), Some(0));
}

// Two clusters that somebody takes for one: what is sent at one node is never seen at the other.
#[tokio::test]
async fn promises_that_are_broken_are_named() {
    let (one, two) = (Cluster::start(Stack::Memory).await, Cluster::start(Stack::Memory).await);
    let urls = format!("{},{}", one.node(0).url(), two.node(0).url());
    let output = verify(&urls, &["--answer-timeout-ms", "1000"], &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let found = verdicts(&output);
    let kept = |promise: &str| {
        let promises = found["promises"].as_array().unwrap();
        promises.iter().find(|it| it["promise"].as_str().unwrap().contains(promise)).unwrap()["kept"] == true
    };
    assert!(!kept("direct message") && !kept("waits for a user who is away") && !kept("joins and leaves"), "{found:#}");
}
