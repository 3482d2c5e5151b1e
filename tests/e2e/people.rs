//! Contacts and blocks: which sessions are notified, and who can then write to whom.

use crate::support::action::{control, control_at, publication};
use crate::support::monitor::Monitor;
use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

async fn cluster(stack: Stack, direct: &str) -> Cluster {
    Cluster::start_with(stack, &[("HUBWIRE_PEOPLE_ENABLED", "true"), ("HUBWIRE_ACCESS_DIRECT", direct)]).await
}

/// `ok`, or the code of the refusal.
async fn outcome(client: &mut Client, action: Value) -> String {
    let answer = client.ask(action).await;
    match answer.kind() {
        "@@hub/error" => answer.code().to_string(),
        _ => "ok".into(),
    }
}

async fn act(client: &mut Client, user: &str, act: &str) -> String {
    outcome(client, control("@@hub/contact", json!({ "user": user, "act": act }))).await
}

/// The next change this session hears of.
async fn hears(client: &mut Client) -> (String, String) {
    let told = client.next("a change of a contact", |it| it.kind() == "@@hub/contact").await;
    let text = |key: &str| told.payload()[key].as_str().unwrap().to_owned();
    (text("user"), text("state"))
}

async fn people(client: &mut Client, query: Value) -> Vec<(String, String)> {
    let answer = client.ask(control("@@hub/people", query)).await;
    let list = answer.payload()["people"].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone();
    let text = |person: &Value, key: &str| person[key].as_str().unwrap().to_owned();
    list.iter().map(|person| (text(person, "user"), text(person, "state"))).collect()
}

fn one(user: &str, state: &str) -> (String, String) {
    (user.into(), state.into())
}

/// Two nodes, a second device, and everybody hears what changed for it and nothing else.
#[tokio::test]
async fn contacts_begin_when_both_want_it_and_every_session_of_both_hears_it() {
    for stack in [Stack::Memory, Stack::Redis] {
        let cluster = cluster(stack, "contacts").await;
        let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
        let mut phone = cluster.connect(1, Codec::Msgpack, &Login::member("ada")).await;
        let mut bob = cluster.connect(2, Codec::Json, &Login::member("bob")).await;
        assert_eq!(act(&mut bob, "ada", "accept").await, "not_found");
        assert_eq!(act(&mut ada, "ada", "invite").await, "bad_payload");
        assert_eq!(act(&mut ada, "bob", "invite").await, "ok");
        for session in [&mut ada, &mut phone] {
            assert_eq!(hears(session).await, one("bob", "invited"));
        }
        assert_eq!(hears(&mut bob).await, one("ada", "invites"));
        // one side is not enough, whichever writes
        assert_eq!(outcome(&mut ada, publication("user:bob", "chat/text", json!(1))).await, "forbidden");
        assert_eq!(outcome(&mut bob, publication("user:ada", "chat/text", json!(1))).await, "forbidden");
        assert_eq!(act(&mut bob, "ada", "accept").await, "ok");
        for session in [&mut ada, &mut phone] {
            assert_eq!(hears(session).await, one("bob", "contact"));
        }
        assert_eq!(hears(&mut bob).await, one("ada", "contact"));
        assert_eq!(outcome(&mut ada, publication("user:bob", "chat/text", json!(1))).await, "ok");
        let mut typing = publication("user:ada", "chat/typing", json!(1));
        typing["meta"]["hub"]["ephemeral"] = json!(true);
        assert_eq!(outcome(&mut bob, typing).await, "ok");
        phone.next_of("chat/typing").await;
        // again changes nothing, and nobody hears of it
        assert_eq!(act(&mut ada, "bob", "invite").await, "ok");
        assert_eq!(act(&mut bob, "ada", "remove").await, "ok");
        assert_eq!(hears(&mut ada).await, one("bob", "none"));
        assert_eq!(outcome(&mut ada, publication("user:bob", "chat/text", json!(1))).await, "forbidden");
        // nobody, and one who is out of reach
        let unknown = ada.ask(publication("user:nobody", "chat/text", json!(1))).await;
        let stranger = ada.ask(publication("user:bob", "chat/text", json!(1))).await;
        assert_eq!(unknown.payload(), stranger.payload());
        // the server reaches everybody
        assert_eq!(cluster.api(0).publish("user:bob", "test/end", Value::Null)["sessions"], 1);
    }
}

