//! Presence in organisations and teams: listed by page, and pushed to watchers who have the right.

use crate::support::action::{control, control_at};
use crate::support::monitor::{Command, Monitor};
use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

const ON: [(&str, &str); 2] = [("HUBWIRE_PRESENCE_ORGS", "true"), ("HUBWIRE_PRESENCE_LEFT_GRACE_MS", "300")];
const ORG: &str = "org:acme";

async fn ask(client: &mut Client, to: &str, query: Value) -> Value {
    client.ask(control_at(to, "@@hub/presence", query)).await.payload().clone()
}

/// The next push about an organisation or team.
async fn told(client: &mut Client, kind: &str, to: &str) -> Vec<String> {
    let told = client.next(kind, |it| it.kind() == kind && it.to() == to && it.hub("re").is_null()).await;
    told.users().into_iter().map(|(user, _)| user).collect()
}

async fn who_comes_and_goes_is_told_to_those_who_may_see_it(stack: Stack, codec: Codec) {
    let cluster = Cluster::start_with(stack, &ON).await;
    let mut boss = cluster.connect(0, codec, &Login::admin("boss")).await;
    assert!(boss.welcome()["features"].as_array().unwrap().contains(&json!("org_presence")));
    assert_eq!(boss.ask(control("@@hub/watch", json!({ "orgs": ["acme"] }))).await.kind(), "@@hub/ack");
    // the user's first session, on any node, is announced; a second one is not
    let ops = Login::user("bob").org("acme", &[], &["ops"]);
    let mut first = cluster.connect(1, codec, &ops).await;
    assert_eq!(told(&mut boss, "@@hub/joined", ORG).await, ["bob"]);
    let second = cluster.connect(2, codec, &ops).await;
    let eve = cluster.connect(2, codec, &Login::member("eve")).await;
    assert_eq!(told(&mut boss, "@@hub/joined", ORG).await, ["eve"]);
    // by page, and how many
    let page = ask(&mut boss, ORG, json!({ "limit": 2 })).await;
    let users = json!([{ "user": "boss", "sessions": 1 }, { "user": "bob", "sessions": 2 }]);
    let users = [&users[1], &users[0]]; // in the order of their ids
    assert_eq!(page, json!({ "users": users, "count": 3, "more": true }));
    let rest = ask(&mut boss, ORG, json!({ "after": "boss" })).await;
    assert_eq!(rest, json!({ "users": [{ "user": "eve", "sessions": 1 }], "count": 3 }));
    assert_eq!(ask(&mut boss, ORG, json!({ "count": true })).await["count"], json!(3));
    assert_eq!(ask(&mut boss, "team:acme/ops", json!({})).await["users"], json!([{ "user": "bob", "sessions": 2 }]));
    let api = cluster.api(1);
    assert_eq!(api.presence("channel=org:acme").len(), 3);
    // a user without the right may neither ask nor watch
    for refused in [control_at(ORG, "@@hub/presence", json!({})), control("@@hub/watch", json!({ "orgs": ["acme"] }))] {
        let refused = first.ask(refused).await;
        assert_eq!((refused.code(), refused.to()), ("forbidden", ORG));
    }
    assert_eq!(first.ask(control("@@hub/watch", json!({}))).await.code(), "bad_payload");
    // profiles are included, too
    assert_eq!(first.ask(control("@@hub/profile", json!({ "name": "Bob" }))).await.kind(), "@@hub/ack");
    let changed = boss.next("the profile", |it| it.kind() == "@@hub/changed" && it.to() == ORG).await;
    assert_eq!(changed.payload()["members"], json!([{ "user": "bob", "profile": { "name": "Bob" } }]));
    // a user who is back within the grace period, on another node, was never announced as gone
    eve.close().await;
    let eve = cluster.connect(0, codec, &Login::member("eve")).await;
    first.close().await;
    second.close().await;
    assert_eq!(told(&mut boss, "@@hub/left", ORG).await, ["bob"]);
    // no more
    assert_eq!(boss.ask(control("@@hub/unwatch", json!({ "orgs": ["acme"] }))).await.kind(), "@@hub/ack");
    eve.close().await;
    let mut chief = cluster.connect(1, codec, &Login::admin("chief")).await;
    assert_eventually!(ask(&mut chief, ORG, json!({ "count": true })).await["count"] == 2, "the boss and the chief");
    let pushed = boss.fence().await;
    assert!(!pushed.iter().any(|it| it.to() == ORG), "{pushed:?}");
}

#[tokio::test]
async fn memory_json() {
    who_comes_and_goes_is_told_to_those_who_may_see_it(Stack::Memory, Codec::Json).await;
}

#[tokio::test]
async fn memory_msgpack() {
    who_comes_and_goes_is_told_to_those_who_may_see_it(Stack::Memory, Codec::Msgpack).await;
}

#[tokio::test]
async fn redis_json() {
    who_comes_and_goes_is_told_to_those_who_may_see_it(Stack::Redis, Codec::Json).await;
}

#[tokio::test]
async fn redis_msgpack() {
    who_comes_and_goes_is_told_to_those_who_may_see_it(Stack::Redis, Codec::Msgpack).await;
}

/// A node dies, and Redis forgets everything: the list is what is there.
#[tokio::test]
async fn the_list_survives_the_death_of_a_node_and_the_loss_of_all_data() {
    let mut cluster = Cluster::start_with(Stack::Redis, &ON).await;
    let mut boss = cluster.connect(0, Codec::Json, &Login::admin("boss")).await;
    boss.ask(control("@@hub/watch", json!({ "orgs": ["acme"] }))).await;
    let _bob = cluster.connect(1, Codec::Json, &Login::member("bob")).await;
    let _eve = cluster.connect(2, Codec::Json, &Login::member("eve")).await;
    let mut came = 0;
    while came < 2 {
        came += told(&mut boss, "@@hub/joined", ORG).await.len();
    }
    cluster.node_mut(1).process.kill();
    assert_eq!(told(&mut boss, "@@hub/left", ORG).await, ["bob"]);
    let _: () = redis::cmd("FLUSHALL").query(&mut cluster.redis().connection()).unwrap();
    let mut listed;
    assert_eventually!(
        {
            listed = boss.ask(control_at(ORG, "@@hub/presence", json!({}))).await.users();
            listed.iter().map(|(user, _)| user.as_str()).eq(["boss", "eve"])
        },
        "{listed:?}"
    );
    let _kim = cluster.connect(2, Codec::Json, &Login::member("kim")).await;
    let joined = boss.next("kim", |it| it.kind() == "@@hub/joined" && it.to() == ORG).await;
    assert!(joined.users().iter().any(|(user, _)| user == "kim"), "{joined:?}");
}

/// Off, as it is unless configured, a session costs no step of the broker more, and nobody can ask.
#[tokio::test]
async fn off_it_costs_nothing() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut boss = cluster.connect(0, Codec::Json, &Login::admin("boss")).await;
    let mut monitor = Monitor::start(cluster.redis());
    let _bob = cluster.connect(1, Codec::Json, &Login::member("bob")).await;
    cluster.sessions_are("bob", 1).await;
    let lists: Vec<Command> = monitor.commands();
    let lists: Vec<&Command> = lists.iter().filter(|it| format!("{it:?}").contains("{org:acme}:members")).collect();
    assert!(lists.is_empty(), "{lists:?}");
    assert_eq!(boss.ask(control_at(ORG, "@@hub/presence", json!({}))).await.code(), "not_found");
    assert_eq!(boss.ask(control("@@hub/watch", json!({ "orgs": ["acme"] }))).await.code(), "not_found");
}
