//! Redis absent at start, or gone for a while: the node logs and shows the outage, and recovers when Redis is back.

use crate::support::eventually::DEADLINE;
use crate::support::redis_server::{self, RedisServer};
use crate::support::{ports, Client, Codec, Login, Node, Offer};
use futures_util::future::join_all;
use serde_json::Value;
use std::time::Duration;

#[tokio::test]
async fn a_node_without_redis_says_so_stays_red_and_turns_green_when_it_appears() {
    let port = ports::free();
    let mut node = Node::spawn("n1", Some(&redis_server::url(port)));
    assert_eventually!(node.api().try_status("/healthz") == Some(200), "alive: {}", node.process.output());
    assert_eq!(node.api().try_status("/readyz"), Some(503));
    let address = format!("127.0.0.1:{port}");
    assert_eventually!(node.process.output().contains(&address), "it says what it tried: {}", node.process.output());
    assert!(node.process.ended().is_none());

    let _redis = RedisServer::start_on(port).await;
    node.ready().await;
    let mut sender = Client::connect(&node.url(), Codec::Json, &Login::user("u1")).await;
    let mut receiver = Client::connect(&node.url(), Codec::Json, &Login::user("u2")).await;
    sender.publish("user:u2", "chat/whisper", Value::Null).await;
    receiver.next_of("chat/whisper").await;
}

#[tokio::test]
async fn a_redis_that_goes_and_comes_back_closes_no_socket() {
    let redis = RedisServer::start().await;
    let port = redis.port();
    let mut node = Node::start("n1", Some(&redis.url())).await;
    let mut sender = Client::connect(&node.url(), Codec::Json, &Login::user("u1")).await;
    let mut receiver = Client::connect(&node.url(), Codec::Json, &Login::user("u2")).await;

    drop(redis);
    assert_eventually!(node.api().try_status("/readyz") == Some(503));
    let action = crate::support::action::publication("user:u2", "chat/whisper", Value::Null);
    let answer = sender.ask(action).await;
    assert_eq!((answer.code(), &answer.payload()["retry"]), ("broker_unavailable", &Value::Bool(true)), "{answer:?}");

    let _redis = RedisServer::start_on(port).await;
    node.ready().await;
    // same sockets; the directory was empty, so the node enters its sessions again
    assert_eventually!(node.api().session_count("u2") == 1);
    sender.publish("user:u2", "test/end", Value::Null).await;
    receiver.next_of("test/end").await;
}

#[tokio::test]
async fn a_disconnect_that_the_owning_node_cannot_hear_is_no_success() {
    let redis = RedisServer::start().await;
    let near = Node::start("n1", Some(&redis.url())).await;
    let mut far = Node::start("n2", Some(&redis.url())).await;
    let mut here = Client::connect(&near.url(), Codec::Json, &Login::user("u1")).await;
    let mut there = Client::connect(&far.url(), Codec::Json, &Login::user("u1")).await;
    let disconnect = || near.api().post("/v1/users/u1/disconnect", serde_json::json!({}));

    // open connections stay, new ones are refused
    let mut operator = redis.connection();
    let _: () = redis::cmd("CONFIG").arg(&["SET", "maxclients", "1"]).query(&mut operator).unwrap();
    let _: i64 = redis::cmd("CLIENT").arg(&["KILL", "TYPE", "pubsub"]).query(&mut operator).unwrap();
    assert_eventually!(far.api().try_status("/readyz") == Some(503));
    let refused = disconnect();
    assert_eq!(
        (refused.status, refused.body["error"]["code"].as_str()),
        (503, Some("broker_unavailable")),
        "{refused:?}"
    );
    assert_eq!(here.closed().await, 4403, "its own sessions need no broker");

    let _: () = redis::cmd("CONFIG").arg(&["SET", "maxclients", "1000"]).query(&mut operator).unwrap();
    far.ready().await;
    assert_eventually!(disconnect().status == 200);
    assert_eq!(there.closed().await, 4403);
}

/// The node already follows the session's topics for another session, so there is no subscription to confirm.
#[tokio::test]
async fn a_node_that_hears_nothing_takes_no_session_although_it_followed_its_topics_before() {
    let redis = RedisServer::start().await;
    let node = Node::start("n1", Some(&redis.url())).await;
    let _before = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    let mut operator = redis.connection();
    redis::cmd("CONFIG").arg(&["SET", "maxclients", "1"]).exec(&mut operator).unwrap();
    redis::cmd("CLIENT").arg(&["KILL", "TYPE", "pubsub"]).exec(&mut operator).unwrap();
    let turned_away = async {
        let offer = Offer::login(Codec::Json, &Login::member("bob"));
        loop {
            let mut client = Client::open(&node.url(), Codec::Json, &offer).await.unwrap();
            // one that is welcomed, before the node has been deaf for long, stays open
            if let Ok(code) = tokio::time::timeout(Duration::from_millis(500), client.closed()).await {
                return code;
            }
        }
    };
    assert_eq!(tokio::time::timeout(DEADLINE, turned_away).await.expect("it takes sessions for ever"), 4102);
}

/// Thousands of sessions ended, and their places are released while new ones arrive.
#[tokio::test]
async fn sessions_that_the_broker_has_no_room_for_wait_for_their_turn() {
    let redis = RedisServer::start().await;
    let options = [("HUBWIRE_BROKER_QUEUE_MAX", "16"), ("HUBWIRE_BROKER_RESPONSE_TIMEOUT_MS", "20000")];
    let mut node = Node::spawn_set("n1", Some(&redis.url()), &options);
    node.ready().await;
    redis.signal("STOP");
    let logins: Vec<Login> = (0..80).map(|n| Login::user(&format!("u{n}"))).collect();
    let url = node.url();
    // a client that disconnects while it waits leaves nothing behind
    let gone = Client::open(&url, Codec::Json, &Offer::login(Codec::Json, &Login::user("gone"))).await.unwrap();
    let coming = logins.iter().map(|login| Client::connect(&url, Codec::Json, login));
    let waiting = async {
        assert_eventually!(node.api().metric("hubwire_sessions_entering").ge(&1.0), "sessions that wait are counted");
        redis.signal("CONT");
    };
    let (mut clients, (), ()) = tokio::join!(join_all(coming), gone.close(), waiting);
    for (n, client) in clients.iter_mut().enumerate() {
        assert!(client.fence().await.is_empty());
        assert_eq!(node.api().session_count(&format!("u{n}")), 1);
    }
    assert_eventually!(node.api().session_count("gone") == 0);
    assert_eventually!(node.api().metric("hubwire_sessions_entering") == 0.0);
}
