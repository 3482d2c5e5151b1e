//! A copy of the broker's state at a moment, such as a replica has when it is promoted.

use super::denylist::DeniedSubjects;
use super::directory::MemoryDirectory;
use super::leases::MemoryLeases;
use super::shelf::Shelf;
use super::topics::Memories;
use super::MemoryCluster;
use bytes::Bytes;
use hubwire_protocol::{Address, DeviceId, Position, Profile, UserId};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// Everything a broker stores. The default is a broker that lost its data.
#[derive(Default)]
pub struct Snapshot {
    memories: Memories,
    directory: MemoryDirectory,
    leases: MemoryLeases,
    cursors: Shelf<(UserId, DeviceId), BTreeMap<Address, Position>>,
    tickets: Shelf<String, Bytes>,
    profiles: Shelf<UserId, Profile>,
    denied: DeniedSubjects,
}

impl MemoryCluster {
    /// The broker's present state.
    pub fn snapshot(&self) -> Snapshot {
        let broker = self.broker();
        Snapshot {
            memories: broker.topics.memories(),
            directory: broker.directory.clone(),
            leases: broker.leases.clone(),
            cursors: broker.cursors.clone(),
            tickets: broker.tickets.clone(),
            profiles: broker.profiles.clone(),
            denied: broker.denied.clone(),
        }
    }

    /// Replaces the broker's state by this one. Nodes stay connected and subscribed; the test that stages the loss has
    /// to tell them that messages were lost.
    pub fn restore(&self, snapshot: Snapshot) {
        let broker = &mut *self.broker();
        let Snapshot { memories, directory, leases, cursors, tickets, profiles, denied } = snapshot;
        broker.topics.remember(Instant::now(), memories);
        (broker.directory, broker.leases) = (directory, leases);
        broker.leases.doubt();
        (broker.cursors, broker.tickets, broker.denied) = (cursors, tickets, denied);
        broker.profiles = profiles;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Append, Lease, Retention};
    use crate::environment::Environment;
    use futures_util::FutureExt;
    use std::time::Duration;
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn a_restored_broker_knows_what_it_knew_and_its_nodes_go_on_to_hear_it() {
        let cluster = MemoryCluster::new(Environment::real());
        let (sender, mut events) = mpsc::channel(8);
        let node = cluster.node(Environment::real().incarnation(), sender);
        let append = |nonce| Append {
            stream: "org:acme".parse().unwrap(),
            envelope: Bytes::new(),
            nonce,
            idempotency: None,
            retention: Retention { count: 10, age: Duration::from_secs(60), bytes: 1 << 20 },
        };
        let (stream, hour): (Address, _) = ("org:acme".parse().unwrap(), Duration::from_secs(3600));
        node.subscribe(stream.clone()).await.unwrap();
        let kept = node.append(append(1)).await.unwrap().pos;
        node.renew_lease(hour).await.unwrap();
        let snapshot = cluster.snapshot();
        node.append(append(2)).await.unwrap();
        cluster.restore(snapshot);
        assert_eq!(node.tops(vec![stream.clone()]).await, Ok(vec![kept]));
        assert_eq!(node.renew_lease(hour).await, Ok(Lease::Doubtful));
        assert_eq!(node.renew_lease(hour).await, Ok(Lease::Extended));
        cluster.restore(Snapshot::default());
        assert_eq!(node.tops(vec![stream]).await, Ok(vec![Position::START]));
        assert_eq!(node.renew_lease(hour).await, Ok(Lease::Created));
        node.append(append(3)).await.unwrap();
        let heard = std::iter::from_fn(|| events.recv().now_or_never().flatten());
        assert_eq!(heard.count(), 3, "every append was heard");
    }
}
