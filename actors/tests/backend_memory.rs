//! The backend in memory keeps every promise of `Backend`.

mod support;

use futures_util::future::LocalBoxFuture;
use hubwire_actors::backend::memory::MemoryCluster;
use hubwire_actors::backend::{Append, BackendError, BackendEvent, Entry, Retention};
use hubwire_actors::environment::Environment;
use hubwire_protocol::Incarnation;
use std::time::Duration;
use support::fixture::*;
use tokio::sync::mpsc;

struct Memory(MemoryCluster);

impl Broker for Memory {
    fn connect(&self, incarnation: Incarnation, events: usize) -> LocalBoxFuture<'_, Node> {
        let (sender, receiver) = mpsc::channel(events);
        let backend = self.0.node(incarnation, sender);
        Box::pin(Node::new(incarnation, backend, receiver).ready())
    }
}

macro_rules! tests {
    ($($module:ident: $case:ident,)*) => {$(
        #[test]
        fn $case() {
            support::run(async {
                support::conformance::$module::$case(&Memory(MemoryCluster::new(Environment::real()))).await;
            });
        }
    )*};
}

with_conformance_cases!(tests);

#[test]
fn a_session_on_a_node_that_was_not_known_counts() {
    support::run(async {
        let broker = Memory(MemoryCluster::new(Environment::real()));
        support::conformance::directory::a_session_on_a_node_that_was_not_known_counts(&broker).await;
    });
}

#[test]
fn a_stored_publication_reaches_the_nodes_that_follow_it_without_being_encoded() {
    support::run(async {
        let (sender, mut events) = mpsc::channel(4);
        let environment = Environment::real();
        let node = MemoryCluster::new(environment.clone()).node(environment.incarnation(), sender);
        node.subscribe(address("org:acme")).await.unwrap();
        let stored = node.append(append("org:acme", "body")).await.unwrap();
        let entry = Entry { pos: stored.pos, prev: stored.prev, envelope: "body".into() };
        let event = BackendEvent::Stored { stream: address("org:acme"), entry, kept: false };
        assert_eq!(events.try_recv(), Ok(event));
    });
}

#[test]
fn a_bounded_memory_takes_no_more_and_takes_again_what_fits_when_streams_expire() {
    support::run(async {
        let node = node(&Memory(MemoryCluster::bounded(Environment::real(), 1 << 20))).await;
        let text = "x".repeat(60_000);
        let retention = Retention { age: Duration::from_millis(300), ..KEEP };
        let call = |n: usize| Append { retention, ..append(&format!("ch:acme/{n}"), &text) };
        let mut stored = 0;
        while node.append(call(stored)).await != Err(BackendError::Full) {
            stored += 1;
            assert!(stored < 18, "{stored}");
        }
        let both = node.append_direct(direct(Some("u1"), "u2", &text), false).await;
        assert_eq!(both.unwrap_err(), BackendError::Full);
        support::eventually("the streams expire", || async {
            // one that is small enough looks after those that have expired
            let _ = node.append(append("ch:acme/small", "x")).await;
            node.append(call(0)).await.ok()
        })
        .await;
    });
}
