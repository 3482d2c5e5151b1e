//! The Redis backend behind sentinels: every promise, and a failover.

mod support;

use hubwire_actors::backend::redis::{Login, RedisConfig};
use hubwire_actors::backend::{Append, Lease};
use hubwire_actors::environment::Environment;
use support::fixture::*;
use support::redis_broker::Redis;
use support::redis_server::{until, RedisServer};
use support::{eventually, run};

struct Watched {
    sentinel: RedisServer,
    master: RedisServer,
    replica: RedisServer,
}

/// A master, its replica and a sentinel that knows both.
fn watched() -> Watched {
    let master = RedisServer::start(&[]);
    let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &master.port.to_string()]);
    until("the replica is in step", || {
        let info: String = redis::from_redis_value(replica.command(&["INFO", "replication"])).unwrap();
        info.contains("master_link_status:up")
    });
    let sentinel = RedisServer::start_sentinel(master.port, 1);
    until("the sentinel knows the replica", || {
        let info: String = redis::from_redis_value(sentinel.command(&["INFO", "sentinel"])).unwrap();
        info.contains("status=ok") && info.contains("slaves=1")
    });
    Watched { sentinel, master, replica }
}

impl Watched {
    fn url(&self) -> String {
        format!("redis+sentinel://127.0.0.1:1,127.0.0.1:{}/hub", self.sentinel.port)
    }
}

macro_rules! all {
    ($($module:ident: $case:ident,)*) => {
        #[test]
        fn every_promise_is_kept_behind_sentinels() {
            let servers = watched();
            run(async {
                let broker = Redis::at(&servers.url());
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
fn sentinels_that_want_a_password_are_given_theirs_and_not_the_masters() {
    let servers = watched();
    for server in [&servers.sentinel, &servers.master] {
        let password = if server.port == servers.master.port { ">of-the-master" } else { ">of-the-sentinels" };
        server.command(&["ACL", "SETUSER", "hub", "on", password, "allkeys", "allchannels", "+@all"]);
    }
    servers.sentinel.command(&["ACL", "SETUSER", "default", "off"]);
    let url = servers.url().replace("://", "://hub:of-the-master@");
    run(async {
        let config = |password: &str| {
            let login = Login { sentinel_user: "hub".into(), sentinel_password: password.into(), ..Login::default() };
            RedisConfig { login, ..RedisConfig::new(&url).unwrap() }
        };
        let (_, refused) = Redis(config("of-the-master")).backend(Environment::real().incarnation(), 64);
        eventually("the sentinel refuses it", || async {
            let error = refused.ping().await.unwrap_err().to_string();
            error.to_lowercase().contains("auth").then_some(())
        })
        .await;
        let node = node(&Redis(config("of-the-sentinels"))).await;
        node.append(append("ch:acme/a", "heard")).await.unwrap();
    });
}

#[test]
fn a_failover_is_followed_without_losing_what_the_replica_had() {
    let mut servers = watched();
    run(async {
        let broker = Redis::at(&servers.url());
        let node = node(&broker).await;
        node.subscribe(address("ch:acme/a")).await.unwrap();
        let before = node.append(append("ch:acme/a", "before")).await.unwrap();
        assert!(node.next_text().await.ends_with("\nbefore"));
        eventually("the replica has it", || async {
            let length = servers.replica.command(&["XLEN", "hubwire:{ch:acme/a}:log"]);
            (length == redis::Value::Int(1)).then_some(())
        })
        .await;
        servers.master.kill();
        let after = eventually("the replica took over", || async {
            let call = Append { idempotency: keyed("k"), ..append("ch:acme/a", "after") };
            node.append(call).await.ok()
        });
        assert_eq!(after.await.prev, before.pos, "the log goes on");
        // subscriptions are on the new master now, or will be: Lossy says so, then the next publication arrives
        let mut events = vec![node.next_text().await];
        while events.last().is_none_or(|last| last != "LOSSY") {
            events.push(node.next_text().await);
        }
        node.append(append("ch:acme/a", "last")).await.unwrap();
        while !events.last().is_some_and(|last| last.ends_with("\nlast")) {
            events.push(node.next_text().await);
        }
        let lease = node.renew_lease(support::PATIENCE).await;
        assert_eq!(lease, Ok(Lease::Doubtful), "the replica may not have all that was entered");
        assert_eq!(node.renew_lease(support::PATIENCE).await, Ok(Lease::Extended));
    });
}
