//! Logs.

use super::super::eventually;
use super::super::fixture::*;
use futures_util::future::join_all;
use hubwire_actors::backend::{Append, Appended, BackendError, Entry, IdempotencyKey, Retention};
use hubwire_actors::environment::Environment;
use hubwire_protocol::Position;
use std::time::Duration;

async fn appended(node: &Node, stream: &str, envelope: &str) -> Appended {
    node.append(append(stream, envelope)).await.unwrap()
}

fn texts(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| String::from_utf8_lossy(&entry.envelope).into_owned()).collect()
}

/// At the clock or, where the broker counts the publications of a log, at one.
pub async fn a_log_starts_at_the_brokers_clock_or_at_one_and_grows_by_one(broker: &dyn Broker) {
    let node = node(broker).await;
    let before = Environment::real().unix_ms();
    let call = append("ch:acme/a", "1");
    let first = node.append(call.clone()).await.unwrap();
    let clock = before.saturating_sub(1000)..=Environment::real().unix_ms() + 1000;
    assert!(first.pos.count().map_or(clock.contains(&first.pos.seq), |count| count == 1), "{:?}", first.pos);
    assert_eq!((first.pos.nonce, first.prev, first.duplicate), (call.nonce, Position::START, false));
    let second = appended(&node, "ch:acme/a", "2").await;
    assert_eq!((second.pos.seq, second.prev), (first.pos.seq + 1, first.pos));
}

pub async fn a_length_counts_what_is_there_and_an_absent_log_has_none(broker: &dyn Broker) {
    let node = node(broker).await;
    assert_eq!(node.length(address("ch:acme/a")).await, Ok(0));
    for n in 0..3 {
        appended(&node, "ch:acme/a", &n.to_string()).await;
    }
    appended(&node, "ch:acme/b", "elsewhere").await;
    assert_eq!(node.length(address("ch:acme/a")).await, Ok(3));
}

pub async fn every_publication_names_the_one_before(broker: &dyn Broker) {
    let node = node(broker).await;
    for n in 0..40 {
        appended(&node, "ch:acme/a", &n.to_string()).await;
    }
    let range = node.read(address("ch:acme/a"), Position::START, 100, usize::MAX >> 12).await.unwrap();
    assert_eq!(range.entries.len(), 40);
    let mut prev = Position::START;
    for entry in &range.entries {
        assert_eq!(entry.prev, prev);
        prev = entry.pos;
    }
    assert_eq!((range.top, range.intact), (prev, true));
}

pub async fn concurrent_appends_take_effect_in_call_order(broker: &dyn Broker) {
    let node = node(broker).await;
    let calls: Vec<_> = (0..600).map(|n| node.append(append(&format!("ch:acme/{}", n % 3), &n.to_string()))).collect();
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    for channel in 0..3 {
        let stream = address(&format!("ch:acme/{channel}"));
        let range = node.read(stream, Position::START, 1000, 1 << 20).await.unwrap();
        let expected: Vec<String> = (0..600).filter(|n| n % 3 == channel).map(|n| n.to_string()).collect();
        assert_eq!(texts(&range.entries), expected);
    }
}

pub async fn a_known_key_stores_once_on_whatever_node(broker: &dyn Broker) {
    let (a, b) = (node(broker).await, node(broker).await);
    let call = || Append { idempotency: keyed("u|d|1"), ..append("ch:acme/a", "x") };
    let first = a.append(call()).await.unwrap();
    assert!(!first.duplicate);
    for node in [&a, &b] {
        let repeated = node.append(call()).await.unwrap();
        assert_eq!(
            repeated,
            Appended { pos: first.pos, prev: Position::START, duplicate: true, first_ts: Some(1_000) }
        );
    }
    let other = b.append(Append { idempotency: keyed("u|d|2"), ..append("ch:acme/a", "y") }).await.unwrap();
    assert_eq!((other.prev, other.duplicate), (first.pos, false));
    let elsewhere = b.append(Append { idempotency: keyed("u|d|1"), ..append("ch:acme/b", "x") }).await.unwrap();
    assert!(!elsewhere.duplicate, "keys belong to a stream");
}

