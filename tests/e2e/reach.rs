//! Which users a user may reach: `access.direct` and `access.user_presence`. The deciding node is not the receiver's.

use crate::support::action::control;
use crate::support::redis_server::RedisServer;
use crate::support::{Action, Client, Codec, Login, Node};
use serde_json::{json, Value};

const SAME_ORG: [(&str, &str); 2] =
    [("HUBWIRE_ACCESS_DIRECT", "same_org"), ("HUBWIRE_ACCESS_USER_PRESENCE", "same_org")];

async fn node(label: &str, redis: &RedisServer, options: &[(&'static str, &str)]) -> Node {
    let mut node = Node::spawn_set(label, Some(&redis.url()), options);
    node.ready().await;
    node
}

fn send(to: &str, ephemeral: bool) -> Value {
    json!({ "type": "chat/said", "payload": "hi", "meta": { "hub": { "to": to, "ephemeral": ephemeral } } })
}

fn presence(to: &str) -> Value {
    let mut ask = control("@@hub/presence", json!({}));
    ask["meta"] = json!({ "hub": { "to": to } });
    ask
}

/// What an answer says: its type, and of an error the code with its text.
fn verdict(answer: &Action) -> (String, String) {
    let payload = answer.payload();
    let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
    (answer.kind().to_owned(), format!("{} {}", text("code"), text("message")))
}

#[tokio::test]
async fn users_of_another_organisation_are_out_of_reach_like_users_that_do_not_exist() {
    let redis = RedisServer::start().await;
    let (one, two) = (node("n1", &redis, &SAME_ORG).await, node("n2", &redis, &SAME_ORG).await);
    let connect = |node: &Node, login: Login| {
        let url = node.url();
        async move { Client::connect(&url, Codec::Json, &login).await }
    };
    let mut ada = connect(&one, Login::user("ada").org("acme", &[], &[])).await;
    let mut bob = connect(&two, Login::user("bob").org("acme", &[], &[])).await;
    let _eve = connect(&two, Login::user("eve").org("globex", &[], &[])).await;
    connect(&two, Login::user("carl").org("acme", &[], &[])).await.close().await;

    for ask in [presence, |to: &str| send(to, false), |to: &str| send(to, true)] {
        let unknown = verdict(&ada.ask(ask("user:nobody")).await);
        assert!(unknown.1.starts_with("forbidden "), "{unknown:?}");
        assert_eq!(verdict(&ada.ask(ask("user:eve")).await), unknown);
        for reached in ["user:bob", "user:ada", "user:carl"] {
            let answer = ada.ask(ask(reached)).await;
            assert_ne!(answer.kind(), "@@hub/error", "{reached}: {answer:?}");
        }
    }
    bob.next_of("chat/said").await;
    // the server reaches everybody
    assert_eq!(one.api().publish("user:eve", "chat/said", Value::Null)["sessions"], 1);
    // the node does not know the user of that session
    let session = format!("session:{}", bob.welcome()["session"].as_str().unwrap());
    assert_eq!(ada.ask(send(&session, true)).await.payload()["code"], "forbidden");
}

#[tokio::test]
async fn who_leaves_an_organisation_is_out_of_its_reach_from_the_refresh_on() {
    let redis = RedisServer::start().await;
    let node = node("n1", &redis, &SAME_ORG).await;
    let mut ada = Client::connect(&node.url(), Codec::Json, &Login::user("ada").org("acme", &[], &[])).await;
    let mut bob = Client::connect(&node.url(), Codec::Json, &Login::user("bob").org("acme", &[], &[])).await;
    assert_eq!(ada.ask(send("user:bob", false)).await.kind(), "@@hub/ack");
    let token = Login::user("bob").org("globex", &[], &[]).token();
    assert_eq!(bob.ask(control("@@hub/refresh", json!({ "token": token }))).await.kind(), "@@hub/ack");
    assert_eq!(ada.ask(send("user:bob", false)).await.payload()["code"], "forbidden");
    assert_eq!(bob.ask(send("user:ada", false)).await.payload()["code"], "forbidden");
}

#[tokio::test]
async fn none_reaches_nobody_but_oneself() {
    let options = [("HUBWIRE_ACCESS_DIRECT", "none"), ("HUBWIRE_ACCESS_USER_PRESENCE", "none")];
    let mut node = Node::spawn_set("n1", None, &options);
    node.ready().await;
    let mut ada = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    let _bob = Client::connect(&node.url(), Codec::Json, &Login::member("bob")).await;
    for ask in [presence, |to: &str| send(to, false), |to: &str| send(to, true)] {
        assert_eq!(ada.ask(ask("user:bob")).await.payload()["code"], "forbidden");
        assert_ne!(ada.ask(ask("user:ada")).await.kind(), "@@hub/error");
    }
}

/// The fields of an ack; the numbers in it differ from message to message.
fn fields(answer: &Action) -> Vec<String> {
    assert_eq!(answer.kind(), "@@hub/ack", "{answer:?}");
    answer.payload().as_object().unwrap().keys().cloned().collect()
}

/// A sender that may write to a user and not ask whether it is online learns that from no ack: of a message that is
/// stored, sent again, or ephemeral, to one of several sessions, to a session, or by an invitation or a kick.
#[tokio::test]
async fn an_ack_does_not_show_whether_the_receiver_is_online_to_who_may_not_ask_it() {
    let by_rule = "member may join read publish invite kick on ch:{org}/**,anyone may direct on user:* session:*";
    let by_reach = format!("{by_rule},anyone may presence on user:*");
    let redis = RedisServer::start().await;
    let none = [("HUBWIRE_ACCESS_RULES", &*by_reach), ("HUBWIRE_ACCESS_USER_PRESENCE", "none")];
    let same_org = [("HUBWIRE_ACCESS_RULES", &*by_reach), ("HUBWIRE_ACCESS_USER_PRESENCE", "same_org")];
    let (one, two) = (node("n1", &redis, &none).await, node("n2", &redis, &same_org).await);
    let three = node("n3", &redis, &[("HUBWIRE_ACCESS_RULES", by_rule)]).await;
    for (number, of) in [&one, &two, &three].into_iter().enumerate() {
        let mut ada = Client::connect(&of.url(), Codec::Json, &Login::member(&format!("ada{number}"))).await;
        let bob = [
            Client::connect(&one.url(), Codec::Json, &Login::member("bob")).await,
            Client::connect(&two.url(), Codec::Json, &Login::member("bob")).await,
        ];
        ada.join("ch:acme/a").await;
        let here = format!("session:{}", bob[0].welcome()["session"].as_str().unwrap());
        let with = |mut action: Value, name: &str, value: Value| {
            action["meta"]["hub"][name] = value;
            action
        };
        for to in ["user:bob", "user:nobody"] {
            assert_eq!(fields(&ada.ask(with(send(to, false), "id", json!(to))).await), ["own_pos", "pos", "ts"]);
            let again = fields(&ada.ask(with(send(to, false), "id", json!(to))).await);
            assert_eq!(again, ["duplicate", "own_pos", "pos", "ts"]);
            assert_eq!(fields(&ada.ask(send(to, true)).await), Vec::<String>::new(), "{to}");
            let one = fields(&ada.ask(with(send(to, false), "select", json!("one"))).await);
            assert_eq!(one, ["own_pos", "pos", "ts"], "{to}");
            let guest = json!({ "user": to.trim_start_matches("user:") });
            let at = |kind: &str| with(control(kind, guest.clone()), "to", json!("ch:acme/a"));
            assert_eq!(fields(&ada.ask(at("@@hub/invite")).await), ["own_pos", "pos", "ts"], "{to}");
            assert_eq!(fields(&ada.ask(at("@@hub/kick")).await), Vec::<String>::new(), "{to}");
        }
        // a session is at nobody's address: what an ack shows there depends on the reach alone
        let of_session = fields(&ada.ask(send(&here, true)).await);
        let shown: &[&str] = if number == 2 { &["nodes", "sessions"] } else { &[] };
        assert_eq!(of_session, shown, "{number}");
        // about itself a user may know
        let own = ada.ask(send(&format!("user:ada{number}"), false)).await;
        assert_eq!(own.payload()["sessions"], if number == 2 { Value::Null } else { json!(0) }, "{own:?}");
    }
}