#[tokio::test]
async fn a_block_wins_over_everything_at_once_on_every_node_and_does_not_show() {
    for stack in [Stack::Memory, Stack::Redis] {
        let cluster = cluster(stack, "anyone").await;
        let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
        let mut eve = cluster.connect(1, Codec::Json, &Login::admin("eve")).await;
        assert_eq!(act(&mut eve, "ada", "invite").await, "ok");
        assert_eq!(act(&mut ada, "eve", "accept").await, "ok");
        assert_eq!(hears(&mut eve).await, one("ada", "invited"));
        assert_eq!(hears(&mut eve).await, one("ada", "contact"));
        assert_eq!(outcome(&mut eve, publication("user:ada", "chat/text", json!(1))).await, "ok");
        ada.next_of("chat/text").await;

        assert_eq!(act(&mut ada, "eve", "block").await, "ok");
        assert_eq!(hears(&mut eve).await, one("ada", "none"), "as a removal");
        let mut typing = publication("user:ada", "chat/late", json!(1));
        assert_eq!(outcome(&mut eve, typing.clone()).await, "forbidden");
        typing["meta"]["hub"]["ephemeral"] = json!(true);
        assert_eq!(outcome(&mut eve, typing).await, "forbidden");
        let session = format!("session:{}", ada.welcome()["session"].as_str().unwrap());
        assert_eq!(outcome(&mut eve, publication(&session, "chat/late", json!(1))).await, "forbidden");
        assert_eq!(act(&mut eve, "ada", "invite").await, "ok", "acknowledged, and never arrives");
        assert_eq!(people(&mut eve, json!({})).await, [one("ada", "invited")]);
        assert_eq!(people(&mut ada, json!({})).await, [one("eve", "blocked")]);
        assert_eq!(act(&mut ada, "eve", "invite").await, "forbidden", "unblock first");
        cluster.api(0).publish("user:ada", "test/end", Value::Null);
        let heard = ada.publications_until("test/end").await;
        assert!(heard.iter().all(|(kind, _)| !["chat/late", "@@hub/contact"].contains(&kind.as_str())), "{heard:?}");
        // a user who blocks another may still write to that user
        assert_eq!(outcome(&mut ada, publication("user:eve", "chat/text", json!(1))).await, "ok");

        // both wanted it meanwhile: an invitation takes the one that never arrived
        assert_eq!(act(&mut ada, "eve", "unblock").await, "ok");
        assert_eq!(outcome(&mut eve, publication("user:ada", "chat/text", json!(1))).await, "ok");
        assert_eq!(act(&mut ada, "eve", "invite").await, "ok");
        assert_eq!(people(&mut eve, json!({})).await, [one("ada", "contact")]);
        assert_eq!(people(&mut ada, json!({})).await, [one("eve", "contact")]);
    }
}

#[tokio::test]
async fn the_list_has_pages_a_prefix_and_states_and_is_bounded() {
    let cluster =
        Cluster::start_with(Stack::Redis, &[("HUBWIRE_PEOPLE_ENABLED", "true"), ("HUBWIRE_PEOPLE_PEOPLE_MAX", "4")])
            .await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    for (user, what) in [("dan", "invite"), ("bob", "block"), ("dora", "invite"), ("carl", "invite")] {
        assert_eq!(act(&mut ada, user, what).await, "ok");
    }
    assert_eq!(act(&mut ada, "eve", "invite").await, "too_many");
    let mut eve = cluster.connect(1, Codec::Json, &Login::member("eve")).await;
    assert_eq!(act(&mut eve, "ada", "invite").await, "ok");
    let all = [one("bob", "blocked"), one("carl", "invited"), one("dan", "invited"), one("dora", "invited")];
    assert_eq!(people(&mut ada, json!({})).await, all, "a full list takes no invitation");
    assert_eq!(people(&mut ada, json!({ "limit": 2 })).await, all[..2]);
    assert_eq!(people(&mut ada, json!({ "after": "carl", "limit": 9 })).await, all[2..]);
    assert_eq!(people(&mut ada, json!({ "prefix": "d", "after": "dan" })).await, all[3..]);
    assert_eq!(people(&mut ada, json!({ "state": "blocked" })).await, all[..1]);
    let page = ada.ask(control("@@hub/people", json!({ "limit": 3 }))).await;
    assert_eq!(page.payload()["more"], true);
    assert_eq!(
        outcome(&mut ada, control("@@hub/contact", json!({ "user": "bob", "act": "like" }))).await,
        "bad_payload"
    );
}

