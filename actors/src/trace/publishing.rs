//! A traced publication from its acceptance to its answer.

use super::{Context, Span, Step, Tracer};
use crate::words::outcome::Refusal;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::event::Ack;

/// The span of a publication; see the module. Recorded when it is answered.
pub struct Publishing {
    tracer: Tracer,
    sender: Context,
    own: Context,
    to: String,
    kind: String,
    accepted_ns: u64,
    /// When the call to the broker started and ended.
    storing_ns: Option<u64>,
    stored_ns: Option<u64>,
}

impl Publishing {
    pub(super) fn new(
        tracer: Tracer,
        sender: Context,
        own: Context,
        envelope: &Envelope<'_>,
        accepted_ns: u64,
    ) -> Self {
        let (to, kind) = (envelope.to.to_owned(), envelope.kind.to_owned());
        Publishing { tracer, sender, own, to, kind, accepted_ns, storing_ns: None, stored_ns: None }
    }

    /// The call to the broker starts.
    pub(crate) fn storing(&mut self) {
        self.storing_ns = Some(self.tracer.now_ns());
    }

    /// The broker has answered.
    pub(crate) fn stored(&mut self) {
        self.stored_ns = Some(self.tracer.now_ns());
    }

    /// The sender is answered.
    pub(crate) fn answered(self, outcome: &Result<Ack, Refusal>) {
        let Publishing { tracer, sender, own, to, kind, accepted_ns, storing_ns, stored_ns } = self;
        if let Some((start_ns, end_ns)) = storing_ns.zip(stored_ns) {
            let (context, address) = (tracer.below(&own), to.clone());
            tracer.record(Span { context, parent: own.span, start_ns, end_ns, address, step: Step::Store });
        }
        let outcome = outcome.as_ref().map(|ack| *ack).map_err(|refusal| refusal.code);
        tracer.record(Span {
            context: own,
            parent: sender.span,
            start_ns: accepted_ns,
            end_ns: tracer.now_ns(),
            address: to,
            step: Step::Publish { kind, outcome },
        });
    }
}
