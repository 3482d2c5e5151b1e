//! The Redis backend keeps every promise of `Backend` on a single server.

mod support;

use bytes::Bytes;
use hubwire_actors::backend::redis::RedisConfig;
use hubwire_actors::backend::{Append, BackendError, Deposit, Holder, Lease};
use std::time::Duration;
use support::fixture::*;
use support::redis_broker::Redis;
use support::redis_server::RedisServer;

macro_rules! tests {
    ($($module:ident: $case:ident,)*) => {$(
        #[test]
        fn $case() {
            let server = RedisServer::start(&[]);
            support::run(async {
                support::conformance::$module::$case(&Redis::at(&server.url())).await;
            });
        }
    )*};
}

with_conformance_cases!(tests);

#[test]
fn a_session_on_a_node_that_was_not_known_counts() {
    let server = RedisServer::start(&[]);
    support::run(async {
        let broker = Redis::at(&server.url());
        support::conformance::directory::a_session_on_a_node_that_was_not_known_counts(&broker).await;
    });
}

#[test]
fn one_server_tells_the_owning_nodes_itself() {
    let server = RedisServer::start(&[]);
    support::run(async {
        let node = node(&Redis::at(&server.url())).await;
        assert!(node.append_direct(direct(Some("u1"), "u2", "hi"), true).await.unwrap().told);
        assert!(!node.append_direct(direct(Some("u1"), "u2", "hi"), false).await.unwrap().told);
    });
}

#[test]
fn nobody_is_told_what_no_replica_confirmed() {
    let server = RedisServer::start(&[]);
    support::run(async {
        let broker = Redis::at(&server.url());
        let cautious = RedisConfig { replicas_acked: 1, wait_timeout: Duration::from_millis(1), ..broker.0.clone() };
        let (owner, sender) = (node(&broker).await, node(&Redis(cautious)).await);
        owner.attach(attach("u2", owner.session(), 0, true, &[owner.incarnation])).await.unwrap();
        assert!(sender.append_direct(direct(Some("u1"), "u2", "hi"), true).await.is_err());
        assert_eq!(owner.drained().await, [""; 0]);
    });
}

// A cluster is updated node by node.
#[test]
fn a_key_that_an_older_version_remembers_is_a_duplicate_whatever_comes_with_it() {
    let server = RedisServer::start(&[]);
    support::run(async {
        let node = node(&Redis::at(&server.url())).await;
        let call = |key| Append { idempotency: key, ..append("ch:acme/a", "x") };
        let first = node.append(call(keyed("u|d|1"))).await.unwrap();
        let keys: Vec<String> = redis::from_redis_value(server.command(&["KEYS", "*:key:*"])).unwrap();
        for key in &keys {
            server.command(&["HSET", key, "u|d|1", &first.pos.to_string()]);
        }
        let again = node.append(call(reused("u|d|1"))).await.unwrap();
        assert_eq!((again.pos, again.duplicate, again.first_ts), (first.pos, true, None));
    });
}

/// Renewed only when it is due, at whatever a former append, or another version, has left.
#[test]
fn a_log_lives_until_its_newest_publication_is_past_retention_and_a_key_until_its_window_is_over() {
    let server = RedisServer::start(&[]);
    support::run(async {
        let node = node(&Redis::at(&server.url())).await;
        let call = || Append { idempotency: keyed("u|d|1"), ..append("ch:acme/a", "x") };
        node.append(call()).await.unwrap();
        let only = |pattern: &str| -> String {
            let keys: Vec<String> = redis::from_redis_value(server.command(&["KEYS", pattern])).unwrap();
            assert_eq!(keys.len(), 1, "{keys:?}");
            keys[0].clone()
        };
        let (log, key) = (only("*:log"), only("*:key:*"));
        let left = |key: &str| -> i64 { redis::from_redis_value(server.command(&["PTTL", key])).unwrap() };
        let age = i64::try_from(call().retention.age.as_millis()).unwrap();
        let longest = age + age / 32;
        // an age, and what it becomes at the next append
        for (before, kept) in [(longest, true), (age + age / 64, true), (age - 1, false), (2 * age, false)] {
            server.command(&["PEXPIRE", &log, &before.to_string()]);
            node.append(append("ch:acme/a", "x")).await.unwrap();
            let after = left(&log);
            assert!(after >= age && after <= longest, "{before}: {after}");
            assert_eq!(after <= before && before <= longest, kept, "{before}: {after}");
        }
        server.command(&["PERSIST", &log]);
        node.append(append("ch:acme/a", "x")).await.unwrap();
        assert!((age..=longest).contains(&left(&log)), "{}", left(&log));
        assert!((120_000..=240_000).contains(&left(&key)), "{}", left(&key));
    });
}

#[test]
fn what_an_account_holds_is_known_to_all_nodes_and_runs_out() {
    let server = RedisServer::start(&[]);
    support::run(async {
        let broker = Redis::at(&server.url());
        let (a, b) = (node(&broker).await, node(&broker).await);
        let deposit = |holder: &Holder, bytes, per_second| Deposit {
            holder: holder.clone(),
            bytes,
            per_second,
            ttl: Duration::from_secs(60),
        };
        let (u1, acme) = (Holder::User(user("u1")), Holder::Org("acme".parse().unwrap()));
        assert_eq!(a.deposit(deposit(&u1, 1000, 0.001)).await, Ok(Some(1000)));
        assert_eq!(b.deposit(deposit(&acme, 7, 0.001)).await, Ok(Some(7)));
        let both = b.deposit(deposit(&u1, 2000, 0.001)).await.unwrap().unwrap();
        assert!((2999..=3000).contains(&both), "{both}");
        support::eventually("it runs out", || async {
            let left = a.deposit(deposit(&u1, 0, 10_000.0)).await.unwrap();
            (left == Some(0)).then_some(())
        })
        .await;
    });
}

#[test]
fn a_redis_above_the_mark_stores_nothing_and_does_all_the_rest() {
    let server = RedisServer::start(&[]);
    support::run(async {
        let config = RedisConfig { memory_bytes_max: 20 << 20, ..Redis::at(&server.url()).0 };
        let node = node(&Redis(config)).await;
        let kept = node.append(append("ch:acme/a", "x")).await.unwrap();
        let filler = "x".repeat(1 << 20);
        for n in 0..20 {
            server.command(&["SET", &format!("other:{n}"), &filler]);
        }
        support::eventually("it is seen to be full", || async {
            (node.append(append("ch:acme/b", "y")).await == Err(BackendError::Full)).then_some(())
        })
        .await;
        assert_eq!(node.append_direct(direct(Some("u1"), "u2", "hi"), true).await, Err(BackendError::Full));
        assert_eq!(node.tops(vec![address("ch:acme/a")]).await, Ok(vec![kept.pos]));
        assert_eq!(node.renew_lease(support::PATIENCE).await, Ok(Lease::Extended));
        let session = node.session();
        node.attach(attach("u1", session, 0, true, &[node.incarnation])).await.unwrap();
        assert_eq!(node.publish_topic(address("ch:acme/a"), Bytes::from_static(b"ephemeral")).await, Ok(()));
        server.command(&["FLUSHALL"]);
        support::eventually("it has memory again", || async { node.append(append("ch:acme/a", "z")).await.ok() }).await;
    });
}
