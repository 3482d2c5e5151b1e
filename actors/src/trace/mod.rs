//! Spans of the publications whose sender records a trace (`meta.traceparent` is sampled): what each node did with one,
//! and when.
//!
//! ```text
//! the sender's span
//! └─ publish   the node that accepted it, until it answered
//!    ├─ store     the broker, until it was in the log
//!    ├─ forward   on each other node with members, once per stream: from its acceptance to its arrival there
//!    └─ deliver   on each node with members, once per worker: from the feed to the outboxes of its sessions
//! ```
//!
//! Without an exporter there is no queue, and a publication costs a check of an option. With one, a publication without
//! `meta` costs as little, and one with `meta` a search in it. Spans go through a bounded queue to one reader outside
//! of the actors; those without room are dropped and counted.

mod context;
mod own;
mod publishing;

pub use context::{with_traceparent, Context};
pub use publishing::Publishing;

use self::own::Own;
use crate::environment::Environment;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::event::Ack;
use hubwire_protocol::{Address, ErrorCode, Position};
use prometheus::IntCounter;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Spans that may wait for the exporter.
pub const SPANS_MAX: usize = 4096;

/// One step of a publication.
#[derive(Debug)]
pub struct Span {
    /// The span.
    pub context: Context,
    /// The parent span.
    pub parent: [u8; 8],
    /// Its start, Unix nanoseconds.
    pub start_ns: u64,
    /// Its end.
    pub end_ns: u64,
    /// The address of the publication; for a delivery, its stream.
    pub address: String,
    /// The kind of step.
    pub step: Step,
}

/// The step that a span covers.
#[derive(Debug)]
pub enum Step {
    /// A node accepted the publication from its sender.
    Publish {
        /// The action's `type`.
        kind: String,
        /// The answer to the sender.
        outcome: Result<Ack, ErrorCode>,
    },
    /// The broker stored it, and notified the other nodes.
    Store,
    /// The path from the node that accepted it to this one.
    Forward {
        /// Its position.
        pos: Position,
    },
    /// A worker wrote it to its sessions.
    Deliver {
        /// Its position.
        pos: Position,
        /// Sessions whose outbox accepted it.
        sessions: usize,
        /// Sessions without room, or that lagged already: they read the log.
        lagging: usize,
    },
}

/// A traced publication on its way through a node.
#[derive(Debug, Clone)]
pub struct TracedArrival {
    /// The span in which a node accepted it from its sender.
    pub publish: Context,
    /// Its position.
    pub pos: Position,
    /// When it reached its feed here.
    pub at_ns: u64,
}

/// The tracer of a node; see the module. Cheap to clone.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<Inner>>);

struct Inner {
    environment: Environment,
    spans: mpsc::Sender<Span>,
    dropped: IntCounter,
    /// Publications that this node accepted itself: they were not forwarded here.
    own: Own,
}

impl Tracer {
    /// A tracer, and its spans; `dropped` counts those without room.
    pub fn new(environment: Environment, dropped: IntCounter) -> (Self, mpsc::Receiver<Span>) {
        let (spans, outlet) = mpsc::channel(SPANS_MAX);
        (Tracer(Some(Arc::new(Inner { environment, spans, dropped, own: Own::default() }))), outlet)
    }

    /// A node accepts a publication from its sender.
    pub(crate) fn publishing(&self, envelope: &Envelope<'_>) -> Option<Box<Publishing>> {
        let inner = self.0.as_ref()?;
        let sender = Context::sampled(envelope.meta?)?;
        let own = sender.of_publish(envelope);
        inner.own.remember(&own);
        Some(Box::new(Publishing::new(self.clone(), sender, own, envelope, inner.environment.unix_ns())))
    }

    /// A publication has reached its feed, which follows this stream.
    pub(crate) fn arrived(
        &self,
        envelope: &Envelope<'_>,
        stream: &Address,
        pos: Position,
    ) -> Option<Box<TracedArrival>> {
        let inner = self.0.as_ref()?;
        let publish = Context::sampled(envelope.meta?)?.of_publish(envelope);
        let at_ns = inner.environment.unix_ns();
        if !inner.own.knows(&publish) {
            self.record(Span {
                context: self.below(&publish),
                parent: publish.span,
                start_ns: envelope.ts.saturating_mul(1_000_000),
                end_ns: at_ns,
                address: stream.to_string(),
                step: Step::Forward { pos },
            });
        }
        Some(Box::new(TracedArrival { publish, pos, at_ns }))
    }

    /// A worker has written these to its sessions.
    pub(crate) fn delivered(&self, arrived: &[TracedArrival], stream: &Address, sessions: usize, lagging: usize) {
        let Some(inner) = self.0.as_ref().filter(|_| !arrived.is_empty()) else { return };
        let end_ns = inner.environment.unix_ns();
        for TracedArrival { publish, pos, at_ns } in arrived {
            self.record(Span {
                context: self.below(publish),
                parent: publish.span,
                start_ns: *at_ns,
                end_ns,
                address: stream.to_string(),
                step: Step::Deliver { pos: *pos, sessions, lagging },
            });
        }
    }

    /// A new span of the same trace.
    fn below(&self, context: &Context) -> Context {
        let random = self.0.as_ref().map_or(1, |inner| inner.environment.random());
        Context { trace: context.trace, span: random.max(1).to_be_bytes() } // an id is not zero
    }

    fn now_ns(&self) -> u64 {
        self.0.as_ref().map_or(0, |inner| inner.environment.unix_ns())
    }

    fn record(&self, span: Span) {
        if let Some(inner) = &self.0 {
            if inner.spans.try_send(span).is_err() {
                inner.dropped.inc();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn spans_without_room_are_counted_and_nobody_waits() {
        let dropped = IntCounter::new("dropped", "dropped").unwrap();
        let (tracer, mut spans) = Tracer::new(Environment::real(), dropped.clone());
        let publish = Context { trace: [1; 16], span: [2; 8] };
        let arrived = vec![TracedArrival { publish, pos: Position { seq: 1, nonce: 1 }, at_ns: 0 }; SPANS_MAX + 10];
        tracer.delivered(&arrived, &"org:acme".parse().unwrap(), 1, 0);
        assert_eq!((spans.len(), dropped.get()), (SPANS_MAX, 10));
        let span = spans.recv().await.unwrap();
        assert_eq!((span.context.trace, span.parent), ([1; 16], [2; 8]));
        assert_ne!(span.context.span, [2; 8]);
    }
}
