//! Another program overwrote a key of the broker: requests that need the key fail with a permanent error, and the log
//! names the key.

use crate::support::redis_server::RedisServer;
use crate::support::{Client, Codec, Login, Node, Offer};
use serde_json::{json, Value};

async fn foreign(redis: &RedisServer, key: &str) {
    redis::cmd("DEL").arg(key).exec(&mut redis.connection()).unwrap();
    redis::cmd("SET").arg(key).arg("mine").exec(&mut redis.connection()).unwrap();
}

/// Logs in, and returns the error of the stream and how the connection was closed.
async fn turned_away(node: &Node, login: &Login) -> (Value, u16) {
    let mut client = Client::open(&node.url(), Codec::Json, &Offer::login(Codec::Json, login)).await.unwrap();
    let error = client.next_of("@@hub/error").await;
    let said = json!({ "code": error.code(), "retry": error.payload()["retry"], "to": error.to() });
    (said, client.closed().await)
}

#[tokio::test]
async fn a_user_whose_keys_are_foreign_is_told_so_and_the_log_names_them() {
    let redis = RedisServer::start().await;
    let node = Node::start("n1", Some(&redis.url())).await;
    for (user, kind) in [("u1", "log"), ("u2", "sessions")] {
        let key = format!("hubwire:{{u:{user}}}:{kind}");
        foreign(&redis, &key).await;
        let (said, closed) = turned_away(&node, &Login::user(user)).await;
        assert_eq!(said, json!({ "code": "internal", "retry": true, "to": format!("user:{user}") }));
        assert_eq!(closed, 1011);
        let output = || node.process.output();
        assert_eventually!(output().contains(&key) && output().contains("WRONGTYPE"), "{}", output());
        redis::cmd("DEL").arg(&key).exec(&mut redis.connection()).unwrap();
        Client::connect(&node.url(), Codec::Json, &Login::user(user)).await; // nothing of it is left
    }
}

#[tokio::test]
async fn an_organisation_whose_log_is_foreign_turns_its_sessions_away_with_its_name() {
    let redis = RedisServer::start().await;
    let node = Node::start("n1", Some(&redis.url())).await;
    foreign(&redis, "hubwire:{org:acme}:log").await;
    let (said, closed) = turned_away(&node, &Login::user("u1").org("acme", &[], &[])).await;
    assert_eq!(said, json!({ "code": "internal", "retry": true, "to": "org:acme" }));
    assert_eq!(closed, 1011);
    let output = node.process.output();
    assert!(output.contains("hubwire:{org:acme}:log"), "{output}");
}

#[tokio::test]
async fn a_channel_whose_log_is_foreign_refuses_the_join_and_the_session_goes_on() {
    let redis = RedisServer::start().await;
    let node = Node::start("n1", Some(&redis.url())).await;
    let key = "hubwire:{ch:acme/a}:log";
    foreign(&redis, key).await;
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    let join = crate::support::action::control_at("ch:acme/a", "@@hub/join", json!({}));
    for _ in 0..2 {
        let answer = client.ask(join.clone()).await;
        assert_eq!((answer.code(), answer.to()), ("internal", "ch:acme/a"), "{answer:?}");
    }
    client.join("ch:acme/b").await;
    // nothing of it is left
    redis::cmd("DEL").arg(key).exec(&mut redis.connection()).unwrap();
    assert_eq!(client.ask(join).await.kind(), "@@hub/joined");
    assert_eq!(node.api().presence("channel=ch:acme/a"), [("ada".to_owned(), Some(1))]);
}

/// Streams are compared with their logs many at a time, after a loss: one that cannot be read must not hide the others.
#[tokio::test]
async fn a_foreign_log_does_not_keep_other_streams_from_being_compared_with_theirs() {
    let redis = RedisServer::start().await;
    let node = Node::start("n1", Some(&redis.url())).await;
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    for channel in ["ch:acme/a", "ch:acme/b", "ch:acme/c"] {
        client.join(channel).await;
    }
    let first = client.publish("ch:acme/c", "test/first", Value::Null).await.pos().to_owned();
    foreign(&redis, "hubwire:{ch:acme/a}:log").await;
    // stored without a notification, as if that had been lost; then the connection that would have carried it breaks
    let script = redis::Script::new(
        "local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
         local seq, nonce = string.match(last[1], '^(%d+)-(%d+)$')
         local pos = string.format('%d-77', tonumber(seq) + 1)
         return redis.call('XADD', KEYS[1], pos, 'e', last[2][2], 'p', nonce, 't', last[2][6], 'b', last[2][8])",
    );
    let key = "hubwire:{ch:acme/c}:log";
    let missing: String = script.key(key).invoke(&mut redis.connection()).unwrap();
    redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").exec(&mut redis.connection()).unwrap();
    let heard =
        client.next("what was not told", |it| it.to() == "ch:acme/c" && it.hub("pos") == missing.as_str()).await;
    assert_eq!(heard.kind(), "test/first", "stored behind {first}");
}

#[tokio::test]
async fn a_refused_send_is_logged_with_the_brokers_words_and_not_once_per_send() {
    let redis = RedisServer::start().await;
    let node = Node::start("n1", Some(&redis.url())).await;
    let mut sender = Client::connect(&node.url(), Codec::Json, &Login::user("u1")).await;
    foreign(&redis, "hubwire:{u:u2}:log").await;
    for _ in 0..20 {
        let answer = sender.ask(crate::support::action::publication("user:u2", "chat/whisper", Value::Null)).await;
        assert_eq!(answer.code(), "internal", "{answer:?}");
    }
    let output = node.process.output();
    let lines: Vec<&str> = output.lines().filter(|line| line.contains("WRONGTYPE")).collect();
    assert_eq!(lines.len(), 1, "{output}");
    assert!(lines[0].contains("hubwire:{u:u2}:log"), "{}", lines[0]);
}
