//! Profiles: included wherever members are listed, and pushed when they change, by a client or the server.

use crate::support::action::{control, control_at};
use crate::support::{Action, Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

on_every_stack!(
    a_profile_is_told_to_all_who_are_with_its_user_and_to_those_who_come,
    a_profile_survives_a_reconnect_and_is_bounded,
);

const CHANNEL: &str = "ch:acme/order/1842";
const OTHER: &str = "ch:acme/order/7";

fn profile(payload: Value) -> Value {
    control("@@hub/profile", payload)
}

/// Each member named, with its profile.
fn named(action: &Action) -> Vec<(String, Value)> {
    let members = action.payload()["members"].as_array().unwrap_or_else(|| panic!("nobody is named: {action:?}"));
    members.iter().map(|member| (member["user"].as_str().unwrap().into(), member["profile"].clone())).collect()
}

fn of(user: &str, profile: Value) -> (String, Value) {
    (user.into(), profile)
}

async fn changed_at(client: &mut Client, channel: &str) -> Action {
    client.next("a change", |it| it.kind() == "@@hub/changed" && it.to() == channel).await
}

async fn a_profile_is_told_to_all_who_are_with_its_user_and_to_those_who_come(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    assert!(ada.welcome()["features"].as_array().unwrap().contains(&json!("profile")));
    ada.join(CHANNEL).await;
    // two devices of one user, in two channels on two nodes
    let mut phone = cluster.connect(1, codec, &Login::member("bob")).await;
    phone.join(CHANNEL).await;
    let mut desk = cluster.connect(2, codec, &Login::member("bob")).await;
    desk.join(OTHER).await;
    let first = json!({ "name": "Bob", "meta": { "avatar": "b.png", "größe": 1.5 } });
    assert_eq!(desk.ask(profile(first.clone())).await.kind(), "@@hub/ack");
    assert_eq!(named(&changed_at(&mut ada, CHANNEL).await), [of("bob", first.clone())]);
    assert_eq!(named(&changed_at(&mut desk, OTHER).await), [of("bob", first.clone())], "its own sessions are told");
    // a state beside the profile is pushed whole
    phone.ask(control_at(CHANNEL, "@@hub/state", json!({ "state": { "line": 3 } }))).await;
    let told = changed_at(&mut ada, CHANNEL).await;
    assert_eq!(told.payload()["members"], json!([{ "user": "bob", "state": { "line": 3 }, "profile": first }]));
    // a member that joins later on another node, and a client that asks
    let mut eve = cluster.connect(2, codec, &Login::member("eve")).await;
    let joined = eve.join(CHANNEL).await;
    let all = [of("ada", Value::Null), of("bob", first.clone()), of("eve", Value::Null)];
    assert_eq!(named(&joined), all);
    let asked = eve.ask(control_at(CHANNEL, "@@hub/presence", json!({}))).await;
    let profiles: Vec<&Value> = asked.payload()["users"].as_array().unwrap().iter().map(|it| &it["profile"]).collect();
    assert_eq!(profiles, [&Value::Null, &first, &Value::Null]);
    // the server replaces it as a whole, and ends it
    ada.forget();
    let put = |body| cluster.api(0).put("/v1/users/bob/profile", body).status;
    assert_eq!(put(json!({ "name": "Robert" })), 204);
    assert_eq!(named(&changed_at(&mut ada, CHANNEL).await), [of("bob", json!({ "name": "Robert" }))]);
    assert_eq!(put(json!({})), 204);
    assert_eq!(named(&changed_at(&mut ada, CHANNEL).await), [of("bob", Value::Null)]);
    assert_eq!(put(json!({ "name": "" })), 400);
}

async fn a_profile_survives_a_reconnect_and_is_bounded(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    ada.join(CHANNEL).await;
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    assert_eq!(bob.ask(profile(json!({ "name": "Bob" }))).await.kind(), "@@hub/ack");
    bob.join(CHANNEL).await;
    assert_eq!(
        named(&changed_at(&mut ada, CHANNEL).await),
        [of("bob", json!({ "name": "Bob" }))],
        "told with its coming"
    );
    bob.close().await;
    let mut back = cluster.connect(2, codec, &Login::member("bob")).await;
    let joined = back.join(CHANNEL).await;
    assert_eq!(named(&joined), [of("ada", Value::Null), of("bob", json!({ "name": "Bob" }))]);
    // what is no profile is refused and changes nothing
    let long = json!({ "meta": { "text": "x".repeat(1024) } });
    for wrong in [
        json!({ "name": "x".repeat(65) }),
        json!({ "name": "a\nb" }),
        long,
        json!({ "meta": [1] }),
        json!({ "nick": "x" }),
    ] {
        assert_eq!(back.ask(profile(wrong.clone())).await.code(), "bad_payload", "{wrong}");
    }
    // as often as it may, and no more
    let rename = |n: usize| {
        let mut action = profile(json!({ "name": format!("Bob {n}") }));
        action["meta"]["hub"]["id"] = json!(format!("r{n}"));
        action
    };
    ada.forget();
    for frame in [0..60, 60..90] {
        back.send(&Value::Array(frame.map(rename).collect())).await;
    }
    let mut taken = Vec::new();
    for n in 0..90 {
        let answer = back.next("an answer", |it| it.hub("re") == &json!(format!("r{n}"))).await;
        match answer.kind() {
            "@@hub/ack" => taken.push(n),
            _ => assert_eq!(answer.code(), "rate_limited"),
        }
    }
    assert!((50..90).contains(&taken.len()), "{taken:?}");
    let last = json!(format!("Bob {}", taken.last().unwrap()));
    let mut told = 1;
    while named(&changed_at(&mut ada, CHANNEL).await)[0].1["name"] != last {
        told += 1;
    }
    assert!(told <= 10, "changes at once were told one by one: {told}");
}

/// Off, nothing is kept and nothing is asked.
#[tokio::test]
async fn where_users_have_no_profiles_none_is_taken() {
    let cluster = Cluster::start_with(Stack::Memory, &[("HUBWIRE_PRESENCE_PROFILE_TTL_S", "0")]).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    assert!(!ada.welcome()["features"].as_array().unwrap().contains(&json!("profile")));
    assert_eq!(ada.ask(profile(json!({ "name": "Ada" }))).await.code(), "not_found");
    assert_eq!(cluster.api(0).put("/v1/users/ada/profile", json!({ "name": "Ada" })).status, 404);
}

/// What a token says of its bearer is the profile from the beginning of the session, and again with new credentials.
#[tokio::test]
async fn a_token_may_hold_the_profile() {
    let claim = [("HUBWIRE_AUTH_CLAIM_PROFILE", "/person")];
    let cluster = Cluster::start_with(Stack::Redis, &claim).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    ada.join(CHANNEL).await;
    let called = |person: Value| Login::member("bob").claim("person", person);
    let mut bob = cluster.connect(1, Codec::Json, &called(json!("Bob"))).await;
    bob.join(CHANNEL).await;
    assert_eq!(named(&changed_at(&mut ada, CHANNEL).await), [of("bob", json!({ "name": "Bob" }))]);
    let whole = json!({ "name": "Robert", "meta": { "avatar": "r.png" } });
    let token = called(whole.clone()).token();
    assert_eq!(bob.ask(control("@@hub/refresh", json!({ "token": token }))).await.kind(), "@@hub/ack");
    assert_eq!(named(&changed_at(&mut ada, CHANNEL).await), [of("bob", whole)]);
}
