//! How long messages wait in the mailboxes of a node: every second one more message is put into each, and says how long
//! it took. What an actor's mailbox holds cannot be asked from outside, and counting each message would cost every
//! delivery; waiting is what clients feel of a long mailbox.

use crate::bridge::Bridge;
use crate::channel::Channel;
use crate::hub::Hub;
use crate::mail;
use crate::metrics::Metrics;
use crate::presence::Presence;
use crate::shard::Shard;
use actix::dev::ToEnvelope;
use actix::prelude::*;
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

/// Probes a mailbox; one that is full is counted as such. `mailbox` is one of the names in `docs/queues.md`.
pub(crate) fn probe<A>(addr: &Addr<A>, mailbox: &str, metrics: &Metrics)
where
    A: Actor + Handler<Probe>,
    A::Context: ToEnvelope<A, Probe>,
{
    let probe = Probe { sent: Instant::now(), waits: metrics.mailbox_wait_seconds.with_label_values(&[mailbox]) };
    if mail::tell(addr, probe).is_err() {
        metrics.mailbox_full.with_label_values(&[mailbox]).inc();
    }
}

macro_rules! probed {
    ($($actor:ident)+) => {$(
        impl Handler<Probe> for $actor {
            type Result = ();
            fn handle(&mut self, probe: Probe, _: &mut Self::Context) {
                probe.waits.observe(probe.sent.elapsed().as_secs_f64());
            }
        }
    )+};
}

probed!(Bridge Presence Hub Channel Shard);
