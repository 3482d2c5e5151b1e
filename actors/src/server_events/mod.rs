//! Server events on their way out: a courier for each log brings what lies in it to the application, in order, until
//! the application has taken it.
//!
//! A log is held by one node at a time, so exactly one courier in the cluster delivers its events. When that node dies,
//! the hold ends and another courier goes on where it was: what was delivered but not yet removed comes once more.

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

/// Takes batches of events: the application's webhook.
pub trait EventSink: Send + Sync {
    /// Delivers a batch, `{"events":[…]}`.
    fn deliver(&self, batch: Bytes) -> BoxFuture<'static, Delivered>;
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// The application has it.
    Taken,
    /// It will not take this batch, ever.
    Refused(String),
    /// It did not take it now.
    Failed(String),
}

/// How events are delivered.
#[derive(Debug, Clone)]
pub struct CourierSettings {
    /// Most events of a batch.
    pub batch_max: usize,
    /// An event ends a batch that passes these bytes.
    pub batch_bytes: usize,
    /// How often a log is looked at that had nothing new.
    pub poll: Duration,
    /// How long a log is held, and so how long nobody delivers when the node that holds it dies.
    pub hold: Duration,
    /// The first pause after a batch that was not taken; each further one is twice as long.
    pub retry_min: Duration,
    /// The longest pause.
    pub retry_max: Duration,
    /// An event that was not taken for so long goes to the dead letters.
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

/// What is counted.
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
            "Server events, by outcome: taken by the application, or buried among the dead letters.",
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

/// Starts the couriers on the core thread, which is the calling one.
///
/// # Errors
/// When two metrics have one name.
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

/// Lets other nodes go on with the logs this one holds.
pub async fn release(backend: &Rc<dyn Backend>) {
    for partition in 0..PARTITIONS {
        if let Err(error) = backend.release_events(partition).await {
            return log::debug!("cannot let go of the logs of events error={error}");
            // they end by themselves
        }
    }
}
