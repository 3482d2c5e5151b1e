//! The rehearsal of docs/backup.md: a copy is taken while nodes run, everything is lost, and the copy is brought back.

use crate::support::action::control;
use crate::support::{Api, Client, Codec, Login, Node, RedisServer};
use serde_json::json;

const CHANNEL: &str = "ch:acme/order/1842";

async fn node(url: &str) -> Node {
    let mut node = Node::spawn_set("n1", Some(url), &[]);
    node.ready().await;
    node
}

/// What a resume from a position is answered, and the publications of `test/n` behind it.
async fn back(node: &Node, pos: &str, last: u64) -> (bool, Vec<u64>) {
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::member("u1")).await;
    client.send(&control("@@hub/resume", json!({ "positions": { CHANNEL: pos } }))).await;
    let recovered = client.resumed(CHANNEL).await.payload()["recovered"] == true;
    node.api().publish(CHANNEL, "end", json!(null));
    let numbers = client.publications_until("end").await.into_iter();
    let numbers: Vec<u64> =
        numbers.filter_map(|(kind, payload)| payload.as_u64().filter(|_| kind == "test/n")).collect();
    assert!(numbers.iter().all(|n| *n <= last), "{numbers:?}");
    (recovered, numbers)
}

fn say(api: &Api, n: u64) -> String {
    api.publish(CHANNEL, "test/n", json!(n))["pos"].as_str().unwrap().to_owned()
}

// A client with a position before the copy misses nothing in it; a client with a later position is told of the loss.
#[tokio::test]
async fn a_copy_brings_back_what_it_holds_and_hides_no_loss() {
    let redis = RedisServer::start().await;
    let running = node(&redis.url()).await;
    let first = say(&running.api(), 1);
    running.api().publish("user:away", "chat/whisper", json!("it waits"));
    say(&running.api(), 2);
    let mut connection = redis.connection();
    redis::cmd("SAVE").exec(&mut connection).unwrap();
    let kept: Vec<String> = redis::cmd("CONFIG").arg("GET").arg("dir").query(&mut connection).unwrap();
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(format!("{}/dump.rdb", kept[1]), copy.path().join("dump.rdb")).unwrap();
    let lost = say(&running.api(), 3);

    // all nodes stop, the machine of Redis is gone, and Redis starts on the copy
    drop(running);
    let port = redis.port();
    drop((connection, redis));
    let brought_back = RedisServer::start_from(port, copy.path().to_str().unwrap()).await;
    let running = node(&brought_back.url()).await;

    assert_eq!(back(&running, &first, 2).await, (true, vec![2]), "the copy has it");
    let (recovered, numbers) = back(&running, &lost, 2).await;
    assert!(!recovered && numbers.is_empty(), "a position that the copy does not hold: {numbers:?}");
    let mut away = Client::connect(&running.url(), Codec::Json, &Login::user("away")).await;
    away.send(&control("@@hub/resume", json!({ "positions": { "user:away": { "from": "oldest" } } }))).await;
    assert_eq!(away.next_of("chat/whisper").await.payload(), "it waits");
}
