//! What a node says about itself as a whole in `/metrics`.

use crate::http::Drain;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntGauge, IntGaugeVec, Opts, Registry};

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
