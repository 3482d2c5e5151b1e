//! Cursors, tickets, snapshots, and what is removed before its time.

use super::super::eventually;
use super::super::fixture::*;
use bytes::Bytes;
use futures_util::future::join_all;
use hubwire_actors::access::within::Within;
use hubwire_actors::backend::{BackendError, ChangeRelation, ChannelSnapshot, CursorLimits, Erased, CURSORS_MAX};
use hubwire_actors::environment::Environment;
use hubwire_actors::words::relation::Transitions;
use hubwire_protocol::people::ContactAct;
use hubwire_protocol::{DeviceId, Position, Profile};
use std::time::Duration;

const KEEP_ALL: CursorLimits = CursorLimits { ttl: Duration::from_secs(3600), devices_max: 100 };

fn at(seq: u64, nonce: u64) -> Position {
    Position { seq, nonce }
}

pub async fn cursors_never_go_back(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let (phone, desk): (DeviceId, DeviceId) = ("phone".parse().unwrap(), "desk".parse().unwrap());
    let put = |node: &Node, stream: &str, pos| {
        node.put_cursors(user("u1"), phone.clone(), vec![(address(stream), pos)], KEEP_ALL)
    };
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
    node.put_cursors(user("u1"), "phone".parse().unwrap(), cursors, KEEP_ALL).await.unwrap();
    let kept = node.cursors(user("u1"), "phone".parse().unwrap()).await.unwrap();
    assert_eq!(kept.len(), CURSORS_MAX);
    assert_eq!(kept.iter().map(|(_, pos)| pos.seq).min(), Some(1009), "the lowest go first");
}

pub async fn the_devices_of_a_user_are_bounded_and_the_idlest_goes(broker: &dyn Broker) {
    let node = node(broker).await;
    let limits = CursorLimits { devices_max: 2, ..KEEP_ALL };
    let put = |name: &str| {
        let at = vec![(address("user:u1"), at(5, 1))];
        node.put_cursors(user("u1"), name.parse().unwrap(), at, limits)
    };
    let known = |name: &str| node.cursors(user("u1"), name.parse().unwrap());
    for name in ["a", "b"] {
        put(name).await.unwrap();
        // two of one millisecond go in the order of their names
        let now = || Environment::real().unix_ms();
        let put_at = now();
        eventually("the clock goes on", || async { (now() > put_at + 1).then_some(()) }).await;
    }
    put("a").await.unwrap();
    put("c").await.unwrap();
    assert_eq!(known("b").await, Ok(vec![]), "it has not moved for longest");
    assert_eq!((known("a").await.unwrap().len(), known("c").await.unwrap().len()), (1, 1));
    let of_another = vec![(address("user:u2"), at(5, 1))];
    node.put_cursors(user("u2"), "d".parse().unwrap(), of_another, limits).await.unwrap();
    assert_eq!(known("a").await.unwrap().len(), 1, "each user has its own");
}

pub async fn cursors_are_forgotten_when_they_have_not_moved_for_long(broker: &dyn Broker) {
    let node = node(broker).await;
    let limits = CursorLimits { ttl: Duration::from_millis(200), ..KEEP_ALL };
    node.put_cursors(user("u1"), "a".parse().unwrap(), vec![(address("user:u1"), at(5, 1))], limits).await.unwrap();
    let is_gone = || async { node.cursors(user("u1"), "a".parse().unwrap()).await.unwrap().is_empty().then_some(()) };
    eventually("they are forgotten", is_gone).await;
}

