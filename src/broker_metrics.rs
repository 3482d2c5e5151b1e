//! Metrics of the connections to the broker.

use hubwire_actors::backend::open::BackendStats;
use hubwire_actors::backend::BackendEvent;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge, IntGauge};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use tokio::sync::mpsc::{Sender, WeakSender};

/// A collector that reads the backend's counters at each scrape.
pub(crate) struct BrokerMetrics {
    stats: Arc<BackendStats>,
    commands: Counter,
    connects: Counter,
    lossy: Counter,
    probes_lost: Counter,
    lane_depth: IntGauge,
    lane_bytes: IntGauge,
    link_proven: IntGauge,
    writes_refused: IntGauge,
    clock_ahead: Gauge,
    memory_used: IntGauge,
    memory_max: IntGauge,
}

impl BrokerMetrics {
    /// # Errors
    /// When a name is not a valid metric name: a mistake in this file.
    pub fn new(stats: Arc<BackendStats>) -> Result<Self, prometheus::Error> {
        Ok(BrokerMetrics {
            stats,
            commands: Counter::new("hubwire_redis_commands_total", "Commands sent to Redis, scripts included.")?,
            connects: Counter::new("hubwire_redis_connects_total", "Connections made to Redis, first ones included.")?,
            lossy: Counter::new("hubwire_redis_lossy_total", "Times pub/sub from Redis may have lost messages.")?,
            probes_lost: Counter::new(
                "hubwire_redis_probes_lost_total",
                "Messages of the node to itself through Redis that did not come back.",
            )?,
            lane_depth: IntGauge::new("hubwire_redis_lane_depth", "Calls that wait in the append lane.")?,
            lane_bytes: IntGauge::new("hubwire_redis_lane_bytes", "Bytes of the calls that wait in the append lane.")?,
            link_proven: IntGauge::new(
                "hubwire_redis_subscriptions_proven",
                "1 while messages published in Redis are known to arrive at this node.",
            )?,
            writes_refused: IntGauge::new(
                "hubwire_redis_writes_refused",
                "1 while Redis stores nothing: its memory is full, or it cannot save.",
            )?,
            clock_ahead: Gauge::new(
                "hubwire_redis_clock_ahead_seconds",
                "By how much the clock of Redis is ahead of this machine's.",
            )?,
            memory_used: IntGauge::new("hubwire_redis_memory_bytes", "Memory of the fullest Redis server.")?,
            memory_max: IntGauge::new("hubwire_redis_memory_max_bytes", "What that server may take; 0: no bound.")?,
        })
    }
}

impl BrokerMetrics {
    fn parts(&self) -> [&dyn Collector; 11] {
        [
            &self.commands,
            &self.connects,
            &self.lossy,
            &self.probes_lost,
            &self.lane_depth,
            &self.lane_bytes,
            &self.link_proven,
            &self.writes_refused,
            &self.clock_ahead,
            &self.memory_used,
            &self.memory_max,
        ]
    }
}

impl Collector for BrokerMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.parts().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let stats = &self.stats;
        catch_up(&self.commands, &stats.commands);
        catch_up(&self.connects, &stats.connects);
        catch_up(&self.lossy, &stats.lossy);
        catch_up(&self.probes_lost, &stats.probes_lost);
        self.lane_depth.set(stats.lane_depth.load(Ordering::Relaxed) as i64);
        self.lane_bytes.set(stats.lane_bytes.load(Ordering::Relaxed) as i64);
        self.link_proven.set(stats.link_proven.load(Ordering::Relaxed) as i64);
        self.writes_refused.set(stats.writes_refused.load(Ordering::Relaxed) as i64);
        self.clock_ahead.set(stats.clock_ahead_ms.load(Ordering::Relaxed) as f64 / 1000.0);
        self.memory_used.set(stats.memory_used.load(Ordering::Relaxed) as i64);
        self.memory_max.set(stats.memory_max.load(Ordering::Relaxed) as i64);
        self.parts().into_iter().flat_map(Collector::collect).collect()
    }
}

/// The number of broker events that wait for the bridge, read at each scrape. When there is no room, `Lossy` replaces
/// them, which is counted.
pub(crate) struct EventQueue {
    queue: WeakSender<BackendEvent>,
    waiting: IntGauge,
}

impl EventQueue {
    /// # Errors
    /// When the name is not a valid metric name: a mistake in this file.
    pub fn new(queue: &Sender<BackendEvent>) -> Result<Self, prometheus::Error> {
        let waiting = IntGauge::new("hubwire_broker_events_waiting", "Events of the broker that wait for the bridge.")?;
        Ok(EventQueue { queue: queue.downgrade(), waiting })
    }
}

impl Collector for EventQueue {
    fn desc(&self) -> Vec<&Desc> {
        self.waiting.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let waiting = self.queue.upgrade().map_or(0, |queue| queue.max_capacity() - queue.capacity());
        self.waiting.set(waiting as i64);
        self.waiting.collect()
    }
}

/// Raises a counter, which can only grow, to the backend's count.
fn catch_up(counter: &Counter, counted: &AtomicU64) {
    let ahead = counted.load(Ordering::Relaxed) as f64 - counter.get();
    if ahead > 0.0 {
        counter.inc_by(ahead);
    }
}
