//! Announces keys, repeatedly until a listener answers.

use super::announcements::DueAnnouncement;
use super::WsHub;
use crate::backend::plain::{Attempts, PlainPublish};
use crate::context::Context;
use crate::mail;
use crate::words::wshub::Unanswered;
use actix::prelude::*;
use bytes::Bytes;
use std::time::Duration;
use tokio::time::Instant;

impl WsHub {
    /// Publishes a key, and repeats that after a pause until it is answered. If a subscriber received it the pauses are
    /// long: it may be a listener that is about to answer, or one that only watches.
    pub(super) fn announce(&self, key: Bytes, pause: Option<Duration>, ctx: &mut Context<Self>) {
        let publish =
            PlainPublish { channel: self.names.client_new(), payload: key.clone(), attempts: Attempts::UntilTaken };
        let (published, hub) = (self.bus.publish(publish), ctx.shared_address());
        // a task of its own, one per connected key: an actor polls everything that it spawned with every message
        actix::spawn(async move {
            let is_taken = match published.await {
                Ok(takers) => takers > 0,
                Err(error) => {
                    log::warn!("cannot announce a key error={error}");
                    false
                }
            };
            mail::insist(&hub, Unanswered { key, pause, is_taken });
        });
    }

    pub(super) fn announce_again(&mut self, message: Unanswered, ctx: &mut Context<Self>) {
        let Unanswered { key, pause, is_taken } = message;
        if self.registry.key(&key).is_some_and(|known| !known.is_answered) {
            self.announcements.again(Instant::now(), key, pause, is_taken);
            self.set_timer(ctx);
        }
    }

    fn announce_due(&mut self, ctx: &mut Context<Self>) {
        while let Some(DueAnnouncement { key, pause }) = self.announcements.take_due(Instant::now()) {
            if self.registry.key(&key).is_some() {
                self.announce(key, pause, ctx);
            }
        }
        self.set_timer(ctx);
    }

    /// Ensures that the timer fires when the next announcement is due.
    pub(super) fn set_timer(&mut self, ctx: &mut Context<Self>) {
        let Some(next) = self.announcements.next_at() else { return };
        if self.timer_at.is_some_and(|at| at <= next) {
            return;
        }
        self.timer_at = Some(next);
        ctx.run_later(next.saturating_duration_since(Instant::now()), move |hub, ctx| {
            // an earlier timer may have been set since
            if hub.timer_at == Some(next) {
                hub.timer_at = None;
                hub.announce_due(ctx);
            }
        });
    }
}
