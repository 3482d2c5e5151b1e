//! Joins, leaves and views that are sent without waiting for the answer to the one before.

use crate::proxy::{Manner, Proxy};
use crate::support::action::control_at;
use crate::support::redis_server::{self, RedisServer};
use crate::support::{Action, Api, Client, Cluster, Codec, Login, Node};
use serde_json::{json, Value};
use std::time::Duration;
use tokio::time::sleep;

on_every_stack!(
    who_joined_and_left_twice_in_one_frame_is_out,
    the_views_of_one_frame_end_in_the_last_one,
    a_channel_that_was_just_left_is_resumed_with_the_rest,
);

const ROOM: &str = "ch:acme/room";

fn wish(kind: &str, to: &str, id: &str) -> Value {
    let mut action = control_at(to, kind, json!({}));
    action["meta"]["hub"]["id"] = id.into();
    action
}

/// The answers to these, in their order.
async fn answers(client: &mut Client, ids: &[String]) -> Vec<Action> {
    let mut answers = Vec::new();
    for id in ids {
        answers.push(client.next(&format!("the answer to {id}"), |it| *it.hub("re") == **id).await);
    }
    answers
}

async fn users(client: &mut Client, channel: &str) -> Vec<(String, Option<u64>)> {
    client.ask(control_at(channel, "@@hub/presence", json!({}))).await.users()
}

async fn who_joined_and_left_twice_in_one_frame_is_out(cluster: &Cluster, codec: Codec) {
    let mut stays = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut leaves = cluster.connect(1, codec, &Login::member("bob")).await;
    stays.join(ROOM).await;
    let kinds = ["@@hub/join", "@@hub/leave", "@@hub/join", "@@hub/leave"];
    let ids: Vec<String> = (0..kinds.len()).map(|number| format!("w{number}")).collect();
    let wishes: Vec<Value> = kinds.iter().zip(&ids).map(|(kind, id)| wish(kind, ROOM, id)).collect();
    leaves.send(&wishes.into()).await;
    let answers: Vec<String> = answers(&mut leaves, &ids).await.iter().map(|it| it.kind().to_string()).collect();
    assert_eq!(answers, ["@@hub/joined", "@@hub/left", "@@hub/joined", "@@hub/left"]);

    assert_eventually!(users(&mut stays, ROOM).await == [("ada".to_string(), Some(1))]);
    stays.publish(ROOM, "test/mark", Value::Null).await;
    stays.next_of("test/mark").await;
    let heard = leaves.fence().await;
    assert!(heard.iter().all(|action| action.kind() != "test/mark"), "{heard:?}");
    let again = leaves.ask(control_at(ROOM, "@@hub/leave", json!({}))).await;
    assert_eq!(again.code(), "not_joined", "{again:?}");
}

async fn the_views_of_one_frame_end_in_the_last_one(cluster: &Cluster, codec: Codec) {
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut other = cluster.connect(1, codec, &Login::member("bob")).await;
    let page = |number: usize| format!("ch:acme/page/{}", number % 4);
    let ids: Vec<String> = (0..10).map(|number| format!("v{number}")).collect();
    let views: Vec<Value> = ids.iter().enumerate().map(|(at, id)| wish("@@hub/view", &page(at), id)).collect();
    client.send(&views.into()).await;
    for answer in answers(&mut client, &ids).await {
        assert_eq!(answer.kind(), "@@hub/joined", "{answer:?}");
    }
    for number in 0..4 {
        let there = if page(number) == page(9) { vec![("ada".to_string(), Some(1))] } else { vec![] };
        assert_eventually!(users(&mut other, &page(number)).await == there);
        other.publish(&page(number), "test/mark", json!(number)).await;
    }
    assert_eq!(client.next_of("test/mark").await.to(), page(9));
    assert!(client.fence().await.iter().all(|action| action.kind() != "test/mark"));
}

async fn a_channel_that_was_just_left_is_resumed_with_the_rest(cluster: &Cluster, codec: Codec) {
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    let pos = client.join(ROOM).await.pos().to_string();
    let positions = json!({ "positions": { ROOM: pos, "user:ada": client.position_at_welcome("user:ada") } });
    let mut resume = control_at(ROOM, "@@hub/resume", positions);
    resume["meta"]["hub"] = json!({ "id": "resume" });
    client.send(&json!([wish("@@hub/leave", ROOM, "leave"), resume])).await;
    client.resumed("user:ada").await;
    client.resumed(ROOM).await;
}

/// At 5 ms to Redis 11 of 20 views 20 ms apart went unanswered, and each kept its place among the actions in flight.
#[tokio::test]
async fn views_that_change_faster_than_redis_answers_are_all_answered() {
    let redis = RedisServer::start().await;
    let proxy = Proxy::start(redis.port()).await;
    proxy.set(Manner::Delay(Duration::from_millis(5)));
    let node = Node::spawn_set("n1", Some(&redis_server::url(proxy.port())), &[("limits.in_flight_max", "4")]);
    assert_eventually!(aside(&node, |api| api.try_status("/readyz")).await == Some(200));
    let mut client = Client::connect(&node.url(), Codec::Json, &Login::member("ada")).await;
    let mut ids = Vec::new();
    for number in 0..20 {
        let id = format!("v{number}");
        client.send(&wish("@@hub/view", &format!("ch:acme/page/{number}"), &id)).await;
        ids.push(id);
        sleep(Duration::from_millis(20)).await;
    }
    for answer in answers(&mut client, &ids).await {
        assert_eq!(answer.kind(), "@@hub/joined", "{answer:?}");
    }
    client.close().await;
    assert_eventually!(aside(&node, |api| api.session_count("ada")).await == 0);
}

/// Asks the node's API on a thread of its own: what it answers comes through the proxy of this one.
async fn aside<T: Send + 'static>(node: &Node, ask: impl FnOnce(Api) -> T + Send + 'static) -> T {
    let api = node.api();
    tokio::task::spawn_blocking(move || ask(api)).await.unwrap()
}
