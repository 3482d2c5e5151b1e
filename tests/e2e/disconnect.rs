//! The server API closes every session of a user, on all nodes.

use crate::support::redis_server::RedisServer;
use crate::support::{Client, Cluster, Codec, Login, Node};
use serde_json::Value;

on_every_stack!(a_disconnected_user_loses_every_session_and_others_none);

async fn a_disconnected_user_loses_every_session_and_others_none(cluster: &Cluster, codec: Codec) {
    let ada = Login::user("ada");
    let mut sessions = [cluster.connect(0, codec, &ada).await, cluster.connect(1, codec, &ada).await];
    let mut other = cluster.connect(1, codec, &Login::user("bob")).await;

    cluster.api(2).disconnect("ada");
    for session in &mut sessions {
        let code = session.closed().await;
        assert!((4400..4500).contains(&code), "{code}: stop until the application acts");
    }
    cluster.sessions_are("ada", 0).await;
    other.publish("user:bob", "note/added", Value::Null).await;
}

/// What a node knows of the others is up to a second old.
#[tokio::test]
async fn sessions_on_a_node_that_started_a_moment_ago_are_listed_and_closed() {
    let redis = RedisServer::start().await;
    let old = Node::start("n1", Some(&redis.url())).await;
    for n in 0..5 {
        let young = Node::start("n2", Some(&redis.url())).await;
        let user = format!("u{n}");
        let mut session = Client::connect(&young.url(), Codec::Json, &Login::user(&user)).await;
        assert_eq!(old.api().session_count(&user), 1, "round {n}");
        assert_eq!(old.api().disconnect(&user)["sessions"], 1, "round {n}");
        session.closed().await;
    }
}
