//! What the server API does with streams: reads them, purges them, erases a user's, and keeps some longer than others.

use crate::support::action::{control, control_at, publication};
use crate::support::{Action, Client, Cluster, Codec, Login, Offer, Stack};
use serde_json::{json, Value};

on_every_stack!(
    a_purged_stream_is_followed_without_a_gap_and_who_comes_back_from_before_hears_of_one,
    what_is_kept_of_an_erased_user_is_gone_and_others_keep_theirs,
    one_call_publishes_to_many_and_again_stores_nothing,
);

const LOG: &str = "ch:acme/log";
const PATH: &str = "/v1/streams/ch%3Aacme%2Flog";

fn payloads(page: &Value) -> Vec<u64> {
    let publications = page["publications"].as_array().unwrap();
    publications.iter().map(|publication| publication["payload"].as_u64().unwrap()).collect()
}

async fn a_purged_stream_is_followed_without_a_gap_and_who_comes_back_from_before_hears_of_one(
    cluster: &Cluster,
    codec: Codec,
) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut bob = cluster.connect(2, codec, &Login::member("bob")).await;
    bob.join(LOG).await;
    let mut acks: Vec<Action> = Vec::new();
    for n in 1..=5 {
        acks.push(ada.publish(LOG, "entry", json!(n)).await);
    }
    let api = cluster.api(1);
    let page = |query: &str| api.ok(api.get(&format!("{PATH}/history{query}")));
    let newest = page("?limit=2");
    assert_eq!((payloads(&newest), &newest["more"]), (vec![4, 5], &json!(true)));
    let before = page(&format!("?limit=2&before={}", acks[3].pos()));
    assert_eq!((payloads(&before), &before["more"]), (vec![2, 3], &json!(true)));
    let after = page(&format!("?after={}", acks[2].pos()));
    assert_eq!((payloads(&after), &after["more"]), (vec![4, 5], &json!(false)));
    assert_eq!(after["publications"][0]["meta"]["hub"]["from"], "ada");
    for wrong in ["before=1-1&after=1-1", "before=x", "limit=101", "page=2"] {
        assert_eq!(api.get(&format!("{PATH}/history?{wrong}")).status, 400, "{wrong}");
    }
    // up to a position: later publications stay, and a client at that position can resume
    let purged = api.delete(&format!("{PATH}/publications?up_to={}", acks[1].pos()));
    assert_eq!(api.ok(purged)["publications"], 2);
    assert_eq!(payloads(&page("")), [3, 4, 5]);
    let mut late = cluster.connect(0, codec, &Login::member("eve")).await;
    late.send(&control("@@hub/resume", json!({ "positions": { LOG: acks[1].pos() } }))).await;
    assert_eq!(late.resumed(LOG).await.payload()["recovered"], true);
    assert_eq!(late.publications_until("entry").await[0].1, json!(3));
    late.send(&control("@@hub/resume", json!({ "positions": { LOG: acks[0].pos() } }))).await;
    assert_eq!(late.resumed(LOG).await.payload()["recovered"], false);
    // all of it: followers continue
    assert_eq!(api.ok(api.delete(&format!("{PATH}/publications")))["publications"], 3);
    assert_eq!(payloads(&page("")), [0; 0]);
    let last = ada.publish(LOG, "entry/last", json!(6)).await;
    let order = |pos: &str| crate::support::action::seq(pos);
    assert_eq!(order(last.pos()), order(acks[4].pos()) + 1, "positions go on");
    let seen = bob.publications_until("entry/last").await;
    assert_eq!(seen.iter().map(|(_, payload)| payload.as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert!(bob.fence().await.iter().all(|action| action.kind() != "@@hub/lag"), "nothing was missed");
    let mut back = cluster.connect(1, codec, &Login::member("zoe")).await;
    back.send(&control("@@hub/resume", json!({ "positions": { LOG: acks[2].pos() } }))).await;
    let resumed = back.resumed(LOG).await;
    assert_eq!((&resumed.payload()["recovered"], &resumed.payload()["pos"]), (&json!(false), &json!(last.pos())));
}

async fn phone(cluster: &Cluster, node: usize, codec: Codec) -> Client {
    let offer = Offer { query: "?device=phone".into(), ..Offer::login(codec, &Login::member("ada")) };
    let mut client = Client::open(&cluster.url(node), codec, &offer).await.expect("the upgrade is accepted");
    client.welcomed().await;
    client
}

async fn what_is_kept_of_an_erased_user_is_gone_and_others_keep_theirs(cluster: &Cluster, codec: Codec) {
    let mut ada = phone(cluster, 0, codec).await;
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    let received = bob.publish("user:ada", "hi", json!(1)).await;
    ada.publish("user:bob", "hi", json!(2)).await;
    let acknowledged = ada.ask(control("@@hub/cursor", json!({ "positions": { "user:ada": received.pos() } }))).await;
    assert_eq!(acknowledged.kind(), "@@hub/ack", "{acknowledged:?}");
    let api = cluster.api(2);
    let erased = api.ok(api.post("/v1/users/ada/erase", json!({})));
    assert_eq!(
        erased,
        json!({ "user": "ada", "sessions": 1, "publications": 2, "devices": 1, "others": 0, "events": 0 })
    );
    assert_eq!(ada.closed().await, 4403);
    // the device comes back as one that never was there, and its inbox begins anew
    let mut again = phone(cluster, 1, codec).await;
    again.send(&control("@@hub/resume", json!({ "positions": { "user:ada": null } }))).await;
    again.resumed("user:ada").await;
    assert!(again.fence().await.iter().all(Action::is_control), "nothing is left to come");
    bob.publish("user:ada", "hi/again", json!(3)).await;
    assert_eq!(again.publications_until("hi/again").await, [("hi/again".to_string(), json!(3))]);
    let page = bob.ask(control_at("user:bob", "@@hub/history", json!({}))).await;
    assert_eq!(payloads(page.payload()), [1, 2, 3], "what bob sent and got is bob's");
}

async fn one_call_publishes_to_many_and_again_stores_nothing(cluster: &Cluster, codec: Codec) {
    let mut ada = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut bob = cluster.connect(1, codec, &Login::member("bob")).await;
    let api = cluster.api(2);
    let body =
        json!({ "to": ["user:ada", "user:eve", "user:bob", "org:acme"], "type": "news", "payload": 7, "id": "n1" });
    let answer = api.ok(api.post("/v1/publish", body.clone()));
    let results = answer["results"].as_array().unwrap();
    let sessions: Vec<&Value> = results.iter().map(|ack| &ack["sessions"]).collect();
    assert_eq!(sessions, [&json!(1), &json!(0), &json!(1), &Value::Null]);
    for (client, own) in [(&mut ada, "user:ada"), (&mut bob, "user:bob")] {
        for to in [own, "org:acme"] {
            assert_eq!(client.next("the news", |it| it.to() == to).await.payload(), &json!(7));
        }
    }
    // the id counts for each of them, also as an item of an array
    let again = api.ok(api.post("/v1/publish", json!([body, { "to": "user:bob", "type": "last" }])));
    let of_list = again["results"][0]["results"].as_array().unwrap();
    assert!(of_list.len() == 4 && of_list.iter().all(|ack| ack["duplicate"] == true), "{again}");
    let wrong = api.post("/v1/publish", json!({ "to": ["user:ada", "nobody"], "type": "news" }));
    assert_eq!((wrong.status, &wrong.body["error"]["code"]), (400, &json!("bad_address")));
    assert_eq!(bob.next("anything", |it| !it.is_control()).await.kind(), "last");
    assert!(ada.fence().await.iter().all(Action::is_control), "nothing came twice, nothing of the wrong list");
}

#[tokio::test]
async fn the_first_retention_that_fits_a_stream_counts() {
    let rules = "ch:acme/audit/* count=5000,ch:acme/** count=2,user:bot bytes=1024";
    let cluster = Cluster::start_with(Stack::Memory, &[("HUBWIRE_STREAMS_RETENTION", rules)]).await;
    let mut client = cluster.connect(0, Codec::Json, &Login::member("ada").org("beta", &[], &[])).await;
    let api = cluster.api(0);
    for (stream, path, kept) in [
        ("ch:acme/audit/1", "ch%3Aacme%2Faudit%2F1", 30..=30),
        ("ch:acme/chat", "ch%3Aacme%2Fchat", 2..=2),
        ("ch:beta/chat", "ch%3Abeta%2Fchat", 30..=30),
        ("user:bot", "user%3Abot", 1..=20),
    ] {
        for n in 0..30 {
            client.send(&publication(stream, "entry", json!(n))).await;
        }
        client.fence().await;
        let length = api.ok(api.get(&format!("/v1/streams/{path}")))["length"].as_u64().unwrap();
        assert!(kept.contains(&length), "{stream}: {length}");
    }
    let own = api.ok(api.get("/v1/streams/user%3Aada"))["length"].as_u64();
    assert_eq!(own, Some(30), "the sender's copies are kept like the sender's stream");
}
