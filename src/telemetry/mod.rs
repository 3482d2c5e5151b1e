//! Telemetry: the spans of traced publications, sent to an OpenTelemetry collector by OTLP/HTTP in JSON.
//!
//! One bounded queue and one task on a thread of its own. A collector that is slow or away costs spans, never a
//! message: `hubwire_trace_spans_total` counts the outcomes.

mod exporter;
mod otlp;

use crate::application::route::http_url;
use crate::application::{Client, ClientError};
use crate::config::Config;
use exporter::Exporter;
use hubwire_actors::environment::Environment;
use hubwire_actors::trace::Tracer;
use hubwire_protocol::Incarnation;
use otlp::Resource;
use prometheus::{IntCounterVec, Opts, Registry};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Time limit for sending the last spans when the node ends.
const LAST_SPANS_MAX: Duration = Duration::from_secs(3);

/// Why spans cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The client could not be created.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Two metrics have the same name.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// The task that sends spans. Without it nothing is recorded.
pub(crate) struct Telemetry(Option<Running>);

struct Running {
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
    /// The client; its thread ends with it.
    _client: Client,
}

impl Telemetry {
    /// As configured: a tracer for the node, and the task that sends its spans.
    pub fn start(
        config: &Config,
        incarnation: Incarnation,
        environment: &Environment,
        registry: &Registry,
    ) -> Result<(Tracer, Self), TelemetryError> {
        let section = &config.telemetry;
        let Some(url) = http_url(&section.otlp_url) else { return Ok((Tracer::default(), Telemetry(None))) };
        let counts = Opts::new(
            "hubwire_trace_spans_total",
            "Spans by outcome: sent, failed (the collector did not take them), dropped (they came faster than they \
             could be sent).",
        );
        let counts = IntCounterVec::new(counts, &["outcome"])?;
        registry.register(Box::new(counts.clone()))?;
        let (tracer, spans) = Tracer::new(environment.clone(), counts.with_label_values(&["dropped"]));
        let client = Client::start("telemetry", None)?;
        let (end, ended) = oneshot::channel();
        let exporter = Exporter {
            client: client.clone(),
            url,
            resource: Resource::new(&config.node.label, incarnation),
            timeout: Duration::from_millis(section.timeout_ms),
            batch_max: section.batch_max,
            interval: Duration::from_millis(section.interval_ms),
            sent: counts.with_label_values(&["sent"]),
            failed: counts.with_label_values(&["failed"]),
        };
        let task = client.spawn(exporter.run(spans, ended));
        Ok((tracer, Telemetry(Some(Running { end, task, _client: client }))))
    }

    /// Sends the remaining spans.
    pub async fn finish(self) {
        let Some(Running { end, task, _client }) = self.0 else { return };
        let _ = end.send(()); // a task that ended needs no end
        if tokio::time::timeout(LAST_SPANS_MAX, task).await.is_err() {
            log::warn!("the collector did not take the last spans in time");
        }
    }
}
