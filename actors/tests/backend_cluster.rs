//! The Redis backend on a Redis Cluster of three masters: every promise, and slots that move.

mod support;

use bytes::Bytes;
use futures_util::future::join_all;
use hubwire_actors::environment::Environment;
use hubwire_protocol::Position;
use support::fixture::*;
use support::redis_broker::Redis;
use support::redis_server::{until, RedisServer};
use support::run;

struct Cluster(Vec<RedisServer>);

fn text(value: redis::Value) -> String {
    redis::from_redis_value(value).unwrap()
}

/// Three masters with a third of the slots each.
fn cluster() -> Cluster {
    let start = |_| RedisServer::start(&["--cluster-enabled", "yes", "--cluster-node-timeout", "3000"]);
    let servers: Vec<RedisServer> = (0..3).map(start).collect();
    for (server, (first, last)) in servers.iter().zip([("0", "5460"), ("5461", "10922"), ("10923", "16383")]) {
        server.command(&["CLUSTER", "ADDSLOTSRANGE", first, last]);
    }
    for server in &servers[1..] {
        servers[0].command(&["CLUSTER", "MEET", "127.0.0.1", &server.port.to_string()]);
    }
    until("the cluster is whole", || {
        let whole = |server: &RedisServer| {
            let info = text(server.command(&["CLUSTER", "INFO"]));
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        };
        servers.iter().all(whole)
    });
    Cluster(servers)
}

impl Cluster {
    fn broker(&self) -> Redis {
        let hosts: Vec<String> = self.0.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
        Redis::at(&format!("redis+cluster://{}", hosts.join(",")))
    }

    fn slot(&self, key: &str) -> i64 {
        redis::from_redis_value(self.0[0].command(&["CLUSTER", "KEYSLOT", key])).unwrap()
    }

    /// The index of the server that has a slot.
    fn owner(&self, slot: i64) -> usize {
        match slot {
            0..=5460 => 0,
            5461..=10922 => 1,
            _ => 2,
        }
    }

    /// Moves a slot and its keys to another server, step by step as an operator's tool does.
    fn migrate(&self, slot: i64, from: usize, to: usize) {
        let ids = [from, to].map(|index| text(self.0[index].command(&["CLUSTER", "MYID"])));
        let (slot, port) = (slot.to_string(), self.0[to].port.to_string());
        self.0[to].command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &ids[0]]);
        self.0[from].command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &ids[1]]);
        let keys = self.0[from].command(&["CLUSTER", "GETKEYSINSLOT", &slot, "100"]);
        for key in redis::from_redis_value::<Vec<String>>(keys).unwrap() {
            self.0[from].command(&["MIGRATE", "127.0.0.1", &port, &key, "0", "5000"]);
        }
        for index in [to, from, (0..3).find(|other| ![from, to].contains(other)).unwrap()] {
            self.0[index].command(&["CLUSTER", "SETSLOT", &slot, "NODE", &ids[1]]);
        }
    }
}

macro_rules! all {
    ($($module:ident: $case:ident,)*) => {
        #[test]
        fn every_promise_is_kept_on_a_cluster() {
            let cluster = cluster();
            run(async {
                let broker = cluster.broker();
                $(
                    println!("case {}", stringify!($case));
                    support::conformance::$module::$case(&broker.under(stringify!($case))).await;
                )*
            });
        }
    };
}

with_conformance_cases!(all);

#[test]
fn a_slot_that_moves_takes_its_log_and_its_subscribers_along() {
    let cluster = cluster();
    run(async {
        let node = node(&cluster.broker()).await;
        node.subscribe(address("ch:acme/a")).await.unwrap();
        let calls: Vec<_> = (0..20).map(|n| node.append(append("ch:acme/a", &n.to_string()))).collect();
        assert!(join_all(calls).await.iter().all(Result::is_ok));
        let slot = cluster.slot("hubwire:{ch:acme/a}:log");
        let from = cluster.owner(slot);
        cluster.migrate(slot, from, (from + 1) % 3);
        let calls: Vec<_> = (20..40).map(|n| node.append(append("ch:acme/a", &n.to_string()))).collect();
        assert!(join_all(calls).await.iter().all(Result::is_ok));
        let range = node.read(address("ch:acme/a"), Position::START, 100, 1 << 20).await.unwrap();
        let texts: Vec<String> =
            range.entries.iter().map(|e| String::from_utf8_lossy(&e.envelope).into_owned()).collect();
        assert_eq!(texts, (0..40).map(|n| n.to_string()).collect::<Vec<_>>());
        let mut events = Vec::new();
        while events.last().is_none_or(|last| last != "LOSSY") {
            events.push(node.next_text().await);
        }
        support::eventually("the topic is heard again", || async {
            node.publish_topic(address("ch:acme/a"), Bytes::from_static(b"heard")).await.ok()?;
            node.drained().await.contains(&"heard".to_owned()).then_some(())
        })
        .await;
    });
}

#[test]
fn a_direct_message_of_a_crashed_sender_is_finished_by_another_node() {
    let cluster = cluster();
    run(async {
        let broker = cluster.broker();
        let (a, b) = (node(&broker).await, node(&broker).await);
        let sent = a.append_direct(direct(Some("u1"), "u2", "whole"), false).await.unwrap();
        let own = a.append_direct(direct(None, "u1", "half"), false).await.unwrap().receiver.appended.pos;
        let owner = &cluster.0[cluster.owner(cluster.slot("hubwire:{u:u1}:outbox"))];
        // the mark of a message that was completed is gone; one is put there that was not, and one that was
        support::eventually("the mark is gone", || async {
            (owner.command(&["EXISTS", "hubwire:{u:u1}:outbox"]) == redis::Value::Int(0)).then_some(())
        })
        .await;
        let old = format!("{} u2", Environment::real().unix_ms() - 60_000);
        for pos in [own, sent.copy.unwrap().appended.pos] {
            owner.command(&["HSET", "hubwire:{u:u1}:outbox", &pos.to_string(), &old]);
        }
        let finished = b.finish_outbox(user("u1"), keep()).await.unwrap();
        assert_eq!(finished.len(), 1);
        assert_eq!((&finished[0].0, finished[0].2.envelope.as_ref()), (&user("u2"), &b"half"[..]));
        assert_eq!(b.history(address("user:u2"), None, 10, usize::MAX).await.unwrap().len(), 2);
        assert_eq!(b.finish_outbox(user("u1"), keep()).await, Ok(vec![]));
    });
}

#[test]
fn a_server_that_is_away_does_not_stop_the_others() {
    let mut cluster = cluster();
    // the cluster as a whole goes on when a part of the slots is away
    for server in &cluster.0 {
        server.command(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    }
    run(async {
        let node = node(&cluster.broker()).await;
        let of = |index| {
            let here = |user: &String| cluster.owner(cluster.slot(&format!("hubwire:{{u:{user}}}:log"))) == index;
            (0..).map(|n| format!("u{n}")).find(here).unwrap()
        };
        let users: Vec<String> = (0..3).map(of).collect();
        let send = |of: &str| node.append_direct(direct(None, of, "x"), false);
        for of in &users {
            send(of).await.unwrap();
        }
        cluster.0[0].kill();
        assert!(send(&users[0]).await.is_err());
        for of in &users[1..] {
            support::eventually("the others go on", || async { send(of).await.ok() }).await;
        }
        assert!(send(&users[0]).await.is_err());
    });
}
