//! A stopping node announces it, closes its sockets with a code that asks clients to reconnect, and exits cleanly.

use crate::support::redis_server::RedisServer;
use crate::support::{ports, Client, Codec, Login, Node};

async fn says_bye_and_closes(client: &mut Client) {
    let bye = client.next_of("@@hub/bye").await;
    assert!(bye.payload()["retry_in_ms"].as_u64().is_some(), "{bye:?}");
    assert_eq!(client.closed().await, 4000);
}

#[tokio::test]
async fn sigterm_drains_and_exits_0() {
    let mut node = Node::start("n1", None).await;
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::user("u1")).await;
    node.process.signal("TERM");
    says_bye_and_closes(&mut client).await;
    assert_eq!(node.process.exit().await.code(), Some(0));
}

#[tokio::test]
async fn a_second_sigterm_ends_it_at_once() {
    let mut node = Node::start("n1", None).await;
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::user("u1")).await;
    node.process.signal("TERM");
    assert_eventually!(node.api().try_status("/readyz") != Some(200));
    node.process.signal("TERM");
    node.process.exit().await;
    client.closed().await;
}

#[tokio::test]
async fn a_drain_by_the_server_api_turns_ready_red_and_closes_4000() {
    let node = Node::start("n1", None).await;
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::user("u1")).await;
    let reply = node.api().post("/v1/drain", serde_json::json!({}));
    assert!((200..300).contains(&reply.status), "{reply:?}");
    assert_eventually!(node.api().try_status("/readyz") != Some(200));
    says_bye_and_closes(&mut client).await;
}

#[tokio::test]
async fn a_drained_node_left_and_a_killed_one_is_dead_to_the_others() {
    let redis = RedisServer::start().await;
    let stays = Node::start("stays", Some(&redis.url())).await;
    let log = || stays.process.output();
    let drained = Node::start("drained", Some(&redis.url())).await;
    let mut client = Client::connect(&drained.url(), Codec::Json, &Login::user("u1")).await;
    drained.process.signal("TERM");
    says_bye_and_closes(&mut client).await;
    assert_eventually!(log().contains("node drained left"), "{}", log());
    assert!(!log().contains("dead node"), "{}", log());

    let mut killed = Node::start("killed", Some(&redis.url())).await;
    let _client = Client::connect(&killed.url(), Codec::Json, &Login::user("u1")).await;
    killed.process.signal("KILL");
    killed.process.exit().await;
    assert_eventually!(log().contains("removed dead node killed sessions=1"), "{}", log());
    assert!(!log().contains("node killed left"), "{}", log());
}

/// Told by a message on the other node's channel: the demo's way to take a node away.
#[tokio::test]
async fn a_node_drains_another_one_that_has_a_session() {
    let redis = RedisServer::start().await;
    let dev = |label: &str| Node::spawn_with(label, Some(&redis.url()), ports::free(), &["--dev"]);
    let (mut asked, mut drained) = (dev("n1"), dev("n2"));
    asked.ready().await;
    drained.ready().await;
    let mut client = Client::connect(&drained.url(), Codec::Json, &Login::user("u1")).await;
    let mut stays = Client::connect(&asked.url(), Codec::Json, &Login::user("u2")).await;
    let session = client.welcome()["session"].as_str().unwrap().to_owned();
    let url = format!("http://127.0.0.1:{}/dev/drain", asked.public_port());
    let answer = ureq::post(&url).send_json(serde_json::json!({ "session": session })).unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    says_bye_and_closes(&mut client).await;
    assert_eq!(drained.process.exit().await.code(), Some(0));
    stays.publish("user:u2", "still/here", serde_json::Value::Null).await;
    assert_eq!(asked.api().try_status("/readyz"), Some(200));
}
