//! The faults, each drawn by chance, done, and healed.

use crate::broker::End;
use crate::device::ACTION;
use crate::history::{Event, Journal};
use crate::proxy::Manner;
use crate::rig::{Rig, NODES};
use crate::setup::Setup;
use rand::rngs::StdRng;
use rand::Rng;
use std::fmt;
use std::time::Duration;
use tokio::time::sleep;

/// Something that goes wrong, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A node is killed and started again after a while.
    Crash { node: usize, down_ms: u64 },
    /// A node is stopped and continued: it does not know that time passed.
    Pause { node: usize, for_ms: u64 },
    /// Redis cuts all subscribers, several times.
    Deaf { times: usize },
    /// Redis crashes and comes back with its data.
    BrokerCrash { down_ms: u64 },
    /// Redis crashes and comes back without any data.
    BrokerWipe { down_ms: u64 },
    /// Redis answers nobody.
    BrokerSleep { for_ms: u64 },
    /// The primary ends after its replication misbehaved for a while, and its replica is promoted.
    Promotion { end: End, replication: Manner, for_ms: u64 },
    /// The replication misbehaves.
    Replication { manner: Manner, for_ms: u64 },
    /// Notifications of publications to a node are lost without a trace.
    Swallow { node: usize, times: usize },
    /// The ACL lets nobody subscribe or publish any more.
    Denied { for_ms: u64 },
    /// Redis has no memory left for what is stored.
    Full { for_ms: u64 },
    /// The link between a node and Redis (or the sentinel) misbehaves.
    Link { node: usize, manner: Manner, for_ms: u64 },
    /// The link between a node and its clients misbehaves.
    Front { node: usize, manner: Manner, for_ms: u64 },
    /// All client connections of a node end, all at once.
    Hangup { node: usize },
    /// All nodes are drained and started again, one after the other.
    RollingRestart,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Fault {
    /// One by chance. Those that take long or lose data are rarer.
    pub fn draw(setup: Setup, chance: &mut StdRng) -> Fault {
        let node = chance.random_range(0..NODES);
        let short_ms = chance.random_range(200..3000);
        match chance.random_range(0..30) {
            0..=3 => Fault::Crash { node, down_ms: short_ms },
            // from a hiccup to longer than a lease, and longer than a reaper waits
            4..=6 => Fault::Pause { node, for_ms: [700, 4000, 7000, 13_000][chance.random_range(0..4)] },
            7..=9 => Fault::Deaf { times: chance.random_range(1..5) },
            10..=16 if setup.sentinel => promotion(chance),
            10..=11 => Fault::BrokerCrash { down_ms: short_ms },
            12 => Fault::BrokerWipe { down_ms: short_ms },
            13..=14 => Fault::BrokerSleep { for_ms: chance.random_range(500..6000) },
            15..=16 => Fault::Swallow { node, times: chance.random_range(1..20) },
            17..=20 => Fault::Link { node, manner: manner(chance), for_ms: chance.random_range(500..8000) },
            21..=22 => Fault::Front { node, manner: manner(chance), for_ms: short_ms },
            23..=24 => Fault::Hangup { node },
            // a sentinel speaks by channels, too
            25..=26 if !setup.sentinel => Fault::Denied { for_ms: chance.random_range(500..8000) },
            27..=28 if !setup.sentinel => Fault::Full { for_ms: chance.random_range(500..8000) },
            _ => Fault::RollingRestart,
        }
    }

    /// Does it, waits, and heals it.
    pub async fn run(self, rig: &mut Rig, journal: &Journal) {
        match self {
            Fault::Crash { node, down_ms } => {
                rig.nodes[node].process.kill();
                pause(down_ms).await;
                rig.respawn(node);
                rig.nodes[node].ready().await;
            }
            Fault::Pause { node, for_ms } => {
                rig.nodes[node].process.signal("STOP");
                pause(for_ms).await;
                rig.nodes[node].process.signal("CONT");
            }
            Fault::Deaf { times } => {
                for _ in 0..times {
                    rig.broker.primary().command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
                    pause(150).await;
                }
            }
            Fault::BrokerCrash { down_ms } => {
                rig.broker.primary().kill();
                pause(down_ms).await;
                rig.broker.primary().restart(&[]).await;
            }
            Fault::BrokerWipe { down_ms } => {
                rig.broker.primary().kill();
                rig.broker.primary().wipe();
                pause(down_ms).await;
                rig.broker.primary().restart(&[]).await;
                journal.write("broker", Event::Rollback { since_ms: 0, acked: true });
            }
            Fault::BrokerSleep { for_ms } => {
                rig.broker.primary().command(&["DEBUG", "SLEEP", &format!("{:.3}", for_ms as f64 / 1000.0)]);
            }
            Fault::Promotion { end, replication, for_ms } => {
                rig.broker.promote(end, replication, for_ms, journal).await;
            }
            Fault::Replication { manner, for_ms } => rig.broker.misreplicate(manner, for_ms, journal).await,
            Fault::Swallow { node, times } => {
                rig.links[node].swallow(ACTION, times);
                pause(500).await;
            }
            Fault::Denied { for_ms } => {
                rig.broker.primary().command(&["ACL", "SETUSER", "default", "resetchannels"]);
                pause(for_ms).await;
                rig.broker.primary().command(&["ACL", "SETUSER", "default", "allchannels"]);
            }
            Fault::Full { for_ms } => {
                rig.broker.primary().command(&["CONFIG", "SET", "maxmemory", "1mb"]);
                pause(for_ms).await;
                rig.broker.primary().command(&["CONFIG", "SET", "maxmemory", "0"]);
            }
            Fault::Link { node, manner, for_ms } => {
                rig.links[node].set(manner);
                pause(for_ms).await;
                rig.links[node].set(Manner::Pass);
            }
            Fault::Front { node, manner, for_ms } => {
                rig.fronts[node].set(manner);
                pause(for_ms).await;
                rig.fronts[node].set(Manner::Pass);
            }
            Fault::Hangup { node } => rig.fronts[node].reset_once(),
            Fault::RollingRestart => {
                for node in 0..NODES {
                    rig.nodes[node].process.signal("TERM");
                    rig.nodes[node].process.exit().await;
                    rig.respawn(node);
                    rig.nodes[node].ready().await;
                }
            }
        }
    }
}

fn promotion(chance: &mut StdRng) -> Fault {
    let for_ms = chance.random_range(200..2500);
    let manner = [Manner::Pass, Manner::BlackHole, Manner::Cut, Manner::Delay(Duration::from_millis(300))];
    let replication = manner[chance.random_range(0..manner.len())];
    match chance.random_range(0..3) {
        0 => Fault::Promotion { end: End::Killed, replication, for_ms },
        1 => Fault::Promotion { end: End::Stopped, replication, for_ms },
        _ => Fault::Replication { manner: manner[chance.random_range(1..manner.len())], for_ms },
    }
}

fn manner(chance: &mut StdRng) -> Manner {
    match chance.random_range(0..5) {
        0 => Manner::Delay(Duration::from_millis(chance.random_range(5..60))),
        1 => Manner::Throttle(chance.random_range(20_000..200_000)),
        2 => Manner::BlackHole,
        3 => Manner::Cut,
        _ => Manner::Reset,
    }
}

/// How long a fault lasts is what it is: this is no wait for something to happen.
async fn pause(ms: u64) {
    sleep(Duration::from_millis(ms)).await;
}
