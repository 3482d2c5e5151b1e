//! What the Redis backend does when connections, scripts or the server go away.

mod support;

use bytes::Bytes;
use futures_util::future::join_all;
use hubwire_actors::backend::redis::RedisConfig;
use hubwire_actors::backend::{Append, BackendError, Lease};
use hubwire_actors::environment::Environment;
use hubwire_protocol::Position;
use std::time::Duration;
use support::fixture::*;
use support::redis_broker::Redis;
use support::redis_server::RedisServer;
use support::{eventually, run};

#[test]
fn calls_fail_until_redis_is_there_and_work_then() {
    let mut server = RedisServer::start(&[]);
    server.kill();
    run(async {
        let (_, node) = Redis::at(&server.url()).backend(Environment::real().incarnation(), 64);
        assert!(matches!(node.ping().await, Err(BackendError::Unavailable { .. })));
        let unkeyed = node.append(append("ch:acme/a", "x")).await;
        assert!(matches!(unkeyed, Err(BackendError::Unavailable { .. })), "{unkeyed:?}");
        // this one waits for the broker
        let keyed = node.append(Append { idempotency: keyed("k"), ..append("ch:acme/a", "x") });
        let subscribed = node.subscribe(address("ch:acme/a"));
        server.resume();
        assert!(!keyed.await.unwrap().duplicate);
        // either confirmed, or given up before the connection was there, in which case the topic is still wanted
        let _ = subscribed.await;
        node.subscribe(address("ch:acme/a")).await.unwrap();
        // the append may have been notified already
        assert!(node.drained().await.len() <= 1);
        let appended = node.append(append("ch:acme/a", "y")).await.unwrap();
        assert_eq!(node.next_text().await, format!("P ch:acme/a {} {}\ny", appended.pos, appended.prev));
    });
}

#[test]
fn a_broken_subscription_is_made_anew_and_ends_in_lossy() {
    let server = RedisServer::start(&[]);
    run(async {
        let broker = Redis::at(&server.url());
        let node = node(&broker).await;
        node.subscribe(address("ch:acme/a")).await.unwrap();
        server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        assert_eq!(node.next_text().await, "LOSSY");
        // after that everything arrives again
        node.publish_topic(address("ch:acme/a"), Bytes::from_static(b"topic")).await.unwrap();
        assert_eq!(node.next_text().await, "topic");
        assert_eq!(node.publish_node(node.incarnation, Bytes::from_static(b"node")).await, Ok(true));
        assert_eq!(node.next_text().await, "node");
    });
}

#[test]
fn a_server_that_hangs_is_noticed_by_the_probe() {
    let server = RedisServer::start(&[]);
    run(async {
        let fast = Duration::from_millis(200);
        let config =
            RedisConfig { response_timeout: fast, probe_interval: fast, ..RedisConfig::new(&server.url()).unwrap() };
        let node = node(&Redis(config)).await;
        server.command(&["CLIENT", "PAUSE", "1000", "ALL"]);
        assert_eq!(node.next_text().await, "LOSSY");
        eventually("it answers again", || async { node.ping().await.ok() }).await;
    });
}

#[test]
fn appends_with_a_key_survive_killed_connections_in_order_and_once() {
    let server = RedisServer::start(&[]);
    run(async {
        let node = node(&Redis::at(&server.url())).await;
        let mut calls = Vec::new();
        for n in 0..300 {
            let key = keyed(&format!("u|d|{n}"));
            calls.push(node.append(Append { idempotency: key, ..append("ch:acme/a", &n.to_string()) }));
            if n % 60 == 30 {
                // lets the lane send some of them; the connection of this call may be the one that was killed
                let _ = node.tops(vec![address("ch:acme/a")]).await;
                server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
            }
        }
        let positions: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
        assert!(positions.iter().all(|appended| !appended.duplicate), "an own repeat is no duplicate");
        let range = node.read(address("ch:acme/a"), Position::START, 1000, 1 << 20).await;
        let range = match range {
            Ok(range) => range,
            Err(_) => {
                eventually("it answers again", || async { node.ping().await.ok() }).await;
                node.read(address("ch:acme/a"), Position::START, 1000, 1 << 20).await.unwrap()
            }
        };
        assert_eq!(range.entries.len(), 300);
        for (n, (entry, appended)) in range.entries.iter().zip(&positions).enumerate() {
            assert_eq!(
                (entry.envelope.as_ref(), entry.pos, entry.prev),
                (n.to_string().as_bytes(), appended.pos, appended.prev)
            );
        }
    });
}

