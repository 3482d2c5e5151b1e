//! Vector 12: Redis goes away in the middle of everything, and comes back.

use crate::client::Client;
use crate::hub::Hub;
use crate::listener::{Heard, Listener};
use crate::support::redis_server::RedisServer;
use std::collections::HashMap;

#[tokio::test]
async fn after_a_restart_of_redis_everything_goes_on_by_itself() {
    let redis = RedisServer::start().await;
    let port = redis.port();
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    let mut client = Client::connect(&hub, "k");
    listener.welcome("k", "news");
    listener.publish("ws-hub:group-data:news", "before");
    assert_eq!(client.text(), "before");
    drop((redis, listener)); // killed

    // a client that comes and talks meanwhile is neither refused nor dropped
    let mut late = Client::connect(&hub, "late");
    late.say("said while Redis was away");
    assert_eventually!(hub.connections() == 2);

    let redis = RedisServer::start_on(port).await;
    let mut listener = Listener::start(&redis);
    let mut announced = [listener.next_on("ws-hub:client-new"), listener.next_on("ws-hub:client-new")];
    while announced[0] == announced[1] {
        announced[1] = listener.next_on("ws-hub:client-new");
    }
    announced.sort();
    assert_eq!(announced, [b"k".to_vec(), b"late".to_vec()], "local keys are announced anew");
    assert_eventually!(listener.publish("ws-hub:groups-new:late", "news") > 0);
    for (count, text) in ["after", "restart"].iter().enumerate() {
        listener.publish("ws-hub:group-data:news", text);
        assert_eq!(client.text(), *text, "its groups were kept, message {count}");
        assert_eq!(late.text(), *text);
    }
    client.say("and back");
    assert_eq!(listener.next_on("ws-hub:client-data:k"), b"and back");
}

#[tokio::test]
async fn a_node_that_starts_before_redis_serves_once_redis_is_there() {
    let redis = RedisServer::start().await;
    let port = redis.port();
    drop(redis);
    let hub = Hub::start_on_port(port).await;
    let mut client = Client::connect(&hub, "k");
    client.say("first");
    assert_eventually!(hub.connections() == 1);
    let redis = RedisServer::start_on(port).await;
    let mut listener = Listener::start(&redis);
    assert_eq!(listener.next_on("ws-hub:client-new"), b"k");
    assert_eventually!(listener.publish("ws-hub:groups-new:k", "news") > 0);
    listener.publish("ws-hub:group-data:news", "X");
    assert_eq!(client.text(), "X");
    client.say("second");
    // the first may have come before the listener did
    while listener.next_on("ws-hub:client-data:k") != b"second" {}
}

#[tokio::test]
async fn what_a_client_says_comes_in_order_and_after_its_announcement_however_often_connections_break() {
    const CLIENTS: usize = 40;
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    let mut clients = Vec::new();
    for count in 0..CLIENTS {
        let mut client = Client::connect(&hub, &count.to_string());
        client.say("1");
        listener.kill_other_connections();
        client.say("2");
        clients.push(client);
    }
    // what was under way when a connection broke may be missing, but this comes after the last break
    for client in &mut clients {
        client.say("3");
    }
    let mut last: HashMap<String, Vec<u8>> = HashMap::new();
    while last.values().filter(|said| *said == b"3").count() < CLIENTS {
        let Heard { channel, payload } = listener.next();
        match channel.strip_prefix("ws-hub:client-data:") {
            None => drop(last.entry(String::from_utf8(payload).unwrap()).or_default()),
            Some(key) => {
                let before = last.insert(key.to_owned(), payload.clone());
                assert!(before.is_some(), "{key} said {payload:?} before it was announced");
                assert!(before.unwrap() < payload, "{key} said {payload:?} too late");
            }
        }
    }
}
