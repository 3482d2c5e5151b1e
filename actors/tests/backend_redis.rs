//! The Redis backend keeps every promise of `Backend` on a single server.

mod support;

use hubwire_actors::backend::redis::RedisConfig;
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
