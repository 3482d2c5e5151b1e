//! A client disconnects and resumes on another node: missed publications arrive in order and once, then live ones.

use crate::support::action::{control, control_at};
use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

on_every_stack!(
    what_was_missed_arrives_on_another_node_in_order_and_once,
    a_forked_position_is_told_and_the_stream_goes_on_from_its_oldest_or_its_top,
    a_cursor_stands_in_for_a_position_the_device_forgot,
    history_pages_backwards,
    a_channel_that_comes_back_is_the_view_again_and_as_quiet_as_it_was,
);
behind_haproxy!(what_was_missed_arrives_on_another_node_in_order_and_once,);

const CHANNEL: &str = "ch:acme/order/1842";
const STREAMS: [&str; 3] = ["user:ada", "org:acme", CHANNEL];

/// One publication to each stream.
async fn publish_everywhere(sender: &mut Client, n: u64) {
    for stream in STREAMS {
        sender.publish(stream, "test/n", json!(n)).await;
    }
}

/// The numbers of `test/n` of a stream until one arrives, in order.
async fn numbers_until(client: &mut Client, stream: &str, last: u64) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.last() != Some(&last) {
        let what = format!("test/n of {stream} after {numbers:?}");
        let received = client.next(&what, |it| it.kind() == "test/n" && it.to() == stream).await;
        numbers.push(received.payload().as_u64().unwrap());
    }
    numbers
}

async fn what_was_missed_arrives_on_another_node_in_order_and_once(cluster: &Cluster, codec: Codec) {
    let ada = Login::member("ada");
    let mut sender = cluster.connect(0, codec, &Login::admin("bob")).await;
    sender.join(CHANNEL).await;

    let mut before = cluster.connect(1, codec, &ada).await;
    before.join(CHANNEL).await;
    publish_everywhere(&mut sender, 1).await;
    let mut positions = serde_json::Map::new();
    for stream in STREAMS {
        let received = before.next("test/n", |it| it.kind() == "test/n" && it.to() == stream).await;
        positions.insert(stream.into(), json!(received.pos()));
    }
    drop(before); // the network went away: no close
    cluster.sessions_are("ada", 0).await;
    for n in 2..=6 {
        publish_everywhere(&mut sender, n).await;
    }

    let mut after = cluster.connect(2, codec, &ada).await;
    let channel_position = positions.remove(CHANNEL).unwrap();
    after.send(&control("@@hub/resume", json!({ "positions": positions }))).await;
    after.send(&control_at(CHANNEL, "@@hub/join", json!({ "pos": channel_position }))).await;
    // live traffic while it catches up
    for n in 7..=9 {
        publish_everywhere(&mut sender, n).await;
    }
    for stream in &STREAMS[..2] {
        let resumed = after.resumed(stream).await;
        assert_eq!(resumed.payload()["recovered"], true, "{resumed:?}");
        assert_eq!(resumed.payload()["pos"], positions[*stream], "it goes on from the client's own position");
    }
    let joined = after.next("joined", |it| it.kind() == "@@hub/joined" && it.to() == CHANNEL).await;
    assert_eq!(joined.payload()["recovered"], true, "{joined:?}");
    for stream in STREAMS {
        let missed_and_live: Vec<u64> = (2..=9).collect();
        assert_eq!(numbers_until(&mut after, stream, 9).await, missed_and_live, "{stream}");
    }
    publish_everywhere(&mut sender, 10).await;
    for stream in STREAMS {
        assert_eq!(numbers_until(&mut after, stream, 10).await, [10], "{stream}: once");
    }
}

async fn a_forked_position_is_told_and_the_stream_goes_on_from_its_oldest_or_its_top(cluster: &Cluster, codec: Codec) {
    let mut sender = cluster.connect(0, codec, &Login::admin("bob")).await;
    let mut ada = cluster.connect(1, codec, &Login::member("ada")).await;
    for stream in ["user:ada", "org:acme"] {
        let first = sender.publish(stream, "test/n", json!(1)).await;
        let top = sender.publish(stream, "test/n", json!(2)).await;
        numbers_until(&mut ada, stream, 2).await;
        // the same seq with another nonce: a history that reused it
        let (seq, nonce) = first.pos().split_once('-').unwrap();
        let forked = format!("{seq}-{}", nonce.parse::<u64>().unwrap() ^ 1);
        let resumed = ada.ask(control("@@hub/resume", json!({ "positions": { stream: forked } }))).await;
        assert_eq!((resumed.kind(), &resumed.payload()["recovered"]), ("@@hub/resumed", &json!(false)), "{resumed:?}");
        assert_eq!(resumed.payload()["top"], top.pos());
        sender.publish(stream, "test/n", json!(3)).await;
        match stream {
            // an inbox
            "user:ada" => assert_eq!(numbers_until(&mut ada, stream, 3).await, [1, 2, 3]),
            _ => assert_eq!(numbers_until(&mut ada, stream, 3).await, [3]),
        }
    }
}

