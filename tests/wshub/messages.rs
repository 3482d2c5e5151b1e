//! Vectors 2 and 5: what is in a message does not matter, except for its length.

use crate::client::Client;
use crate::hub::{Hub, Options};
use crate::listener::{heard, Listener};
use crate::support::redis_server::RedisServer;
use crate::ws_support::frames;

#[tokio::test]
async fn payloads_pass_verbatim_in_both_directions() {
    let redis = RedisServer::start().await;
    let hub = Hub::start_with(&redis, Options { message_bytes_max: 0, ..Options::default() }).await;
    let mut listener = Listener::start(&redis);
    let mut client = Client::connect(&hub, "k");
    listener.welcome("k", "news");
    let long = "ü".repeat(100_000);
    for payload in ["{\"x\":1}\n2", "\x01ok", "", "é", &long] {
        listener.publish("ws-hub:group-data:news", payload);
        assert_eq!(client.text(), payload, "one message is one text frame");
        client.say(payload);
        assert_eq!(listener.next(), heard("ws-hub:client-data:k", payload));
        client.0.send(&frames::binary(payload));
        assert_eq!(listener.next(), heard("ws-hub:client-data:k", payload));
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_a_binary_frame() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    let mut client = Client::connect(&hub, "k");
    listener.welcome("k", "news");
    listener.publish("ws-hub:group-data:news", b"\xff\x00\xfe");
    let got = client.next();
    assert_eq!((got.opcode, got.payload), (frames::BINARY, b"\xff\x00\xfe".to_vec()));
    client.0.send(&frames::binary(b"\xff\x00"));
    assert_eq!(listener.next(), heard("ws-hub:client-data:k", b"\xff\x00"));
}

#[tokio::test]
async fn the_longest_message_passes_and_one_byte_more_closes_with_1009_and_publishes_nothing() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    let mut client = Client::connect(&hub, "k");
    listener.welcome("k", "news");
    client.say(&"x".repeat(128));
    assert_eq!(listener.next(), heard("ws-hub:client-data:k", "x".repeat(128)));
    client.say(&"y".repeat(129));
    assert_eq!(client.0.close_code(), Some(1009));
    assert_eventually!(hub.connections() == 0);
    listener.assert_silence();
}

#[tokio::test]
async fn messages_of_a_connection_arrive_in_order_and_after_its_announcement() {
    let redis = RedisServer::start().await;
    let hub = Hub::start(&redis).await;
    let mut listener = Listener::start(&redis);
    for round in 0..20 {
        let key = format!("k{round}");
        let mut client = Client::connect(&hub, &key);
        // in one write, as early as it can be
        let sent: Vec<u8> = (0..200).flat_map(|count| frames::text(format!("{count}"))).collect();
        client.0.send(&sent);
        assert_eq!(listener.next(), heard("ws-hub:client-new", &key));
        for count in 0..200 {
            assert_eq!(listener.next(), heard(&format!("ws-hub:client-data:{key}"), count.to_string()));
        }
    }
}
