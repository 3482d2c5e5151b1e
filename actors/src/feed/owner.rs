//! Connects the feeds of an actor to its mailbox, its clock and its backend.

use super::{Feed, Next};
use crate::context::Context;
use crate::core::Core;
use crate::retry;
use crate::vital::isolated;
use crate::words::delivery::Audience;
use crate::words::feed::{Arrived, Ephemeral, Tail};
use crate::words::ids::FeedId;
use crate::words::receivers::Receivers;
use actix::prelude::*;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::Address;
use std::rc::Rc;
use std::time::Duration;

/// Interval of reminders to delivery actors whose mailbox was full.
const REMIND: Duration = Duration::from_secs(1);
/// How long an early publication waits for its predecessor before the log is read.
const REORDER: Duration = Duration::from_millis(20);
/// Publications read at a time.
const READ_ENTRIES: usize = 512;
/// Bytes read at a time.
const READ_BYTES: usize = 1024 * 1024;

/// An actor with feeds. Every owner passes the same kinds of messages to its feeds.
pub trait FeedOwner: Actor<Context = Context<Self>> {
    /// The feed with that id, if it still exists.
    fn feed(&mut self, id: FeedId) -> Option<&mut Feed>;
    /// The feed of a stream, if there is one.
    fn feed_of(&mut self, stream: &Address) -> Option<&mut Feed>;
    /// Runs a function on every feed.
    fn each_feed(&mut self, act: fn(&mut Feed));
    /// Whether a reminder of delivery actors is scheduled.
    fn reminding(&mut self) -> &mut bool;
    /// The node's core.
    fn core(&self) -> &Rc<Core>;

    /// Delivers an ephemeral action to the members of a stream. Its sender is not treated specially.
    fn tell(&mut self, to: &Address, envelope: &Envelope<'_>) {
        if let Some(feed) = self.feed_of(to) {
            feed.owe(envelope.from);
            let receivers = Receivers::ephemeral(envelope, to);
            feed.tell(&receivers, Audience::All, |dialect| dialect.publication(envelope, None));
        }
    }

    /// A notification with a publication arrived.
    fn arrived(&mut self, message: Arrived, ctx: &mut Context<Self>) {
        let Some(feed) = self.feed_of(&message.stream) else { return };
        let (id, next) = (feed.id(), feed.arrive(message.arrival));
        follow(self, ctx, id, next);
        self.remind_later(ctx);
    }

    /// Schedules a reminder for delivery actors whose mailbox was full. A feed at rest has no timer.
    fn remind_later(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(self.reminding(), true) {
            ctx.run_later(REMIND, |owner, _| {
                *owner.reminding() = false;
                owner.each_feed(Feed::remind);
            });
        }
    }

    /// An action that is in no log arrived.
    fn ephemeral(&mut self, message: Ephemeral, _: &mut Context<Self>) {
        let told = isolated(|| Envelope::decode(&message.envelope).map(|envelope| self.tell(&message.to, &envelope)));
        if let Err(error) = told {
            self.core().metrics.malformed.inc();
            log::warn!("ephemeral action cannot be read address={} error={error}", message.to);
        }
    }

    /// The announced top of a stream's log.
    fn tail(&mut self, message: Tail, ctx: &mut Context<Self>) {
        let Some(feed) = self.feed_of(&message.stream) else { return };
        let (id, next) = (feed.id(), feed.tail(message.top));
        follow(self, ctx, id, next);
    }
}

/// Carries out what a feed asked for.
pub fn follow<A: FeedOwner>(actor: &mut A, ctx: &mut Context<A>, id: FeedId, next: Next) {
    match next {
        Next::Nothing => {}
        Next::Watch => {
            let Some(seen) = actor.feed(id).map(|feed| feed.last()) else { return };
            ctx.run_later(REORDER, move |actor, ctx| {
                // the feed has advanced meanwhile, and whatever advanced it has handled the rest
                let Some(feed) = actor.feed(id).filter(|feed| feed.last() == seen) else { return };
                let next = feed.still_behind();
                follow(actor, ctx, id, next);
            });
        }
        Next::Read => read(actor, ctx, id),
    }
}

fn read<A: FeedOwner>(actor: &mut A, ctx: &mut Context<A>, id: FeedId) {
    let Some((stream, last)) = actor.feed(id).map(|feed| ((**feed.stream()).clone(), feed.last())) else { return };
    actor.core().metrics.log_reads.inc();
    let range = actor.core().backend.read(stream, last, READ_ENTRIES, READ_BYTES);
    ctx.spawn(range.into_actor(actor).map(move |range, actor, ctx| {
        let Some(feed) = actor.feed(id) else { return };
        match range {
            Ok(range) => {
                let next = feed.repaired(range);
                follow(actor, ctx, id, next);
            }
            Err(error) => {
                log::warn!("cannot read the log of a stream stream={} error={error}", feed.stream());
                feed.not_repaired();
                ctx.run_later(retry::SOON, move |actor, ctx| {
                    let Some(feed) = actor.feed(id) else { return };
                    let next = feed.suspect();
                    follow(actor, ctx, id, next);
                });
            }
        }
    }));
}
