//! A node that ends says so, closes its sockets with a reason to come back, and exits cleanly.

use crate::support::redis_server::RedisServer;
use crate::support::{Client, Codec, Login, Node};

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
    let mut drained = Node::start("drained", Some(&redis.url())).await;
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
