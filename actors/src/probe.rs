//! How long messages wait in the mailboxes of a node: every second one more message is put into each, and says how long
//! it took. What an actor's mailbox holds cannot be asked from outside, and counting each message would cost every
//! delivery; waiting is what clients feel of a long mailbox.

use crate::mail;
use crate::metrics::Metrics;
use crate::words::port::Port;
use actix::Message;
use prometheus::Histogram;
use std::time::Duration;
use tokio::time::Instant;

/// How often each mailbox is probed.
pub(crate) const EVERY: Duration = Duration::from_secs(1);

/// To a mailbox: how long did this wait?
#[derive(Message)]
#[rtype(result = "()")]
pub struct Probe {
    sent: Instant,
    waits: Histogram,
}

impl Probe {
    /// It waited until now.
    pub(crate) fn observe(self) {
        self.waits.observe(self.sent.elapsed().as_secs_f64());
    }
}

/// Probes a mailbox; one that is full is counted as such. `mailbox` is one of the names in `docs/queues.md`.
pub(crate) fn probe(to: &(impl Port<Probe> + ?Sized), mailbox: &str, metrics: &Metrics) {
    let probe = Probe { sent: Instant::now(), waits: metrics.mailbox_wait_seconds.with_label_values(&[mailbox]) };
    if mail::tell(to, probe).is_err() {
        metrics.mailbox_full.with_label_values(&[mailbox]).inc();
    }
}

/// Lets an actor's mailbox be probed.
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
