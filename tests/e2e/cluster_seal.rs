//! With a cluster secret, who can publish in Redis still cannot speak for a node.

use crate::support::redis_server::RedisServer;
use crate::support::{ports, Client, Codec, Login, Node};
use serde_json::Value;

const SECRET: [&str; 2] = ["--broker-cluster-secrets", "a secret that all nodes of the cluster share"];

#[tokio::test]
async fn nodes_that_share_the_secret_hear_each_other_and_nobody_else() {
    let redis = RedisServer::start().await;
    let mut first = Node::spawn_with("n1", Some(&redis.url()), ports::free(), &SECRET);
    let mut second = Node::spawn_with("n2", Some(&redis.url()), ports::free(), &SECRET);
    first.ready().await;
    second.ready().await;
    let mut sender = Client::connect(&first.url(), Codec::Json, &Login::user("u1")).await;
    let mut receiver = Client::connect(&second.url(), Codec::Json, &Login::user("u2")).await;
    assert_eventually!(first.api().metric("hubwire_nodes_live") == 2.0, "both see each other");

    // a foreign program tells every node to close the receiver's socket
    let session = receiver.welcome()["session"].as_str().unwrap().to_string();
    let forged = format!("C {session} 4409\n");
    let mut connection = redis.connection();
    let channels: Vec<String> = redis::cmd("PUBSUB").arg("CHANNELS").arg("*").query(&mut connection).unwrap();
    for channel in &channels {
        let _: usize = redis::cmd("PUBLISH").arg(channel).arg(&forged).query(&mut connection).unwrap();
    }
    assert_eventually!(second.api().metric("hubwire_cluster_forged_total") as u64 >= 1, "dropped and counted");

    sender.publish("user:u2", "chat/whisper", Value::Null).await;
    receiver.next_of("chat/whisper").await;
}