#[tokio::test]
async fn without_people_nothing_of_it_is_there() {
    let cluster = Cluster::start(Stack::Memory).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    assert!(!ada.welcome()["features"].as_array().unwrap().contains(&json!("people")));
    assert_eq!(act(&mut ada, "bob", "block").await, "not_found");
    for kind in ["@@hub/people", "@@hub/conversations"] {
        assert_eq!(outcome(&mut ada, control(kind, json!({}))).await, "not_found");
    }
    let read = json!({ "user": "bob", "pos": "1-1" });
    assert_eq!(outcome(&mut ada, control("@@hub/read", read)).await, "not_found");
    assert_eq!(ada.ask(control_at("user:bob", "@@hub/presence", json!({}))).await.kind(), "@@hub/presence");
}

/// The request, and the users it asks about besides one that does not exist.
type Asked<'a> = (&'a str, &'a dyn Fn(&str) -> Value, &'a [&'a str]);

/// The reply to a client, and the commands about `user` that the node sends to Redis for it.
async fn told_after(client: &mut Client, monitor: &mut Monitor, action: Value, user: &str) -> (String, Vec<String>) {
    monitor.commands();
    let answer = client.ask(action).await;
    let tag = format!("{{u:{user}}}");
    let commands = monitor.commands().into_iter().filter(|it| it.client != "lua" && it.arguments.contains(&tag));
    let said = answer.payload().to_string().replace(user, "USER");
    (format!("{} {said}", answer.kind()), commands.map(|command| command.name).collect())
}

/// Neither the answer nor the number of round trips, and with it the time, says which of them it was.
#[tokio::test]
async fn no_such_user_and_not_allowed_are_answered_alike_after_the_same_round_trips() {
    let reach = [("HUBWIRE_ACCESS_DIRECT", "same_org"), ("HUBWIRE_ACCESS_USER_PRESENCE", "same_org")];
    let cluster = Cluster::start_with(Stack::Redis, &[reach[0], reach[1], ("HUBWIRE_PEOPLE_ENABLED", "true")]).await;
    let mut eve = cluster.connect(0, Codec::Json, &Login::admin("eve").scopes(&["+invite:ch:acme/**"])).await;
    let mut blocker = cluster.connect(1, Codec::Json, &Login::member("blocker")).await;
    let _stranger = cluster.connect(1, Codec::Json, &Login::user("stranger").org("globex", &[], &[])).await;
    assert_eq!(act(&mut blocker, "eve", "block").await, "ok");

    let ephemeral = |user: &str| {
        let mut typing = publication(&format!("user:{user}"), "chat/typing", Value::Null);
        typing["meta"]["hub"]["ephemeral"] = json!(true);
        typing
    };
    let stored = |user: &str| publication(&format!("user:{user}"), "chat/text", json!(1));
    let guest = |user: &str| control_at("ch:acme/room", "@@hub/invite", json!({ "user": user }));
    let online = |user: &str| control_at(&format!("user:{user}"), "@@hub/presence", json!({}));
    let several = |user: &str| control("@@hub/presence", json!({ "users": [user] }));
    let watch = |user: &str| control("@@hub/watch", json!({ "users": [user] }));
    let contact = |act: &'static str| move |user: &str| control("@@hub/contact", json!({ "user": user, "act": act }));
    let (invite, remove) = (contact("invite"), contact("remove"));
    let asks: [Asked<'_>; 8] = [
        ("a message", &stored, &["stranger", "blocker"]),
        ("an ephemeral one", &ephemeral, &["stranger", "blocker"]),
        ("an invitation to a channel", &guest, &["stranger", "blocker"]),
        ("whether it is online", &online, &["stranger"]),
        ("whether several are", &several, &["stranger"]),
        ("to be told when it is", &watch, &["stranger"]),
        ("an invitation as a contact", &invite, &["stranger", "blocker"]),
        ("its removal", &remove, &["stranger", "blocker"]),
    ];
    let mut monitor = Monitor::start(cluster.redis());
    for (what, ask, others) in asks {
        told_after(&mut eve, &mut monitor, ask("warm"), "warm").await; // the first one loads the scripts
        let nobody = told_after(&mut eve, &mut monitor, ask("nobody"), "nobody").await;
        assert!(!nobody.1.is_empty(), "{what}: nothing was asked");
        for other in others {
            assert_eq!(told_after(&mut eve, &mut monitor, ask(other), other).await, nobody, "{what}: {other}");
        }
    }
}
