//! Measures how long messages wait in the mailboxes of a node: every second a probe is put into each, and reports how
//! long it waited. The length of an actor's mailbox cannot be read from outside, and counting each message would cost
//! every delivery; besides, the wait is what clients notice.

use crate::mail;
use crate::metrics::Metrics;
use crate::words::port::Port;
use actix::Message;
use prometheus::Histogram;
use std::time::Duration;
use tokio::time::Instant;

/// Interval of probes per mailbox.
pub(crate) const EVERY: Duration = Duration::from_secs(1);

/// A probe with the time at which it was sent.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Probe {
    sent: Instant,
    waits: Histogram,
}

impl Probe {
    /// Records the wait until now.
    pub(crate) fn observe(self) {
        self.waits.observe(self.sent.elapsed().as_secs_f64());
    }
}

/// Probes a mailbox; a full one is counted. `mailbox` is one of the names in `docs/queues.md`.
pub(crate) fn probe(to: &(impl Port<Probe> + ?Sized), mailbox: &str, metrics: &Metrics) {
    let probe = Probe { sent: Instant::now(), waits: metrics.mailbox_wait_seconds.with_label_values(&[mailbox]) };
    if mail::tell(to, probe).is_err() {
        metrics.mailbox_full.with_label_values(&[mailbox]).inc();
    }
}

/// Implements the probe for an actor.
macro_rules! probed {
    ($actor:ident) => {
        impl actix::Handler<$crate::probe::Probe> for $actor {
            type Result = ();
            fn handle(&mut self, probe: $crate::probe::Probe, _: &mut Self::Context) {
                probe.observe();
            }
        }
    };
}

pub(crate) use probed;
