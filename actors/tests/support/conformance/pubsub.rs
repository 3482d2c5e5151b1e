//! Notifications.

use super::super::fixture::*;
use bytes::Bytes;
use futures_util::future::join_all;
use hubwire_actors::backend::Append;

pub async fn only_subscribers_are_notified_and_in_order(broker: &dyn Broker) {
    let (a, b, c) = (node(broker).await, node(broker).await, node(broker).await);
    for node in [&a, &b] {
        node.subscribe(address("ch:acme/a")).await.unwrap();
    }
    c.subscribe(address("ch:acme/b")).await.unwrap();
    let calls: Vec<_> = (0..50).map(|n| b.append(append("ch:acme/a", &format!("body\n{n}")))).collect();
    let mut expected = Vec::new();
    for (n, done) in join_all(calls).await.into_iter().enumerate() {
        let done = done.unwrap();
        expected.push(format!("P ch:acme/a {} {}\nbody\n{n}", done.pos, done.prev));
    }
    for node in [&a, &b] {
        for text in &expected {
            assert_eq!(node.next_text().await, *text);
        }
        assert_eq!(node.drained().await, [""; 0]);
    }
    assert_eq!(c.drained().await, [""; 0]);
}

pub async fn what_is_published_after_a_confirmed_subscription_arrives(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let topics: Vec<_> = (0..100).map(|n| address(&format!("ch:acme/{n}"))).collect();
    let confirmed = join_all(topics.iter().map(|topic| a.subscribe(topic.clone()))).await;
    assert!(confirmed.iter().all(Result::is_ok));
    // again: nothing changes
    a.subscribe(topics[0].clone()).await.unwrap();
    for (n, topic) in topics.iter().enumerate() {
        b.publish_topic(topic.clone(), Bytes::from(format!("{n}"))).await.unwrap();
    }
    let mut heard = Vec::new();
    for _ in 0..100 {
        heard.push(a.next_text().await.parse::<usize>().unwrap());
    }
    heard.sort_unstable();
    assert_eq!(heard, (0..100).collect::<Vec<_>>());
    assert_eq!(a.drained().await, [""; 0]);
}

pub async fn an_unsubscribed_topic_is_silent(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    a.subscribe(address("ch:acme/a")).await.unwrap();
    a.unsubscribe(address("ch:acme/a")).await.unwrap();
    a.unsubscribe(address("ch:acme/never")).await.unwrap();
    // the changes of one server are made in order, so a later confirmation covers the end of the former topic
    a.subscribe(address("ch:acme/a")).await.unwrap();
    a.unsubscribe(address("ch:acme/a")).await.unwrap();
    super::super::eventually("the topic is silent", || async {
        b.publish_topic(address("ch:acme/a"), Bytes::from_static(b"late")).await.unwrap();
        a.drained().await.is_empty().then_some(())
    })
    .await;
}

pub async fn a_duplicate_notifies_nobody(broker: &dyn Broker) {
    let node = node(broker).await;
    node.subscribe(address("ch:acme/a")).await.unwrap();
    for _ in 0..3 {
        node.append(Append { idempotency: keyed("k"), ..append("ch:acme/a", "x") }).await.unwrap();
    }
    assert_eq!(node.drained().await.len(), 1);
}

pub async fn a_node_channel_reaches_that_node_and_says_whether_anybody_listens(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let calls: Vec<_> = (0..50).map(|n| a.publish_node(b.incarnation, Bytes::from(n.to_string()))).collect();
    assert!(join_all(calls).await.iter().all(|heard| *heard == Ok(true)));
    for n in 0..50 {
        assert_eq!(b.next_text().await, n.to_string());
    }
    assert_eq!(a.drained().await, [""; 0]);
    let nobody = hubwire_protocol::Incarnation::from_random(nonce());
    assert_eq!(a.publish_node(nobody, Bytes::from_static(b"x")).await, Ok(false));
}

pub async fn a_full_event_queue_ends_in_lossy(broker: &dyn Broker) {
    let (a, b) = (node_with_queue(broker, 8).await, node(broker).await);
    for n in 0..20 {
        b.publish_node(a.incarnation, Bytes::from(n.to_string())).await.unwrap();
    }
    let mut texts = vec![a.next_text().await];
    while texts.last().is_none_or(|last| last != "LOSSY") {
        texts.push(a.next_text().await);
    }
    let kept: Vec<String> = (0..7).map(|n| n.to_string()).chain(["LOSSY".into()]).collect();
    assert_eq!(texts, kept);
    super::super::eventually("messages arrive again", || async {
        b.publish_node(a.incarnation, Bytes::from_static(b"after")).await.unwrap();
        (a.next().await == message("after")).then_some(())
    })
    .await;
}
