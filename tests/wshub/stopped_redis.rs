//! Vector 12: Redis goes away in the middle of everything, and comes back.

use crate::client::Client;
use crate::hub::Hub;
use crate::listener::{heard, Listener};
use crate::support::redis_server::RedisServer;

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
    assert_eq!(listener.next_on("ws-hub:client-data:k"), b"second");
}

#[tokio::test]
async fn what_a_client_says_first_comes_after_its_announcement_even_if_redis_was_away() {
    let redis = RedisServer::start().await;
    let port = redis.port();
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    let mut known = Client::connect(&hub, "known");
    listener.welcome("known", "news");
    drop((redis, listener));
    let mut client = Client::connect(&hub, "k");
    client.say("first");
    known.say("from a known one");
    let redis = RedisServer::start_on(port).await;
    let mut listener = Listener::start(&redis);
    client.say("second");
    let mut is_announced = false;
    loop {
        let next = listener.next();
        is_announced |= next == heard("ws-hub:client-new", "k");
        if next.channel == "ws-hub:client-data:k" {
            assert!(is_announced, "{next:?}");
            if next.payload == b"second" {
                return;
            }
        }
    }
}
