//! The append lane is bounded, and a flood in it does not outlive an outage; the login is that of the moment.

mod support;

use futures_util::future::join_all;
use hubwire_actors::backend::redis::{Login, RedisConfig};
use hubwire_actors::backend::BackendError;
use hubwire_actors::environment::Environment;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use support::fixture::*;
use support::redis_broker::Redis;
use support::redis_server::RedisServer;
use support::{eventually, run};

#[test]
fn a_full_lane_is_overloaded_and_recovers() {
    let server = RedisServer::start(&[]);
    run(async {
        let config = RedisConfig { queue_max: 10, ..RedisConfig::new(&server.url()).unwrap() };
        let (backend, node) = Redis(config).backend(Environment::real().incarnation(), 64);
        let node = node.ready().await;
        let calls: Vec<_> = (0..100).map(|n| node.append(append("ch:acme/a", &n.to_string()))).collect();
        let outcomes = join_all(calls).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 10);
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(BackendError::Overloaded)).count(), 90);
        let reads: Vec<_> = (0..30).map(|_| node.tops(vec![address("ch:acme/a")])).collect();
        let overloaded = join_all(reads).await.iter().filter(|read| **read == Err(BackendError::Overloaded)).count();
        assert_eq!(overloaded, 20);
        node.append(append("ch:acme/a", "more")).await.unwrap();
        eventually("the lane is empty", || async { (backend.stats().lane_depth.load(Relaxed) == 0).then_some(()) })
            .await;
    });
}

#[test]
fn a_lane_full_of_bytes_is_overloaded_and_recovers() {
    let server = RedisServer::start(&[]);
    run(async {
        let config = RedisConfig { queue_bytes_max: 1 << 20, ..RedisConfig::new(&server.url()).unwrap() };
        let (backend, node) = Redis(config).backend(Environment::real().incarnation(), 64);
        let node = node.ready().await;
        let large = "x".repeat(60 << 10);
        let calls: Vec<_> = (0..100).map(|_| node.append(append("ch:acme/a", &large))).collect();
        assert!(backend.stats().lane_bytes.load(Relaxed) <= 1 << 20);
        let outcomes = join_all(calls).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 17);
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(BackendError::Overloaded)).count(), 83);
        // one larger than the whole lane has its turn, too
        node.append(append("ch:acme/a", &"x".repeat(2 << 20))).await.unwrap();
        eventually("the lane is empty", || async { (backend.stats().lane_bytes.load(Relaxed) == 0).then_some(()) })
            .await;
    });
}

/// Otherwise a flood queued during an outage would keep the broker busy long after it, with calls whose callers gave
/// up.
#[test]
fn what_waited_past_its_time_is_not_stored_after_an_outage() {
    let server = RedisServer::start(&[]);
    run(async {
        let config = RedisConfig {
            batch_max: 1,
            response_timeout: Duration::from_millis(300),
            ..RedisConfig::new(&server.url()).unwrap()
        };
        let node = node(&Redis(config)).await;
        server.command(&["CLIENT", "PAUSE", "1000", "WRITE"]);
        let (sent, waiting) = (node.append(append("ch:acme/a", "sent")), node.append(append("ch:acme/a", "waiting")));
        let (sent, waiting) = tokio::join!(sent, waiting);
        assert!(sent.is_err(), "{sent:?}");
        assert!(matches!(&waiting, Err(BackendError::Unavailable { .. })), "{waiting:?}");
        eventually("the broker is back", || async { node.append(append("ch:acme/a", "after")).await.ok() }).await;
        let stored = node.history(address("ch:acme/a"), None, 10, usize::MAX).await.unwrap();
        assert!(stored.iter().all(|entry| entry.envelope != "waiting"), "{stored:?}");
    });
}

#[test]
fn a_password_that_was_changed_in_its_file_is_taken_without_a_restart() {
    let server = RedisServer::start(&[]);
    let mut operator = server.connection();
    let mut change = |password: &str| {
        let command = |words: &[&str], operator: &mut redis::Connection| {
            redis::cmd(words[0]).arg(&words[1..]).exec(operator).unwrap();
        };
        command(&["CONFIG", "SET", "requirepass", password], &mut operator);
        // this connection was open before, and stays open
        command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"], &mut operator);
        command(&["CLIENT", "KILL", "TYPE", "pubsub"], &mut operator);
    };
    change("old-password");
    let file = tempfile::NamedTempFile::new().unwrap();
    let url = |password: &str| format!("redis://:{password}@127.0.0.1:{}", server.port);
    std::fs::write(file.path(), url("old-password")).unwrap();
    run(async {
        let login = Login { url_file: Some(file.path().to_owned()), ..Login::default() };
        let config = RedisConfig { login, ..RedisConfig::new(&url("old-password")).unwrap() };
        let node = node(&Redis(config)).await;
        node.append(append("ch:acme/a", "before")).await.unwrap();
        change("new-password");
        let refused = |outcome: &Result<_, BackendError>| match outcome {
            Err(BackendError::Unavailable { reason }) => reason.to_lowercase().contains("pass"),
            _ => false,
        };
        eventually("the old password is refused", || async {
            refused(&node.append(append("ch:acme/a", "between")).await).then_some(())
        })
        .await;
        std::fs::write(file.path(), url("new-password")).unwrap();
        eventually("the new one is taken", || async { node.append(append("ch:acme/a", "after")).await.ok() }).await;
        eventually("subscriptions, too", || async { node.ping().await.ok() }).await;
    });
}
