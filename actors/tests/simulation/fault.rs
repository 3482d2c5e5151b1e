//! What goes wrong, each drawn by chance, done, and healed.

use crate::nodes::Nodes;
use hubwire_actors::backend::memory::Snapshot;
use rand::rngs::StdRng;
use rand::Rng;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{sleep, Instant};

/// Something that goes wrong, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A node is killed and started again after a while.
    Crash { node: usize, down_ms: u64 },
    /// A node is stopped and continued: it does not know that time passed.
    Stop { node: usize, for_ms: u64 },
    /// A node has no connection to the broker.
    Cut { node: usize, for_ms: u64 },
    /// No node has a connection to the broker.
    Outage { for_ms: u64 },
    /// The broker takes calls and does nothing, and later does them all.
    Stall { for_ms: u64 },
    /// A node receives no notifications, and learns so afterwards.
    Deaf { node: usize, for_ms: u64 },
    /// All sockets of a node break.
    HangUp { node: usize },
    /// The broker comes back without any data.
    Wipe { down_ms: u64 },
    /// A replica takes over that lags this much: what was acknowledged since is lost.
    Failover { lost_ms: u64, down_ms: u64 },
}

/// Which faults a run draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    /// Those that lose nothing that was acknowledged.
    Kept,
    /// Those, and a broker that loses all its data.
    Wiped,
    /// Those, and a replica that takes over without the end of the logs.
    FailedOver,
}

impl Fault {
    /// One by chance.
    pub fn draw(chance: &mut StdRng, nodes: usize, kinds: Kinds) -> Fault {
        let node = chance.random_range(0..nodes);
        let short_ms = chance.random_range(50..3000);
        let highest = if kinds == Kinds::Kept { 15 } else { 17 };
        match chance.random_range(0..highest) {
            0..=2 => Fault::Crash { node, down_ms: short_ms },
            // from a hiccup to longer than a lease, and longer than a reaper waits
            3..=5 => Fault::Stop { node, for_ms: [700, 4000, 7000, 13_000][chance.random_range(0..4)] },
            6..=7 => Fault::Cut { node, for_ms: chance.random_range(50..9000) },
            8 => Fault::Outage { for_ms: chance.random_range(50..7000) },
            9 => Fault::Stall { for_ms: chance.random_range(100..5000) },
            10..=12 => Fault::Deaf { node, for_ms: short_ms },
            13..=14 => Fault::HangUp { node },
            _ if kinds == Kinds::Wiped => Fault::Wipe { down_ms: short_ms },
            _ => Fault::Failover { lost_ms: chance.random_range(1..1000), down_ms: short_ms },
        }
    }

    /// Does it, waits, and heals it.
    pub async fn run(self, nodes: Rc<Nodes>) {
        nodes.trace.note(format_args!("fault {self:?}"));
        match self {
            Fault::Crash { node, down_ms } => {
                nodes.kill(node);
                pause(down_ms).await;
                nodes.start(node);
            }
            Fault::Stop { node, for_ms } => {
                let Some(process) = nodes.process(node) else { return };
                process.stop();
                pause(for_ms).await;
                process.go_on();
            }
            Fault::Cut { node, for_ms } => {
                let Some(process) = nodes.process(node) else { return };
                process.link.cut();
                pause(for_ms).await;
                process.link.mend();
            }
            Fault::Outage { for_ms } => outage(&nodes, for_ms, || {}).await,
            Fault::Stall { for_ms } => {
                let until = Instant::now() + Duration::from_millis(for_ms);
                nodes.running().iter().for_each(|process| process.link.stall(until));
            }
            Fault::Deaf { node, for_ms } => {
                let Some(process) = nodes.process(node) else { return };
                process.link.deafen();
                pause(for_ms).await;
                process.link.hear();
            }
            Fault::HangUp { node } => {
                if let Some(process) = nodes.process(node) {
                    process.hang_up();
                }
            }
            Fault::Wipe { down_ms } => {
                let cluster = nodes.cluster.clone();
                outage(&nodes, down_ms, move || cluster.restore(Snapshot::default())).await;
            }
            Fault::Failover { lost_ms, down_ms } => {
                let replica = nodes.cluster.snapshot();
                pause(lost_ms).await;
                let cluster = nodes.cluster.clone();
                outage(&nodes, down_ms, move || cluster.restore(replica)).await;
            }
        }
        nodes.trace.note(format_args!("healed {self:?}"));
    }
}

/// Disconnects all nodes. The fault then hits the broker once the calls in flight have arrived or are lost.
async fn outage(nodes: &Nodes, for_ms: u64, meanwhile: impl FnOnce()) {
    let cut = nodes.running();
    cut.iter().for_each(|process| process.link.cut());
    pause(for_ms).await;
    meanwhile();
    cut.iter().for_each(|process| process.link.mend());
}

async fn pause(ms: u64) {
    sleep(Duration::from_millis(ms)).await;
}
