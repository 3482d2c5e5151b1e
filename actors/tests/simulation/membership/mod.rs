//! Membership of sessions under pipelined requests, over a link to the broker that is slow or loses calls.
//!
//! The members of a channel according to the broker, those announced to clients, and those that receive its
//! publications are the same sessions; every action has one answer; and at rest nothing is left of a closed session.

mod ending;
mod guest;
mod lone;
mod pipelined;
mod property;

use crate::link::Manners;
use crate::nodes::Nodes;
use crate::sabotage::Sabotage;
use crate::trace::{Lines, Trace};
use hubwire_actors::node::ServerPublish;
use hubwire_actors::settings::Settings;
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::LocalSet;
use tokio::time::{sleep, Instant};

/// How long the cluster may take to come to rest over a link that behaves: more than a call without an answer is waited
/// for, than the grace of a `left`, and than a silent client.
const REST: Duration = Duration::from_secs(60);
/// How long a client waits for an answer over a link that behaves.
const SOON: Duration = Duration::from_secs(15);

/// Nodes without devices: clients are up to the test.
pub struct House {
    pub nodes: Rc<Nodes>,
    /// Subscriptions of nodes without sessions.
    at_first: usize,
}

/// Lets something happen in a cluster on a clock of its own.
pub fn in_a_house<T>(seed: u64, nodes: usize, settings: Settings, act: impl AsyncFnOnce(Rc<House>) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let cluster = Nodes::new(seed, nodes, settings, Rc::new(Trace::new(Lines::Hash)), Sabotage::None);
        tokio::task::spawn_local(cluster.network.clone().run());
        (0..nodes).for_each(|node| cluster.start(node));
        sleep(Duration::from_secs(6)).await; // every node knows the others
        let at_first = cluster.cluster.subscriptions();
        act(Rc::new(House { nodes: cluster, at_first })).await
    })
}

impl House {
    /// From now on the link to the broker takes up to so long for a call and for an answer.
    pub fn slow(&self, delay_ms: u64) {
        self.nodes.manners.set(Manners { delay_ms, ..Manners::default() });
    }

    /// Who is in a channel, according to the broker.
    pub async fn members(&self, channel: &str) -> BTreeMap<String, usize> {
        let node = self.nodes.process(0).unwrap().node.clone();
        let members = node.members(channel.parse().unwrap()).await.expect("the link behaves");
        members.into_iter().map(|it| (it.user.to_string(), it.sessions)).collect()
    }

    /// Publishes to a channel in the name of the server.
    pub async fn publish(&self, channel: &str, kind: &str) {
        let node = self.nodes.process(0).unwrap().node.clone();
        let publish = ServerPublish {
            to: channel.parse().unwrap(),
            from: None,
            kind: kind.into(),
            payload: None,
            error: None,
            meta: None,
            traceparent: None,
            id: None,
            ephemeral: false,
            narrowing: Default::default(),
            key_name: "test".into(),
        };
        node.publish(publish).await.expect("the link behaves");
    }

    /// What is left in the nodes and of them at the broker: sessions, users, channels, hubs, subscriptions.
    pub fn left(&self) -> [i64; 5] {
        let (mut sessions, mut users, mut channels, mut hubs) = (0, 0, 0, 0);
        for process in self.nodes.running() {
            let metrics = process.node.metrics();
            sessions += metrics.sessions.get();
            channels += metrics.channels.get();
            hubs += metrics.hubs.get();
            users += metrics.users.get();
        }
        [sessions, users, channels, hubs, self.nodes.cluster.subscriptions() as i64 - self.at_first as i64]
    }

    /// Nothing of any session is left before long.
    pub async fn is_left_by_all(&self, soon: Duration) {
        eventually(soon, || self.left(), |left| *left == [0; 5]).await;
    }
}

/// Waits until something is as it should be.
pub async fn eventually<T: std::fmt::Debug>(soon: Duration, look: impl Fn() -> T, is_right: impl Fn(&T) -> bool) {
    let deadline = Instant::now() + soon;
    loop {
        let seen = look();
        if is_right(&seen) {
            return;
        }
        assert!(Instant::now() < deadline, "not within {soon:?}: {seen:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

fn kind(action: &Value) -> &str {
    action["type"].as_str().unwrap_or_default()
}
