//! Delivery of server events: a courier for each log delivers its events to the application, in order and at least
//! once: until the application has accepted them.
//!
//! One node at a time holds a log, so exactly one courier in the cluster delivers its events. When that node dies, the
//! hold expires and another courier continues: events that were delivered but not yet removed are delivered again.

mod courier;
mod printed;

pub use printed::printed;

use crate::backend::{Backend, PARTITIONS};
use crate::environment::Environment;
use bytes::Bytes;
use courier::Courier;
use futures_util::future::BoxFuture;
use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Accepts batches of events: the application's webhook.
pub trait EventSink: Send + Sync {
    /// Delivers a batch, `{"events":[…]}`.
    fn deliver(&self, batch: Bytes) -> BoxFuture<'static, BatchOutcome>;
}

/// The outcome of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchOutcome {
    /// The application accepted it.
    Taken,
    /// The application will never accept this batch.
    Refused(String),
    /// The application did not accept it now.
    Failed(String),
}

/// How events are delivered.
#[derive(Debug, Clone)]
pub struct CourierSettings {
    /// Events per batch, at most.
    pub batch_max: usize,
    /// A batch ends with the event that exceeds this number of bytes.
    pub batch_bytes: usize,
    /// Pause before a log without new events is read again.
    pub poll: Duration,
    /// Duration of a hold, and so the time without delivery after the death of its node.
    pub hold: Duration,
    /// The first pause after a failed delivery; each further one is twice as long.
    pub retry_min: Duration,
    /// The longest pause.
    pub retry_max: Duration,
    /// An event that was not accepted for this long goes to the dead letters.
    pub keep: Duration,
}

impl Default for CourierSettings {
    fn default() -> Self {
        CourierSettings {
            batch_max: 100,
            batch_bytes: 256 * 1024,
            poll: Duration::from_millis(200),
            hold: Duration::from_secs(5),
            retry_min: Duration::from_millis(500),
            retry_max: Duration::from_secs(60),
            keep: Duration::from_secs(24 * 3600),
        }
    }
}

/// Counters.
#[derive(Clone)]
struct EventMetrics {
    delivered: IntCounterVec,
    waiting: IntGaugeVec,
    lost: IntGauge,
}

impl EventMetrics {
    fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let delivered = Opts::new(
            "hubwire_server_events_total",
            "Server events, by outcome: accepted by the application, or moved to the dead letters.",
        );
        let waiting = Opts::new(
            "hubwire_server_events_waiting",
            "Server events that wait in the logs this node delivers, by log.",
        );
        let lost = "Server events lost since the broker's data began, because more waited than events.waiting_max.";
        let metrics = EventMetrics {
            delivered: IntCounterVec::new(delivered, &["outcome"])?,
            waiting: IntGaugeVec::new(waiting, &["log"])?,
            lost: IntGauge::new("hubwire_server_events_lost", lost)?,
        };
        registry.register(Box::new(metrics.delivered.clone()))?;
        registry.register(Box::new(metrics.waiting.clone()))?;
        registry.register(Box::new(metrics.lost.clone()))?;
        Ok(metrics)
    }
}

/// Starts the couriers on the core thread; call it there.
///
/// # Errors
/// When two metrics have the same name.
pub fn start(
    backend: &Rc<dyn Backend>,
    sink: &Arc<dyn EventSink>,
    settings: &Rc<CourierSettings>,
    environment: &Environment,
    registry: &Registry,
) -> Result<(), prometheus::Error> {
    let metrics = EventMetrics::new(registry)?;
    for partition in 0..PARTITIONS {
        let courier = Courier {
            partition,
            backend: backend.clone(),
            sink: sink.clone(),
            settings: settings.clone(),
            environment: environment.clone(),
            metrics: metrics.clone(),
        };
        actix::spawn(courier.run());
    }
    Ok(())
}

/// Releases the logs that this node holds, so that other nodes continue.
pub async fn release(backend: &Rc<dyn Backend>) {
    for partition in 0..PARTITIONS {
        if let Err(error) = backend.release_events(partition).await {
            return log::debug!("cannot release the logs of events error={error}");
            // they end by themselves
        }
    }
}
