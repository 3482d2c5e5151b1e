//! The reply to a join lists the members of the channel, agrees with later announcements, and is bounded in size.

use crate::support::action::control_at;
use crate::support::{Action, Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

on_every_stack!(
    the_answer_to_a_join_names_who_is_there,
    a_resumed_channel_names_who_is_there,
    a_view_may_be_named_by_organisation_and_view,
    presence_comes_in_pages_or_as_a_count,
);

const CHANNEL: &str = "ch:acme/order/1842";

/// The users named by an answer or a push.
fn members(action: &Action) -> Vec<String> {
    let members = action.payload()["members"].as_array().unwrap_or_else(|| panic!("nobody is named: {action:?}"));
    members.iter().map(|member| member["user"].as_str().unwrap().to_string()).collect()
}

/// The next push about others.
async fn pushed(client: &mut Client, kind: &str) -> Action {
    client.next(kind, |it| it.kind() == kind && it.hub("re").is_null()).await
}

fn number(action: &Action, field: &str) -> u64 {
    action.payload()[field].as_u64().unwrap_or_else(|| panic!("no {field}: {action:?}"))
}

async fn the_answer_to_a_join_names_who_is_there(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let alone = ada.join(CHANNEL).await;
    assert_eq!((members(&alone), number(&alone, "count")), (vec!["ada".to_string()], 1));
    let mut stay = Vec::new();
    // on another node, and on the same one
    for (node, user, there) in [(1, "bob", vec!["ada", "bob"]), (0, "eve", vec!["ada", "bob", "eve"])] {
        let mut client = cluster.connect(node, codec, &Login::member(user)).await;
        let joined = client.join(CHANNEL).await;
        assert_eq!(members(&joined), there, "{joined:?}");
        let push = pushed(&mut ada, "@@hub/joined").await;
        assert_eq!(push.users(), [(user.to_string(), None)]);
        assert_eq!(number(&push, "count") as usize, there.len());
        assert!(number(&push, "version") > number(&alone, "version"), "{alone:?} {push:?}");
        if user == "eve" {
            // no later reply lists a user who left
            client.ask(control_at(CHANNEL, "@@hub/leave", json!({}))).await;
            let left = pushed(&mut ada, "@@hub/left").await;
            assert_eq!(number(&left, "count"), 2);
            assert_eq!(members(&ada.join(CHANNEL).await), ["ada", "bob"]);
        } else {
            stay.push(client);
        }
    }
    // a client that asked for no presence receives none
    let mut quiet = cluster.connect(2, codec, &Login::member("kim")).await;
    let joined = quiet.ask(control_at(CHANNEL, "@@hub/join", json!({ "presence": false }))).await;
    assert!(joined.payload()["members"].is_null() && joined.payload()["count"].is_null(), "{joined:?}");
}

async fn a_resumed_channel_names_who_is_there(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    ada.join(CHANNEL).await;
    let pos = ada.publish(CHANNEL, "test/before", Value::Null).await.pos().to_string();
    ada.publish(CHANNEL, "test/missed", Value::Null).await;
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    bob.send(&json!({ "type": "@@hub/resume", "payload": { "positions": { CHANNEL: pos } } })).await;
    let resumed = bob.resumed(CHANNEL).await;
    assert_eq!(
        (resumed.payload()["recovered"].as_bool(), members(&resumed)),
        (Some(true), vec!["ada".into(), "bob".into()])
    );
    assert_eq!(bob.publications_until("test/missed").await.len(), 1);
    // a join that reads the log first says who is there when it is answered
    let mut eve = cluster.connect(0, codec, &Login::member("eve")).await;
    let joined = eve.ask(control_at(CHANNEL, "@@hub/join", json!({ "pos": pos }))).await;
    assert_eq!(members(&joined), ["ada", "bob", "eve"]);
    // and up to where the log is: what is behind it is new
    let missed = eve.next_of("test/missed").await;
    assert_eq!((&joined.payload()["top"], joined.pos()), (&missed.hub("pos").clone(), pos.as_str()));
}

async fn a_view_may_be_named_by_organisation_and_view(cluster: &Cluster, codec: Codec) {
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    let by_name = |payload: Value| json!({ "type": "@@hub/view", "payload": payload });
    let joined = client.ask(by_name(json!({ "org": "acme", "view": "order/1842" }))).await;
    assert_eq!((joined.kind(), joined.to()), ("@@hub/joined", CHANNEL), "{joined:?}");
    // it is the view: the next one leaves it
    client.ask(by_name(json!({ "org": "acme", "view": "order/7", "pos": { "from": "oldest" } }))).await;
    cluster.api(1).publish(CHANNEL, "test/left", Value::Null);
    client.publish("ch:acme/order/7", "test/end", Value::Null).await;
    assert_eq!(client.publications_until("test/end").await.len(), 1);
    for wrong in [json!({ "org": "acme" }), json!({ "view": "order/7" })] {
        let answer = client.ask(by_name(wrong)).await;
        assert_eq!(answer.code(), "bad_payload", "{answer:?}");
    }
    let both = client.ask(control_at(CHANNEL, "@@hub/view", json!({ "org": "acme", "view": "order/7" }))).await;
    assert_eq!(both.code(), "bad_payload", "{both:?}");
    let other = client.ask(by_name(json!({ "org": "other", "view": "order/7" }))).await;
    assert_eq!(other.code(), "forbidden", "{other:?}");
}

async fn presence_comes_in_pages_or_as_a_count(cluster: &Cluster, codec: Codec) {
    let mut clients = Vec::new();
    for (node, user) in ["ada", "bob", "eve", "kim", "leo"].into_iter().enumerate() {
        let mut client = cluster.connect(node, codec, &Login::member(user)).await;
        client.join(CHANNEL).await;
        clients.push(client);
    }
    let ask = |payload: Value| control_at(CHANNEL, "@@hub/presence", payload);
    let mut pages = Vec::new();
    let mut payload = json!({ "limit": 2 });
    loop {
        let page = clients[0].ask(ask(payload)).await;
        assert_eq!(number(&page, "count"), 5);
        assert!(pages.len() < 3, "no end of {pages:?}");
        pages.push(page.users().into_iter().map(|(user, _)| user).collect::<Vec<_>>());
        if page.payload()["more"] != true {
            break;
        }
        payload = json!({ "limit": 2, "after": pages.last().unwrap().last().unwrap() });
    }
    assert_eq!(pages, [vec!["ada", "bob"], vec!["eve", "kim"], vec!["leo"]]);
    let count = clients[0].ask(ask(json!({ "count": true }))).await;
    assert_eq!((count.users().len(), number(&count, "count")), (0, 5), "{count:?}");
    let wrong = clients[0].ask(ask(json!({ "limit": 2, "before": "bob" }))).await;
    assert_eq!(wrong.code(), "bad_payload");
}

/// A large channel: members receive the number of members instead of single changes, until it is small again.
#[tokio::test]
async fn a_crowd_is_told_as_a_count_and_named_again_when_it_is_small() {
    let settings = [("HUBWIRE_PRESENCE_NAMED_MAX", "3"), ("HUBWIRE_PRESENCE_MEMBERS_MAX", "2")];
    let cluster = Cluster::start_with(Stack::Redis, &settings).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    ada.join(CHANNEL).await;
    let mut others = Vec::new();
    for (node, user) in [(0, "bob"), (1, "eve"), (2, "kim")] {
        let mut client = cluster.connect(node, Codec::Msgpack, &Login::member(user)).await;
        let joined = client.join(CHANNEL).await;
        others.push(client);
        match user {
            "bob" => assert_eq!(members(&joined), ["ada", "bob"]),
            "eve" => assert_eq!(members(&joined), ["ada", "bob", "eve"], "two others"),
            _ => assert!(joined.payload()["members"].is_null(), "too many to be named: {joined:?}"),
        }
        if user != "kim" {
            assert_eq!(pushed(&mut ada, "@@hub/joined").await.users(), [(user.to_string(), None)]);
        }
    }
    // the fourth makes it a crowd, on every node
    let changed = pushed(&mut ada, "@@hub/changed").await;
    assert_eq!((number(&changed, "count"), &changed.payload()["members"]), (4, &Value::Null));
    let mut late = cluster.connect(1, Codec::Json, &Login::member("leo")).await;
    let joined = late.join(CHANNEL).await;
    assert!(number(&joined, "count") >= 4, "{joined:?}");
    let changed = pushed(&mut ada, "@@hub/changed").await;
    assert_eq!(number(&changed, "count"), 5);
    // it gets smaller: told by name again once all are named
    late.ask(control_at(CHANNEL, "@@hub/leave", json!({}))).await;
    for client in &mut others {
        client.ask(control_at(CHANNEL, "@@hub/leave", json!({}))).await;
    }
    let named = ada.next("the names", |it| it.kind() == "@@hub/changed" && !it.payload()["members"].is_null()).await;
    assert!(members(&named).contains(&"ada".to_string()), "{named:?}");
    let mut bob = cluster.connect(2, Codec::Json, &Login::member("bob")).await;
    assert_eq!(members(&bob.join(CHANNEL).await), ["ada", "bob"]);
    ada.next("bob came", |it| it.kind() == "@@hub/joined" && it.users() == [("bob".to_string(), None)]).await;
}

/// A list of many users costs as many actions as it is long: a cheap frame must not buy dear answers.
#[tokio::test]
async fn a_long_list_counts_for_more_than_one_action() {
    let settings = [("HUBWIRE_LIMITS_ACTIONS_PER_SECOND", "1"), ("HUBWIRE_LIMITS_ACTIONS_BURST", "20")];
    let cluster = Cluster::start_with(Stack::Memory, &settings).await;
    let mut clients = Vec::new();
    for number in 0..100 {
        let mut client = cluster.connect(0, Codec::Json, &Login::member(&format!("u{number}"))).await;
        client.join(CHANNEL).await;
        clients.push(client);
    }
    let mut asker = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    let mut answered = 0;
    let refused = loop {
        assert!(answered < 100, "nothing is refused");
        let answer = asker.ask(control_at(CHANNEL, "@@hub/presence", json!({}))).await;
        match answer.kind() {
            "@@hub/presence" => answered += 1,
            _ => break answer,
        }
    };
    assert_eq!(refused.code(), "rate_limited");
    assert!((9..=15).contains(&answered), "each costs two of twenty: {answered}");
}
