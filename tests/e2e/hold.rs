//! A session authenticated by the upgrade may be held until its client resumes, so that nothing is delivered between
//! the welcome and the resume.

use crate::support::action::{control, control_at};
use crate::support::{Client, Cluster, Codec, Login, Offer};
use serde_json::{json, Value};

on_every_stack!(
    nothing_is_lost_or_doubled_between_the_welcome_and_the_resume_of_a_held_session,
    a_held_session_goes_on_from_now_when_it_says_so,
    a_held_session_follows_nothing_before_its_first_message,
    the_rest_of_a_frame_waits_for_the_welcome,
);

async fn held(cluster: &Cluster, node: usize, codec: Codec) -> Client {
    let ticket = cluster.api(node).ticket(&Login::member("ada"));
    let query = format!("?ticket={ticket}&device=phone&hold=true");
    Client::open(&cluster.url(node), codec, &Offer { query, ..Offer::codec(codec) }).await.unwrap()
}

fn with_id(mut action: Value, id: &str) -> Value {
    action["meta"]["hub"]["id"] = json!(id);
    action
}

async fn nothing_is_lost_or_doubled_between_the_welcome_and_the_resume_of_a_held_session(
    cluster: &Cluster,
    codec: Codec,
) {
    const CHANNEL: &str = "ch:acme/c";
    let streams = ["user:ada", "org:acme", CHANNEL];
    let mut held = held(cluster, 1, codec).await;
    let api = cluster.api(0);
    let publish = tokio::task::spawn_blocking(move || {
        for n in 0..60 {
            streams.iter().for_each(|stream| drop(api.publish(stream, "test/n", json!(n))));
        }
    });
    // the publications go on while it is welcomed and after
    let positions = json!({ "user:ada": null, "org:acme": "0-0", CHANNEL: { "pos": "0-0", "view": true } });
    held.send(&with_id(control("@@hub/resume", json!({ "positions": positions })), "r1")).await;
    assert_eq!(held.welcomed().await.hub("re"), "r1");
    publish.await.unwrap();
    for stream in streams {
        let mut numbers = Vec::new();
        while numbers.len() < 60 {
            let next = held.next(stream, |it| it.to() == stream).await;
            match next.kind() {
                "@@hub/resumed" => {
                    assert!(numbers.is_empty(), "{stream}: {numbers:?} came before it");
                    assert_eq!(next.payload()["recovered"], true, "{next:?}");
                }
                "test/n" => numbers.push(next.payload().as_u64().unwrap()),
                other => assert!(["@@hub/joined", "@@hub/left"].contains(&other), "{next:?}"),
            }
        }
        assert_eq!(numbers, (0..60).collect::<Vec<_>>(), "{stream}");
    }
    // the channel is its view again: the next view leaves it
    held.ask(control_at("ch:acme/d", "@@hub/view", json!({}))).await;
    cluster.api(0).publish(CHANNEL, "test/left", Value::Null);
    cluster.api(0).publish("user:ada", "test/end", Value::Null);
    assert_eq!(held.publications_until("test/end").await.len(), 1);
}

async fn a_held_session_goes_on_from_now_when_it_says_so(cluster: &Cluster, codec: Codec) {
    cluster.api(0).publish("user:ada", "test/before", Value::Null);
    let mut held = held(cluster, 1, codec).await;
    held.send(&with_id(control("@@hub/live", Value::Null), "v1")).await;
    assert_eq!(held.welcomed().await.hub("re"), "v1");
    assert!(held.welcome()["features"].as_array().unwrap().contains(&json!("hold")));
    cluster.api(0).publish("user:ada", "test/after", Value::Null);
    assert_eq!(held.publications_until("test/after").await.len(), 1);
}

async fn a_held_session_follows_nothing_before_its_first_message(cluster: &Cluster, codec: Codec) {
    let mut held = held(cluster, 1, codec).await;
    let early = held.ask(control_at("ch:acme/c", "@@hub/join", json!({}))).await;
    assert_eq!(early.code(), "bad_action", "{early:?}");
    assert_eq!(cluster.api(0).session_count("ada"), 0);
    assert_eq!(held.fence().await, []);
    assert_eq!(held.closed().await, 4408, "it said nothing for too long");
}

/// The client does not wait for anything: a ticket is taken, a directory and hubs are entered meanwhile.
async fn the_rest_of_a_frame_waits_for_the_welcome(cluster: &Cluster, codec: Codec) {
    let ticket = cluster.api(0).ticket(&Login::member("ada"));
    for credentials in [json!({ "token": Login::member("ada").token() }), json!({ "ticket": ticket })] {
        let mut client = Client::open(&cluster.url(0), codec, &Offer::codec(codec)).await.unwrap();
        let auth = with_id(control("@@hub/auth", credentials), "a1");
        let join = with_id(control_at("ch:acme/c", "@@hub/join", json!({})), "j1");
        client.send(&json!([auth, join, with_id(control("@@hub/ping", Value::Null), "p1")])).await;
        client.send(&with_id(control("@@hub/ping", Value::Null), "p2")).await;
        for (re, kind) in [("a1", "@@hub/welcome"), ("p1", "@@hub/ack"), ("p2", "@@hub/ack"), ("j1", "@@hub/joined")] {
            let answer = client.next(re, |it| it.hub("re") == re).await;
            assert_eq!(answer.kind(), kind, "{answer:?}");
        }
    }
}