pub async fn a_known_key_with_another_content_is_a_conflict_and_stores_nothing(broker: &dyn Broker) {
    let node = node(broker).await;
    let first = node.append(Append { idempotency: keyed("u|d|1"), ..append("ch:acme/a", "x") }).await.unwrap();
    let other = Append { idempotency: reused("u|d|1"), ..append("ch:acme/a", "y") };
    assert_eq!(node.append(other).await, Err(BackendError::IdConflict));
    // the key still stands for the first
    let again = node.append(Append { idempotency: keyed("u|d|1"), ..append("ch:acme/a", "x") }).await.unwrap();
    assert_eq!((again.pos, again.duplicate), (first.pos, true));
    // a call that says nothing of its content is a repeat
    let silent = keyed("u|d|1").map(|key| IdempotencyKey { digest: None, ..key });
    assert!(node.append(Append { idempotency: silent, ..append("ch:acme/a", "z") }).await.unwrap().duplicate);
    assert_eq!(node.history(address("ch:acme/a"), None, 10, usize::MAX).await.unwrap().len(), 1);
}

pub async fn a_key_is_forgotten_after_its_window(broker: &dyn Broker) {
    let node = node(broker).await;
    let window = Duration::from_millis(50);
    let key = IdempotencyKey { key: "u|d|1".into(), window, digest: Some(1), ts: 1 };
    let call = || Append { idempotency: Some(key.clone()), ..append("ch:acme/a", "x") };
    let first = node.append(call()).await.unwrap();
    let again =
        eventually("the key is forgotten", || async { node.append(call()).await.ok().filter(|a| !a.duplicate) });
    assert_eq!(again.await.prev, first.pos);
}

pub async fn retention_by_count_keeps_the_newest(broker: &dyn Broker) {
    let node = node(broker).await;
    let retention = Retention { count: 10, ..KEEP };
    for n in 0..500 {
        let call = Append { retention, ..append("ch:acme/a", &format!("{n:0>200}")) };
        node.append(call).await.unwrap();
    }
    let kept = node.history(address("ch:acme/a"), None, 1000, usize::MAX).await.unwrap();
    assert_eq!(kept.len(), 10, "a short log is cut exactly");
    assert_eq!(kept[0].envelope, format!("{:0>200}", 499));
    assert!(kept.windows(2).all(|pair| pair[0].prev == pair[1].pos));
}

pub async fn retention_by_bytes_keeps_the_newest(broker: &dyn Broker) {
    let node = node(broker).await;
    let retention = Retention { bytes: 20_000, ..KEEP };
    // of many sizes, and one that is larger than all that may be kept
    for n in 0..500 {
        let size = if n == 250 { 50_000 } else { 1 + n * 37 % 400 };
        let call = Append { retention, ..append("ch:acme/a", &format!("{n:0>size$}")) };
        let pos = node.append(call).await.unwrap().pos;
        let kept = node.history(address("ch:acme/a"), None, 1000, usize::MAX).await.unwrap();
        assert_eq!(kept[0].pos, pos, "the newest is kept whatever it takes");
        assert!(kept.windows(2).all(|pair| pair[0].prev == pair[1].pos));
        let older: usize = kept[1..].iter().map(|entry| entry.envelope.len()).sum();
        // the large one goes with the next sixteenth
        assert!(older <= 20_000 + 20_000 / 16 + 400 || (251..265).contains(&n), "{n}: {older}");
        if (200..250).contains(&n) || n > 400 {
            assert!(older >= 17_000, "{n}: {older}");
        }
    }
}

