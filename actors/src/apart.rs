//! Waits for the broker in a task beside the actor that asked.
//!
//! An actix context polls all that it waits for whenever one of it is ready: with thousands of appends under way that
//! costs more than the appends. So each waits in a task of its own, and its outcome comes to the actor as a message.

use crate::mail;
use actix::prelude::*;
use futures_util::task::noop_waker_ref;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

/// What an actor does with an outcome.
type Then<A> = Box<dyn FnOnce(&mut A, &mut Context<A>) + Send>;

/// To an actor from a task it had started: the task is done.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Done<A: Actor<Context = Context<A>>>(Then<A>);

impl<A: Actor<Context = Context<A>>> Done<A> {
    /// Does what was to be done with the outcome.
    pub fn run(self, actor: &mut A, ctx: &mut Context<A>) {
        (self.0)(actor, ctx);
    }
}

/// Waits for a future, then lets the actor at `addr` do something with its outcome. Outcomes that are ready in some
/// order are handled in that order.
pub fn wait<A, T>(
    addr: Addr<A>,
    future: impl Future<Output = T> + 'static,
    then: impl FnOnce(T, &mut A, &mut Context<A>) + Send + 'static,
) where
    A: Actor<Context = Context<A>> + Handler<Done<A>>,
    T: Send + 'static,
{
    actix::spawn(async move {
        let outcome = future.await;
        // bounded by what may be under way at the broker
        mail::insist(&addr, Done(Box::new(move |actor, ctx| then(outcome, actor, ctx))));
    });
}

/// Polls a future once: the memory backend is always ready, and then nothing has to be spawned.
pub fn settled<T>(future: &mut Pin<Box<dyn Future<Output = T> + 'static>>) -> Option<T> {
    match future.as_mut().poll(&mut Task::from_waker(noop_waker_ref())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None, // polled again with a real waker when it is spawned
    }
}
