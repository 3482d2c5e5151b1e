//! The history of a stream, page by page in both directions, charged by what each page contains.

use crate::support::action::{control_at, publication};
use crate::support::{Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

on_every_stack!(
    history_pages_forwards_from_any_position,
    a_page_that_begins_at_two_places_is_refused,
    a_publication_is_found_by_its_id_among_the_newest,
);

const CHANNEL: &str = "ch:acme/order/1842";

async fn page(client: &mut Client, payload: Value) -> (Vec<u64>, bool, Vec<String>) {
    let page = client.ask(control_at(CHANNEL, "@@hub/history", payload)).await;
    assert_eq!(page.kind(), "@@hub/history", "{page:?}");
    let publications = page.payload()["publications"].as_array().unwrap();
    let numbers = publications.iter().map(|it| it["payload"].as_u64().unwrap()).collect();
    let positions = publications.iter().map(|it| it["meta"]["hub"]["pos"].as_str().unwrap().to_string()).collect();
    (numbers, page.payload()["more"].as_bool().unwrap(), positions)
}

async fn history_pages_forwards_from_any_position(cluster: &Cluster, codec: Codec) {
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    for n in 1..=5 {
        client.publish(CHANNEL, "test/n", json!(n)).await;
    }
    let mut after = "0-0".to_string();
    for (numbers, more) in [(vec![1, 2], true), (vec![3, 4], true), (vec![5], false)] {
        let (seen, has_more, positions) = page(&mut client, json!({ "after": after, "limit": 2 })).await;
        assert_eq!((seen, has_more), (numbers, more), "after {after}");
        after = positions.last().unwrap().clone();
    }
    let (seen, more, _) = page(&mut client, json!({ "after": after })).await;
    assert_eq!((seen, more), (vec![], false), "nothing after the newest");
    // a position that the log does not hold is still a valid place to read from
    let (seq, _) = after.split_once('-').unwrap();
    let (seen, _, _) = page(&mut client, json!({ "after": format!("{}-7", seq.parse::<u64>().unwrap() - 2) })).await;
    assert_eq!(seen.last(), Some(&5));
    let known = client.welcome()["features"].as_array().unwrap().contains(&json!("history_after"));
    assert!(known, "{}", client.welcome());
}

async fn a_page_that_begins_at_two_places_is_refused(cluster: &Cluster, codec: Codec) {
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    let ask = control_at(CHANNEL, "@@hub/history", json!({ "before": "5-1", "after": "1-1" }));
    let refused = client.ask(ask).await;
    assert_eq!((refused.code(), refused.to()), ("bad_payload", CHANNEL), "{refused:?}");
}

async fn send(client: &mut Client, to: &str, id: &str, payload: Value) -> String {
    let action = json!({ "type": "test/n", "payload": payload, "meta": { "hub": { "to": to, "id": id } } });
    client.ask(action).await.payload()["pos"].as_str().unwrap().to_owned()
}

/// Two senders with one id, one that is not for the reader, copies of direct messages, and what is too far back.
async fn a_publication_is_found_by_its_id_among_the_newest(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    assert!(ada.welcome()["features"].as_array().unwrap().contains(&json!("history_id")));
    let hers = send(&mut ada, CHANNEL, "k1", json!("hers")).await;
    let his = send(&mut bob, CHANNEL, "k1", json!("his")).await;
    let hidden = json!({ "to": CHANNEL, "id": "k2", "except": ["ada"] });
    bob.ask(json!({ "type": "test/n", "meta": { "hub": hidden } })).await;
    send(&mut ada, "user:bob", "d1", json!("direct")).await;
    for (to, query, found) in [
        (CHANNEL, json!({ "id": "k1" }), his.as_str()),
        (CHANNEL, json!({ "id": "k1", "from": "ada" }), hers.as_str()),
        (CHANNEL, json!({ "id": "k1", "from": "eve" }), "not_found"),
        (CHANNEL, json!({ "id": "k2" }), "not_found"),
        (CHANNEL, json!({ "id": "d1" }), "not_found"),
        ("org:beta", json!({ "id": "k1" }), "forbidden"),
        (CHANNEL, json!({ "from": "ada" }), "bad_payload"),
        (CHANNEL, json!({ "id": "k1", "limit": 1 }), "bad_payload"),
    ] {
        let answer = ada.ask(control_at(to, "@@hub/history", query.clone())).await;
        assert_eq!(answer.to(), to, "{query}");
        if answer.kind() == "@@hub/error" {
            assert_eq!(answer.code(), found, "{query}");
            continue;
        }
        let page = answer.payload();
        assert_eq!((&page["more"], page["publications"].as_array().unwrap().len()), (&json!(false), 1), "{query}");
        assert_eq!(page["publications"][0]["meta"]["hub"]["pos"], found, "{query}");
    }
    let own = ada.ask(control_at("user:ada", "@@hub/history", json!({ "id": "d1" }))).await;
    assert_eq!(own.payload()["publications"][0]["meta"]["hub"]["to"], "user:bob");
    let hidden = bob.ask(control_at(CHANNEL, "@@hub/history", json!({ "id": "k2" }))).await;
    assert_eq!(hidden.payload()["publications"][0]["meta"]["hub"]["id"], "k2");
}

fn sent_by_redis(cluster: &Cluster) -> u64 {
    let info: String = redis::cmd("INFO").arg("stats").query(&mut cluster.redis().connection()).unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix("total_net_output_bytes:")).expect("a counter");
    line.trim().parse().unwrap()
}

/// Questions of a few bytes must not make the broker send many times what their answers take.
#[tokio::test]
async fn redis_sends_hardly_more_than_a_page_shows() {
    let cluster = Cluster::start(Stack::Redis).await;
    let mut client = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    const LENGTH: usize = 12_000;
    for n in 0..40 {
        client.publish(CHANNEL, "test/long", json!(format!("{n:0>LENGTH$}"))).await;
    }
    let before = sent_by_redis(&cluster);
    let mut shown = 0;
    for direction in [json!({}), json!({ "after": "0-0" })] {
        for _ in 0..40 {
            let mut ask = publication(CHANNEL, "@@hub/history", direction.clone());
            ask["payload"]["limit"] = json!(100);
            let page = client.ask(ask).await;
            let publications = page.payload()["publications"].as_array().unwrap();
            assert!(page.payload()["more"] == true && !publications.is_empty(), "{page:?}");
            shown += publications.len() * LENGTH;
        }
    }
    let sent = sent_by_redis(&cluster) - before;
    // one publication per page tells that there are more; the rest is what nodes say to Redis meanwhile
    let bound = shown as u64 + 80 * LENGTH as u64 + 500_000;
    assert!(sent < bound, "Redis sent {sent} bytes for pages of {shown}");
}