pub async fn retention_by_age_drops_the_head(broker: &dyn Broker) {
    let node = node(broker).await;
    let retention = Retention { age: Duration::from_millis(300), ..KEEP };
    let call = |text: &str| Append { retention, ..append("ch:acme/a", text) };
    let first = node.append(call("first")).await.unwrap();
    // the log itself stays, as something is appended all the time
    let read = eventually("the first publication is too old", || async {
        let last = node.append(call("later")).await.unwrap();
        assert_ne!(last.prev, Position::START, "the log is the same");
        let range = node.read(address("ch:acme/a"), first.pos, 1, 100).await.unwrap();
        (!range.intact).then_some(range)
    });
    assert!(read.await.entries.is_empty());
    assert!(!node.read(address("ch:acme/a"), Position::START, 1, 100).await.unwrap().intact);
}

pub async fn a_log_expires_and_goes_on_above_its_former_positions(broker: &dyn Broker) {
    let node = node(broker).await;
    let retention = Retention { age: Duration::from_millis(60), ..KEEP };
    let call = || Append { retention, ..append("ch:acme/a", "x") };
    let first = node.append(call()).await.unwrap();
    eventually("the log is gone", || async {
        (node.tops(vec![address("ch:acme/a")]).await.unwrap() == [Position::START]).then_some(())
    })
    .await;
    let range = node.read(address("ch:acme/a"), first.pos, 10, 100).await.unwrap();
    assert_eq!((range.intact, range.entries, range.top), (false, vec![], Position::START));
    let next = node.append(call()).await.unwrap();
    assert_eq!(next.prev, Position::START);
    assert!(next.pos.seq > first.pos.seq);
}

pub async fn a_read_is_intact_from_what_is_in_the_log(broker: &dyn Broker) {
    let node = node(broker).await;
    let stream = address("org:acme");
    let nothing = node.read(stream.clone(), Position::START, 10, 100).await.unwrap();
    assert_eq!((nothing.intact, nothing.entries, nothing.top), (true, vec![], Position::START));
    let first = appended(&node, "org:acme", "1").await;
    let second = appended(&node, "org:acme", "2").await;
    let read = |after| node.read(stream.clone(), after, 10, 100);
    let all = read(Position::START).await.unwrap();
    assert_eq!((all.intact, texts(&all.entries), all.top), (true, vec!["1".into(), "2".into()], second.pos));
    let rest = read(first.pos).await.unwrap();
    assert_eq!((rest.intact, texts(&rest.entries), rest.top), (true, vec!["2".into()], second.pos));
    let top = read(second.pos).await.unwrap();
    assert_eq!((top.intact, top.entries, top.top), (true, vec![], second.pos));
}

pub async fn a_read_is_not_intact_from_what_was_trimmed_or_never_was(broker: &dyn Broker) {
    let node = node(broker).await;
    let stream = address("team:acme/ops");
    let retention = Retention { count: 1, ..KEEP };
    let mut positions = Vec::new();
    for _ in 0..300 {
        let call = Append { retention, ..append("team:acme/ops", &"x".repeat(200)) };
        positions.push(node.append(call).await.unwrap().pos);
    }
    let (first, last) = (positions[0], positions[299]);
    let fork = Position { nonce: last.nonce ^ 1, ..last };
    let ahead = Position { seq: last.seq + 1, ..last };
    for (after, why) in [(first, "trimmed"), (Position::START, "trimmed"), (fork, "fork"), (ahead, "ahead")] {
        let range = node.read(stream.clone(), after, 10, 1000).await.unwrap();
        assert_eq!((range.intact, range.entries, range.top), (false, vec![], last), "{why}");
    }
}

pub async fn a_read_is_bounded_by_entries_and_bytes_but_has_one_entry(broker: &dyn Broker) {
    let node = node(broker).await;
    let stream = address("ch:acme/a");
    for n in 0..50 {
        appended(&node, "ch:acme/a", &format!("{n:0>100}")).await;
    }
    let read = |limit, bytes| node.read(stream.clone(), Position::START, limit, bytes);
    assert_eq!(read(7, 1 << 20).await.unwrap().entries.len(), 7);
    assert_eq!(read(100, 1 << 20).await.unwrap().entries.len(), 50);
    assert_eq!(read(100, 2500).await.unwrap().entries.len(), 25);
    assert_eq!(read(100, 1).await.unwrap().entries.len(), 1);
    assert_eq!(read(0, 0).await.unwrap().entries.len(), 1);
}

