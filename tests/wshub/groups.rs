//! Vectors 3, 6, 7 and 8: groups, and who is in them.

use crate::client::Client;
use crate::hub::{Hub, Options};
use crate::listener::{heard, Listener};
use crate::support::redis_server::RedisServer;

#[tokio::test]
async fn names_are_split_at_every_comma_and_not_trimmed_and_a_later_answer_replaces() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    let mut client = Client::connect(&hub, "k");
    listener.welcome("k", "old,kept");
    listener.publish("ws-hub:group-data:old", "to old");
    assert_eq!(client.text(), "to old");
    listener.publish("ws-hub:groups-new:k", "solo, spaced,,kept,kept");
    for group in ["old", "spaced", "unknown", "solo", " spaced", "", "kept"] {
        listener.publish(&format!("ws-hub:group-data:{group}"), group);
    }
    // what was sent to groups it is not in does not come in between
    assert_eq!([(); 4].map(|()| client.text()), ["solo", " spaced", "", "kept"]);
    client.assert_silence();
}

#[tokio::test]
async fn a_member_of_two_groups_gets_the_messages_of_both_in_order() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    let mut client = Client::connect(&hub, "k");
    listener.welcome("k", "a,b");
    let group = |count| if count % 3 == 0 { "ws-hub:group-data:a" } else { "ws-hub:group-data:b" };
    listener.publish_all((0..600).map(|count| (group(count), count.to_string().into_bytes())));
    for count in 0..600 {
        assert_eq!(client.text(), count.to_string());
    }
}

#[tokio::test]
async fn groups_may_be_added_to_instead_of_replaced() {
    let redis = RedisServer::start().await;
    let hub = Hub::start_with(&redis, Options { more: "groups: add", ..Options::default() }).await;
    let mut listener = Listener::start(&redis);
    let mut client = Client::connect(&hub, "k");
    listener.welcome("k", "a");
    listener.publish("ws-hub:groups-new:k", "b");
    for group in ["a", "b"] {
        listener.publish(&format!("ws-hub:group-data:{group}"), group);
        assert_eq!(client.text(), group);
    }
}

#[tokio::test]
async fn two_tabs_of_one_key_both_live_and_either_may_go() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    for first_goes in [true, false] {
        let mut tabs = [Client::connect(&hub, "k"), Client::connect(&hub, "k")];
        // each is announced
        listener.welcome("k", "news");
        listener.welcome("k", "news");
        assert_eq!(hub.connections(), 2);
        listener.publish("ws-hub:group-data:news", "to both");
        for tab in &mut tabs {
            assert_eq!(tab.text(), "to both");
        }
        let [first, second] = tabs;
        let (gone, mut left) = if first_goes { (first, second) } else { (second, first) };
        gone.close();
        assert_eventually!(hub.connections() == 1);
        listener.publish("ws-hub:group-data:news", "to one");
        assert_eq!(left.text(), "to one");
        left.say("still here");
        assert_eq!(listener.next(), heard("ws-hub:client-data:k", "still here"));
        left.close();
        assert_eventually!(hub.connections() == 0);
    }
}

#[tokio::test]
async fn the_newest_or_the_oldest_of_one_key_may_be_kept_alone() {
    let redis = RedisServer::start().await;
    let newest = Hub::start_with(&redis, Options { more: "sameKey: newest", ..Options::default() }).await;
    let oldest = Hub::start_with(&redis, Options { more: "sameKey: oldest", ..Options::default() }).await;
    let mut listener = Listener::start(&redis);
    let mut first = Client::connect(&newest, "n");
    listener.welcome("n", "news");
    let mut second = Client::connect(&newest, "n");
    listener.welcome("n", "news");
    assert_eq!(first.0.close_code(), Some(4409));
    listener.publish("ws-hub:group-data:news", "X");
    assert_eq!(second.text(), "X");

    let mut first = Client::connect(&oldest, "o");
    listener.welcome("o", "news");
    let mut second = Client::connect(&oldest, "o");
    assert_eq!(second.0.close_code(), Some(4413));
    listener.publish("ws-hub:group-data:news", "X");
    assert_eq!(first.text(), "X");
    assert_eventually!(oldest.connections() == 1);
    listener.assert_silence();
}

#[tokio::test]
async fn no_groups_close_the_connections_and_free_the_key() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    let mut tabs = [Client::connect(&hub, "k"), Client::connect(&hub, "k")];
    listener.welcome("k", "news");
    listener.welcome("k", "");
    for tab in &mut tabs {
        assert_eq!(tab.0.close_code(), Some(1008));
    }
    assert_eq!(hub.connections(), 0);
    let mut again = Client::connect(&hub, "k");
    listener.welcome("k", "news");
    listener.publish("ws-hub:group-data:news", "X");
    assert_eq!(again.text(), "X");
}

#[tokio::test]
async fn groups_for_an_unknown_key_are_ignored() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    let mut client = Client::connect(&hub, "known");
    listener.welcome("known", "a");
    assert_eq!(listener.publish("ws-hub:groups-new:unknown", "b"), 1);
    assert_eq!(listener.publish("ws-hub:groups-new:unknown", ""), 1);
    for group in ["b", "a"] {
        listener.publish(&format!("ws-hub:group-data:{group}"), group);
    }
    assert_eq!(client.text(), "a");
    assert_eq!(
        hub.report("/clients"),
        serde_json::json!({"known": {"connections": 1, "groups": ["a"], "answered": true}})
    );
    // a client that uses the key later is not in its previous groups
    let mut late = Client::connect(&hub, "unknown");
    assert_eq!(listener.next(), heard("ws-hub:client-new", "unknown"));
    listener.publish("ws-hub:group-data:b", "to nobody");
    listener.publish("ws-hub:groups-new:unknown", "c");
    listener.publish("ws-hub:group-data:c", "to it");
    assert_eq!(late.text(), "to it");
}

#[tokio::test]
async fn leaving_publishes_nothing_unless_it_is_asked_for() {
    let redis = RedisServer::start().await;
    let silent = Hub::start(&redis).await;
    let telling = Hub::start_with(&redis, Options { more: "clientGone: true", ..Options::default() }).await;
    let mut listener = Listener::start(&redis);
    let client = Client::connect(&silent, "s");
    listener.welcome("s", "news");
    client.close();
    assert_eventually!(silent.connections() == 0);
    let clients = [Client::connect(&telling, "t"), Client::connect(&telling, "t")];
    listener.welcome("t", "news");
    listener.welcome("t", "news");
    clients.into_iter().for_each(Client::close);
    // one, though two connections ended
    assert_eq!(listener.next(), heard("ws-hub:client-gone", "t"));
    listener.assert_silence();
}
