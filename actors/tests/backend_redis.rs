//! The Redis backend keeps every promise of `Backend` on a single server.

mod support;

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
