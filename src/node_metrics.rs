//! Metrics of a node as a whole.

use crate::http::Drain;
use crate::ws::OpenSockets;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

/// Registers the version, and whether the node drains.
///
/// # Errors
/// When a name is taken: a mistake in the program.
pub fn register(registry: &Registry, drain: &Drain) -> Result<(), prometheus::Error> {
    let build = Opts::new("hubwire_build_info", "Always 1; its label is the version of the program.");
    let build = IntGaugeVec::new(build, &["version"])?;
    build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    registry.register(Box::new(build))?;
    let gauge = IntGauge::new("hubwire_draining", "1 while the node drains.")?;
    registry.register(Box::new(Draining { drain: drain.clone(), gauge }))
}

/// Registers the bytes that the node's sockets read and wrote.
///
/// # Errors
/// When the name is taken: a mistake in the program.
pub fn register_sockets(registry: &Registry, sockets: &OpenSockets) -> Result<(), prometheus::Error> {
    let options = Opts::new("hubwire_socket_bytes_total", "Bytes that sockets read (in) and wrote (out), before TLS.");
    let bytes = IntCounterVec::new(options, &["direction"])?;
    registry.register(Box::new(Traffic { sockets: sockets.clone(), bytes }))
}

/// Reads the sockets' counters at each scrape.
struct Traffic {
    sockets: OpenSockets,
    bytes: IntCounterVec,
}

impl Collector for Traffic {
    fn desc(&self) -> Vec<&Desc> {
        self.bytes.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let (read, written) = self.sockets.bytes();
        for (direction, count) in [("in", read), ("out", written)] {
            let counter = self.bytes.with_label_values(&[direction]);
            // two simultaneous scrapes may overtake each other; a counter must not decrease
            counter.inc_by(count.saturating_sub(counter.get()));
        }
        self.bytes.collect()
    }
}

/// Reads the switch at each scrape.
struct Draining {
    drain: Drain,
    gauge: IntGauge,
}

impl Collector for Draining {
    fn desc(&self) -> Vec<&Desc> {
        self.gauge.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.gauge.set(self.drain.is_begun().into());
        self.gauge.collect()
    }
}
