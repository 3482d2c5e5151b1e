//! What the way to the broker and from it counts, for `/metrics`.

use hubwire_actors::backend::open::BackendStats;
use hubwire_actors::backend::BackendEvent;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, IntGauge};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use tokio::sync::mpsc::{Sender, WeakSender};

/// A collector that reads the backend's own counts at each scrape.
pub(crate) struct BrokerMetrics {
    stats: Arc<BackendStats>,
    commands: Counter,
    connects: Counter,
    lossy: Counter,
    lane_depth: IntGauge,
    memory_used: IntGauge,
    memory_max: IntGauge,
}

impl BrokerMetrics {
    /// # Errors
    /// When a name is no metric name: a mistake in this file.
    pub fn new(stats: Arc<BackendStats>) -> Result<Self, prometheus::Error> {
        Ok(BrokerMetrics {
            stats,
            commands: Counter::new("hubwire_redis_commands_total", "Commands sent to Redis, scripts included.")?,
            connects: Counter::new("hubwire_redis_connects_total", "Connections made to Redis, first ones included.")?,
            lossy: Counter::new("hubwire_redis_lossy_total", "Times pub/sub from Redis may have lost messages.")?,
            lane_depth: IntGauge::new("hubwire_redis_lane_depth", "Calls that wait in the append lane.")?,
            memory_used: IntGauge::new("hubwire_redis_memory_bytes", "Memory of the fullest Redis server.")?,
            memory_max: IntGauge::new("hubwire_redis_memory_max_bytes", "What that server may take; 0: no bound.")?,
        })
    }
}

impl Collector for BrokerMetrics {
    fn desc(&self) -> Vec<&Desc> {
        let counters = [self.commands.desc(), self.connects.desc(), self.lossy.desc()];
        [counters.concat(), self.lane_depth.desc(), self.memory_used.desc(), self.memory_max.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        catch_up(&self.commands, &self.stats.commands);
        catch_up(&self.connects, &self.stats.connects);
        catch_up(&self.lossy, &self.stats.lossy);
        self.lane_depth.set(self.stats.lane_depth.load(Ordering::Relaxed) as i64);
        let counters = [&self.commands, &self.connects, &self.lossy];
        let mut families: Vec<MetricFamily> = counters.iter().flat_map(|counter| counter.collect()).collect();
        self.memory_used.set(self.stats.memory_used.load(Ordering::Relaxed) as i64);
        self.memory_max.set(self.stats.memory_max.load(Ordering::Relaxed) as i64);
        for gauge in [&self.lane_depth, &self.memory_used, &self.memory_max] {
            families.extend(gauge.collect());
        }
        families
    }
}

/// How many events of the broker wait for the bridge, asked at each scrape. Where there is no room, `Lossy` stands in
/// their place, which is counted.
pub(crate) struct EventQueue {
    queue: WeakSender<BackendEvent>,
    waiting: IntGauge,
}

impl EventQueue {
    /// # Errors
    /// When the name is no metric name: a mistake in this file.
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

/// A counter only grows: it is raised to what was counted.
fn catch_up(counter: &Counter, counted: &AtomicU64) {
    let ahead = counted.load(Ordering::Relaxed) as f64 - counter.get();
    if ahead > 0.0 {
        counter.inc_by(ahead);
    }
}
