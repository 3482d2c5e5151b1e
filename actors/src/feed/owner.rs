//! Connects the feeds of an actor to its clock and its backend.

use super::{Feed, Next};
use crate::core::Core;
use crate::words::ids::FeedId;
use actix::prelude::*;
use std::rc::Rc;
use std::time::Duration;

/// How long an early publication waits for the one before it before the log is read.
const REORDER: Duration = Duration::from_millis(20);
/// How soon a failed read is tried again.
const RETRY: Duration = Duration::from_millis(500);
/// Publications read at a time.
const READ_ENTRIES: usize = 512;
/// Bytes read at a time.
const READ_BYTES: usize = 1024 * 1024;

/// An actor with feeds.
pub trait FeedOwner: Actor<Context = Context<Self>> {
    /// The feed of that name, if it still exists.
    fn feed(&mut self, id: FeedId) -> Option<&mut Feed>;
    /// The node's core.
    fn core(&self) -> &Rc<Core>;
}

/// Does what a feed asked for.
pub fn follow<A: FeedOwner>(actor: &mut A, ctx: &mut Context<A>, id: FeedId, next: Next) {
    match next {
        Next::Nothing => {}
        Next::Watch => {
            let Some(seen) = actor.feed(id).map(|feed| feed.last()) else { return };
            ctx.run_later(REORDER, move |actor, ctx| {
                // moved on in the meantime: whoever moved it looked after the rest
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
                ctx.run_later(RETRY, move |actor, ctx| {
                    let Some(feed) = actor.feed(id) else { return };
                    let next = feed.suspect();
                    follow(actor, ctx, id, next);
                });
            }
        }
    }));
}
