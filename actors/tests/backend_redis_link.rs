//! The subscription connection has to prove that it receives messages. If it is denied, refused or left behind on
//! another server, the backend reports it, and reconnects when that helps.

mod support;

use bytes::Bytes;
use hubwire_actors::backend::redis::{RedisBackend, RedisConfig};
use hubwire_actors::backend::{Append, Lease};
use hubwire_actors::environment::Environment;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use support::fixture::*;
use support::redis_broker::Redis;
use support::redis_server::RedisServer;
use support::switch::Switch;
use support::{eventually, run};

/// The minimal rights of deploy/README.md.
const LEAST: &str =
    "-@all +@read +@write +@pubsub +@scripting +@connection +time +wait +info -eval -keys -scan -randomkey";

/// A backend that probes often, so that the test does not take long.
fn quick(url: &str) -> (Rc<RedisBackend>, Node) {
    let quick = Duration::from_millis(300);
    let config = RedisConfig { response_timeout: quick, probe_interval: quick, ..RedisConfig::new(url).unwrap() };
    Redis(config).backend(Environment::real().incarnation(), 4096)
}

async fn ready(node: &Node) {
    eventually("it is ready", || async { node.ping().await.ok() }).await;
}

/// The reason of a node that is not ready, once it contains a word.
async fn unready(node: &Node, word: &str) -> String {
    eventually(word, || async { Some(node.ping().await.err()?.to_string()).filter(|reason| reason.contains(word)) })
        .await
}

fn with_user(server: &RedisServer, rules: &str) -> String {
    let rules: Vec<&str> =
        ["ACL", "SETUSER", "hub", "reset", "on", ">pw"].into_iter().chain(rules.split(' ')).collect();
    server.command(&rules);
    format!("redis://hub:pw@127.0.0.1:{}", server.port)
}

#[test]
fn a_user_without_channels_is_unready_and_names_the_missing_rule() {
    // the default of an ACL user since Redis 7, under which messages were lost silently
    let server = RedisServer::start(&[]);
    let url = with_user(&server, "+@all ~* resetchannels");
    run(async {
        let (backend, node) = quick(&url);
        let reason = unready(&node, "NOPERM").await;
        assert!(reason.contains("add &hubwire:* to the ACL"), "{reason}");
        assert_eq!(backend.stats().link_proven.load(Relaxed), 0);
        node.deaf().await;
        // a notification that is denied is lost, the publication is not
        let appended = node.append(append("ch:acme/a", "x")).await.unwrap();
        let stored = node.history(address("ch:acme/a"), None, 1, usize::MAX).await.unwrap();
        assert_eq!(stored[0].pos, appended.pos);
        assert!(node.append_direct(direct(Some("u1"), "u2", "x"), true).await.is_ok());

        server.command(&["ACL", "SETUSER", "hub", "&hubwire:*"]);
        ready(&node).await;
        assert_eq!(backend.stats().link_proven.load(Relaxed), 1);
        node.subscribe(address("ch:acme/a")).await.unwrap();
        node.publish_topic(address("ch:acme/a"), Bytes::from_static(b"heard")).await.unwrap();
        assert_eq!(node.next_text().await, "heard");
    });
}

#[test]
fn a_user_who_may_not_publish_is_unready() {
    let server = RedisServer::start(&[]);
    let url = with_user(&server, "+@all -publish ~* &*");
    run(async {
        let (_, node) = quick(&url);
        let reason = unready(&node, "NOPERM").await;
        assert!(reason.contains("add +publish to the ACL"), "{reason}");
        server.command(&["ACL", "SETUSER", "hub", "+publish"]);
        ready(&node).await;
    });
}

#[test]
fn the_documented_rules_are_enough_and_dangerous_commands_are_not_needed() {
    let server = RedisServer::start(&[]);
    for rules in [&format!("{LEAST} ~hubwire:* &hubwire:*"), "+@all -@dangerous ~hubwire:* &hubwire:*"] {
        let url = with_user(&server, rules);
        run(async {
            let (_, node) = quick(&url);
            ready(&node).await;
            assert!(matches!(node.renew_lease(Duration::from_secs(5)).await, Ok(Lease::Created)));
            node.subscribe(address("ch:acme/a")).await.unwrap();
            let appended = node.append(Append { idempotency: keyed("k"), ..append("ch:acme/a", "x") }).await.unwrap();
            assert_eq!(node.next_text().await, format!("P ch:acme/a {} {}\nx", appended.pos, appended.prev));
            let session = node.session();
            node.attach(attach("u1", session, 0, true, &[node.incarnation])).await.unwrap();
            node.enter(joining("ch:acme/a", member("u1", session), &[node.incarnation], false)).await.unwrap();
            assert!(node.append_direct(direct(Some("u1"), "u2", "x"), true).await.is_ok());
            assert_eq!(node.live().await.unwrap().nodes, [node.incarnation]);
            node.release_lease().await.unwrap();
            server.command(&["FLUSHALL"]);
        });
    }
}

