//! Direct messages.

use super::super::fixture::*;
use futures_util::future::join_all;
use hubwire_actors::backend::{AppendDirect, Appended, BackendError, DirectPart, Retention};
use hubwire_protocol::Position;

pub async fn a_direct_message_goes_to_both_streams_and_names_the_sessions(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let live = [a.incarnation, b.incarnation];
    let sessions = [("u1", a.session()), ("u2", a.session()), ("u2", b.session())];
    for (of, session) in sessions {
        b.attach(attach(of, session, 0, true, &live)).await.unwrap();
    }
    let call = direct(Some("u1"), "u2", "hi");
    let sent = a.append_direct(call.clone(), false).await.unwrap();
    let copy = sent.copy.unwrap();
    assert_eq!(copy.sessions[..], [sessions[0].1]);
    let mut receivers = sent.receiver.sessions.clone();
    receivers.sort();
    let mut expected = vec![sessions[1].1, sessions[2].1];
    expected.sort();
    assert_eq!(receivers[..], expected);
    for (stream, part) in [("user:u1", &copy), ("user:u2", &sent.receiver)] {
        assert_eq!((part.appended.prev, part.appended.duplicate), (Position::START, false));
        assert_eq!(part.appended.pos.nonce, call.nonce);
        let range = b.read(address(stream), Position::START, 10, 100).await.unwrap();
        assert_eq!((range.entries.len(), range.top), (1, part.appended.pos));
        assert_eq!(range.entries[0].envelope, "hi");
    }
}

pub async fn a_message_to_oneself_or_of_the_server_is_one_append(broker: &dyn Broker) {
    let node = node(broker).await;
    let session = node.session();
    node.attach(attach("u1", session, 0, true, &[node.incarnation])).await.unwrap();
    for from in [Some("u1"), None] {
        let sent = node.append_direct(direct(from, "u1", "note"), false).await.unwrap();
        assert_eq!((sent.copy, &sent.receiver.sessions[..]), (None, &[session][..]));
    }
    assert_eq!(node.history(address("user:u1"), None, 10, usize::MAX).await.unwrap().len(), 2);
}

pub async fn a_repeated_direct_message_stores_once_in_both_streams(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let call = || AppendDirect { idempotency: keyed("u1|d|1"), ..direct(Some("u1"), "u2", "hi") };
    let first = a.append_direct(call(), false).await.unwrap();
    let second = b.append_direct(call(), false).await.unwrap();
    let copies = [&first, &second].map(|sent| sent.copy.clone().unwrap().appended);
    let receivers = [&first, &second].map(|sent| sent.receiver.appended);
    for [first, second] in [copies, receivers] {
        assert_eq!((first.duplicate, second.duplicate, second.pos), (false, true, first.pos));
    }
    for stream in ["user:u1", "user:u2"] {
        assert_eq!(a.history(address(stream), None, 10, usize::MAX).await.unwrap().len(), 1);
    }
}

pub async fn a_used_key_of_a_direct_message_is_a_conflict_in_both_streams(broker: &dyn Broker) {
    let node = node(broker).await;
    let first = || AppendDirect { idempotency: keyed("u1|d|1"), ..direct(Some("u1"), "u2", "hi") };
    assert_eq!(node.append_direct(first(), false).await.unwrap().receiver.appended.first_ts, None);
    // to whomever it goes: to the same user, another one, or oneself
    for to in ["u2", "u3", "u1"] {
        let other = AppendDirect { idempotency: reused("u1|d|1"), ..direct(Some("u1"), to, "ho") };
        assert_eq!(node.append_direct(other, true).await, Err(BackendError::IdConflict), "{to}");
    }
    let again = node.append_direct(first(), false).await.unwrap();
    for part in [again.copy.unwrap(), again.receiver] {
        assert_eq!((part.appended.duplicate, part.appended.first_ts), (true, Some(1_000)));
    }
    for (stream, count) in [("user:u1", 1), ("user:u2", 1), ("user:u3", 0)] {
        assert_eq!(node.history(address(stream), None, 10, usize::MAX).await.unwrap().len(), count, "{stream}");
    }
}

pub async fn a_broker_that_tells_nodes_tells_each_other_owner_once(broker: &dyn Broker) {
    let (a, b, c, d) = (node(broker).await, node(broker).await, node(broker).await, node(broker).await);
    let live = [a.incarnation, b.incarnation, c.incarnation, d.incarnation];
    let of_both = [("u1", a.session()), ("u1", b.session()), ("u2", a.session()), ("u2", b.session())];
    for (user, session) in of_both.into_iter().chain([("u2", b.session()), ("u2", d.session())]) {
        b.attach(attach(user, session, 0, true, &live)).await.unwrap();
    }
    let call = || AppendDirect { idempotency: keyed("u1|d|1"), ..direct(Some("u1"), "u2", "hi\nthere") };
    let sent = a.append_direct(call(), true).await.unwrap();
    a.append_direct(call(), true).await.unwrap();
    let place = |of: &str, part: &DirectPart| {
        let Appended { pos, prev, .. } = part.appended;
        format!("user:{of} {pos} {prev}")
    };
    if sent.told {
        let (copy, got) = (place("u1", sent.copy.as_ref().unwrap()), place("u2", &sent.receiver));
        assert_eq!(b.next_text().await, format!("B {copy} {got}\nhi\nthere"), "once, for both users");
        assert_eq!(d.next_text().await, format!("P {got}\nhi\nthere"), "only one of them is there");
    }
    for node in [a, b, c, d] {
        assert_eq!(node.drained().await, [""; 0]);
    }
}

pub async fn direct_messages_of_one_sender_keep_their_order(broker: &dyn Broker) {
    let node = node(broker).await;
    let calls = (0..200).map(|n| node.append_direct(direct(Some("u1"), &format!("v{}", n % 2), &n.to_string()), false));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    for (stream, expected) in [("user:u1", 200), ("user:v0", 100), ("user:v1", 100)] {
        let entries = node.read(address(stream), Position::START, 1000, 1 << 20).await.unwrap().entries;
        let numbers: Vec<u32> =
            entries.iter().map(|entry| String::from_utf8_lossy(&entry.envelope).parse().unwrap()).collect();
        assert_eq!(numbers.len(), expected);
        assert!(numbers.is_sorted(), "{stream}: {numbers:?}");
    }
}

pub async fn an_outbox_without_marks_finishes_nothing(broker: &dyn Broker) {
    let node = node(broker).await;
    node.append_direct(direct(Some("u1"), "u2", "hi"), false).await.unwrap();
    assert_eq!(node.finish_outbox(user("u1"), keep()).await, Ok(vec![]));
    assert_eq!(node.history(address("user:u2"), None, 10, usize::MAX).await.unwrap().len(), 1);
}

pub async fn each_stream_of_a_direct_message_keeps_what_it_is_to_keep(broker: &dyn Broker) {
    let node = node(broker).await;
    let few = Retention { bytes: 2_000, ..KEEP };
    for n in 0..100 {
        let text = format!("{n:0>100}");
        let of_bot = AppendDirect { own_retention: few, ..direct(Some("bot"), "u1", &text) };
        node.append_direct(of_bot, false).await.unwrap();
        let to_bot = AppendDirect { retention: few, ..direct(Some("u2"), "bot", &text) };
        node.append_direct(to_bot, false).await.unwrap();
    }
    for (stream, kept) in [("user:u1", 100..=100), ("user:u2", 100..=100), ("user:bot", 18..=24)] {
        let length = node.length(address(stream)).await.unwrap();
        assert!(kept.contains(&length), "{stream}: {length}");
    }
}
