//! The rate of a user's actions is counted across the cluster, over all of its sessions.

use crate::support::action::{control, control_at, publication};
use crate::support::eventually::DEADLINE;
use crate::support::{Application, Client, Cluster, Codec, Does, Login, Offer, Stack};
use serde_json::{json, Value};
use std::time::Duration;
use tokio::time::Instant;

/// Sends one after the other for a time, and on until it was refused: only then the bucket was full, however slow the
/// machine is. How many were done.
async fn send_for(client: &mut Client, time: Duration) -> u32 {
    let (begun, mut done, mut refused) = (Instant::now(), 0, false);
    while begun.elapsed() < time || !refused {
        assert!(begun.elapsed() < DEADLINE, "{done} done and none refused");
        let mut action = publication("ch:acme/busy", "x", Value::Null);
        action["meta"]["hub"]["ephemeral"] = json!(true);
        let is_done = client.ask(action).await.kind() == "@@hub/ack";
        done += u32::from(is_done);
        refused |= !is_done;
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

    // a new session starts with the user's current bucket, and is told when to retry
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

// Whoever comes back anew, on a node that has never seen the user, has what was left.
#[tokio::test]
async fn a_user_that_closed_all_its_sessions_finds_its_full_bucket_on_another_node() {
    let rates = [("HUBWIRE_LIMITS_USER_RATES", "publish=1/64")];
    let cluster = Cluster::start_with(Stack::Redis, &rates).await;
    let login = Login::member("busy");
    let mut first = cluster.connect(0, Codec::Json, &login).await;
    let _ = send_for(&mut first, Duration::ZERO).await;
    let full = Instant::now();
    first.close().await;
    cluster.sessions_are("busy", 0).await;
    let mut again = cluster.connect(1, Codec::Json, &login).await;
    let done = send_for(&mut again, Duration::ZERO).await;
    // the node asks the broker about a user with its first action; one per second drains
    let allowed = 4.0 + full.elapsed().as_secs_f64();
    assert!(f64::from(done) <= allowed, "{done} of {allowed}, in a bucket for 64");
}

// Nobody sets limits before the first flood.
#[tokio::test]
async fn a_node_without_settings_of_limits_refuses_a_flood_of_one_user() {
    let cluster = Cluster::start(Stack::Memory).await;
    let mut clients = Vec::new();
    for _ in 0..6 {
        clients.push(cluster.connect(0, Codec::Json, &Login::member("busy")).await);
    }
    let mut action = publication("ch:acme/busy", "x", Value::Null);
    action["meta"]["hub"]["ephemeral"] = json!(true);
    let flood = json!(vec![action.clone(); 63]);
    let begun = Instant::now();
    let mut sent = 0;
    // each session alone stays within the rate of a session at first: 1,000 at once
    let refused = 'flood: loop {
        for client in &mut clients {
            assert!(begun.elapsed() < DEADLINE, "{sent} sent and the user not refused");
            client.send(&flood).await;
            sent += 64;
            let answer = client.ask(action.clone()).await;
            if answer.kind() == "@@hub/error" && answer.payload()["message"].as_str().unwrap().starts_with("you have") {
                break 'flood answer;
            }
            client.forget();
        }
    };
    assert_eq!(refused.code(), "rate_limited");
    assert!(sent > 4000, "{sent}: the bucket of a user holds 4,000");
    cluster.connect(0, Codec::Json, &Login::member("calm")).await.publish("ch:acme/busy", "x", Value::Null).await;
}

#[tokio::test]
async fn each_class_of_actions_has_its_rate_and_a_refused_join_is_none() {
    let rates = "publish=0/0,direct=1/70,join=1/70,presence=1/70,history=1/70";
    let cluster = Cluster::start_with(Stack::Memory, &[("HUBWIRE_LIMITS_USER_RATES", rates)]).await;
    let mut client = cluster.connect(0, Codec::Json, &Login::member("u1")).await;
    for (kind, to) in [("@@hub/presence", "user:u2"), ("@@hub/history", "user:u1"), ("x/direct", "user:u2")] {
        let mut refused = 0;
        for _ in 0..75 {
            let answer = client.ask(control_at(to, kind, json!({}))).await;
            if answer.kind() == "@@hub/error" {
                assert_eq!(answer.code(), "rate_limited");
                refused += 1;
            }
        }
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

/// A login from an address, behind a balancer that the nodes trust to name it.
fn from(address: &str, user: &str) -> Offer {
    let headers = vec![("x-forwarded-for".into(), address.into())];
    Offer { headers, ..Offer::login(Codec::Json, &Login::member(user)) }
}

async fn connected(url: &str, offer: &Offer) -> Client {
    let mut client = Client::open(url, Codec::Json, offer).await.unwrap();
    client.welcomed().await;
    client
}

// Many made-up users at one address used to multiply the rate of one.
#[tokio::test]
async fn users_at_one_address_may_together_do_what_an_address_may_on_all_nodes() {
    const PER_SECOND: f64 = 100.0;
    const BURST: f64 = 640.0;
    let settings = [
        ("HUBWIRE_LISTEN_TRUSTED_PROXIES", "127.0.0.0/8"),
        ("HUBWIRE_LISTEN_CLIENT_ADDRESS", "x_forwarded_for"),
        ("HUBWIRE_LIMITS_ADDRESS_RATES", "publish=100/640"),
        ("HUBWIRE_LIMITS_ACTIONS_PER_SECOND", "0"),
    ];
    let cluster = Cluster::start_with(Stack::Redis, &settings).await;
    let mut clients = Vec::new();
    for (node, user) in ["a", "b", "c"].into_iter().enumerate() {
        // one customer of a provider has as many addresses of IPv6 as it likes
        let address = format!("2001:db8::{user}");
        clients.push(connected(&cluster.url(node), &from(&address, user)).await);
    }
    let begun = Instant::now();
    let [a, b, c] = &mut clients[..] else { unreachable!() };
    let time = Duration::from_secs(6);
    let done = tokio::join!(send_for(a, time), send_for(b, time), send_for(c, time));
    let (done, allowed) = (done.0 + done.1 + done.2, BURST + PER_SECOND * begun.elapsed().as_secs_f64());
    let share = f64::from(done) / allowed;
    assert!((0.9..=1.1).contains(&share), "{done} of {allowed}");

    // another user who later connects from there, on another node, finds the bucket in its current state
    let mut late = connected(&cluster.url(1), &from("2001:db8::d", "d")).await;
    let mut refused = None;
    for _ in 0..100 {
        let answer = late.ask(publication("ch:acme/busy", "x", Value::Null)).await;
        refused = refused.or_else(|| (answer.kind() == "@@hub/error").then_some(answer));
    }
    let refused = refused.expect("the bucket is nearly full");
    assert_eq!(refused.code(), "rate_limited");
    assert!(refused.payload()["message"].as_str().unwrap().starts_with("your address has"), "{refused:?}");
    let mut elsewhere = connected(&cluster.url(1), &from("2001:db8:0:1::a", "a")).await;
    elsewhere.publish("ch:acme/busy", "x", Value::Null).await;
    assert!(cluster.api(1).text("/metrics").1.contains("hubwire_budget_refused_total{budget=\"address_rate\"}"));
}

// A large answer costs the node more than a small one, and its user too.
#[tokio::test]
async fn rpcs_have_a_rate_and_a_large_answer_counts_as_several() {
    let application = Application::start(|received| match received.body["method"].as_str().unwrap() {
        "large" => Does::ok(json!("x".repeat(40 * 1024))),
        _ => Does::ok(json!(1)),
    });
    let route = format!("*={}", application.url("/rpc"));
    let settings = [
        ("HUBWIRE_RPC_METHODS", &*route),
        ("HUBWIRE_APPLICATION_SECRETS", "a secret of the application of at least 32 bytes"),
        ("HUBWIRE_LIMITS_USER_RATES", "rpc=1/70"),
    ];
    let cluster = Cluster::start_with(Stack::Memory, &settings).await;
    for (method, expected) in [("small", 70..=78), ("large", 23..=30)] {
        let mut client = cluster.connect(0, Codec::Json, &Login::member(method)).await;
        let mut done = 0;
        for _ in 0..85 {
            let answer = client.ask(control("@@hub/rpc", json!({ "method": method }))).await;
            match answer.kind() {
                "@@hub/reply" => done += 1,
                _ => assert_eq!(answer.code(), "rate_limited"),
            }
        }
        assert!(expected.contains(&done), "{method}: {done}");
        assert_eq!(application.received().iter().filter(|it| it.body["method"] == method).count(), done);
    }
}

// A refusal does not end a session: only a client that persists for long is disconnected, not a page with a stalled
// network.
#[tokio::test]
async fn a_session_that_takes_no_notice_of_refusals_is_closed_and_one_that_sends_all_at_once_is_not() {
    let settings = [
        ("HUBWIRE_LIMITS_ACTIONS_PER_SECOND", "20"),
        ("HUBWIRE_LIMITS_ACTIONS_BURST", "20"),
        ("HUBWIRE_LIMITS_ABUSE_AFTER_S", "2"),
    ];
    let cluster = Cluster::start_with(Stack::Memory, &settings).await;
    let mut stalled = cluster.connect(0, Codec::Json, &Login::member("stalled")).await;
    let burst: Vec<Value> = (0..60).map(|_| control("@@hub/ping", json!({}))).collect();
    for _ in 0..10 {
        stalled.send(&json!(burst)).await;
    }
    let mut abusive = cluster.connect(0, Codec::Json, &Login::member("abusive")).await;
    let begun = Instant::now();
    let mut ping = control("@@hub/ping", json!({}));
    ping["meta"]["hub"]["id"] = json!("again");
    assert_eq!(abusive.send_until_closed(&ping).await, 4429);
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
    let audit = cluster.api(0).get("/v1/audit?event=session_abusive").body;
    assert_eq!(audit["events"][0]["user"], "abusive", "{audit}");
    // the other one was refused most of what it sent, and is as welcome as before
    assert_eventually!(stalled.ask(control("@@hub/ping", json!({}))).await.kind() == "@@hub/ack", "its bucket fills");
}

// One tenant must not take all places of a node.
#[tokio::test]
async fn an_organisation_has_no_more_sessions_on_a_node_than_it_may_and_others_have_theirs() {
    let cluster = Cluster::start_with(Stack::Memory, &[("HUBWIRE_LIMITS_ORG_SESSIONS_MAX", "2")]).await;
    let first = cluster.connect(0, Codec::Json, &Login::member("a")).await;
    let _second = cluster.connect(0, Codec::Json, &Login::member("b")).await;
    let third = Offer::login(Codec::Json, &Login::member("c").org("other", &[], &[]));
    let mut third = Client::open(&cluster.url(0), Codec::Json, &third).await.unwrap();
    let refused = third.next_of("@@hub/error").await;
    assert_eq!((refused.code(), refused.to()), ("overloaded", "org:acme"), "{refused:?}");
    assert_eq!(third.closed_with_reason().await, (4413, "session limit".to_owned()));
    let mut other = cluster.connect(0, Codec::Json, &Login::user("d").org("other", &[], &[])).await;
    other.publish("ch:other/a", "x", Value::Null).await;
    assert!(cluster.api(0).text("/metrics").1.contains("hubwire_budget_refused_total{budget=\"org_sessions\"} 1"));
    // a place that is given up is another's, also after one was turned away
    first.close().await;
    assert_eventually!(
        {
            let offer = Offer::login(Codec::Json, &Login::member("c"));
            let mut again = Client::open(&cluster.url(0), Codec::Json, &offer).await.unwrap();
            again.next("welcome or error", |_| true).await.kind() == "@@hub/welcome"
        },
        "there is room again"
    );
}
