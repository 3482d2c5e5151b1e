//! Sessions without WebSockets.

use crate::link::{Link, Mode};
use crate::support::{Login, Node};
use crate::tls::TlsProxy;
use crate::{options, publication};
use hubwire_client::{Event, Hub, Trust};
use std::time::Duration;

#[tokio::test]
async fn a_client_without_websockets_is_sent_the_same_and_resumes_after_cuts_once() {
    let node = Node::start("n1", None).await;
    let link = Link::to(&node, Mode::Pass).await;
    let ada = Hub::new(options(&link.url(), &Login::member("ada")).stream_after(0));
    let mut room = ada.channel("ch:acme/room").unwrap();
    let mut events = ada.events();
    ada.connect().await.unwrap();
    room.joined().await.unwrap();
    let bob = Hub::new(options(&node.url(), &Login::member("bob")));
    let mut inbox = bob.inbox();
    bob.connect().await.unwrap();
    let long = "é".repeat(20_000);
    let ack = ada.send("user:bob", "x", &long).unwrap().await.unwrap();
    assert_eq!(ack.sessions, Some(1));
    assert_eq!(publication(&mut inbox).await.payload::<String>().unwrap(), long);
    for n in 0..60 {
        if n % 20 == 10 {
            link.set(Mode::Pass); // what is open ends
        }
        bob.send("ch:acme/room", "n", &n).unwrap().await.unwrap();
    }
    for n in 0..60 {
        assert_eq!(publication(&mut room).await.payload::<u64>().unwrap(), n);
    }
    assert_eq!(link.sockets(), 0);
    ada.close(Duration::ZERO).await;
    let api = node.api();
    assert_eventually!(api.session_count("ada") == 0);
    while let Some(event) = events.next().await {
        assert!(!matches!(event, Event::Gap(_)), "{event:?}");
    }
}

#[tokio::test]
async fn where_websockets_are_blocked_a_stream_is_tried_kept_and_given_up_when_it_brings_nothing() {
    let node = Node::start("n1", None).await;
    let link = Link::to(&node, Mode::NoSockets).await;
    let mut options = options(&link.url(), &Login::member("ada")).stream_after(2);
    options.reconnect.base = Duration::from_millis(50);
    let hub = Hub::new(options);
    hub.connect().await.unwrap();
    assert_eq!(link.sockets(), 2);
    link.set(Mode::NoSockets); // what is open ends
    hub.send("user:bob", "x", &1).unwrap().await.unwrap();
    assert_eq!(link.sockets(), 2, "what worked is used again");
    // streams bring nothing any more: sockets are tried again
    link.set(Mode::NoStreams);
    hub.send("user:bob", "x", &2).unwrap().await.unwrap();
    assert_eq!(link.sockets(), 3);
}

#[tokio::test]
async fn a_stream_speaks_tls_and_a_refusal_has_its_verdict() {
    let node = Node::start("n1", None).await;
    let proxy = TlsProxy::start(&node).await;
    let trust = Trust::pem_file(proxy.authority()).unwrap();
    let hub = Hub::new(options(&proxy.url(), &Login::member("ada")).trust(trust).stream_after(0));
    hub.connect().await.unwrap();
    hub.send("user:bob", "x", &1).unwrap().await.unwrap();
    let wrong = Hub::new(options(&node.url(), &Login::member("eve").forged()).stream_after(0));
    assert_eq!(wrong.connect().await.unwrap_err().code.as_str(), "bad_credentials");
}
