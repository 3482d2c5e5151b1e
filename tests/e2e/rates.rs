//! How often a user may act is counted over the cluster, whatever its sessions.

use crate::support::action::{control_at, publication};
use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};
use std::time::Duration;
use tokio::time::Instant;

/// Sends one after the other for a time; how many were done.
async fn send_for(client: &mut Client, time: Duration) -> u32 {
    let (begun, mut done) = (Instant::now(), 0);
    while begun.elapsed() < time {
        let mut action = publication("ch:acme/busy", "x", Value::Null);
        action["meta"]["hub"]["ephemeral"] = json!(true);
        done += u32::from(client.ask(action).await.kind() == "@@hub/ack");
    }
    done
}

// One session on each of three nodes used to be allowed three times as much, a hundred sessions a hundred times.
#[tokio::test]
async fn a_user_on_three_nodes_may_together_do_what_a_user_may() {
    const PER_SECOND: f64 = 100.0;
    const BURST: f64 = 640.0;
    let rates = [("HUBWIRE_LIMITS_USER_RATES", "publish=100/640"), ("HUBWIRE_LIMITS_ACTIONS_PER_SECOND", "0")];
    let cluster = Cluster::start_with(Stack::Redis, &rates).await;
    let mut clients = Vec::new();
    for node in 0..3 {
        clients.push(cluster.connect(node, Codec::Json, &Login::member("busy")).await);
    }
    let begun = Instant::now();
    let [a, b, c] = &mut clients[..] else { unreachable!() };
    let time = Duration::from_secs(8);
    let done = tokio::join!(send_for(a, time), send_for(b, time), send_for(c, time));
    let (done, allowed) = (done.0 + done.1 + done.2, BURST + PER_SECOND * begun.elapsed().as_secs_f64());
    let share = f64::from(done) / allowed;
    assert!((0.9..=1.1).contains(&share), "{done} of {allowed}");

    // a new session begins where the user stands, and is told when to come back
    let mut again = cluster.connect(1, Codec::Json, &Login::member("busy")).await;
    let mut refused = 0;
    for _ in 0..100 {
        let answer = again.ask(publication("ch:acme/busy", "x", Value::Null)).await;
        if answer.kind() == "@@hub/error" {
            assert_eq!(answer.code(), "rate_limited");
            assert!(answer.payload()["retry_after_ms"].as_u64().unwrap() > 0, "{answer:?}");
            refused += 1;
        }
    }
    assert!(refused > 0, "the bucket is nearly full");
    let mut other = cluster.connect(1, Codec::Json, &Login::member("calm")).await;
    other.publish("ch:acme/busy", "x", Value::Null).await;
}

#[tokio::test]
async fn each_class_of_actions_has_its_rate_and_a_refused_join_is_none() {
    let rates = "publish=0/0,direct=1/1,join=1/70,presence=1/70,history=1/70";
    let cluster = Cluster::start_with(Stack::Memory, &[("HUBWIRE_LIMITS_USER_RATES", rates)]).await;
    let mut client = cluster.connect(0, Codec::Json, &Login::member("u1")).await;
    for (kind, to) in [("@@hub/presence", "user:u2"), ("@@hub/history", "user:u1")] {
        let mut kinds = Vec::new();
        for _ in 0..75 {
            kinds.push(client.ask(control_at(to, kind, json!({}))).await);
        }
        let refused = kinds.iter().filter(|it| it.kind() == "@@hub/error").count();
        assert!((1..=6).contains(&refused), "{kind}: {refused}");
    }
    let mut refused = 0;
    for number in 0..75 {
        let channel = format!("ch:acme/{number}");
        let answer = client.ask(control_at(&channel, "@@hub/join", json!({}))).await;
        if answer.kind() == "@@hub/error" {
            assert_eq!(answer.code(), "rate_limited");
            let left = client.ask(control_at(&channel, "@@hub/leave", json!({}))).await;
            assert_eq!(left.code(), "not_joined");
            refused += 1;
        }
    }
    assert!((1..=6).contains(&refused), "{refused}");
    for _ in 0..100 {
        client.publish("ch:acme/0", "x", Value::Null).await; // no limit
    }
}