#[test]
fn flushed_scripts_are_loaded_again() {
    let server = RedisServer::start(&[]);
    run(async {
        let node = node(&Redis::at(&server.url())).await;
        for _ in 0..3 {
            server.command(&["SCRIPT", "FLUSH"]);
            let calls: Vec<_> = (0..20).map(|n| node.append(append("ch:acme/a", &n.to_string()))).collect();
            assert!(join_all(calls).await.iter().all(Result::is_ok));
            server.command(&["SCRIPT", "FLUSH"]);
            node.attach(attach("u1", node.session(), 0, true, &[node.incarnation])).await.unwrap();
        }
        let entries = node.read(address("ch:acme/a"), Position::START, 100, 1 << 20).await.unwrap().entries;
        let texts: Vec<String> = entries.iter().map(|e| String::from_utf8_lossy(&e.envelope).into_owned()).collect();
        let expected: Vec<String> = (0..3).flat_map(|_| (0..20).map(|n: u32| n.to_string())).collect();
        assert_eq!(texts, expected);
    });
}

#[test]
fn a_restarted_server_is_used_again_and_its_lost_logs_are_no_continuation() {
    let mut server = RedisServer::start(&[]);
    run(async {
        let node = node(&Redis::at(&server.url())).await;
        node.subscribe(address("ch:acme/a")).await.unwrap();
        let before = node.append(append("ch:acme/a", "before")).await.unwrap();
        assert!(node.next_text().await.ends_with("\nbefore"));
        server.restart();
        assert_eq!(node.next_text().await, "LOSSY");
        let after =
            eventually("it takes appends again", || async { node.append(append("ch:acme/a", "after")).await.ok() });
        let after = after.await;
        assert_eq!(after.prev, Position::START);
        assert!(after.pos.seq > before.pos.seq);
        assert!(node.next_text().await.ends_with("\nafter"));
        assert!(!node.read(address("ch:acme/a"), before.pos, 10, 100).await.unwrap().intact);
        let lease = Duration::from_secs(5);
        assert_eq!(node.renew_lease(lease).await, Ok(Lease::Created), "what it had entered is lost, and it is told");
        assert_eq!(node.renew_lease(lease).await, Ok(Lease::Extended));
    });
}

#[test]
fn a_log_that_was_rewritten_is_a_fork() {
    let server = RedisServer::start(&[]);
    run(async {
        let node = node(&Redis::at(&server.url())).await;
        let first = node.append(append("ch:acme/a", "1")).await.unwrap().pos;
        server.command(&["DEL", "hubwire:{ch:acme/a}:log"]);
        // another history that happens to have the same seq
        let other = format!("{}-{}", first.seq, first.nonce ^ 1);
        server.command(&["XADD", "hubwire:{ch:acme/a}:log", &other, "e", "2", "p", "-1", "t", "1"]);
        let range = node.read(address("ch:acme/a"), first, 10, 100).await.unwrap();
        assert_eq!((range.intact, range.entries.len(), range.top.to_string()), (false, 0, other));
    });
}

#[test]
fn a_full_server_refuses_and_nothing_is_repeated() {
    let server = RedisServer::start(&["--maxmemory", "1mb"]);
    run(async {
        let (_, node) = Redis::at(&server.url()).backend(Environment::real().incarnation(), 64);
        let refused = eventually("connected", || async {
            match node.append(Append { idempotency: keyed("k"), ..append("ch:acme/a", "x") }).await {
                Err(BackendError::Unavailable { .. }) => None,
                other => Some(other),
            }
        });
        let refused = refused.await;
        assert!(matches!(&refused, Err(BackendError::Unwritable { reason }) if reason.contains("OOM")), "{refused:?}");
    });
}

