//! With a cluster secret, a program that can write to Redis can neither speak for a node nor make tickets.

use crate::support::redis_server::RedisServer;
use crate::support::{ports, Client, Codec, Login, Node, Offer};
use hubwire_actors::node::ticket_digest;
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

#[tokio::test]
async fn a_ticket_is_taken_when_a_node_of_the_cluster_made_it_and_not_when_it_was_written_into_redis() {
    let redis = RedisServer::start().await;
    let mut first = Node::spawn_with("n1", Some(&redis.url()), ports::free(), &SECRET);
    let mut second = Node::spawn_with("n2", Some(&redis.url()), ports::free(), &SECRET);
    first.ready().await;
    second.ready().await;
    let offer = |ticket: &str| Offer { query: format!("?ticket={ticket}"), ..Offer::codec(Codec::Json) };
    let key = |ticket: &str| format!("hubwire:{{t:{}}}", ticket_digest(ticket));
    let mut connection = redis.connection();

    let ticket = first.api().ticket(&Login::user("u1"));
    let genuine: Vec<u8> = redis::cmd("GET").arg(key(&ticket)).query(&mut connection).unwrap();
    for (ticket, content) in [("forged", &br#"{"user":"owner","orgs":{}}"#[..]), ("copied", &genuine)] {
        let _: () = redis::cmd("SET").arg(key(ticket)).arg(content).query(&mut connection).unwrap();
        let refused = Client::open(&second.url(), Codec::Json, &offer(ticket)).await;
        assert_eq!(refused.err(), Some(401), "{ticket}");
    }
    assert_eq!(second.api().metric("hubwire_cluster_forged_total"), 2.0);
    let mut client = Client::open(&second.url(), Codec::Json, &offer(&ticket)).await.unwrap();
    client.welcomed().await;
    assert_eq!(client.welcome()["user"], "u1");
}