pub async fn a_ticket_is_taken_once_by_one_of_many(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let content = Bytes::from_static(b"who\0ever\xff");
    a.put_ticket("d1".into(), content.clone(), Duration::from_secs(60)).await.unwrap();
    assert_eq!((b.has_ticket("d1".into()).await, b.has_ticket("d2".into()).await), (Ok(true), Ok(false)));
    let takers = (0..20).map(|n| if n % 2 == 0 { a.take_ticket("d1".into()) } else { b.take_ticket("d1".into()) });
    let taken: Vec<Bytes> = join_all(takers).await.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(taken, [content]);
    assert_eq!(a.take_ticket("never".into()).await, Ok(None));
    assert_eq!(a.has_ticket("d1".into()).await, Ok(false));
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

pub async fn an_erased_user_has_neither_stream_nor_cursors(broker: &dyn Broker) {
    let node = node(broker).await;
    for to in ["u1", "u2"] {
        let sent = node.append_direct(direct(None, to, "hi"), false).await.unwrap();
        for device in ["phone", "desk"] {
            let positions = vec![(address(&format!("user:{to}")), sent.receiver.appended.pos)];
            node.put_cursors(user(to), device.parse().unwrap(), positions, CursorLimits::default()).await.unwrap();
        }
    }
    node.note_orgs(user("u1"), vec!["acme".parse().unwrap()], Duration::from_secs(60)).await.unwrap();
    let change = ChangeRelation {
        user: user("u1"),
        other: user("u2"),
        transitions: Transitions::own(ContactAct::Block),
        people_max: 9,
    };
    node.change_relation(change).await.unwrap();
    let profile = Profile::new(Some("Ada"), None).unwrap();
    node.set_profile(user("u1"), profile, Duration::from_secs(60)).await.unwrap();
    let erased = node.erase(user("u1")).await.unwrap();
    assert_eq!(erased, Erased { publications: 1, devices: 2, others: 3, events: 0 });
    assert_eq!(node.erase(user("u1")).await, Ok(Erased::default()));
    assert_eq!(node.profiles(vec![user("u1")]).await, Ok(vec![Profile::default()]));
    for (of, left) in [("u1", 0), ("u2", 1)] {
        assert_eq!(node.length(address(&format!("user:{of}"))).await, Ok(left));
        assert_eq!(node.cursors(user(of), "phone".parse().unwrap()).await.unwrap().len(), left);
    }
    assert_eq!(node.people(user("u1")).await, Ok(vec![]));
    assert_eq!(node.reaches(user("u1"), Within::orgs(vec!["acme".parse().unwrap()])).await, Ok(false));
}

pub async fn a_channel_has_one_snapshot_which_never_goes_back_and_never_ahead_of_its_log(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let channel = || address("ch:acme/a");
    let at = |pos, text: &str| ChannelSnapshot { pos, ts: 7, payload: Bytes::copy_from_slice(text.as_bytes()) };
    let keep = Duration::from_secs(60);
    assert_eq!(a.snapshot(channel()).await, Ok(None));
    let first = a.append(append("ch:acme/a", "1")).await.unwrap().pos;
    let second = a.append(append("ch:acme/a", "2")).await.unwrap().pos;
    assert_eq!(a.put_snapshot(channel(), at(first, "{\n \"n\": 1}"), keep).await, Ok(true));
    assert_eq!(b.snapshot(channel()).await, Ok(Some(at(first, "{\n \"n\": 1}"))));
    assert_eq!(b.put_snapshot(channel(), at(second, "2"), keep).await, Ok(true));
    let ahead = Position { seq: second.seq + 1, nonce: 1 };
    for pos in [first, ahead] {
        assert_eq!(a.put_snapshot(channel(), at(pos, "0"), keep).await, Ok(false), "{pos}");
    }
    // anew at the same place
    assert_eq!(a.put_snapshot(channel(), at(second, "3"), keep).await, Ok(true));
    assert_eq!(b.snapshot(channel()).await, Ok(Some(at(second, "3"))));
    assert_eq!(a.snapshot(address("ch:acme/b")).await, Ok(None));
    // a purge of a part leaves it, one of the whole does not
    a.purge(channel(), Some(first)).await.unwrap();
    assert_eq!(a.snapshot(channel()).await, Ok(Some(at(second, "3"))));
    a.purge(channel(), None).await.unwrap();
    assert_eq!(b.snapshot(channel()).await, Ok(None));
    a.put_snapshot(channel(), at(second, "4"), Duration::from_millis(1)).await.unwrap();
    eventually("it is forgotten", || async { a.snapshot(channel()).await.unwrap().is_none().then_some(()) }).await;
}

pub async fn a_purged_log_goes_on_where_it_was(broker: &dyn Broker) {
    let node = node(broker).await;
    let stream = || address("ch:acme/a");
    let mut positions = Vec::new();
    for n in 0..5 {
        positions.push(node.append(append("ch:acme/a", &format!("{n}"))).await.unwrap().pos);
    }
    assert_eq!(node.purge(stream(), Some(positions[1])).await, Ok(2));
    assert_eq!(node.purge(stream(), Some(positions[0])).await, Ok(0), "gone already");
    let rest = node.read(stream(), positions[1], 10, 1000).await.unwrap();
    assert!(rest.intact && rest.entries.len() == 3, "{rest:?}");
    let before = node.read(stream(), positions[0], 10, 1000).await.unwrap();
    assert_eq!((before.intact, before.oldest), (false, positions[1]));
    assert_eq!(node.purge(stream(), None).await, Ok(3));
    assert_eq!(node.length(stream()).await, Ok(0));
    assert_eq!(node.tops(vec![stream()]).await, Ok(vec![positions[4]]));
    let at_top = node.read(stream(), positions[4], 10, 1000).await.unwrap();
    assert!(at_top.intact && at_top.entries.is_empty(), "{at_top:?}");
    assert!(!node.read(stream(), positions[3], 10, 1000).await.unwrap().intact);
    let next = node.append(append("ch:acme/a", "5")).await.unwrap();
    assert_eq!((next.prev, next.pos.seq), (positions[4], positions[4].seq + 1));
    assert_eq!(node.purge(address("ch:acme/nobody-wrote-here"), None).await, Ok(0));
}
