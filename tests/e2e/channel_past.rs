//! What a join returns: the newest publications, or the snapshot with the publications after it.

use crate::support::action::{control_at, publication, seq};
use crate::support::{Action, Client, Cluster, Codec, Login, Stack};
use serde_json::{json, Value};

on_every_stack!(
    the_second_user_does_not_start_blind,
    snapshot_and_later_publications_are_the_state,
    a_snapshot_behind_the_tail_of_the_log_announces_the_gap,
    who_may_not_keep_a_snapshot_or_read_is_refused,
);

const CHANNEL: &str = "ch:acme/order/1842";
const PATH: &str = "/v1/channels/ch%3Aacme%2Forder%2F1842/snapshot";

fn numbers(publications: &Value) -> Vec<u64> {
    publications.as_array().unwrap().iter().map(|it| it["payload"].as_u64().unwrap()).collect()
}

async fn entered(client: &mut Client, kind: &str, payload: Value) -> Action {
    let joined = client.ask(control_at(CHANNEL, kind, payload)).await;
    assert_eq!((joined.kind(), joined.to()), ("@@hub/joined", CHANNEL), "{joined:?}");
    joined
}

async fn the_second_user_does_not_start_blind(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    let nothing = entered(&mut bob, "@@hub/join", json!({ "recent": 3 })).await;
    assert_eq!((&nothing.payload()["recent"], &nothing.payload()["recovered"]), (&json!([]), &Value::Null));
    let mut last = String::new();
    for n in 1..=5 {
        last = ada.publish(CHANNEL, "entry", json!(n)).await.pos().into();
    }
    for kind in ["@@hub/join", "@@hub/view"] {
        let mut eve = cluster.connect(2, codec, &Login::member("eve")).await;
        // publications during the join arrive once, after its reply; pipelined requests are handled in order
        let mut join = control_at(CHANNEL, kind, json!({ "recent": 3 }));
        join["meta"]["hub"]["id"] = json!("join");
        eve.send(&json!([join, publication(CHANNEL, "own", json!(100))])).await;
        let joined = eve.next_of("@@hub/joined").await;
        let recent = joined.payload()["recent"].clone();
        assert_eq!((numbers(&recent), joined.pos()), (vec![3, 4, 5], last.as_str()), "{joined:?}");
        assert_eq!(recent[2]["meta"]["hub"]["pos"], json!(last));
        assert_eq!(joined.payload()["members"].as_array().map(Vec::len), Some(2), "{joined:?}");
        let own = eve.publications_until("own").await;
        assert_eq!(own, [("own".to_string(), json!(100))], "nothing comes twice");
        // for the next turn
        last = ada.publish(CHANNEL, "entry", json!(3)).await.pos().into();
        for n in [4, 5] {
            last = ada.publish(CHANNEL, "entry", json!(n)).await.pos().into();
        }
        eve.close().await;
        cluster.sessions_are("eve", 0).await;
    }
    let seen = bob.publications_until("own").await;
    assert_eq!(seen[..5].iter().map(|(_, n)| n.as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    // a session in the channel may ask again; many are bounded by the node
    let again = entered(&mut bob, "@@hub/join", json!({ "recent": 100_000 })).await;
    assert!(numbers(&again.payload()["recent"]).len() >= 10, "{again:?}");
}

async fn snapshot_and_later_publications_are_the_state(cluster: &Cluster, codec: Codec) {
    let admin = Login::member("ada").scopes(&["+manage:ch:acme/**"]);
    let mut ada = cluster.connect(0, codec, &admin).await;
    let mut eve = cluster.connect(1, codec, &Login::member("eve")).await;
    let none = entered(&mut eve, "@@hub/join", json!({ "snapshot": true })).await;
    assert_eq!(
        (none.0["payload"].get("snapshot"), none.payload()["recovered"].clone()),
        (Some(&Value::Null), Value::Null)
    );
    let mut acks = Vec::new();
    for n in 1..=4 {
        acks.push(ada.publish(CHANNEL, "add", json!(n)).await);
    }
    let api = cluster.api(2);
    let put = api.put(PATH, json!({ "pos": acks[1].pos(), "payload": { "sum": 3, "text": "größe 🙂" } }));
    assert_eq!(api.ok(put)["pos"], json!(acks[1].pos()));
    // neither an older snapshot nor one from ahead of the log replaces it
    let ahead = format!("{}-1", seq(acks[3].pos()) + 1);
    for pos in [acks[0].pos(), &ahead] {
        assert_eq!(api.put(PATH, json!({ "pos": pos, "payload": 0 })).status, 400, "{pos}");
    }
    let mut bob = cluster.connect(2, codec, &Login::member("bob")).await;
    let joined = entered(&mut bob, "@@hub/view", json!({ "snapshot": true })).await;
    let snapshot = &joined.payload()["snapshot"];
    assert_eq!((&snapshot["payload"]["sum"], &snapshot["payload"]["text"]), (&json!(3), &json!("größe 🙂")));
    assert_eq!((&snapshot["pos"], joined.pos()), (&json!(acks[1].pos()), acks[1].pos()));
    assert!(snapshot["ts"].as_u64().unwrap() > 1_000_000_000_000 && joined.payload()["recovered"] == true);
    ada.publish(CHANNEL, "end", json!(5)).await;
    let later: Vec<u64> = bob.publications_until("end").await.iter().map(|(_, n)| n.as_u64().unwrap()).collect();
    assert_eq!(later, [3, 4, 5]);
    // a client with the right keeps one, too, and a purge of the log removes it
    let own = json!({ "pos": acks[3].pos(), "payload": [1, 2] });
    assert_eq!(ada.ask(control_at(CHANNEL, "@@hub/snapshot", own)).await.kind(), "@@hub/ack");
    let again = entered(&mut bob, "@@hub/join", json!({ "snapshot": true })).await;
    assert_eq!(again.payload()["snapshot"]["payload"], json!([1, 2]));
    api.ok(api.delete("/v1/streams/ch%3Aacme%2Forder%2F1842/publications"));
    let gone = entered(&mut bob, "@@hub/join", json!({ "snapshot": true })).await;
    assert_eq!(gone.0["payload"].get("snapshot"), Some(&Value::Null));
}

async fn a_snapshot_behind_the_tail_of_the_log_announces_the_gap(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut acks = Vec::new();
    for n in 1..=4 {
        acks.push(ada.publish(CHANNEL, "add", json!(n)).await);
    }
    let api = cluster.api(1);
    api.ok(api.put(PATH, json!({ "pos": acks[0].pos(), "payload": 1 })));
    // as retention would
    api.ok(api.delete(&format!("/v1/streams/ch%3Aacme%2Forder%2F1842/publications?up_to={}", acks[2].pos())));
    let mut bob = cluster.connect(2, codec, &Login::member("bob")).await;
    let joined = entered(&mut bob, "@@hub/join", json!({ "snapshot": true })).await;
    assert_eq!((&joined.payload()["snapshot"]["payload"], &joined.payload()["recovered"]), (&json!(1), &json!(false)));
    assert_eq!(joined.pos(), acks[2].pos(), "it goes on with what the log holds");
    assert_eq!(bob.publications_until("add").await, [("add".to_string(), json!(4))]);
}

async fn who_may_not_keep_a_snapshot_or_read_is_refused(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let pos = ada.publish(CHANNEL, "add", json!(1)).await.pos().to_string();
    let refused = ada.ask(control_at(CHANNEL, "@@hub/snapshot", json!({ "pos": pos, "payload": 1 }))).await;
    assert_eq!((refused.code(), refused.to()), ("forbidden", CHANNEL));
    let elsewhere = ada.ask(control_at("org:acme", "@@hub/snapshot", json!({ "pos": pos, "payload": 1 }))).await;
    assert_eq!(elsewhere.code(), "bad_address");
    let both = ada.ask(control_at(CHANNEL, "@@hub/join", json!({ "recent": 1, "snapshot": true }))).await;
    assert_eq!(both.code(), "bad_payload", "{both:?}");
    let mut guest = cluster.connect(1, codec, &Login::member("eve").org("beta", &[], &[])).await;
    let long = json!({ "pos": pos, "payload": "x".repeat(70_000) });
    assert_eq!(cluster.api(0).put(PATH, long).status, 413);
    let other = guest.ask(control_at("ch:other/x", "@@hub/join", json!({ "recent": 1 }))).await;
    assert_eq!(other.code(), "forbidden");
}

/// A right to join alone is no right to the past.
#[tokio::test]
async fn without_the_right_to_read_a_join_brings_no_past() {
    let rules = "member may join publish on ch:{org}/**";
    let cluster = Cluster::start_with(Stack::Memory, &[("HUBWIRE_ACCESS_RULES", rules)]).await;
    let mut ada = cluster.connect(0, Codec::Json, &Login::member("ada")).await;
    for payload in [json!({ "recent": 1 }), json!({ "snapshot": true })] {
        assert_eq!(ada.ask(control_at(CHANNEL, "@@hub/join", payload)).await.code(), "forbidden");
    }
    ada.join(CHANNEL).await;
}