pub async fn history_is_newest_first_and_older_than_its_bound(broker: &dyn Broker) {
    let node = node(broker).await;
    let stream = address("ch:acme/a");
    let mut positions = Vec::new();
    for n in 0..5 {
        positions.push(appended(&node, "ch:acme/a", &n.to_string()).await.pos);
    }
    let history = |before, limit| node.history(stream.clone(), before, limit, usize::MAX);
    assert_eq!(texts(&history(None, 3).await.unwrap()), ["4", "3", "2"]);
    assert_eq!(texts(&history(Some(positions[2]), 10).await.unwrap()), ["1", "0"]);
    assert_eq!(texts(&history(Some(positions[0]), 10).await.unwrap()), [""; 0]);
    assert_eq!(texts(&history(Some(Position::START), 10).await.unwrap()), [""; 0]);
    assert_eq!(texts(&history(None, 0).await.unwrap()), [""; 0]);
    let older = history(Some(positions[1]), 1).await.unwrap();
    assert_eq!((older[0].pos, older[0].prev), (positions[0], Position::START));
}

pub async fn history_ends_with_the_entry_that_passes_its_bytes(broker: &dyn Broker) {
    let node = node(broker).await;
    let stream = address("ch:acme/a");
    let mut positions = Vec::new();
    for n in 0..100 {
        positions.push(appended(&node, "ch:acme/a", &format!("{n:0>100}")).await.pos);
    }
    let numbers = |entries: Vec<Entry>| -> Vec<u32> {
        texts(&entries).iter().map(|text| text.trim_start_matches('0').parse().unwrap_or(0)).collect()
    };
    let back = |bytes| node.history(stream.clone(), Some(positions[99]), 100, bytes);
    assert_eq!(numbers(back(0).await.unwrap()), [98]);
    assert_eq!(numbers(back(250).await.unwrap()), [98, 97, 96]);
    assert_eq!(numbers(back(usize::MAX).await.unwrap()).len(), 99);
    let on = |after, limit, bytes| node.history_after(stream.clone(), after, limit, bytes);
    assert_eq!(numbers(on(Position::START, 100, 250).await.unwrap()), [0, 1, 2]);
    assert_eq!(numbers(on(positions[95], 2, usize::MAX).await.unwrap()), [96, 97]);
    assert_eq!(numbers(on(positions[95], 100, usize::MAX).await.unwrap()), [96, 97, 98, 99]);
    assert_eq!(numbers(on(positions[99], 100, usize::MAX).await.unwrap()), [0; 0]);
    let nowhere = node.history_after(address("ch:acme/b"), Position::START, 10, usize::MAX).await.unwrap();
    assert_eq!(numbers(nowhere), [0; 0]);
}

pub async fn tops_come_in_order_and_are_zero_without_a_log(broker: &dyn Broker) {
    let node = node(broker).await;
    let a = appended(&node, "ch:acme/a", "1").await.pos;
    let b = appended(&node, "ch:acme/b", "1").await.pos;
    let streams = ["ch:acme/b", "user:nobody", "ch:acme/a"].map(address).to_vec();
    assert_eq!(node.tops(streams).await, Ok(vec![b, Position::START, a]));
    assert_eq!(node.tops(vec![]).await, Ok(vec![]));
}

pub async fn envelopes_of_any_bytes_survive(broker: &dyn Broker) {
    let node = node(broker).await;
    let every: Vec<u8> = (0..=255).chain(*b"\r\n 0").collect();
    for envelope in [every, vec![], vec![b'7'; 70_000]] {
        let call = Append { envelope: envelope.clone().into(), ..append("ch:acme/a", "") };
        node.append(call).await.unwrap();
        assert_eq!(node.history(address("ch:acme/a"), None, 1, usize::MAX).await.unwrap()[0].envelope, envelope);
    }
}
