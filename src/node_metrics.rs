//! What a node says about itself as a whole in `/metrics`.

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

/// Registers what the sockets of the node read and wrote.
///
/// # Errors
/// When the name is taken: a mistake in the program.
pub fn register_sockets(registry: &Registry, sockets: &OpenSockets) -> Result<(), prometheus::Error> {
    let options = Opts::new("hubwire_socket_bytes_total", "Bytes that sockets read (in) and wrote (out), before TLS.");
    let bytes = IntCounterVec::new(options, &["direction"])?;
    registry.register(Box::new(Traffic { sockets: sockets.clone(), bytes }))
}

/// Looks at what the sockets counted when it is asked.
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
            // two scrapes at once may see each other's reading; a counter must not go back
            counter.inc_by(count.saturating_sub(counter.get()));
        }
        self.bytes.collect()
    }
}

/// Looks at the switch when it is asked.
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
