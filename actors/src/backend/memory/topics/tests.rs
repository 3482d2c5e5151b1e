//! Retention of topics and logs in memory.

use super::*;
use std::time::Duration;

fn append(stream: &str) -> Append {
    Append {
        stream: stream.parse().unwrap(),
        envelope: Bytes::new(),
        nonce: 1,
        idempotency: Some(IdempotencyKey { key: "k".into(), window: Duration::from_secs(1), digest: None, ts: 1 }),
        retention: Retention { count: 10, age: Duration::from_secs(60), bytes: 1 << 20 },
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_logs_take_is_known_after_whatever_was_done() {
    let mut topics = MemoryTopics::default();
    let heavy = |topics: &MemoryTopics| topics.topics.values().map(|topic| topic.log.weight()).sum::<usize>();
    for n in 0..300 {
        let append = Append { envelope: vec![0; n].into(), idempotency: None, ..append(&format!("user:u{}", n % 3)) };
        topics.append(Instant::now(), append).unwrap();
        assert_eq!(topics.weight, heavy(&topics));
    }
    tokio::time::advance(Duration::from_secs(61)).await;
    topics.read(Instant::now(), &"user:u0".parse().unwrap(), Position::START, 1, 1);
    topics.history(Instant::now(), &"user:u1".parse().unwrap(), None, ReadBounds { limit: 1, bytes_max: 1 });
    topics.top(Instant::now(), &"user:u2".parse().unwrap());
    assert_eq!((topics.weight, heavy(&topics)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn streams_that_expired_leave_memory_as_others_are_appended_to() {
    let mut topics = MemoryTopics::default();
    for n in 0..1000 {
        topics.append(Instant::now(), append(&format!("user:u{n}"))).unwrap();
    }
    assert_eq!(topics.len(), 1000);
    tokio::time::advance(Duration::from_secs(61)).await;
    for _ in 0..1000 / SWEEP_PER_APPEND {
        topics.append(Instant::now(), Append { idempotency: None, ..append("org:busy") }).unwrap();
    }
    assert_eq!(topics.len(), 1);
}
