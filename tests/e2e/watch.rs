//! Watched users: pushes when they come online and go offline, and requests about several users.

use crate::support::action::{control, control_at};
use crate::support::monitor::{Command, Monitor};
use crate::support::{Action, Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

on_every_stack!(
    who_comes_online_and_goes_offline_is_told_to_those_who_watch,
    a_user_that_is_back_within_the_grace_was_never_offline,
    several_users_are_asked_for_at_once,
    a_long_answer_about_users_comes_in_parts,
    who_asks_or_watches_is_told_profiles_and_when_they_change,
    who_watches_no_more_is_told_nothing,
);

fn watch(users: &[&str]) -> Value {
    control("@@hub/watch", json!({ "users": users }))
}

/// Each user with whether it is online and with how many sessions.
fn online(action: &Action) -> Vec<(String, bool, u64)> {
    let users = action.payload()["users"].as_array().unwrap_or_else(|| panic!("no users: {action:?}"));
    let one = |it: &Value| {
        (it["user"].as_str().unwrap().into(), it["online"].as_bool().unwrap(), it["sessions"].as_u64().unwrap())
    };
    users.iter().map(one).collect()
}

fn of(user: &str, sessions: u64) -> (String, bool, u64) {
    (user.into(), sessions > 0, sessions)
}

/// The next push about watched users.
async fn told(client: &mut Client) -> Vec<(String, bool, u64)> {
    online(&client.next("a push", |it| it.kind() == "@@hub/presence" && it.hub("re").is_null()).await)
}

/// Nothing was pushed up to now.
async fn told_nothing(client: &mut Client) {
    let delivered = client.fence().await;
    assert!(!delivered.iter().any(|it| it.kind() == "@@hub/presence"), "{delivered:?}");
}

async fn who_comes_online_and_goes_offline_is_told_to_those_who_watch(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    assert!(ada.welcome()["features"].as_array().unwrap().contains(&json!("watch")));
    let eve = cluster.connect(1, codec, &Login::member("eve")).await;
    let answer = ada.ask(watch(&["eve", "bob", "eve"])).await;
    assert_eq!((answer.kind(), online(&answer)), ("@@hub/presence", vec![of("bob", 0), of("eve", 1)]));
    // another watcher, on another node
    let mut kim = cluster.connect(2, codec, &Login::member("kim")).await;
    kim.ask(watch(&["bob"])).await;
    let first = cluster.connect(1, codec, &Login::member("bob")).await;
    for watcher in [&mut ada, &mut kim] {
        assert_eq!(told(watcher).await, [of("bob", 1)]);
    }
    // neither the arrival nor the end of a second device is pushed
    let second = cluster.connect(2, codec, &Login::member("bob")).await;
    second.close().await;
    cluster.sessions_are("bob", 1).await;
    first.close().await;
    for watcher in [&mut ada, &mut kim] {
        assert_eq!(told(watcher).await, [of("bob", 0)]);
    }
    eve.close().await;
    assert_eq!(told(&mut ada).await, [of("eve", 0)]);
    told_nothing(&mut kim).await;
}

async fn a_user_that_is_back_within_the_grace_was_never_offline(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    ada.ask(watch(&["bob", "eve"])).await;
    let bob = cluster.connect(1, codec, &Login::member("bob")).await;
    assert_eq!(told(&mut ada).await, [of("bob", 1)]);
    bob.close().await;
    cluster.sessions_are("bob", 0).await;
    let _back = cluster.connect(2, codec, &Login::member("bob")).await;
    // eve comes and goes afterwards: a push about bob would have come before
    let eve = cluster.connect(1, codec, &Login::member("eve")).await;
    assert_eq!(told(&mut ada).await, [of("eve", 1)]);
    eve.close().await;
    assert_eq!(told(&mut ada).await, [of("eve", 0)]);
}

async fn several_users_are_asked_for_at_once(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let _bob = (
        cluster.connect(1, codec, &Login::member("bob")).await,
        cluster.connect(2, codec, &Login::member("bob")).await,
    );
    let ask = |users: Value| control("@@hub/presence", json!({ "users": users }));
    let answer = ada.ask(ask(json!(["kim", "bob", "ada", "bob"]))).await;
    assert_eq!(online(&answer), [of("ada", 1), of("bob", 2), of("kim", 0)]);
    assert_eq!(answer.hub("to"), &Value::Null);
    let many: Vec<String> = (0..201).map(|number| format!("u{number}")).collect();
    assert_eq!(ada.ask(ask(json!(many[..200]))).await.payload()["users"].as_array().unwrap().len(), 200);
    assert_eq!(ada.ask(ask(json!(many))).await.code(), "too_many");
    let both = control_at("user:bob", "@@hub/presence", json!({ "users": ["bob"] }));
    assert_eq!(ada.ask(both).await.code(), "bad_payload");
    assert_eq!(ada.ask(watch(&many.iter().map(|it| &**it).collect::<Vec<_>>())).await.code(), "too_many");
    // what was refused counts for nothing
    assert_eq!(ada.ask(watch(&many[..200].iter().map(|it| &**it).collect::<Vec<_>>())).await.kind(), "@@hub/presence");
    assert_eq!(ada.ask(watch(&["u200"])).await.code(), "too_many");
    assert_eq!(ada.ask(watch(&["u7"])).await.kind(), "@@hub/presence", "watched already");
}

/// Profiles of 1 KiB: together twice an outbox.
async fn a_long_answer_about_users_comes_in_parts(cluster: &Cluster, codec: Codec) {
    const USERS: usize = 120;
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let names: Vec<String> = (0..USERS).map(|number| format!("long{number:03}")).collect();
    let meta = json!({ "text": "x".repeat(1000) });
    let api = cluster.api(1);
    for name in &names {
        assert_eq!(api.put(&format!("/v1/users/{name}/profile"), json!({ "meta": meta })).status, 204);
    }
    for kind in ["@@hub/presence", "@@hub/watch"] {
        let (mut left, mut parts) = (names.clone(), 0);
        while !left.is_empty() {
            let answer = ada.ask(control(kind, json!({ "users": left }))).await;
            let told = answer.payload()["users"].as_array().unwrap();
            assert!(answer.payload().to_string().len() < 40 * 1024, "half an outbox of profiles, and the rest");
            assert!(told.iter().all(|it| it["profile"]["meta"] == meta), "{told:?}");
            let named: Vec<&str> = told.iter().map(|it| it["user"].as_str().unwrap()).collect();
            assert_eq!(named, left[..named.len()], "the first ones, in order");
            assert_eq!(answer.payload()["more"] == json!(true), named.len() < left.len(), "{}", named.len());
            left = left[named.len()..].to_vec();
            parts += 1;
        }
        assert_eq!(parts, 4, "32 of them fit into each");
    }
}

async fn who_asks_or_watches_is_told_profiles_and_when_they_change(cluster: &Cluster, codec: Codec) {
    let shown = |it: &Action| it.payload()["users"].clone();
    let profile = |name: &str| control("@@hub/profile", json!({ "name": name, "meta": { "avatar": 1.5 } }));
    let of = |name: &str| json!({ "name": name, "meta": { "avatar": 1.5 } });
    let ask = control("@@hub/presence", json!({ "users": ["bob", "eve"] }));
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut kim = cluster.connect(2, codec, &Login::member("kim")).await;
    // two devices on two nodes, and a user who was there
    let mut phone = cluster.connect(1, codec, &Login::member("bob")).await;
    let mut desk = cluster.connect(2, codec, &Login::member("bob")).await;
    assert_eq!(phone.ask(profile("Bob")).await.kind(), "@@hub/ack");
    assert_eq!(cluster.api(1).put("/v1/users/eve/profile", json!({ "name": "Eve" })).status, 204);
    let eve = json!({ "user": "eve", "online": false, "sessions": 0, "profile": { "name": "Eve" } });
    let bob =
        |count: u64, profile: Value| json!({ "user": "bob", "online": true, "sessions": count, "profile": profile });
    let both = json!([bob(2, of("Bob")), eve]);
    assert_eq!(shown(&ada.ask(watch(&["bob", "eve"])).await), both);
    assert_eq!(shown(&ada.ask(ask.clone()).await), both);
    assert_eq!(shown(&kim.ask(watch(&["bob"])).await), json!([bob(2, of("Bob"))]));
    let one = ada.ask(control_at("user:bob", "@@hub/presence", json!({}))).await;
    assert_eq!(shown(&one), json!([{ "user": "bob", "sessions": 2, "profile": of("Bob") }]));
    // the other device changes it; a repetition is not pushed, and simultaneous changes are pushed together
    let names = ["Bob".into()].into_iter().chain((0..19).map(|n| format!("Rob {n}"))).chain(["Robert".into()]);
    desk.send(&names.map(|name: String| profile(&name)).collect()).await;
    let mut pushes = [0, 0];
    for (watcher, pushes) in [&mut ada, &mut kim].into_iter().zip(&mut pushes) {
        let mut known = json!(null);
        while known != json!([bob(2, of("Robert"))]) {
            known = shown(&watcher.next("a push", |it| it.kind() == "@@hub/presence").await);
            *pushes += 1;
        }
    }
    assert!(pushes.iter().all(|pushes| *pushes <= 10), "changes at once were told one by one: {pushes:?}");
    // a change while the user is away for less than the grace period: pushed on return, as if it had never left
    phone.close().await;
    desk.close().await;
    cluster.sessions_are("bob", 0).await;
    assert_eq!(cluster.api(0).put("/v1/users/bob/profile", json!({ "name": "Bobby" })).status, 204);
    let _back = cluster.connect(0, codec, &Login::member("bob")).await;
    for watcher in [&mut ada, &mut kim] {
        let told = watcher.next("a push", |it| it.kind() == "@@hub/presence").await;
        assert_eq!(shown(&told), json!([bob(1, json!({ "name": "Bobby" }))]));
    }
    assert_eq!(cluster.api(0).put("/v1/users/bob/profile", json!({})).status, 204);
    let told = ada.next("a push", |it| it.kind() == "@@hub/presence").await;
    assert_eq!(shown(&told), json!([{ "user": "bob", "online": true, "sessions": 1 }]));
}

async fn who_watches_no_more_is_told_nothing(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    ada.ask(watch(&["bob", "eve"])).await;
    let unwatched = ada.ask(control("@@hub/unwatch", json!({ "users": ["bob", "nobody"] }))).await;
    assert_eq!(unwatched.kind(), "@@hub/ack");
    let _bob = cluster.connect(1, codec, &Login::member("bob")).await;
    let _eve = cluster.connect(1, codec, &Login::member("eve")).await;
    assert_eq!(told(&mut ada).await, [of("eve", 1)]);
    told_nothing(&mut ada).await;
}

/// The rules say who may be seen; one user that may not be refuses the whole.
#[tokio::test]
async fn only_users_that_may_be_seen_are_watched() {
    let rules = [("HUBWIRE_ACCESS_RULES", "anyone may presence on user:bot~*")];
    let cluster = Cluster::start_with(Stack::Memory, &rules).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    for kind in ["@@hub/watch", "@@hub/presence"] {
        let refused = ada.ask(control(kind, json!({ "users": ["bot~1", "bob"] }))).await;
        assert_eq!((refused.code(), refused.to()), ("forbidden", "user:bob"), "{refused:?}");
        assert_eq!(online(&ada.ask(control(kind, json!({ "users": ["bot~1"] }))).await), [of("bot~1", 0)]);
    }
}

/// Users that nobody watches cost no message, and nodes hear only of those that somebody there watches.
#[tokio::test]
async fn a_user_that_nobody_watches_costs_no_message() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    ada.ask(watch(&["bob"])).await;
    let mut monitor = Monitor::start(cluster.redis());
    cluster.connect(1, Codec::Json, &Login::member("eve")).await.close().await;
    let bob = cluster.connect(1, Codec::Json, &Login::member("bob")).await;
    assert_eq!(told(&mut ada).await, [of("bob", 1)]);
    cluster.sessions_are("eve", 0).await;
    let is_told = |it: &Command| it.publishes() && it.first().ends_with(":watch");
    let told: Vec<Command> = monitor.commands().into_iter().filter(is_told).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].first().contains("{u:bob}"), "{told:#?}");
    drop(bob);
}