#[test]
fn subscribers_cut_while_the_server_takes_no_clients_are_missed_and_come_back() {
    let server = RedisServer::start(&[]);
    let mut operator = server.connection();
    run(async {
        let (backend, node) = quick(&server.url());
        ready(&node).await;
        node.subscribe(address("ch:acme/a")).await.unwrap();
        // connected clients stay, new ones are refused
        let _: () = redis::cmd("CONFIG").arg(&["SET", "maxclients", "1"]).query(&mut operator).unwrap();
        let _: i64 = redis::cmd("CLIENT").arg(&["KILL", "TYPE", "pubsub"]).query(&mut operator).unwrap();
        unready(&node, "not confirmed").await;
        assert_eq!(backend.stats().link_proven.load(Relaxed), 0);
        node.deaf().await;
        let _: () = redis::cmd("CONFIG").arg(&["SET", "maxclients", "1000"]).query(&mut operator).unwrap();
        ready(&node).await;
        assert_eq!(node.next_text().await, "LOSSY");
        node.publish_topic(address("ch:acme/a"), Bytes::from_static(b"heard")).await.unwrap();
        assert_eq!(node.next_text().await, "heard");
    });
}

#[test]
fn a_subscription_left_behind_on_another_server_is_made_anew() {
    // both servers are masters: neither connection sees anything wrong with its own
    let (old, new) = (RedisServer::start(&[]), RedisServer::start(&[]));
    let switch = Switch::to(old.port);
    run(async {
        let (_, node) = quick(&switch.url());
        ready(&node).await;
        node.subscribe(address("ch:acme/a")).await.unwrap();
        switch.move_to(new.port);
        old.command(&["CLIENT", "KILL", "TYPE", "normal"]);
        assert_eq!(node.next_text().await, "LOSSY");
        ready(&node).await;
        let topic: Vec<String> = redis::from_redis_value(new.command(&["PUBSUB", "CHANNELS", "*topic"])).unwrap();
        assert_eq!(topic, ["hubwire:{ch:acme/a}:topic"]);
    });
}

#[test]
fn connections_to_a_master_that_was_demoted_are_made_anew() {
    // nobody writes, so no call fails with READONLY
    let old = RedisServer::start(&[]);
    let new = RedisServer::start(&["--replicaof", "127.0.0.1", &old.port.to_string()]);
    let switch = Switch::to(old.port);
    run(async {
        let (_, node) = quick(&switch.url());
        ready(&node).await;
        node.subscribe(address("ch:acme/a")).await.unwrap();
        switch.move_to(new.port);
        new.command(&["REPLICAOF", "NO", "ONE"]);
        old.command(&["REPLICAOF", "127.0.0.1", &new.port.to_string()]);
        assert_eq!(node.next_text().await, "LOSSY");
        ready(&node).await;
        let topic: Vec<String> = redis::from_redis_value(new.command(&["PUBSUB", "CHANNELS", "*topic"])).unwrap();
        assert_eq!(topic, ["hubwire:{ch:acme/a}:topic"]);
    });
}

#[test]
fn a_server_that_drops_each_connection_is_not_asked_ever_faster() {
    let server = RedisServer::start(&[]);
    run(async {
        let (backend, node) = quick(&server.url());
        ready(&node).await;
        let before = backend.stats().connects.load(Relaxed);
        let until = tokio::time::Instant::now() + Duration::from_secs(3);
        while tokio::time::Instant::now() < until {
            server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let connects = backend.stats().connects.load(Relaxed) - before;
        // pauses of 50, 100, 200, … ms and half as much again at most
        assert!((2..=8).contains(&connects), "{connects} connections in 3 s");
    });
}

#[test]
fn databases_of_one_server_do_not_hear_one_another() {
    let server = RedisServer::start(&[]);
    run(async {
        let (_, third) = quick(&format!("{}/3", server.url()));
        let (_, fourth) = quick(&format!("{}/4", server.url()));
        let topic = || address("ch:acme/a");
        for node in [&third, &fourth] {
            ready(node).await;
            node.subscribe(topic()).await.unwrap();
        }
        third.append(append("ch:acme/a", "stored")).await.unwrap();
        third.publish_topic(topic(), Bytes::from_static(b"ephemeral")).await.unwrap();
        assert_eq!(third.publish_node(fourth.incarnation, Bytes::from_static(b"direct")).await, Ok(false));
        assert_eq!(fourth.drained().await, Vec::<String>::new());
        let heard = third.drained().await;
        assert!(matches!(&heard[..], [stored, ephemeral] if stored.ends_with("stored") && ephemeral == "ephemeral"));
    });
}
