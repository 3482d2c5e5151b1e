//! Cursors and tickets.

use super::super::eventually;
use super::super::fixture::*;
use bytes::Bytes;
use futures_util::future::join_all;
use hubwire_actors::backend::{BackendError, CURSORS_MAX};
use hubwire_protocol::{DeviceId, Position};
use std::time::Duration;

fn at(seq: u64, nonce: u64) -> Position {
    Position { seq, nonce }
}

pub async fn cursors_never_go_back(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let (phone, desk): (DeviceId, DeviceId) = ("phone".parse().unwrap(), "desk".parse().unwrap());
    let put =
        |node: &Node, stream: &str, pos| node.put_cursors(user("u1"), phone.clone(), vec![(address(stream), pos)]);
    put(&a, "user:u1", at(1_795_239_502_123, 7)).await.unwrap();
    put(&b, "user:u1", at(1_795_239_502_122, 9)).await.unwrap();
    put(&b, "ch:acme/a", at(5, (1 << 48) - 1)).await.unwrap();
    put(&a, "ch:acme/a", at(5, 3)).await.unwrap();
    let mut cursors = b.cursors(user("u1"), phone.clone()).await.unwrap();
    cursors.sort();
    assert_eq!(cursors, [(address("ch:acme/a"), at(5, 3)), (address("user:u1"), at(1_795_239_502_123, 7))]);
    assert_eq!(b.cursors(user("u1"), desk).await, Ok(vec![]));
    assert_eq!(b.cursors(user("u2"), phone.clone()).await, Ok(vec![]));
}

pub async fn cursors_are_bounded(broker: &dyn Broker) {
    let node = node(broker).await;
    let cursors: Vec<_> =
        (0..CURSORS_MAX as u64 + 9).map(|n| (address(&format!("ch:acme/{n}")), at(1000 + n, 1))).collect();
    node.put_cursors(user("u1"), "phone".parse().unwrap(), cursors).await.unwrap();
    let kept = node.cursors(user("u1"), "phone".parse().unwrap()).await.unwrap();
    assert_eq!(kept.len(), CURSORS_MAX);
    assert_eq!(kept.iter().map(|(_, pos)| pos.seq).min(), Some(1009), "the lowest go first");
}

pub async fn a_ticket_is_taken_once_by_one_of_many(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let content = Bytes::from_static(b"who\0ever\xff");
    a.put_ticket("d1".into(), content.clone(), Duration::from_secs(60)).await.unwrap();
    let takers = (0..20).map(|n| if n % 2 == 0 { a.take_ticket("d1".into()) } else { b.take_ticket("d1".into()) });
    let taken: Vec<Bytes> = join_all(takers).await.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(taken, [content]);
    assert_eq!(a.take_ticket("never".into()).await, Ok(None));
}

pub async fn a_ticket_expires_and_is_not_overwritten(broker: &dyn Broker) {
    let node = node(broker).await;
    let put = |text: &'static str, ttl| node.put_ticket("d1".into(), Bytes::from_static(text.as_bytes()), ttl);
    put("one", Duration::from_millis(400)).await.unwrap();
    assert!(matches!(put("two", Duration::from_secs(60)).await, Err(BackendError::Refused { .. })));
    // it can be put again only once the first has expired
    eventually("the ticket expires", || async { put("three", Duration::from_secs(60)).await.ok() }).await;
    assert_eq!(node.take_ticket("d1".into()).await, Ok(Some(Bytes::from_static(b"three"))));
}

pub async fn the_broker_takes_writes(broker: &dyn Broker) {
    let node = node(broker).await;
    // on a cluster, the links to all servers have to prove themselves first
    eventually("the broker takes writes", || async { node.ping().await.ok() }).await;
    assert!(node.advice().await.is_ok());
}
