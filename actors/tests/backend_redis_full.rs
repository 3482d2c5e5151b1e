//! A Redis that is full or cannot save refuses what is stored, and nothing else.

mod support;

use bytes::Bytes;
use hubwire_actors::backend::redis::RedisConfig;
use hubwire_actors::backend::{BackendError, Lease};
use hubwire_actors::environment::Environment;
use std::time::Duration;
use support::fixture::*;
use support::redis_broker::Redis;
use support::redis_server::{until, RedisServer};
use support::run;

const LEASE: Duration = Duration::from_secs(5);

/// All that a node needs beside storing.
async fn keeps_house(node: &Node) {
    let channel = || address("ch:acme/a");
    let live = || vec![node.incarnation];
    assert!(matches!(node.renew_lease(LEASE).await, Ok(Lease::Extended | Lease::Created)));
    assert_eq!(node.live().await.unwrap().nodes, live());
    let session = node.session();
    node.attach(attach("u1", session, 1, true, &live())).await.unwrap();
    assert_eq!(node.enter(joining("ch:acme/a", member("u1", session), &live(), false)).await, Ok(true));
    node.subscribe(channel()).await.unwrap();
    node.publish_topic(channel(), Bytes::from_static(b"typing")).await.unwrap();
    assert_eq!(node.next_text().await, "typing");
    node.tell_joined(channel(), user("u1")).await.unwrap();
    assert_eq!(node.next_text().await, "J ch:acme/a u1\n");
    node.depart(channel(), member("u1", session), live(), Duration::ZERO).await.unwrap();
    assert_eq!(node.next_text().await, "L ch:acme/a u1\n");
    assert_eq!(node.detach(user("u1"), session).await, Ok(()));
    assert_eq!(node.ping().await, Ok(()));
}

#[test]
fn a_full_broker_refuses_what_is_stored_and_keeps_leases_directory_and_delivery() {
    let server = RedisServer::start(&[]);
    run(async {
        // what the server itself says, not the watermark before it
        let config = RedisConfig { memory_watermark_percent: u64::MAX, ..RedisConfig::new(&server.url()).unwrap() };
        let (backend, node) = Redis(config).backend(Environment::real().incarnation(), 64);
        let node = node.ready().await;
        node.append(append("ch:acme/b", "before")).await.unwrap();
        server.command(&["CONFIG", "SET", "maxmemory", "1mb"]);
        let asked = tokio::time::Instant::now();
        for _ in 0..2 {
            let refused = node.append(append("ch:acme/b", "x")).await;
            assert!(
                matches!(&refused, Err(BackendError::Unwritable { reason }) if reason.contains("OOM")),
                "{refused:?}"
            );
            let refused = node.append_direct(direct(Some("u1"), "u2", "x"), true).await;
            assert!(matches!(refused, Err(BackendError::Unwritable { .. })), "{refused:?}");
        }
        assert!(asked.elapsed() < Duration::from_secs(1), "it is not asked again");
        assert!(backend.stats().refuses_writes());
        keeps_house(&node).await;
        // a node that died before can be removed, too
        let (_, dead) = Redis::at(&server.url()).backend(Environment::real().incarnation(), 64);
        let dead = dead.ready().await;
        assert_eq!(dead.renew_lease(LEASE).await, Ok(Lease::Created));
        dead.attach(attach("u2", dead.session(), 0, true, &[dead.incarnation])).await.unwrap();
        dead.release_lease().await.unwrap();
        let reaped = node.reap(dead.incarnation, vec![node.incarnation], 10, Duration::ZERO).await.unwrap();
        assert_eq!((reaped.sessions, reaped.done), (1, true));

        server.command(&["CONFIG", "SET", "maxmemory", "0"]);
        node.append(append("ch:acme/b", "after")).await.unwrap();
        assert!(!backend.stats().refuses_writes());
    });
}

#[test]
fn a_broker_that_cannot_save_fences_nobody() {
    let server = RedisServer::start(&["--enable-protected-configs", "yes"]);
    let directory = tempfile::tempdir().unwrap();
    run(async {
        let (_, node) = Redis::at(&server.url()).backend(Environment::real().incarnation(), 64);
        let node = node.ready().await;
        assert_eq!(node.renew_lease(LEASE).await, Ok(Lease::Created));
        server.command(&["CONFIG", "SET", "dir", directory.path().to_str().unwrap()]);
        server.command(&["CONFIG", "SET", "save", "3600 1"]);
        drop(directory);
        server.command(&["BGSAVE"]);
        until("the save failed", || {
            let info: String = redis::from_redis_value(server.command(&["INFO", "persistence"])).unwrap();
            info.contains("rdb_last_bgsave_status:err")
        });
        let refused = node.append(append("ch:acme/b", "x")).await;
        assert!(
            matches!(&refused, Err(BackendError::Unwritable { reason }) if reason.contains("MISCONF")),
            "{refused:?}"
        );
        assert_eq!(node.renew_lease(LEASE).await, Ok(Lease::Frozen));
        assert_eq!(node.ping().await, Ok(()));
        let topic = address("ch:acme/a");
        node.subscribe(topic.clone()).await.unwrap();
        node.publish_topic(topic, Bytes::from_static(b"typing")).await.unwrap();
        assert_eq!(node.next_text().await, "typing");

        let (_, late) = Redis::at(&server.url()).backend(Environment::real().incarnation(), 64);
        let late = late.ready().await;
        assert!(matches!(late.renew_lease(LEASE).await, Err(BackendError::Unwritable { .. })), "it had none to keep");
        server.command(&["CONFIG", "SET", "save", ""]);
        assert_eq!(node.renew_lease(LEASE).await, Ok(Lease::Extended));
        node.append(append("ch:acme/b", "after")).await.unwrap();
    });
}

#[test]
fn a_key_of_another_program_is_an_error_of_its_own() {
    let server = RedisServer::start(&[]);
    run(async {
        let node = node(&Redis::at(&server.url())).await;
        server.command(&["SET", "hubwire:{u:u1}:log", "mine"]);
        let wrong = node.append_direct(direct(None, "u1", "x"), true).await;
        assert!(matches!(wrong, Err(BackendError::WrongType { .. })), "{wrong:?}");
        let wrong = node.attach(attach("u1", node.session(), 0, true, &[node.incarnation])).await;
        assert!(matches!(wrong, Err(BackendError::WrongType { .. })), "{wrong:?}");
    });
}
