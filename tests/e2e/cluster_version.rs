//! The lease of a node states its version of the cluster protocol and its duration. The test plays the other node: a
//! lease without a process, as a node of a version that does not exist yet would take it.

use crate::support::redis_server::RedisServer;
use crate::support::{Client, Codec, Login, Node, Offer};
use serde_json::Value;

/// Takes a lease for an hour as a node that says `terms`.
fn take_lease(redis: &RedisServer, incarnation: &str, label: &str, terms: &str) {
    let script = redis::Script::new(
        "redis.call('HSET', '{T}:terms', ARGV[1], ARGV[3])
         redis.call('HSET', '{T}:label', ARGV[1], ARGV[2])
         redis.call('ZADD', '{T}:lease', redis.call('TIME')[1] * 1000 + 3600000, ARGV[1])"
            .replace("{T}", "hubwire:{nodes}")
            .as_str(),
    );
    script.arg(incarnation).arg(label).arg(terms).invoke::<()>(&mut redis.connection()).unwrap();
}

fn end_lease(redis: &RedisServer, incarnation: &str) {
    redis::cmd("ZREM").arg("hubwire:{nodes}:lease").arg(incarnation).query::<()>(&mut redis.connection()).unwrap();
}

const OTHER: &str = "0123456789abcde";

#[tokio::test]
async fn neighbouring_versions_serve_side_by_side_and_say_so_once() {
    let redis = RedisServer::start().await;
    let old = Node::start("n1", Some(&redis.url())).await;
    take_lease(&redis, OTHER, "next", "2 5000 and more");
    take_lease(&redis, "no incarnation", "?", "9 1");
    assert_eventually!(old.api().metric("hubwire_nodes_other_version") == 1.0, "{}", old.process.output());
    assert_eq!(old.api().try_status("/readyz"), Some(200));
    // one that starts beside it serves as well
    let new = Node::start("n2", Some(&redis.url())).await;
    let mut sender = Client::connect(&new.url(), Codec::Json, &Login::member("bob")).await;
    let mut member = Client::connect(&old.url(), Codec::Json, &Login::member("ada")).await;
    member.join("ch:acme/a").await;
    sender.publish("ch:acme/a", "test/said", Value::Null).await;
    member.next_of("test/said").await;
    for node in [&old, &new] {
        let said = "nodes differ in version: next speak cluster protocol 2, this one 1";
        assert_eventually!(node.process.output().contains(said), "{}", node.process.output());
        assert_eq!(node.process.output().matches(said).count(), 1, "{}", node.process.output());
    }
    end_lease(&redis, OTHER);
    assert_eventually!(old.api().metric("hubwire_nodes_other_version") == 0.0, "{}", old.process.output());
}

#[tokio::test]
async fn a_node_waits_until_nodes_it_does_not_understand_are_gone_and_those_that_serve_go_on() {
    let redis = RedisServer::start().await;
    let serving = Node::start("n1", Some(&redis.url())).await;
    take_lease(&redis, OTHER, "far", "9 5000");
    let mut newcomer = Node::spawn("n2", Some(&redis.url()));
    let said = "this node waits until they are gone";
    assert_eventually!(newcomer.process.output().contains(said), "{}", newcomer.process.output());
    let reasons = newcomer.api().get("/readyz").body["reasons"].to_string();
    assert!(reasons.contains("a node of the cluster speaks a version"), "{reasons}");
    let offer = Offer::login(Codec::Json, &Login::member("ada"));
    let refused = Client::open(&newcomer.url(), Codec::Json, &offer).await.err();
    assert_eq!(refused, Some(503), "a balancer takes the client elsewhere");
    // a newcomer does not put a serving node out of service
    assert_eventually!(serving.api().metric("hubwire_nodes_other_version") == 1.0, "{}", serving.process.output());
    assert_eq!(serving.api().try_status("/readyz"), Some(200));
    Client::connect(&serving.url(), Codec::Json, &Login::member("ada"))
        .await
        .publish("user:bob", "x", Value::Null)
        .await;
    end_lease(&redis, OTHER);
    newcomer.ready().await;
    Client::connect(&newcomer.url(), Codec::Json, &Login::member("ada"))
        .await
        .publish("user:bob", "x", Value::Null)
        .await;
}

#[tokio::test]
async fn nodes_with_another_lease_are_named_once() {
    let redis = RedisServer::start().await;
    let mut slow = Node::spawn_set("n1", Some(&redis.url()), &[("HUBWIRE_DIRECTORY_LEASE_MS", "7000")]);
    slow.ready().await;
    let usual = Node::start("n2", Some(&redis.url())).await;
    let said = [(&slow, "5000 on n2, 7000 here"), (&usual, "7000 on n1, 5000 here")];
    for (node, said) in said {
        assert_eventually!(node.process.output().contains(said), "{}", node.process.output());
        assert_eq!(node.process.output().matches("directory.lease_ms").count(), 1, "{}", node.process.output());
        assert_eq!(node.api().metric("hubwire_nodes_other_lease_ms"), 1.0);
    }
}
