//! The Rust client against real nodes, and the command line over TLS: what the conformance scenarios, which put every
//! library to the same faults, do not look at.

#[path = "../cli_support/mod.rs"]
mod cli_support;
#[path = "../support/mod.rs"]
#[macro_use]
mod support;

mod hosting;
mod link;
mod people;
mod streams;
mod tls;
mod watching;

use cli_support::hubwire;
use hubwire_client::protocol::{Codec, DeviceId};
use hubwire_client::{Code, Event, GapCause, Hub, Options, Publication, SendOptions, Start, State, Trust};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use support::settings::JWT_SECRET;
use support::{Login, Node};
use tls::TlsProxy;

/// Options of a user of a node.
fn options(url: &str, login: &Login) -> Options {
    let token = login.token();
    Options::new(url.parse().unwrap()).token(move |_| {
        let token = token.clone();
        async { Ok(token) }
    })
}

/// The next publication of a feed; other events are passed over.
async fn publication(feed: &mut (impl futures_util::Stream<Item = Event> + Unpin)) -> Arc<Publication> {
    use futures_util::StreamExt as _;
    let next = async {
        loop {
            match feed.next().await.expect("the feed goes on") {
                Event::Action(publication) => return publication,
                Event::Error(error) => panic!("{error}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), next).await.expect("a publication in time")
}

#[tokio::test]
async fn messages_channels_and_history_read_the_same_in_both_codecs() {
    let node = Node::start("n1", None).await;
    for codec in [Codec::Json, Codec::MsgPack] {
        let room = format!("ch:acme/{}", codec.subprotocol());
        let ada = Hub::new(options(&node.url(), &Login::member("ada")).codec(codec));
        let bob = Hub::new(options(&node.url(), &Login::member("bob")).codec(codec));
        let (mut inbox, mut view) = (bob.inbox(), bob.view(&*room).unwrap());
        bob.connect().await.unwrap();
        view.joined().await.unwrap();
        assert_eq!(ada.connect().await.unwrap().user.as_str(), "ada");

        let ack = ada.send("user:bob", "say", &json!({ "text": "é", "n": 1.5 })).unwrap().await.unwrap();
        assert_eq!((ack.sessions, ack.nodes, ack.duplicate, ack.attempts), (Some(1), Some(1), false, 1));
        let heard = publication(&mut inbox).await;
        assert_eq!(heard.payload::<serde_json::Value>().unwrap(), json!({ "text": "é", "n": 1.5 }));
        assert_eq!((heard.from.as_ref().unwrap().as_str(), heard.pos), ("ada", ack.pos));

        let items = (0..150).map(|n| (room.parse().unwrap(), "n".to_owned(), json!(n))).collect();
        let outcomes = ada.batch(items).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        for n in 0..150 {
            assert_eq!(publication(&mut view).await.payload::<u64>().unwrap(), n);
        }
        let mut pages = view.history().limit(100);
        let newest: Vec<u64> = pages.next().await.unwrap().unwrap().iter().map(|it| it.payload().unwrap()).collect();
        assert_eq!(newest, (50..150).collect::<Vec<_>>());
        assert_eq!(pages.next().await.unwrap().unwrap().len(), 50);
        assert!(pages.next().await.unwrap().is_none());
        let sent = ada.send(&*room, "n", &150).unwrap();
        let (id, ack) = (sent.id().to_owned(), sent.await.unwrap());
        let found = bob.find_publication(&*room, &id, Some(&"ada".parse().unwrap())).await.unwrap().unwrap();
        assert_eq!((found.payload::<u64>().unwrap(), found.pos), (150, ack.pos));
        assert!(bob.find_publication(&*room, &id, Some(&"bob".parse().unwrap())).await.unwrap().is_none());
        assert!(bob.find_publication(&*room, "nobody used it", None).await.unwrap().is_none());
        let mut on = bob.history(&*room).after("0-0".parse().unwrap()).limit(10);
        assert_eq!(on.next().await.unwrap().unwrap()[0].payload::<u64>().unwrap(), 0);
    }
}

#[tokio::test]
async fn a_feed_that_is_read_slowly_loses_nothing_and_one_that_nobody_reads_says_so() {
    let node = Node::start("n1", None).await;
    let hub = Hub::new(options(&node.url(), &Login::member("ada")));
    let (mut slow, mut unread) = (hub.channel("ch:acme/room").unwrap(), hub.events());
    hub.connect().await.unwrap();
    slow.joined().await.unwrap();
    let api = node.api();
    // from the first event on somebody reads it, and stops
    api.publish("ch:acme/room", "n", json!(0));
    assert_eq!(publication(&mut slow).await.payload::<u64>().unwrap(), 0);
    for n in 1..=2_500 {
        api.publish("ch:acme/room", "n", json!(n));
    }
    for n in 1..=2_500 {
        assert_eq!(publication(&mut slow).await.payload::<u64>().unwrap(), n);
    }
    let gap = loop {
        if let Event::Gap(gap) = unread.next().await.unwrap() {
            break gap;
        }
    };
    assert_eq!((gap.cause, gap.stream), (GapCause::Overflow, None));
}

#[tokio::test]
async fn a_device_goes_on_after_what_it_acknowledged_last() {
    let node = Node::start("n1", None).await;
    let device: DeviceId = "phone".parse().unwrap();
    let api = node.api();
    for n in 1..=2 {
        api.publish("user:ada", "n", json!(n));
    }
    let hub = Hub::new(options(&node.url(), &Login::user("ada")).device(device.clone()));
    let mut inbox = hub.inbox();
    hub.connect().await.unwrap();
    for n in 1..=2 {
        assert_eq!(publication(&mut inbox).await.payload::<u64>().unwrap(), n, "an inbox begins with its oldest");
    }
    // closing commits
    hub.close(Duration::ZERO).await;
    assert_eq!(hub.state(), State::Closed);
    api.publish("user:ada", "n", json!(3));
    let mut again = options(&node.url(), &Login::user("ada")).device(device);
    again.start_user = Some(Start::Cursor);
    let hub = Hub::new(again);
    let mut inbox = hub.inbox();
    hub.connect().await.unwrap();
    assert_eq!(publication(&mut inbox).await.payload::<u64>().unwrap(), 3);
}

#[tokio::test]
async fn a_development_user_is_held_until_its_streams_are_named() {
    let node = Node::spawn_with("n1", None, support::ports::free(), &["--dev"]);
    let mut node = node;
    node.ready().await;
    let hub = Hub::new(Options::new(node.url().parse().unwrap()).development(&"ada".parse().unwrap(), "acme:admin"));
    let mut org = hub.org(&"acme".parse().unwrap());
    let welcome = hub.connect().await.unwrap();
    assert_eq!(welcome.memberships["acme"].roles, ["admin"]);
    hub.send("org:acme", "news", &1).unwrap().await.unwrap();
    assert_eq!(publication(&mut org).await.payload::<u64>().unwrap(), 1);
    // resumed by `@@hub/resume` as the first frame
    let api = node.api();
    api.disconnect_with("ada", 4000);
    api.publish("org:acme", "news", json!(2));
    assert_eq!(publication(&mut org).await.payload::<u64>().unwrap(), 2);
    assert_eq!(hub.state(), State::Connected);
}

#[tokio::test]
async fn what_a_node_would_refuse_is_refused_here_and_what_is_refused_has_its_code() {
    let node = Node::start("n1", None).await;
    let hub = Hub::new(options(&node.url(), &Login::member("ada")));
    let only_connected = SendOptions { only_connected: true, ..SendOptions::default() };
    let error = hub.send_with("user:bob", "say", &1, only_connected).unwrap_err();
    assert_eq!((error.code, error.retry), (Code::NotConnected, true));
    hub.connect().await.unwrap();
    for (to, kind, code) in [
        ("user:a b", "say", "bad_address"),
        ("room:x", "say", "bad_address"),
        ("user:bob", "@@hub/ping", "forbidden_type"),
        ("user:bob", "a\nb", "bad_action"),
        ("user:bob", &*"t".repeat(200), "too_big"),
    ] {
        let error = hub.send(to, kind, &1).unwrap_err();
        assert_eq!(error.code.as_str(), code, "{to} {kind:?}: {error}");
    }
    assert_eq!(hub.send("user:bob", "say", &"x".repeat(70_000)).unwrap_err().code.as_str(), "too_big");
    let error = hub.send("org:acme", "news", &1).unwrap().await.unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("forbidden", false));
    let refused = hub.channel("ch:other/room").unwrap();
    assert_eq!(refused.joined().await.unwrap_err().code.as_str(), "forbidden");
    assert!(hub.channel("user:bob").is_err());
}

#[tokio::test]
async fn the_client_and_the_command_line_speak_tls_and_trust_only_the_authority_named() {
    let node = Node::start("n1", None).await;
    let proxy = TlsProxy::start(&node).await;
    let (url, authority) = (proxy.url(), proxy.authority());
    let trust = Trust::pem_file(&authority).unwrap();
    let hub = Hub::new(options(&url, &Login::user("bob")).trust(trust));
    let mut inbox = hub.inbox();
    hub.connect().await.unwrap();

    let (token, ca) = (Login::user("ada").token(), authority.to_str().unwrap().to_owned());
    let send =
        move |further: &[&str]| hubwire(&[&["send", "--url", &url, "--token", &token, "bob", "hi"], further].concat());
    let run = send(&["--ca", &ca]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(publication(&mut inbox).await.payload::<String>().unwrap(), "hi");
    let run = send(&[]);
    assert!(run.code == 1 && run.stderr.contains("--ca FILE"), "{} {}", run.code, run.stderr);
    let run = send(&["--ca", concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")]);
    assert!(run.code == 2 && run.stderr.contains("holds no certificate"), "{}", run.stderr);

    let load = ["--connections", "4", "--publishers", "1", "--messages", "50", "--size", "20000", "--ack"];
    let common = ["--json", "bench", "fanout", "--url", &proxy.url(), "--secret", JWT_SECRET];
    let run = hubwire(&[&common[..], &load, &["--ca", &ca]].concat());
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report = run.document();
    assert_eq!((&report["deliveries"], &report["lost"]), (&json!(200), &json!(0)));
    let run = hubwire(&[&common[..], &load].concat());
    assert!(run.code == 2 && run.stderr.contains("--ca FILE"), "{}", run.stderr);
}

#[tokio::test]
async fn what_a_user_shows_in_a_channel_is_seen_outlives_a_reconnect_and_ends() {
    let node =
        Node::spawn_set("n1", None, &[("HUBWIRE_PRESENCE_PAGE_MAX", "1"), ("HUBWIRE_PRESENCE_MEMBERS_MAX", "1")]);
    let mut node = node;
    node.ready().await;
    let ada = Hub::new(options(&node.url(), &Login::member("ada")));
    let bob = Hub::new(options(&node.url(), &Login::member("bob")));
    let (mine, other) = (ada.channel("ch:acme/room").unwrap(), bob.channel("ch:acme/room").unwrap());
    mine.set_state(json!({ "line": 1 }).as_object().cloned());
    ada.connect().await.unwrap();
    mine.joined().await.unwrap();
    bob.connect().await.unwrap();
    let line = || other.members().get("ada").and_then(|member| member.state.as_ref()?["line"].as_u64());
    // two members are more than the answer to a join names, and more than a page
    assert_eventually!(line() == Some(1) && other.members().len() == 2, "{:?}", other.members());
    mine.set_state(json!({ "line": 2 }).as_object().cloned());
    assert_eventually!(line() == Some(2), "{:?}", other.members());
    node.api().disconnect_with("ada", 4000);
    mine.set_state(json!({ "line": 3 }).as_object().cloned());
    assert_eventually!(line() == Some(3), "{:?}", other.members());
    mine.set_state(None);
    assert_eventually!(line().is_none() && other.members().contains_key("ada"), "{:?}", other.members());
}
