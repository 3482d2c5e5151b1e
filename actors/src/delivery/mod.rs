//! The delivery actor: one per worker thread. Everything for the sockets of that thread goes through it.
//!
//! A feed (on the core thread) sends one message per worker that has members; the worker's delivery actor writes to its
//! members without a further hop. Publications of one mailbox turn are collected per topic and written together,
//! without a timer: under load many deliveries share a system call, at rest nothing waits.
//!
//! Nothing is lost at a bound. A member with a full outbox *lags*: it keeps its position and reads on from the log when
//! its socket drains. A delivery actor whose mailbox was full sees the gap by the `prev` link of the next message, and
//! lets all members of the topic lag.

mod closing;
mod ephemeral;
mod heartbeat;
mod inspect;
mod lag;
mod member;
mod rights;
pub(crate) mod worker;
mod worker_feed;
mod writing;

pub use worker::Worker;

use crate::context::Context;
use crate::denylist::DenylistSnapshot;
use crate::mail;
use crate::probe::{self, probed};
use crate::words::delivery::*;
use crate::words::status::{CountMembers, ListChannels};
use actix::prelude::*;
use futures_util::stream;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// The mailbox in front of a worker's state.
pub struct Delivery {
    worker: Rc<Worker>,
}

/// Length of a tick: the granularity of heartbeats and stall checks.
pub(crate) const TICK: Duration = Duration::from_secs(1);

impl Delivery {
    pub(crate) fn new(worker: Rc<Worker>) -> Self {
        Delivery { worker }
    }
}

impl Actor for Delivery {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(mail::DELIVERY_MAILBOX);
        ctx.run_interval(TICK, |delivery, ctx| {
            delivery.worker.tick();
            probe::probe(&ctx.shared_address(), "delivery", delivery.worker.node.metrics());
        });
        let changes = self.worker.node.denylist().changes();
        ctx.add_stream(stream::unfold(changes, |mut changes| async move {
            changes.changed().await.ok()?;
            let list = changes.borrow_and_update().clone();
            Some((list, changes))
        }));
    }
}

impl StreamHandler<Arc<DenylistSnapshot>> for Delivery {
    fn handle(&mut self, list: Arc<DenylistSnapshot>, _: &mut Self::Context) {
        self.worker.deny(&list);
    }

    /// The stream of ticks ends with the node; the delivery actor continues until its sessions have ended.
    fn finished(&mut self, _: &mut Self::Context) {}
}

/// A handler that passes the message to the worker's method of that name.
macro_rules! handle {
    ($($message:ident => $method:ident;)+) => {$(
        impl Handler<$message> for Delivery {
            type Result = ();
            fn handle(&mut self, message: $message, _: &mut Self::Context) {
                self.worker.$method(message);
            }
        }
    )+};
}

handle! {
    AddMember => add_member;
    RemoveMember => remove_member;
    Passed => passed;
    Reset => reset;
    Mark => mark;
    Tell => tell;
    TellOne => tell_one;
    CatchUp => catch_up;
    CloseMember => close_member;
    ListChannels => list_channels;
    CountMembers => count_members;
}

impl Handler<DeliverPublication> for Delivery {
    type Result = ();
    fn handle(&mut self, message: DeliverPublication, _: &mut Self::Context) {
        if !self.worker.publish(message) {
            return;
        }
        // queued behind all present messages; a full mailbox only means a smaller batch
        if self.worker.delivery().is_none_or(|delivery| mail::tell(delivery, Flush).is_err()) {
            self.worker.flush();
        }
    }
}

impl Handler<Flush> for Delivery {
    type Result = ();
    fn handle(&mut self, _: Flush, _: &mut Self::Context) {
        self.worker.flush();
    }
}

impl Handler<DrainSome> for Delivery {
    type Result = ();
    fn handle(&mut self, message: DrainSome, _: &mut Self::Context) {
        let _ = message.answer.send(self.worker.drain_some(message.count)); // a node that ends does not wait for it
    }
}

probed!(Delivery);
