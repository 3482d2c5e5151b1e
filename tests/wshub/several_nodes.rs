//! Vectors 9 and 13: several nodes on one Redis, and a listener that comes late.

use crate::client::Client;
use crate::hub::Hub;
use crate::listener::{heard, Listener};
use crate::support::redis_server::RedisServer;

#[tokio::test]
async fn two_nodes_serve_their_own_clients_of_the_same_groups_and_keys() {
    let redis = RedisServer::start().await;
    let (one, other) = (Hub::start(&redis).await, Hub::start(&redis).await);
    let mut listener = Listener::start(&redis);
    let mut here = Client::connect(&one, "a");
    listener.welcome("a", "all,left");
    let mut there = Client::connect(&other, "b");
    listener.welcome("b", "all,right");
    // each node hears each answer and takes that of its own client
    assert_eq!(listener.publish("ws-hub:group-data:all", "to both"), 2);
    assert_eq!((here.text(), there.text()), ("to both".into(), "to both".into()));
    for group in ["left", "right"] {
        listener.publish(&format!("ws-hub:group-data:{group}"), group);
    }
    assert_eq!((here.text(), there.text()), ("left".into(), "right".into()));
    there.say("from there");
    assert_eq!(listener.next(), heard("ws-hub:client-data:b", "from there"));

    // the same key on the other node: announced there too, and one answer serves both
    let mut again = Client::connect(&other, "a");
    assert_eq!(listener.next(), heard("ws-hub:client-new", "a"));
    listener.publish("ws-hub:groups-new:a", "moved");
    listener.publish("ws-hub:group-data:moved", "X");
    assert_eq!((here.text(), again.text()), ("X".into(), "X".into()));
    assert_eq!((one.connections(), other.connections()), (1, 2));
}

#[tokio::test]
async fn a_listener_that_starts_after_the_client_is_asked_until_it_answers() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut client = Client::connect(&hub, "early");
    client.say("first");
    assert_eventually!(hub.connections() == 1);
    let mut listener = Listener::start(&redis);
    assert_eq!(listener.next_on("ws-hub:client-new"), b"early");
    listener.publish("ws-hub:groups-new:early", "news");
    listener.publish("ws-hub:group-data:news", "X");
    assert_eq!(client.text(), "X");
    // an answered key is not announced again, by another client's coming neither
    let _other = Client::connect(&hub, "other");
    assert_eq!(listener.next_on("ws-hub:client-new"), b"other");
}