#[test]
fn an_abandoned_direct_message_is_finished_once() {
    let server = RedisServer::start(&[]);
    run(async {
        let broker = Redis::at(&server.url());
        let node = node(&broker).await;
        // what a sender leaves behind in a cluster: its own append and a mark
        let copy = node.append_direct(direct(None, "u1", "hi"), false).await.unwrap().receiver.appended.pos;
        let young = node.append_direct(direct(None, "u1", "young"), false).await.unwrap().receiver.appended.pos;
        let mark = |pos: Position, ms: u64| {
            server.command(&["HSET", "hubwire:{u:u1}:outbox", &pos.to_string(), &format!("{ms} u2")]);
        };
        let now = Environment::real().unix_ms();
        mark(copy, now - 60_000);
        mark(young, now);
        let session = node.session();
        node.attach(attach("u2", session, 0, true, &[node.incarnation])).await.unwrap();
        let finished = node.finish_outbox(user("u1"), keep()).await.unwrap();
        let [(to, part, entry)] = &finished[..] else { panic!("{finished:?}") };
        let parts = (to, &part.sessions[..], part.appended.pos.nonce);
        assert_eq!(parts, (&user("u2"), &[session][..], copy.nonce));
        assert_eq!((entry.pos, entry.envelope.as_ref()), (part.appended.pos, &b"hi"[..]));
        // found long afterwards, when the idempotency key has expired
        mark(copy, now - 60_000);
        server.command(&["DEL", &format!("hubwire:{{u:u2}}:key:{}", now / 120_000)]);
        server.command(&["DEL", &format!("hubwire:{{u:u2}}:key:{}", now / 120_000 + 1)]);
        assert_eq!(node.finish_outbox(user("u1"), keep()).await, Ok(vec![]));
        assert_eq!(node.history(address("user:u2"), None, 10, usize::MAX).await.unwrap().len(), 1);
        let marks = server.command(&["HKEYS", "hubwire:{u:u1}:outbox"]);
        assert_eq!(redis::from_redis_value::<Vec<String>>(marks).unwrap(), [young.to_string()]);
    });
}

#[test]
fn appends_wait_for_replicas_where_that_is_configured() {
    let server = RedisServer::start(&[]);
    run(async {
        let config = RedisConfig {
            replicas_acked: 1,
            wait_timeout: Duration::from_millis(50),
            ..RedisConfig::new(&server.url()).unwrap()
        };
        let node = node(&Redis(config)).await;
        let alone = node.append(append("ch:acme/a", "x")).await;
        assert!(matches!(&alone, Err(BackendError::Unavailable { reason }) if reason.contains("0 of 1")), "{alone:?}");
        let advice = node.advice().await.unwrap().join("\n");
        assert!(advice.contains("1 replicas are to confirm appends, but 0 are connected"), "{advice}");
        let asked = tokio::time::Instant::now();
        let keyed = || Append { idempotency: keyed("k"), ..append("ch:acme/a", "y") };
        assert!(matches!(node.append(keyed()).await, Err(BackendError::Unavailable { .. })));
        assert!(asked.elapsed() < Duration::from_millis(500), "it is known that nobody would confirm");
        let unready = node.ping().await.unwrap_err().to_string();
        assert!(unready.contains("0 of 1 replicas"), "{unready}");
        let _replica = RedisServer::start(&["--replicaof", "127.0.0.1", &server.port.to_string()]);
        let appended = eventually("the replica confirms", || async { node.append(keyed()).await.ok() }).await;
        assert!(!appended.duplicate, "what failed fast was not stored");
        assert_eq!(node.ping().await, Ok(()));
        assert_eq!(node.history(address("ch:acme/a"), None, 10, usize::MAX).await.unwrap().len(), 1);
    });
}

#[test]
fn a_password_is_used_and_never_shown() {
    let server = RedisServer::start(&[]);
    server.command(&["CONFIG", "SET", "requirepass", "s3cret"]);
    run(async {
        let url = |password: &str| format!("redis://:{password}@127.0.0.1:{}", server.port);
        node(&Redis::at(&url("s3cret"))).await;
        let (_, wrong) = Redis::at(&url("wr0ng")).backend(Environment::real().incarnation(), 64);
        let error = eventually("the server has answered", || async {
            let error = wrong.ping().await.unwrap_err().to_string();
            (!error.contains("not connected")).then_some(error)
        });
        let error = error.await;
        assert!(error.to_lowercase().contains("auth") || error.contains("WRONGPASS"), "{error}");
        assert!(!error.contains("wr0ng"), "{error}");
    });
}

#[test]
fn a_stored_message_costs_at_most_350_bytes() {
    let server = RedisServer::start(&[]);
    run(async {
        let node = node(&Redis::at(&server.url())).await;
        let envelope = "e".repeat(128);
        let calls: Vec<_> = (0..1000)
            .map(|n| {
                let key = keyed(&format!("user-{:04}|device-1|{n:016x}", n % 50));
                node.append(Append { idempotency: key, ..append("ch:acme/a", &envelope) })
            })
            .collect();
        assert!(join_all(calls).await.iter().all(Result::is_ok));
        let keys: Vec<String> = redis::from_redis_value(server.command(&["KEYS", "hubwire:{ch:acme/a}*"])).unwrap();
        let mut total = 0;
        for key in &keys {
            let bytes: u64 =
                redis::from_redis_value(server.command(&["MEMORY", "USAGE", key, "SAMPLES", "0"])).unwrap();
            println!("{key}: {} bytes per message", bytes / 1000);
            total += bytes;
        }
        assert!(total / 1000 <= 350, "{} bytes per message in {keys:?}", total / 1000);
    });
}
