//! Channels follow the view a user has open: join, leave, publish.

use crate::support::action::{control_at, publication, seq};
use crate::support::{Action, Cluster, Codec, Login};
use serde_json::{json, Value};

on_every_stack!(
    a_publication_reaches_everybody_in_the_channel_once_and_in_one_order,
    who_left_a_channel_gets_nothing_more,
    a_channel_takes_members_of_its_organisation_only,
    a_view_leaves_the_channel_viewed_before,
    an_ephemeral_action_is_delivered_and_not_stored,
    an_array_of_actions_is_done_in_order,
);
behind_haproxy!(
    a_publication_reaches_everybody_in_the_channel_once_and_in_one_order,
    who_left_a_channel_gets_nothing_more,
    a_channel_takes_members_of_its_organisation_only,
);

const CHANNEL: &str = "ch:acme/order/1842";

async fn a_publication_reaches_everybody_in_the_channel_once_and_in_one_order(cluster: &Cluster, codec: Codec) {
    let mut clients = Vec::new();
    for (node, user) in ["ada", "bob", "eve"].into_iter().enumerate() {
        let mut client = cluster.connect(node, codec, &Login::member(user)).await;
        let joined = client.join(CHANNEL).await;
        assert!(joined.payload()["users"].is_null(), "the answer names nobody: {joined:?}");
        seq(joined.pos());
        clients.push(client);
    }
    // all three at once: whatever order the log chose, everybody sees it
    for round in 0..5 {
        for (number, client) in clients.iter_mut().enumerate() {
            client.send(&publication(CHANNEL, "order/lineChanged", json!([number, round]))).await;
        }
    }
    let mut orders = Vec::new();
    for client in &mut clients {
        let mut order = Vec::new();
        for _ in 0..15 {
            let received = client.next_of("order/lineChanged").await;
            assert_eq!(received.to(), CHANNEL);
            order.push((received.pos().to_string(), received.payload().clone()));
        }
        assert!(order.windows(2).all(|pair| seq(&pair[0].0) + 1 == seq(&pair[1].0)), "{order:?}");
        orders.push(order);
    }
    assert_eq!(orders[0], orders[1]);
    assert_eq!(orders[0], orders[2]);
    for (number, client) in clients.iter_mut().enumerate() {
        let own: Vec<_> = orders[0].iter().filter(|(_, payload)| payload[0] == number).map(|(_, it)| &it[1]).collect();
        assert_eq!(own, [0, 1, 2, 3, 4], "each sender's actions keep their order");
        client.publish(CHANNEL, "test/end", json!(number)).await;
    }
    for client in &mut clients {
        let ends: Vec<_> = [client.next_of("test/end").await, client.next_of("test/end").await].into();
        let rest: Vec<_> = client.fence().await.into_iter().filter(|it| !it.is_control()).collect();
        assert!(ends.iter().chain(&rest).all(|it| it.kind() == "test/end"), "twice: {rest:?}");
    }
}

async fn who_left_a_channel_gets_nothing_more(cluster: &Cluster, codec: Codec) {
    let mut stays = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut leaves = cluster.connect(1, codec, &Login::member("bob")).await;
    stays.join(CHANNEL).await;
    leaves.join(CHANNEL).await;

    let left = leaves.ask(control_at(CHANNEL, "@@hub/leave", json!({}))).await;
    assert_eq!((left.kind(), left.to()), ("@@hub/left", CHANNEL), "{left:?}");
    stays.publish(CHANNEL, "order/lineChanged", Value::Null).await;
    stays.next_of("order/lineChanged").await;
    let answer = leaves.ask(control_at(CHANNEL, "@@hub/leave", json!({}))).await;
    assert_eq!((answer.kind(), answer.code()), ("@@hub/error", "not_joined"), "{answer:?}");

    // joined again, it goes on from now
    leaves.join(CHANNEL).await;
    stays.publish(CHANNEL, "test/end", Value::Null).await;
    assert_eq!(leaves.publications_until("test/end").await.len(), 1);
}

async fn a_channel_takes_members_of_its_organisation_only(cluster: &Cluster, codec: Codec) {
    let mut outsider = cluster.connect(0, codec, &Login::user("mal").org("other", &["admin"], &[])).await;
    for kind in ["@@hub/join", "@@hub/view", "@@hub/presence", "@@hub/history"] {
        let answer = outsider.ask(control_at(CHANNEL, kind, json!({}))).await;
        assert_eq!((answer.kind(), answer.code()), ("@@hub/error", "forbidden"), "{kind}: {answer:?}");
    }
}

async fn a_view_leaves_the_channel_viewed_before(cluster: &Cluster, codec: Codec) {
    let mut viewer = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut other = cluster.connect(1, codec, &Login::member("bob")).await;
    let (first, second) = ("ch:acme/orders", "ch:acme/order/7");
    other.join(first).await;
    other.join(second).await;

    for channel in [first, second] {
        let joined = viewer.ask(control_at(channel, "@@hub/view", json!({}))).await;
        assert_eq!((joined.kind(), joined.to()), ("@@hub/joined", channel), "{joined:?}");
        // a join and a leave in quick succession would announce nothing
        let is_told = |it: &Action| it.kind() == "@@hub/joined" && it.to() == channel && it.hub("re").is_null();
        assert_eq!(other.next("joined it", is_told).await.users(), [("ada".to_string(), None)]);
    }
    other.publish(first, "order/added", Value::Null).await;
    other.publish(second, "test/end", Value::Null).await;
    let left = other.next("left the first", |it| it.kind() == "@@hub/left" && it.to() == first).await;
    assert_eq!(left.users(), [("ada".to_string(), None)]);
    assert_eq!(viewer.publications_until("test/end").await.len(), 1, "nothing of the view before");
}

async fn an_ephemeral_action_is_delivered_and_not_stored(cluster: &Cluster, codec: Codec) {
    let mut typing = cluster.connect(0, codec, &Login::member("ada")).await;
    let mut looking = cluster.connect(1, codec, &Login::member("bob")).await;
    typing.join(CHANNEL).await;
    looking.join(CHANNEL).await;

    let mut action = publication(CHANNEL, "chat/typing", json!(true));
    action["meta"]["hub"]["ephemeral"] = json!(true);
    let ack = typing.ask(action).await;
    assert!(ack.payload()["pos"].is_null(), "no position: {ack:?}");
    let received = looking.next_of("chat/typing").await;
    assert!(received.hub("pos").is_null(), "{received:?}");

    typing.publish(CHANNEL, "chat/said", Value::Null).await;
    let history = looking.ask(control_at(CHANNEL, "@@hub/history", json!({}))).await;
    let stored = history.payload()["publications"].as_array().unwrap().clone();
    assert_eq!(stored.iter().map(|it| &it["type"]).collect::<Vec<_>>(), ["chat/said"]);
}

async fn an_array_of_actions_is_done_in_order(cluster: &Cluster, codec: Codec) {
    let mut client = cluster.connect(0, codec, &Login::member("ada")).await;
    let join = control_at(CHANNEL, "@@hub/join", json!({}));
    let mut actions = vec![join];
    actions.extend((0..63).map(|n| publication(CHANNEL, "test/n", json!(n))));
    client.send(&Value::Array(actions)).await;
    client.publish(CHANNEL, "test/end", Value::Null).await;
    let got = client.publications_until("test/end").await;
    let numbers: Vec<_> = got.iter().filter(|(kind, _)| kind == "test/n").map(|(_, n)| n.as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..63).collect::<Vec<_>>());
}
