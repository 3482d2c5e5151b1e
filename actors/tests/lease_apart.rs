//! A node renews its lease even when its core thread is busy.

mod support;

use hubwire_actors::backend::redis::{RedisBackend, RedisConfig};
use hubwire_actors::environment::Environment;
use hubwire_actors::identity::Authenticator;
use hubwire_actors::identity::Identity;
use hubwire_actors::metrics::Metrics;
use hubwire_actors::node::{Node, Parts};
use hubwire_actors::settings::Settings;
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::{Dialect, ErrorCode};
use std::sync::Arc;
use std::time::Duration;
use support::redis_server::RedisServer;
use support::{eventually, run};
use tokio::sync::mpsc;

const LEASE: Duration = Duration::from_millis(600);

struct Nobody;

impl Authenticator for Nobody {
    fn token(&self, _: &str, _: Dialect) -> Result<Identity, Refusal> {
        Err(Refusal::new(ErrorCode::BadCredentials, "nobody connects here"))
    }
}

fn start(server: &RedisServer) -> Node {
    let environment = Environment::real();
    let incarnation = environment.incarnation();
    let (sender, events) = mpsc::channel(64);
    let config = RedisConfig::new(&server.url()).unwrap();
    let backend = RedisBackend::connect(config, incarnation, environment.clone(), sender);
    Node::start(Parts {
        settings: Arc::new(Settings { lease: LEASE, ..Settings::default() }),
        environment,
        metrics: Arc::new(Metrics::new().unwrap()),
        incarnation,
        authenticator: Arc::new(Nobody),
        backend,
        events,
        tracer: Default::default(),
    })
}

/// How long the broker still considers the only node alive; `None` when there is no node.
fn left(connection: &mut redis::Connection) -> Option<Duration> {
    let leases: Vec<(String, u64)> =
        redis::cmd("ZRANGE").arg(&["hubwire:{nodes}:lease", "0", "-1", "WITHSCORES"]).query(connection).unwrap();
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query(connection).unwrap();
    let (_, deadline) = leases.first()?;
    Some(Duration::from_millis(deadline.saturating_sub(seconds * 1000 + micros / 1000)))
}

#[test]
fn the_lease_goes_on_while_the_core_thread_comes_to_no_turn() {
    let server = RedisServer::start(&[]);
    run(async {
        let node = start(&server);
        let mut connection = server.connection();
        eventually("the node holds a lease", || async { node.ping().await.ok() }).await;
        // this test runs on the core thread and blocks it for four leases
        #[allow(clippy::disallowed_methods)] // the thread is blocked in real time
        let began = std::time::Instant::now();
        while began.elapsed() < 4 * LEASE {
            let left = left(&mut connection).expect("it is in the live set");
            assert!(left > Duration::ZERO, "the lease ended {:?} after the core thread was blocked", began.elapsed());
        }
        assert_eq!(node.ping().await, Ok(()), "and the node knows that it holds it");
        node.release().await;
        assert_eq!(left(&mut connection), Some(Duration::ZERO), "given back");
    });
}
