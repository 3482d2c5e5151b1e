//! The backend in memory keeps every promise of `Backend`.

mod support;

use futures_util::future::LocalBoxFuture;
use hubwire_actors::backend::memory::MemoryCluster;
use hubwire_actors::environment::Environment;
use hubwire_protocol::Incarnation;
use support::fixture::{Broker, Node};
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
