//! Vectors 10 and 11: heartbeats, and readers that stall.

use crate::client::Client;
use crate::hub::{Hub, Options};
use crate::listener::Listener;
use crate::support::redis_server::RedisServer;
use crate::ws_support::frames;
use crate::ws_support::raw::Got;
use std::time::Duration;
use tokio::time::Instant;

const PONG_WAIT: Duration = Duration::from_secs(2);

fn options() -> Options {
    Options { pong_wait: PONG_WAIT.as_secs_f64(), ..Options::default() }
}

#[tokio::test]
async fn an_empty_ping_comes_after_nine_tenths_of_pong_wait_and_silence_ends_the_connection_at_pong_wait() {
    let redis = RedisServer::start().await;
    let hub = Hub::start_with(&redis, options()).await;
    let begun = Instant::now();
    let mut client = Client::connect(&hub, "k");
    assert_eq!(client.next(), Got { opcode: frames::PING, payload: vec![] });
    assert!(begun.elapsed() >= PONG_WAIT * 9 / 10, "{:?}", begun.elapsed());
    // the test does not answer
    assert!(!matches!(client.0.read_frame(), Ok(Some(_))), "the connection ends without a further frame");
    assert!(begun.elapsed() >= PONG_WAIT, "{:?}", begun.elapsed());
    assert!(begun.elapsed() < PONG_WAIT * 2, "{:?}", begun.elapsed());
    assert_eventually!(hub.connections() == 0);
}

#[tokio::test]
async fn a_client_that_answers_lives_on() {
    let redis = RedisServer::start().await;
    let hub = Hub::start_with(&redis, options()).await;
    let begun = Instant::now();
    let mut client = Client::connect(&hub, "k");
    for count in 1..=3 {
        assert_eq!(client.next().opcode, frames::PING);
        assert!(begun.elapsed() >= PONG_WAIT * 9 / 10 * count, "{:?} at ping {count}", begun.elapsed());
        client.0.send(&frames::pong(""));
    }
    client.assert_silence();
    assert_eq!(hub.connections(), 1);
}

#[tokio::test]
async fn a_reader_that_stands_still_is_ended_and_the_others_get_everything() {
    const MESSAGES: usize = 1500;
    const BYTES: usize = 20_000;
    let redis = RedisServer::start().await;
    let hub = Hub::start_with(&redis, Options { write_wait: 1.0, ..Options::default() }).await;
    let mut listener = Listener::start(&redis);
    let _stalled = Client::connect(&hub, "stalled");
    listener.welcome("stalled", "news");
    let mut healthy = Client::connect(&hub, "healthy");
    listener.welcome("healthy", "news");
    let reader = std::thread::spawn(move || {
        for count in 0..MESSAGES {
            let got = healthy.text();
            assert_eq!((got.len(), got.split_once(' ').unwrap().0), (BYTES, &*count.to_string()));
        }
        healthy.assert_silence();
        healthy
    });
    for begin in (0..MESSAGES).step_by(100) {
        let messages = (begin..begin + 100).map(|count| {
            let payload = format!("{:<BYTES$}", format!("{count} "));
            ("ws-hub:group-data:news", payload.into_bytes())
        });
        listener.publish_all(messages);
    }
    let _healthy = reader.join().expect("the healthy reader got all");
    assert_eventually!(hub.connections() == 1);
    assert_eq!(hub.report("/clients")["healthy"]["connections"], 1);
}
