//! What the Redis backend counts, for `/metrics`.

use hubwire_actors::backend::redis::BackendStats;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, IntGauge};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// A collector that reads the backend's own counts at each scrape.
pub(crate) struct BrokerMetrics {
    stats: Arc<BackendStats>,
    commands: Counter,
    connects: Counter,
    lossy: Counter,
    lane_depth: IntGauge,
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
        })
    }
}

impl Collector for BrokerMetrics {
    fn desc(&self) -> Vec<&Desc> {
        [self.commands.desc(), self.connects.desc(), self.lossy.desc(), self.lane_depth.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        catch_up(&self.commands, &self.stats.commands);
        catch_up(&self.connects, &self.stats.connects);
        catch_up(&self.lossy, &self.stats.lossy);
        self.lane_depth.set(self.stats.lane_depth.load(Ordering::Relaxed) as i64);
        let counters = [&self.commands, &self.connects, &self.lossy];
        let mut families: Vec<MetricFamily> = counters.iter().flat_map(|counter| counter.collect()).collect();
        families.extend(self.lane_depth.collect());
        families
    }
}

/// A counter only grows: it is raised to what was counted.
fn catch_up(counter: &Counter, counted: &AtomicU64) {
    let ahead = counted.load(Ordering::Relaxed) as f64 - counter.get();
    if ahead > 0.0 {
        counter.inc_by(ahead);
    }
}