async fn a_cursor_stands_in_for_a_position_the_device_forgot(cluster: &Cluster, codec: Codec) {
    let ada = Login::user("ada");
    let auth = control("@@hub/auth", json!({ "token": ada.token(), "device": "phone" }));
    let mut sender = cluster.connect(0, codec, &Login::user("bob")).await;

    let mut before = Client::open(&cluster.url(1), codec, &crate::support::Offer::codec(codec)).await.unwrap();
    before.send(&auth).await;
    before.welcomed().await;
    sender.publish("user:ada", "test/n", json!(1)).await;
    let seen = before.next_of("test/n").await;
    let ack = before.ask(control("@@hub/cursor", json!({ "positions": { "user:ada": seen.pos() } }))).await;
    assert_eq!(ack.kind(), "@@hub/ack", "{ack:?}");
    before.close().await;
    cluster.sessions_are("ada", 0).await;
    sender.publish("user:ada", "test/n", json!(2)).await;

    let mut after = Client::open(&cluster.url(2), codec, &crate::support::Offer::codec(codec)).await.unwrap();
    after.send(&auth).await;
    after.welcomed().await;
    let resumed = after.ask(control("@@hub/resume", json!({ "positions": { "user:ada": null } }))).await;
    assert_eq!(resumed.payload()["recovered"], true, "{resumed:?}");
    assert_eq!(resumed.payload()["pos"], seen.pos());
    assert_eq!(numbers_until(&mut after, "user:ada", 2).await, [2]);
}

async fn history_pages_backwards(cluster: &Cluster, codec: Codec) {
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    client.join(CHANNEL).await;
    for n in 1..=5 {
        client.publish(CHANNEL, "test/n", json!(n)).await;
    }
    let mut before = Value::Null;
    let mut pages = Vec::new();
    for more in [true, true, false] {
        let mut ask = json!({ "limit": 2 });
        if !before.is_null() {
            ask["before"] = before;
        }
        let page = client.ask(control_at(CHANNEL, "@@hub/history", ask)).await;
        assert_eq!((page.kind(), &page.payload()["more"]), ("@@hub/history", &json!(more)), "{page:?}");
        let publications = page.payload()["publications"].as_array().unwrap().clone();
        before = publications[0]["meta"]["hub"]["pos"].clone();
        pages.push(publications.iter().map(|it| it["payload"].as_u64().unwrap()).collect::<Vec<_>>());
    }
    assert_eq!(pages, [vec![4, 5], vec![2, 3], vec![1]]);
}

/// Otherwise the next view would not leave it, and a client without presence would receive every change.
async fn a_channel_that_comes_back_is_the_view_again_and_as_quiet_as_it_was(cluster: &Cluster, codec: Codec) {
    const QUIET: &str = "ch:acme/quiet";
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let positions = json!({ CHANNEL: { "pos": "0-0", "view": true }, QUIET: { "pos": "0-0", "presence": false } });
    ada.send(&control("@@hub/resume", json!({ "positions": positions }))).await;
    assert_eq!(ada.resumed(CHANNEL).await.payload()["count"], 1);
    assert!(ada.resumed(QUIET).await.payload()["count"].is_null());
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    bob.join(QUIET).await;
    bob.join(CHANNEL).await;
    bob.publish(QUIET, "test/n", json!(1)).await;
    // the announcement of the first join would have arrived by now
    ada.next("bob came", |it| it.kind() == "@@hub/joined" && it.to() == CHANNEL && it.hub("re").is_null()).await;
    ada.next_of("test/n").await;
    assert_eq!(ada.ask(control_at("ch:acme/next", "@@hub/view", json!({}))).await.kind(), "@@hub/joined");
    bob.publish(CHANNEL, "test/left", Value::Null).await;
    bob.publish(QUIET, "test/end", Value::Null).await;
    ada.next_of("test/end").await;
    let quiet = |it: &crate::support::Action| it.to() == QUIET && it.kind().starts_with("@@hub/");
    let after = ada.fence().await;
    assert!(!after.iter().any(|it| quiet(it) || it.kind() == "test/left"), "{after:?}");
}

#[tokio::test]
async fn channels_beyond_the_bound_are_refused_one_by_one_and_the_others_go_on() {
    let cluster = Cluster::start_with(Stack::Memory, &[("HUBWIRE_LIMITS_CHANNELS_MAX", "2")]).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    let channels = ["ch:acme/1", "ch:acme/2", "ch:acme/3", "ch:acme/4"];
    let positions: Value = channels.iter().map(|channel| (channel.to_string(), json!("0-0"))).collect();
    ada.send(&control("@@hub/resume", json!({ "positions": positions }))).await;
    let mut refused = Vec::new();
    for channel in channels {
        let resumed = ada.resumed(channel).await;
        match &resumed.payload()["error"] {
            Value::Null => assert_eq!(resumed.payload()["recovered"], true, "{resumed:?}"),
            error => refused.push(error["code"].as_str().unwrap().to_owned()),
        }
    }
    assert_eq!(refused, ["too_many_channels"; 2]);
}
